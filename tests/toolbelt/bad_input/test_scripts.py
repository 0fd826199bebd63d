"""A script: it reads JSON and nothing else, and is never asked."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from tests.toolbelt.bad_input import lines
from tests.toolbelt.bad_input.conftest import Bench, Told
from tests.toolbelt.bad_input.lines import line
from toolbelt import output
from toolbelt.commands.apps import apps
from toolbelt.commands.apps import config as config_

pytestmark = pytest.mark.slow
# Those whose JSON needs what this small site has not; they are tried in tests/toolbelt/data and tests/djheroku.
ELSEWHERE = {"db.info", "db.backups", "db.backups.schedules", "jobs"}
HERE = {"status", "run"}  # the one asks no Heroku; of the other it is the command that prints
# What only reads. Verbs that do something are in test_results.py, where nothing is destroyed that the others need.
JSON = [
    name
    for name in lines.VERBS
    if lines.takes(name, "json") and not getattr(lines.VERBS[name].body, "tells", False) and name not in ELSEWHERE | HERE
]


@pytest.mark.parametrize("name", JSON)
def test_a_script_reads_json_and_nothing_else(typed: Callable[[str], Told], answering: Callable[..., None], name: str) -> None:
    def warned(_request: httpx.Request, there: httpx.Response) -> httpx.Response:
        kept = {key: value for key, value in there.headers.items() if key.lower() in ("next-range", "request-id")}
        return httpx.Response(there.status_code, content=there.content, headers=kept | {"X-Heroku-Warning": "Soon."})

    answering(warned)
    words = f"{lines.WORDS.get(name, name)} --json"
    stage = "review" if name.startswith("reviewapps") else "again"
    told = typed(line(words, stage=stage, app="tiny") if lines.takes(name, *lines.STAGE) else words)
    json.loads(told.out)
    assert "Soon." in told.err


def test_a_script_is_never_asked(bench: Bench, tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_words: object) -> str:
        raise AssertionError("somebody was asked")

    for name in ("ask", "answer", "hidden"):
        monkeypatch.setattr(output, name, asked)
    (bench.site.root / ".env").write_text("WORD=mine\n")
    try:
        for verb, options, flag in (
            (apps.destroy, {"name": "", "confirm": ""}, "--confirm tiny"),
            (config_.pull, {"names": ["WORD"], "yes": False}, "--yes"),
            (config_.push, {"names": ["WORD"], "yes": False, "force": False}, "--yes"),
        ):
            told = tell(verb, **options)
            assert told.status == 2
            assert flag in told.err.partition("→")[2]
    finally:
        (bench.site.root / ".env").unlink()
