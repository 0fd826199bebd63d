"""login, logout, whoami: a token is checked before it is kept, and never shown."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.toolbelt.heroku.test_tokens import Memory, ring
from toolbelt import config as configuration
from toolbelt import output
from toolbelt.commands.apps import accounts
from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku.refusals import Unauthorized
from toolbelt.output import Printer
from toolbelt.tools import Tools

__all__ = ["ring"]
TOKEN = "HRKU-0123456789-secret-word"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        good = self.headers["Authorization"] == f"Bearer {TOKEN}"
        body = {"email": "me@example.com", "remaining": 4499} if good else {"id": "unauthorized", "message": "No."}
        self.send_response(200 if good else 401)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "pyproject.toml").write_text(
            f'[tool.djheroku.stages.staging]\napp = "mine"\napi = "http://127.0.0.1:{server.server_address[1]}"\n'
        )
        yield tmp_path
        server.shutdown()


def tools(root: Path, *, interactive: bool = False, **environ: str) -> Tools:
    found = configuration.load(root, environ={"HOME": str(root), **environ})
    object.__setattr__(found, "interactive", interactive)
    return Tools(found, Printer(file=io.StringIO()))


def heard(made: Tools) -> str:
    file = made.printer.console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_person_is_asked_without_an_echo(root: Path, ring: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "hidden", lambda _question: f" {TOKEN}\n")
    made = tools(root, interactive=True)
    accounts.login(made, stage="staging", account="")
    assert "me@example.com" in heard(made)
    assert ring.kept == {("djheroku 127.0.0.1", "default"): TOKEN}
    assert TOKEN not in heard(made)


def test_a_script_gives_it_on_stdin(root: Path, ring: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    accounts.login(tools(root), stage="staging", account="work")
    assert ring.kept == {("djheroku 127.0.0.1", "work"): TOKEN}


def test_a_token_that_heroku_does_not_know_is_not_kept(root: Path, ring: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
    with pytest.raises(Unauthorized):
        accounts.login(tools(root), stage="staging", account="")
    assert ring.kept == {}


def test_without_a_token_nothing_hangs(root: Path, ring: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(UsageError, match="no token"):
        accounts.login(tools(root), stage="staging", account="")


def test_whoami_tells_whose_it_is_and_where_it_was(root: Path, ring: Memory, capsys: pytest.CaptureFixture[str]) -> None:
    made = tools(root, HEROKU_API_KEY=TOKEN)
    accounts.whoami(made, stage="", account="", as_json=False)
    assert "me@example.com" in heard(made)
    assert "from HEROKU_API_KEY" in heard(made)
    assert "4499" in heard(made)
    accounts.whoami(made, stage="", account="", as_json=True)
    assert json.loads(capsys.readouterr().out)["email"] == "me@example.com"
    assert TOKEN not in heard(made)


def test_logout_forgets(root: Path, ring: Memory) -> None:
    ring.set_password("djheroku 127.0.0.1", "work", TOKEN)
    made = tools(root)
    accounts.logout(made, stage="staging", account="work")
    assert ring.kept == {}
    accounts.logout(made, stage="staging", account="work")
    assert "There was no token" in heard(made)
    with pytest.raises(ToolbeltError, match="no token of the account work"):
        accounts.whoami(made, stage="staging", account="work", as_json=False)


def test_the_configuration_does_not_show_the_token(root: Path) -> None:
    assert TOKEN not in repr(tools(root, HEROKU_API_KEY=TOKEN).config)
