"""A command line that cannot be: one clear message with what to do, and exit status 2."""

from __future__ import annotations

import json
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
        ("logs --stage --tail", "✗ --stage of logs wants a value", f"{HELP} logs"),
        ("db.pull --without --yes", "✗ --without of db.pull wants a value", f"{HELP} db.pull"),
        ("db.pull --without a --without", "✗ --without of db.pull wants a value", f"{HELP} db.pull"),
        ("deploy --include --no-verify", "✗ --include of deploy wants a value", f"{HELP} deploy"),
        ("status logs --stage -f", "✗ --stage of logs wants a value", f"{HELP} logs"),
        ("ps --stage --nosuch", "✗ --stage of ps wants a value", f"{HELP} ps"),
        ("ps.restart ps", "✗ ps is a verb, and stands where ps.restart has ", "→ Meant as a word: ./inv ps.restart -- ps"),
        (
            "ps.restart worker ps.wait deploy",
            "✗ deploy is a verb",
            "→ Meant as a word: ./inv ps.restart worker ps.wait -- d",
        ),
        ("ps.scale web=1 ps", "✗ ps is a verb, and", "→ Meant as a word: ./inv ps.scale web=1 -- ps"),
        ("config.set A=1 deploy --stage s", "✗ deploy is a verb", "→ Meant as a word: ./inv config.set A=1 --stage s -- deploy"),
        (
            "deploy -- --stage s",
            "✗ deploy hands nothing on: --stage behind -- would",
            "→ Flags stand before it: ./inv help d",
        ),
        ("deploy -- s", "✗ deploy takes no word s", f"{HELP} deploy"),
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


@pytest.mark.parametrize("typed", [["deploy", "--stage="], ["ps", "--stage", ""], ["promote", "--from", "", "--to", "x"]])
def test_an_empty_variable_of_a_script_is_not_the_default_app(
    typed: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, lines = said(capsys, monkeypatch, *typed)
    assert status == 2
    assert "wants a value" in lines[0]


@pytest.mark.parametrize(
    ("typed", "ran"),
    [
        ("ps.restart -- ps", [("ps.restart", {"which": "ps"})]),
        ("ps.restart --which ps", [("ps.restart", {"which": "ps"})]),
        ("ps.restart web ps", [("ps.restart", {"which": "web"}), ("ps.list", {})]),
        ("ps logs", [("ps.list", {}), ("logs", {})]),
        ("config.set A=1 --stage s -- deploy", [("config.set", {"pairs-0": "A=1", "pairs-1": "deploy", "stage": "s"})]),
        ("apps.rename status", [("apps.rename", {"name": "status"})]),
        ("help deploy", [("help", {"verb": "deploy"})]),
        ("bench releases", [("bench", {"name": "releases"})]),
        ("logs --stage=a --stage b worker", [("logs", {"process": "worker", "stage": ["a", "b"]})]),
        ("config.set A=--b C=deploy", [("config.set", {"pairs-0": "A=--b", "pairs-1": "C=deploy"})]),
        ("manage -- ps --stage x", [("manage", {})]),
        ("test -- deploy", [("test", {})]),
    ],
)
def test_what_can_be_runs(typed: str, ran: list[tuple[str, dict[str, object]]], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, dict[str, object]]] = []

    def execute(program: Inv) -> None:
        for each in program.tasks:
            given = {name: arg.value for name, arg in each.args.items() if arg.value not in (arg.default, None, [])}
            seen.append((str(each.name), given))

    argv = ["inv", *typed.split()]
    monkeypatch.setattr(sys, "argv", argv)
    monkeypatch.setattr(Inv, "execute", execute)
    Inv(namespace=tasks.namespace).run(argv)
    assert seen == ran


@pytest.mark.parametrize(
    ("typed", "verb", "what"),
    [
        ("ps.scale --json --nosuch", "ps.scale", "ps.scale has no flag --nosuch"),
        ("ps.restart --stage --json", "ps.restart", "--stage of ps.restart wants a value"),
        ("addons.upgrade --json x", "addons.upgrade", "addons.upgrade wants PLAN: ./inv addons.upgrade ADDON PLAN"),
        ("ps --json extra", "ps", "ps takes no word extra"),
        ("depoly --json", None, "There is no verb depoly. Did you mean deploy?"),
        ("config.set --json deploy", "config.set", "deploy is a verb, and stands where config.set has words of its own"),
        ("deploy --json -- --stage", "deploy", "deploy hands nothing on: --stage behind -- would be a word of its own"),
    ],
)
def test_a_script_reads_an_object_of_a_line_that_cannot_be(
    typed: str, verb: str | None, what: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["inv", *typed.split()])
    with pytest.raises(SystemExit) as ended:
        Inv(namespace=tasks.namespace).run(["inv", *typed.split()])
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert (ended.value.code, found["verb"], found["ok"], found["error"]["what"]) == (2, verb, False, what)
    assert f"✗ {what}" in told.err


def proposed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *typed: str) -> str:
    argv = ["inv", *typed]
    monkeypatch.setattr(sys, "argv", argv)
    with pytest.raises(SystemExit):
        Inv(namespace=tasks.namespace).run(argv)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "there", "not_there"),
    [
        ("./inv acc", {"access", "access.add", "deploy"}, {"access.list", "ps.list"}),
        ("inv ps.scale web=1 --", {"--stage", "--json"}, {"--wishes-0", "--wishes"}),
        ("./inv addons.upgrade --", {"--stage"}, {"--addon", "--plan", "-s"}),
        ("./inv ps.restart -", {"--stage", "-s"}, {"--which", "-w"}),
        ("./inv deploy --no-", {"--no-verify", "--verify"}, {"--no-stage"}),
        ("./inv deploy --stage", {"rehearsal"}, {"deploy"}),
        ("./inv promote --to reh", {"rehearsal"}, {"deploy"}),
        ("./inv deploy --build", set(), {"deploy", "--stage"}),
    ],
)
def test_what_a_shell_proposes(
    typed: str, there: set[str], not_there: set[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = set(proposed(capsys, monkeypatch, "--complete", "--", *typed.split()).split())
    assert there <= found
    assert not not_there & found


@pytest.mark.parametrize(
    ("shell", "call"), [("bash", "`${COMP_WORDS[0]} --c"), ("zsh", "$(${words[1]} ${=coll"), ("fish", "    $typed[1] --complete")]
)
def test_the_script_for_a_shell_calls_what_is_typed(
    shell: str, call: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = proposed(capsys, monkeypatch, "--print-completion-script", shell)
    assert call in said
    assert "inv --complete" not in said


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
