"""`heroku local` and `./inv up` on one checkout: the same Procfile, one database, one queue."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.checkout import Checkout
from tests.verification.cli import ENTRY, Unavailable, installed
from tests.waiting import until
from toolbelt import procfile
from toolbelt.stack import ports, state

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("heroku-cli"), pytest.mark.timeout(600)]

NAMES = ("DATABASE_URL", "REDIS_URL")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    made = Checkout.make(tmp_path_factory.mktemp("clone"))
    # A process type that only this Procfile has.
    with (made.root / "Procfile").open("a") as file:
        file.write("clock: python clock.py\n")
    (made.root / "clock.py").write_text("import signal\nprint('ticking', flush=True)\nsignal.pause()\n")
    made.commit("a clock")
    made.environ["KEYGEN_SECONDS"] = "0"
    yield made
    made.inv("down", "--volumes", "--yes", check=False)


@pytest.fixture(scope="module")
def site(checkout: Checkout) -> str:
    """Where the stack's site is."""
    port = ports.any_free()
    checkout.inv("up", "--stack", "embedded", "--detach", "--port", str(port))
    return f"http://127.0.0.1:{port}"


def get(address: str) -> httpx.Response:
    return httpx.get(address, trust_env=False, timeout=20)


def test_what_the_procfile_has_is_up_with_its_servers(checkout: Checkout, site: str) -> None:
    running = state.load(checkout.root / ".djheroku" / "state.json")
    assert running is not None
    types = set(procfile.load(checkout.root / "Procfile")) - {"release"}
    assert set(running.processes) == types | {"postgres", "valkey"}
    assert "clock" in types
    assert "ticking" in checkout.inv("logs", "clock").stdout
    assert get(f"{site}/health/ready").status_code == 200  # database, queue, migrations, a live worker


def test_it_reloads_on_save(checkout: Checkout, site: str) -> None:
    assert get(f"{site}/saved").status_code == 404
    with (checkout.root / "djheroku" / "urls.py").open("a") as file:
        file.write('\nurlpatterns.append(path("saved", lambda _: HttpResponse("here")))\n')

    def there() -> bool:
        try:
            return get(f"{site}/saved").text == "here"
        except httpx.TransportError:
            return False

    until(there, what="the saved view", seconds=30)


def test_the_clis_local_finds_the_same(checkout: Checkout, site: str, tmp_path: Path) -> None:
    """Its gunicorn, as the same Procfile has it, on the stack's servers: the same commit and the same keys."""
    try:
        installed()
    except Unavailable as reason:
        pytest.skip(str(reason))
    told = dict(line.split("=", 1) for line in checkout.inv("run", "--", "env").stdout.splitlines() if "=" in line)
    secret = checkout.inv("secret").stdout.strip()
    lines = [f"{name}={told[name]}" for name in NAMES]
    lines += [f"SECRET_KEY={secret}", "DJANGO_SETTINGS_MODULE=djheroku.settings.dev", "WEB_CONCURRENCY=1"]
    (tmp_path / "env").write_text("\n".join(lines) + "\n")
    port = ports.any_free()
    environ = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "DISABLE_TELEMETRY": "true"}
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            ["node", str(ENTRY), "local", "web", "--port", str(port), "--env", str(tmp_path / "env")], cwd=checkout.root,
            env=environ, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
    theirs = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, (tmp_path / "said").read_text()
        try:
            return httpx.get(f"{theirs}/health/ready", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(answers, what="heroku local answers", seconds=60)
        found = [get(f"{address}/health/release").json() for address in (site, theirs)]
        checkout.inv("dbshell", "--", "-c", "UPDATE keygen_key SET value = left(value, 40) || '-marked' WHERE value <> ''")
        marked = [get(address).raise_for_status().text.count("-marked") for address in (f"{site}/", f"{theirs}/")]
        saved = get(f"{theirs}/saved").status_code
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert marked[0] == marked[1] > 0
    assert saved == 200
    assert re.search(r"web\.1", (tmp_path / "said").read_text())
    assert found[0].pop("commit") == checkout.git("rev-parse", "HEAD")
    found[1].pop("commit")  # nothing tells it
    assert found[0] == found[1]
