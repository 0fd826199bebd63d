"""Locks on an app: taken here, in another process, or put there as somebody else's."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.records import Webhook
from tests.checkout import ROOT
from tests.rehearsal.harness import Running
from tests.toolbelt.rehearsed import Site
from toolbelt.commands.lock import holding
from toolbelt.commands.lock.holding import Holder
from toolbelt.commands.lock.locking import locked

COMMIT = "8d97fa3" + "0" * 33
ELSEWHERE = Holder(
    who="ann@example.com", host="ann@laptop", pid=1234, commit="c0ffee0" + "0" * 33, since=datetime.now(UTC), verb="deploy",
    born=1.0, place="another machine",
)  # fmt: skip
CHILD = """
import sys
from pathlib import Path
from tests.toolbelt.rehearsed import Site
from toolbelt.commands.lock.locking import locked
site = Site(Path(sys.argv[1]), {"HOME": sys.argv[1]})
tools = site.tools()
with locked(tools, tools.heroku("rehearsal"), commit="c0ffee0", verb="deploy"):
    print("held", flush=True)
    sys.stdin.read()
"""


def drop(rehearsal: Running, hook: Webhook) -> None:
    rehearsal.http.delete(f"/apps/tiny/webhooks/{hook.id}")


def hooks(rehearsal: Running) -> list[Webhook]:
    async def look() -> list[Webhook]:
        return rehearsal.world.store.all(Webhook)

    found: list[Webhook] = rehearsal.call(look())
    return found


def put(rehearsal: Running, held: Holder, *, ago: timedelta = timedelta(minutes=3)) -> Webhook:
    """A lock of somebody else's, as old as that."""
    created = f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%SZ}"
    hook = Webhook(app_id=rehearsal.record("tiny").id, include=("api:sni-endpoint",), level="notify",
                   url=holding.url(held, nonce="0"), created_at=created)  # fmt: skip

    async def go() -> Webhook:
        return rehearsal.world.store.put(hook)

    made: Webhook = rehearsal.call(go())
    return made


def hold(site: Site, *, verb: str = "deploy", **options: Any) -> str:
    """Take the lock and give it back; what was said."""
    tools = site.tools()
    with locked(tools, tools.heroku("rehearsal"), commit=COMMIT, verb=verb, **options):
        pass
    return site.file.getvalue()


def child(site: Site) -> subprocess.Popen[str]:
    """Another process of this machine, with the lock in its hand."""
    argv = [sys.executable, "-c", CHILD, str(site.root)]
    process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process
