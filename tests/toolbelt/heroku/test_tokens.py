"""Where a token is looked for, and in what order."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import pytest
from keyring.errors import PasswordDeleteError

from toolbelt.errors import MissingTool, ToolbeltError
from toolbelt.heroku import tokens
from toolbelt.secret import HIDDEN, Secret, scrub

HOST = "api.heroku.com"


class Memory(keyring.backend.KeyringBackend):
    """A keyring that forgets when the test is over."""

    priority = 1.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise PasswordDeleteError
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[Memory]:
    before, ring = keyring.get_keyring(), Memory()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def no_ring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


def test_the_environ_goes_first_then_netrc_then_the_keyring(ring: Memory, tmp_path: Path) -> None:
    tokens.keep(Secret("from-the-keyring"), host=HOST)
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine {HOST} login me@example.com password from-netrc\n")
    netrc.chmod(0o600)
    found = [tokens.find({"HEROKU_API_KEY": " from-the-environ\n"}, host=HOST, home=tmp_path)]
    found.append(tokens.find({}, host=HOST, home=tmp_path))
    netrc.unlink()
    found.append(tokens.find({}, host=HOST, home=tmp_path))
    assert [token.reveal() for token, _ in found] == ["from-the-environ", "from-netrc", "from-the-keyring"]
    assert [where for _, where in found] == ["HEROKU_API_KEY", "~/.netrc", "the keyring, account default"]


def test_a_named_account_is_not_taken_for_another(ring: Memory, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(f"machine {HOST} login me password from-netrc\n")
    (tmp_path / ".netrc").chmod(0o600)
    tokens.keep(Secret("usual"), host=HOST)
    tokens.keep(Secret("of-work"), host=HOST, account="work")
    assert tokens.find({}, host=HOST, account="work", home=tmp_path)[0].reveal() == "of-work"
    with pytest.raises(ToolbeltError, match="no token of the account home") as caught:
        tokens.find({}, host=HOST, account="home", home=tmp_path)
    assert "--account home" in caught.value.todo


def test_a_token_is_for_one_host_only(ring: Memory, tmp_path: Path) -> None:
    tokens.keep(Secret("x"), host=HOST)
    with pytest.raises(ToolbeltError):
        tokens.find({}, host="127.0.0.1", home=tmp_path)


def test_without_a_keyring_it_is_said_what_else_there_is(no_ring: None, tmp_path: Path) -> None:
    with pytest.raises(ToolbeltError, match="no token for") as caught:
        tokens.find({}, host=HOST, home=tmp_path)
    assert "HEROKU_API_KEY" in caught.value.todo
    for call in (lambda: tokens.keep(Secret("hush"), host=HOST), lambda: tokens.forget(host=HOST)):
        with pytest.raises(MissingTool, match="no keyring") as missing:
            call()
        assert "HEROKU_API_KEY" in missing.value.todo


@pytest.mark.parametrize("word", ["two words", "two\nlines", "tökén", "\x1b[0m"])
def test_what_cannot_be_a_token_is_said_so_and_not_shown(ring: Memory, tmp_path: Path, word: str) -> None:
    with pytest.raises(ToolbeltError, match="What is in HEROKU_API_KEY cannot be a token") as caught:
        tokens.find({"HEROKU_API_KEY": word}, host="api.heroku.com", home=tmp_path)
    assert word not in f"{caught.value} {caught.value.finding} {caught.value.todo}"
    assert tokens.find({"HEROKU_API_KEY": "word\n"}, host="api.heroku.com", home=tmp_path)[0].reveal() == "word"


def test_forgetting(ring: Memory) -> None:
    tokens.keep(Secret("x"), host=HOST, account="work")
    assert tokens.forget(host=HOST, account="work") is True
    assert tokens.forget(host=HOST, account="work") is False


def test_a_netrc_that_is_not_one_does_not_tell_what_is_in_it(ring: Memory, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine api.heroku.com pass hush\n")
    (tmp_path / ".netrc").chmod(0o600)
    with pytest.raises(ToolbeltError, match="netrc") as caught:
        tokens.find({}, host=HOST, home=tmp_path)
    assert "hush" not in caught.value.finding


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hush")
    assert {repr(secret), str(secret), f"{secret}", f"{secret:>10}", f"{secret!r}"} == {HIDDEN}
    assert "hush" not in repr([secret, {"token": secret}])
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret == Secret("hush")
    assert secret != "hush"
    assert not Secret("")
    assert scrub("say hush, hush", [secret, Secret("")]) == f"say {HIDDEN}, {HIDDEN}"
