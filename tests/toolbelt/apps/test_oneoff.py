"""Commands on one-off dynos, and what changes which dynos run: against a rehearsal, with real terminals and pipes."""

from __future__ import annotations

import hashlib
import os
import pty
import re
import subprocess
import sys

import pytest

from tests.checkout import ROOT
from tests.toolbelt.rehearsed import Site
from tests.waiting import until
from toolbelt.commands.apps import oneoff, scaling
from toolbelt.errors import DeployFailed, UsageError
from toolbelt.heroku import dynos, formation
from toolbelt.heroku.rendezvous import MARK, Status

pytestmark = pytest.mark.slow
CALL = """
import sys
from pathlib import Path
from toolbelt import config
from toolbelt.commands.apps import oneoff
from toolbelt.errors import ToolbeltError
from toolbelt.output import Printer
from toolbelt.tools import Tools
try:
    oneoff.run(Tools(config.load(Path(sys.argv[1])), Printer()), sys.argv[2:], stage="rehearsal")
except ToolbeltError as error:
    print(error.headline, error.finding)
    sys.exit(99)
"""


def argv(site: Site, *words: str) -> list[str]:
    return [sys.executable, "-c", CALL, str(site.root), *words]


def piped(site: Site, *words: str, given: bytes = b"") -> tuple[int, bytes]:
    done = subprocess.run(argv(site, *words), cwd=ROOT, env=site.environ, input=given, capture_output=True, timeout=60)
    return done.returncode, done.stdout


@pytest.mark.parametrize("status", [0, 1, 3, 127])
def test_the_true_exit_status(site: Site, status: int) -> None:
    assert piped(site, "sh", "-c", f"echo said; exit {status}") == (status, b"said\n")


def test_words_stay_words_and_one_word_is_a_line_for_the_shell(site: Site) -> None:
    assert piped(site, "printf", "%s|", "a b", "it's", "$HOME", "ü")[1] == "a b|it's|$HOME|ü|".encode()
    assert piped(site, "echo one; echo two | tr a-z A-Z")[1] == b"one\nTWO\n"


def test_what_is_piped_in_arrives_and_is_not_echoed(site: Site) -> None:
    given = "".join(f"line {number} ü\n" for number in range(300)).encode()
    assert piped(site, "cat", given=given) == (0, given)
    assert piped(site, "wc", "-c", given=b"no line's end") == (0, b"13\n")
    assert piped(site, "cat") == (0, b"")


def test_anything_at_all_can_be_fed_to_a_command_and_fetched_from_one(
    site: Site, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    content = b"a line of its own" * 1000 + bytes(range(256)) * 40
    capfdbinary.readouterr()
    site.verb(oneoff.fed, argv=["sha256sum"], content=content)
    assert hashlib.sha256(content).hexdigest().encode() in capfdbinary.readouterr().out
    came: list[bytes] = []
    site.verb(oneoff.fetched, argv=["printf", "%s\\n", "ü" * 5000], take=came.append)
    assert b"".join(came).decode() == "ü" * 5000 + "\n"
    with pytest.raises(SystemExit) as ended:
        site.verb(oneoff.fed, argv=["false"], content=b"")
    assert ended.value.code == 1


def test_a_dyno_that_is_stopped_tells_no_status(site: Site) -> None:
    process = subprocess.Popen(
        argv(site, "sleep", "100"), cwd=ROOT, env=site.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    client, app = site.heroku().client, site.heroku().app

    def running() -> str:
        return next((dyno.name for dyno in dynos.every(client, app) if dyno.type == "run" and dyno.state == "up"), "")

    site.verb(scaling.stop, which=until(running, what="the one-off dyno is up"))
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 99
    assert b"ended without telling its exit status" in said


def test_with_a_terminal_its_size_its_keys_and_ctrl_c(site: Site) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        argv(site, "sh", "-c", "stty size; trap 'echo caught' INT; read word; echo got $word; exit 5"),
        cwd=ROOT, env=site.environ | {"COLUMNS": "91", "LINES": "33"}, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    said = b""

    def has(pattern: bytes) -> bool:
        nonlocal said
        try:
            said += os.read(ours, 4096)
        except OSError:
            return True
        return re.search(pattern, said) is not None

    until(lambda: has(rb"33 91"), what="the terminal's size")
    os.write(ours, b"\x03")
    until(lambda: has(rb"caught"), what="Ctrl-C reached the process")
    os.write(ours, b"hello\r")
    until(lambda: has(rb"got hello|got"), what="what was typed")
    assert process.wait(60) == 5
    os.close(ours)


def test_detached(site: Site) -> None:
    said = site.verb(oneoff.run, argv=["sh", "-c", "echo from afar"], detach=True)
    name = re.search(r"run\.\d+", said)
    assert name
    until(lambda: "from afar" in site.verb(_log, dyno=name[0]), what="its output is in the log")


def _log(tools: object, *, stage: str, dyno: str) -> None:
    from toolbelt.commands.apps.logs import logs_of_stage

    logs_of_stage(tools, stage=stage, process=dyno, tail=False, lines=50)  # type: ignore[arg-type]


def test_nothing_to_run(site: Site) -> None:
    with pytest.raises(UsageError, match="What is to be run"):
        site.verb(oneoff.run, argv=[])


# --- quantities --------------------------------------------------------------------------------------------------------


def rows(site: Site) -> dict[str, tuple[int, str]]:
    heroku = site.heroku()
    return {row.type: (row.quantity, row.size) for row in formation.every(heroku.client, heroku.app)}


def test_scale_in_one_call_and_wait(site: Site) -> None:
    site.verb(scaling.scale, wishes=["web=2:standard-2x", "worker=2:standard-1x"])
    assert rows(site)["web"] == (2, "Standard-2X")
    assert rows(site)["worker"][0] == 2
    assert "web 2 of 2" in site.verb(scaling.wait, process="", patience=60)
    site.verb(scaling.scale, wishes=["web=standard-1x", "worker-1"])
    assert rows(site)["web"] == (2, "Standard-1X")
    site.verb(scaling.scale, wishes=["worker+1"])
    assert rows(site)["worker"] == (2, "Standard-1X")
    said = site.verb(scaling.scale, wishes=["web=1", "worker-1"])
    assert re.search(r"web +1 +Standard-1X", said)


def test_all_complaints_at_once_and_nothing_is_scaled(site: Site) -> None:
    before = rows(site)
    with pytest.raises(UsageError) as caught:
        site.verb(scaling.scale, wishes=["web=2", "clock=1", "nonsense", "web+basic"])
    assert "clock: tiny has no such process type, but release, web, worker" in caught.value.finding
    assert "'nonsense'" in caught.value.finding
    assert "'web+basic'" in caught.value.finding
    assert rows(site) == before


def test_restart_and_stop(site: Site) -> None:
    client, app = site.heroku().client, site.heroku().app

    def web() -> str:
        return next((f"{dyno.since} {dyno.state}" for dyno in dynos.every(client, app) if dyno.type == "web"), "")

    site.verb(scaling.wait, process="", patience=60)
    before = {dyno.name: id_of(site, dyno.name) for dyno in dynos.every(client, app)}
    site.verb(scaling.restart, which="web")
    site.verb(scaling.wait, process="web", patience=60)
    after = {dyno.name: id_of(site, dyno.name) for dyno in dynos.every(client, app)}
    assert before["web.1"] != after["web.1"]
    assert before["worker.1"] == after["worker.1"]
    with pytest.raises(UsageError, match="has no dyno clock"):
        site.verb(scaling.restart, which="clock")
    with pytest.raises(UsageError, match="Which dyno"):
        site.verb(scaling.stop, which="")


def id_of(site: Site, name: str) -> str:
    heroku = site.heroku()
    return str(heroku.client.get(f"/apps/{heroku.app}/dynos/{name}")["id"])


def test_wait_says_what_is_not_up(site: Site) -> None:
    site.verb(scaling.stop, which="worker.1")
    with pytest.raises(DeployFailed, match="worker 0 of 1"):
        site.verb(scaling.wait, process="worker", patience=0)
    site.verb(scaling.restart, which="")
    site.verb(scaling.wait, process="", patience=60)


# --- the exit status in the stream --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_status_is_taken_out_wherever_the_stream_is_cut(size: int) -> None:
    whole = f"ends in \uffff a mark\uffff heroku, almost\r\n{MARK}42\r\n".encode()
    status, shown = Status(), b""
    for start in range(0, len(whole), size):
        shown += status.feed(whole[start : start + size])
    shown += status.rest()
    assert shown.decode() == "ends in \uffff a mark\uffff heroku, almost\r\n"
    assert status.value == 42
