"""What visitors see of a release, good or bad, at 50 requests a second: `./inv bench releases`.

A small site on a rehearsal by processes, deployed from source by `./inv deploy` as it is: for each scenario the seconds of the
deploy, the requests that were lost, the longest that one waited, and for a bad release how long the site did not answer well.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from _site import machine, table

from tests.rehearsal import load
from tests.rehearsal.load import Load
from tests.toolbelt.proving import PROVING
from tests.toolbelt.rehearsed import Rehearsal, Site
from toolbelt.errors import DeployFailed
from toolbelt.heroku import features, formation

load.LONGEST = 120.0
BAD = (
    'import health\nhealth.ANSWERS["/health/ready"] = lambda: (503, {"ok": False, "checks": {}, "workers": []})\nhealth.serve()\n'
)


@dataclass(frozen=True)
class Seen:
    """What came of one: seconds of the whole verb, and the load's answers."""

    seconds: float
    asked: int
    lost: int
    longest: float
    ended: str


class Bench:
    """The site, and the address that visitors ask."""

    def __init__(self, root: Path) -> None:
        self.site, self.files, self.count = Site.make(root / "site", **PROVING), PROVING, 0
        words = ("--runtime", "process", "--set", "preboot=5")
        self.rehearsal = Rehearsal(self.site.root / ".djheroku" / "rehearsal", words).start()
        self.site.create()
        self.site.deploy()
        heroku = self.site.heroku()
        formation.scale(heroku.client, heroku.app, {"web": (1, "standard-1x"), "worker": (1, "standard-1x")})
        self.site.deploy()
        url = httpx.URL(heroku.client.get("/apps/tiny")["web_url"])
        self.url, self.host = str(url.copy_with(host="127.0.0.1")).rstrip("/"), url.netloc.decode()

    def preboot(self, *, on: bool) -> None:
        heroku = self.site.heroku()
        (features.enable if on else features.disable)(heroku.client, heroku.app, "preboot")

    def deploy(self, **files: str) -> Seen:
        """Deploy a commit with these files under load."""
        self.count += 1
        self.site.commit(self.files | {"count": str(self.count)} | {name.replace("_", "."): text for name, text in files.items()})
        ended, began = "released", time.monotonic()
        with Load(self.url, self.host) as asking:
            try:
                self.site.deploy()
            except DeployFailed as error:
                ended = "taken back" if "taken back" in error.headline else "old one kept on"
            seconds = time.monotonic() - began
        longest = max((answer.seconds for answer in asking.answers), default=0.0)
        return Seen(seconds, len(asking.answers), len(asking.lost), longest, ended)


SCENARIOS: tuple[tuple[str, bool, dict[str, str]], ...] = (
    ("good", False, {}),
    ("good, with preboot", True, {}),
    ("its release phase fails", False, {"release_py": 'raise SystemExit("no such column")\n'}),
    ("web crashes at boot", False, {"web_py": 'raise SystemExit("boom")\n'}),
    ("web crashes at boot, with preboot", True, {"web_py": 'raise SystemExit("boom")\n'}),
    ("the worker crashes", False, {"worker_py": 'raise RuntimeError("no such queue")\n'}),
    ("never ready", False, {"web_py": BAD}),
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="djheroku-bench-") as folder:
        bench = Bench(Path(folder))
        try:
            rows = [(name, *_told(_run(bench, preboot, files))) for name, preboot, files in SCENARIOS]
        finally:
            bench.rehearsal.stop()
    table("Releases under 50 requests a second", ("", "the deploy, s", "ended", "asked", "lost", "longest, s"), rows)
    busy = " ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\nOne run of each, with a gate of 1 s where 10 are usual. Load at the end {busy}. {machine()}", flush=True)


def _run(bench: Bench, preboot: bool, files: dict[str, str]) -> Seen:
    bench.preboot(on=preboot)
    return bench.deploy(**files)


def _told(seen: Seen) -> tuple[str, ...]:
    return (f"{seen.seconds:.1f}", seen.ended, str(seen.asked), str(seen.lost), f"{seen.longest:.2f}")


if __name__ == "__main__":
    main()
