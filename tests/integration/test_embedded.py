"""The stack without Docker, end to end: real servers, real processes, the verbs as a person types them."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.checkout import Checkout
from tests.waiting import until
from toolbelt.stack import ports, state


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    made = Checkout.make(tmp_path_factory.mktemp("clone"))
    made.environ["KEYGEN_SECONDS"] = "0.2"
    yield made
    made.inv("down", "--volumes", "--yes", check=False)


@pytest.fixture(scope="module")
def port() -> int:
    return ports.any_free()


@pytest.fixture(scope="module")
def up(checkout: Checkout, port: int) -> str:
    """The stack, up; what `up` said."""
    return checkout.inv("up", "--stack", "embedded", "--detach", "--port", str(port)).stdout


def get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def pids(checkout: Checkout) -> dict[str, int]:
    found = state.load(checkout.root / ".djheroku" / "state.json")
    return {name: running.pid for name, running in found.processes.items()} if found else {}


def test_up_says_which_stack_and_where_the_site_is(up: str, port: int) -> None:
    assert "embedded (asked for)" in up
    for step in ("postgres", "valkey", "release", "database", "worker"):
        assert f"✓ {step}" in up
    assert f"http://localhost:{port}/admin/" in up
    assert re.search(r"user admin, password \(shown once\): \S+", up)


def test_the_site_answers_with_the_commit_and_example_keys(up: str, port: int, checkout: Checkout) -> None:
    status, page = get(port, "/")
    assert status == 200
    assert "example" in page.lower()
    assert json.loads(get(port, "/health/release")[1])["commit"] == checkout.git("rev-parse", "HEAD")


def test_status_lists_the_processes_and_is_ready(up: str, checkout: Checkout) -> None:
    said = checkout.inv("status").stdout
    for name in ("postgres", "valkey", "web", "worker"):
        assert re.search(rf"^{name}\s+up\s+pid \d+", said, re.MULTILINE), said


def test_django_and_consoles_run_in_the_sites_environ(up: str, checkout: Checkout) -> None:
    assert "no issues" in checkout.inv("manage", "--", "check").stdout
    assert checkout.inv("run", "--", "sh", "-c", 'echo "a  b"').stdout == "a  b\n"  # words stay words
    assert re.search(r"^\d+$", checkout.inv("dbshell", "--", "-tAc", "select count(*) from keygen_key").stdout.strip())
    assert checkout.inv("redis-cli", "--", "ping").stdout == "PONG\n"
    assert "keygen.key" in checkout.inv("dumpdata", "keygen").stdout
    assert "Installed" in checkout.inv("loaddata", "keygen").stdout


def test_the_exit_status_of_a_program_is_ours(up: str, checkout: Checkout) -> None:
    assert checkout.inv("run", "--", "sh", "-c", "exit 7", check=False).returncode == 7


def test_logs_are_of_one_process_if_asked(up: str, checkout: Checkout, port: int) -> None:
    get(port, "/robots.txt")
    until(lambda: "robots.txt" in checkout.inv("logs", "web").stdout, what="the request in web's log", every=0.3)
    assert "robots.txt" not in checkout.inv("logs", "worker").stdout
    refused = checkout.inv("logs", "nothing", check=False)
    assert refused.returncode == 2
    assert "web" in refused.stderr


def test_restart_gives_a_process_a_new_pid_and_leaves_the_others(up: str, checkout: Checkout) -> None:
    before = pids(checkout)
    checkout.inv("restart", "worker")
    after = pids(checkout)
    assert after["worker"] != before["worker"]
    assert after["web"] == before["web"]
    assert checkout.inv("restart", "postgres", check=False).returncode == 2


def test_a_process_that_dies_is_started_again(up: str, checkout: Checkout) -> None:
    before = pids(checkout)["worker"]
    os.killpg(before, signal.SIGKILL)
    until(lambda: pids(checkout)["worker"] != before, what="a new worker")
    until(lambda: checkout.inv("status", check=False).returncode == 0, what="readiness", every=0.3)


def test_a_second_up_is_refused(up: str, checkout: Checkout, port: int) -> None:
    refused = checkout.inv("up", check=False)
    assert refused.returncode == 2
    assert f"up already, on http://localhost:{port}" in refused.stderr


def test_two_checkouts_do_not_disturb_each_other(up: str, checkout: Checkout, tmp_path: Path, port: int) -> None:
    other = Checkout.make(tmp_path)
    try:
        taken = other.inv("up", "--stack", "embedded", "--detach", "--port", str(port), check=False)
        assert taken.returncode == 2
        suggested = re.search(r"--port (\d+)", taken.stderr)
        assert suggested, taken.stderr
        other.inv("up", "--stack", "embedded", "--detach", "--no-seed", "--port", suggested[1])
        count = "select count(*) from keygen_key"
        assert other.inv("dbshell", "--", "-tAc", count).stdout.strip() == "0"
        assert checkout.inv("dbshell", "--", "-tAc", count).stdout.strip() != "0"
    finally:
        other.inv("down", "--volumes", "--yes", check=False)
    assert checkout.inv("status").returncode == 0


def test_down_leaves_nothing_running_and_the_data_stays(up: str, checkout: Checkout, port: int) -> None:
    count = ("dbshell", "--", "-tAc", "select count(*) from keygen_key")
    before = checkout.inv(*count).stdout
    running = [psutil.Process(pid) for pid in pids(checkout).values()]
    everything = [*running, *(child for process in running for child in process.children(recursive=True))]
    checkout.inv("down")
    assert [process for process in everything if process.is_running() and process.status() != "zombie"] == []
    assert ports.is_free(port)
    assert "not up" in checkout.inv("status", check=False).stdout
    again = checkout.inv("up", "--stack", "embedded", "--detach", "--port", str(port)).stdout
    assert "password (shown once)" not in again
    assert checkout.inv(*count).stdout == before
    checkout.inv("down")


def test_what_a_killed_supervisor_left_is_swept(checkout: Checkout, port: int) -> None:
    checkout.inv("up", "--stack", "embedded", "--detach", "--port", str(port))
    found = state.load(checkout.root / ".djheroku" / "state.json")
    assert found is not None
    orphans = [psutil.Process(running.pid) for running in found.processes.values()]
    os.kill(found.supervisor.pid, signal.SIGKILL)
    until(lambda: not found.supervisor.alive(), what="the supervisor's end")
    checkout.inv("up", "--stack", "embedded", "--detach", "--port", str(port))
    assert [process for process in orphans if process.is_running() and process.status() != "zombie"] == []
    checkout.inv("down")


def test_ctrl_c_ends_an_attached_stack_cleanly(checkout: Checkout, port: int) -> None:
    process = subprocess.Popen(
        checkout.argv("up", "--stack", "embedded", "--port", str(port)),
        cwd=checkout.root,
        env=checkout.child_environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "Ctrl-C ends everything" in line:
            break
    running = list(pids(checkout).values())
    assert running, "".join(said)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, "".join(said) + rest
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in running)


def test_a_release_phase_that_fails_starts_nothing(checkout: Checkout, port: int) -> None:
    broken = checkout.root / "djheroku" / "keygen" / "migrations" / "0002_broken.py"
    broken.write_text("raise RuntimeError('this migration is broken')\n")
    try:
        failed = checkout.inv("up", "--stack", "embedded", "--detach", "--port", str(port), check=False)
    finally:
        broken.unlink()
    assert failed.returncode == 1
    assert "The release phase failed" in failed.stderr
    assert "this migration is broken" in failed.stderr
    assert pids(checkout) == {}


@pytest.mark.slow
def test_a_site_that_does_not_come_up_shows_its_log(checkout: Checkout, port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as dead:
        # A Redis that accepts and never answers: the worker cannot start.
        checkout.environ["REDIS_URL"] = f"redis://127.0.0.1:{dead.getsockname()[1]}/0"
        try:
            words = ("up", "--stack", "embedded", "--detach", "--wait", "40", "--port", str(port))
            failed = checkout.inv(*words, check=False)
        finally:
            del checkout.environ["REDIS_URL"]
    assert failed.returncode == 1
    assert "REDIS_URL is set" in failed.stdout
    assert "queue" in failed.stderr or "cache" in failed.stderr
    assert pids(checkout) == {}


def test_data_is_thrown_away_only_when_told(checkout: Checkout) -> None:
    refused = checkout.inv("down", "--volumes", check=False)
    assert refused.returncode == 2
    assert (checkout.root / ".djheroku" / "servers").exists()
    checkout.inv("down", "--volumes", "--yes")
    assert not (checkout.root / ".djheroku").exists()
