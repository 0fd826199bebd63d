"""A command line that cannot be: one clear message with what to do, and exit status 2."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import tasks
from verbs.program import Inv

HELP = "→ ./inv help"


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *typed: str) -> tuple[int, list[str]]:
    """The exit status of ./inv with these words, and the lines on stderr; no verb may run."""
    monkeypatch.setattr(sys, "argv", ["inv", *typed])
    monkeypatch.setattr(Inv, "execute", lambda _self: pytest.fail("a verb ran"))
    with pytest.raises(SystemExit) as ended:
        Inv(namespace=tasks.namespace).run(["inv", *typed])
    told = capsys.readouterr()
    assert told.out == ""
    return int(ended.value.code or 0), told.err.splitlines()


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("depoly", "✗ There is no verb depoly. Did you mean deploy?", f"{HELP} lists all verbs"),
        ("db.backups.downlaod b1", "✗ There is no verb db.backups.downlaod. Did you mean db.backups.download", f"{HELP} lists"),
        ("qqqq", "✗ There is no verb qqqq", f"{HELP} lists all verbs"),
        ("--help depoly", "✗ There is no verb depoly. Did you mean deploy?", f"{HELP} lists all verbs"),
        ("db", "✗ db alone is no verb. There are: db.backup, db.backups, ", f"{HELP} VERB"),
        ("--foo", "✗ There is no flag --foo before a verb", f"{HELP} lists all verbs"),
        ("deploy --stge x", "✗ deploy has no flag --stge. Did you mean --stage?", f"{HELP} deploy"),
        ("config --jsn", "✗ config has no flag --jsn. Did you mean --json?", f"{HELP} config"),
        ("deploy --no-rolback", "✗ deploy has no flag --no-rolback. Did you mean --no-rollback", f"{HELP} deploy"),
        ("deploy --stage", "✗ --stage of deploy wants a value", f"{HELP} deploy"),
        ("deploy --stage --dry-run", "✗ --stage of deploy wants a value", f"{HELP} deploy"),
        ("logs --tail --stage", "✗ --stage of logs wants a value", f"{HELP} logs"),
        ("deploy extra", "✗ deploy takes no word extra", f"{HELP} deploy"),
        (
            "deploy rehearsal",
            "✗ deploy takes no word rehearsal. Did you mean --stage rehearsal?",
            "→ ./inv deploy --stage ",
        ),
        ("up staus", "✗ up takes no word staus, and there is no verb staus. Did you mean status?", f"{HELP} up"),
        ("up --port abc", "✗ 'abc' is not a number, such as 5", f"{HELP} up"),
        ("addons.upgrade x", "✗ addons.upgrade wants PLAN: ./inv addons.upgrade ADDON PLAN", f"{HELP} addons.upgrade"),
        (
            "manage showmigrations --plan",
            "✗ manage takes no word sho",
            "→ ./inv manage -- showmigrations --plan; ./inv help",
        ),
        ("manage --stage s check", "✗ manage takes no word check of its own", "→ ./inv manage --stage s -- check; "),
        ("redis-cli ping", "✗ redis-cli takes no word ping of its own", "→ ./inv redis-cli -- ping; ./inv help redis-cli"),
        ("run python -V", "✗ run takes no word python of its own", "→ ./inv run -- python -V; ./inv help run"),
        ("test --frob", "✗ test has no flag --frob of its own", "→ ./inv test -- --frob; ./inv help test"),
        ("test --al", "✗ test has no flag --al. Did you mean --all?", f"{HELP} test"),
    ],
)
def test_what_is_wrong_and_what_was_meant(
    typed: str, first: str, last: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, lines = said(capsys, monkeypatch, *typed.split())
    assert status == 2
    assert lines[0].startswith(first)
    assert lines[-1].startswith(last)
    assert "<Argument" not in "".join(lines)


def test_a_flag_without_its_value_tells_what_it_wants(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, lines = said(capsys, monkeypatch, "deploy", "--stage")
    assert lines[1] == "  a stage of pyproject.toml, or rehearsal"


def test_words_with_blanks_are_quoted_in_the_line_that_goes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, lines = said(capsys, monkeypatch, "shell", "-c", "print(1 + 1)")
    assert lines[-1].startswith("→ ./inv shell -- -c 'print(1 + 1)'; ")


def test_every_verb_that_reads_words_behind_the_dashes_is_known_to_hand_them_on() -> None:
    verbs = {made.name: made for group in tasks.GROUPS.values() for made in group}
    handing = {name for name, made in verbs.items() if getattr(made, "hands_on", False)}
    assert {"manage", "run", "shell", "dbshell", "redis_cli", "test", "createsuperuser"} <= handing
    assert "deploy" not in handing


def test_the_wrapper_runs_this_program() -> None:
    assert 'python" -m verbs "$@"' in (Path(__file__).parents[2] / "inv").read_text()
