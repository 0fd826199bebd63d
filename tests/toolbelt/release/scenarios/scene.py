"""A site that proves itself, delivered as source or as images: changed, deployed, and looked at when it is over."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.toolbelt.proving import ASKED, PROVING
from tests.toolbelt.rehearsed import DOCKERFILE, Rehearsal, Site
from toolbelt.commands.history import keeping
from toolbelt.commands.release.deploy import Options
from toolbelt.errors import DeployFailed
from toolbelt.heroku import dynos, formation, releases
from toolbelt.heroku.releases import Release

QUICK = Options(seconds=1)
SECOND = "import time\ntime.sleep(1)\n"  # a release phase that the site is seen to answer in
SETTINGS = ("--set", "stop_grace=3", "--set", "preboot=2")
FILES = {
    "source": PROVING,
    "image": PROVING | {"Dockerfile": DOCKERFILE, "app.json": json.dumps(ASKED | {"stack": "container"})},
}
RUNTIMES = {"source": "process", "image": "docker"}


@dataclass
class Scene(Site):
    """The site, with the files that it has when all is well; a container takes longer to start than a process."""

    delivery: str = "source"
    files: dict[str, str] = field(default_factory=dict)

    @property
    def brief(self) -> float:
        """Seconds that are enough for dynos that start, and little for what never comes."""
        return {"source": 2, "image": 8}[self.delivery]

    def change(self, **files: str) -> str:
        """A commit of its own, with these files and all others as they are when all is well."""
        self.changes += 1
        named = {name.replace("_", "."): text for name, text in files.items()}
        return self.commit(self.files | named | {"count": str(self.changes)})

    def current(self) -> Release:
        heroku = self.heroku()
        found = releases.running(heroku.client, heroku.app)
        assert found is not None
        return found

    def url(self) -> httpx.URL:
        heroku = self.heroku()
        return httpx.URL(str(heroku.client.get(f"/apps/{heroku.app}")["web_url"]))

    def tells(self) -> str:
        """The commit that the site says it is."""
        answer = self.heroku().client.fetch(f"{self.url()}health/release")
        assert answer is not None
        return str(answer.json()["commit"])

    def failed(self, *, options: Options = QUICK, patience: float = 30, **more: Any) -> DeployFailed:
        with pytest.raises(DeployFailed) as caught:
            self.deploy(options=options, patience=patience, **more)
        return caught.value

    def quantities(self) -> dict[str, int]:
        heroku = self.heroku()
        return {row.type: row.quantity for row in formation.every(heroku.client, heroku.app) if row.quantity}

    def journals(self) -> list[Path]:
        """Of runs that are under way, or ended in their middle."""
        return list((self.root / ".djheroku" / "deploys").glob("*"))

    def taken_back(self, error: DeployFailed, commit: str) -> None:
        """The old commit answers, on web and on the worker; what was said of it is so."""
        now = self.current()
        assert now.description.startswith("Rollback to v")
        assert f"{now.name} runs" in error.headline
        assert self.tells() == commit
        heroku = self.heroku()
        assert {each.version for each in dynos.every(heroku.client, heroku.app)} == {now.version}
        assert self.quantities() == {"web": 1, "worker": 1}
        assert not self.journals(), "its journal is over"
        kept = keeping.kept(self.tools(), heroku)
        assert kept[now.version].kind == "rollback"
        assert kept[now.version].commit == commit
        assert kept[max(version for version in kept if version < now.version)].outcome == "rolled back"
        assert paragraph(error).startswith(f"{now.name} runs: the code and config vars of v")
        assert f"commit {commit[:7]}" in paragraph(error)

    @contextmanager
    def visitors(self) -> Iterator[list[int]]:
        """Somebody who asks for a page a few times a second; what he got, 0 where nobody answered."""
        over, client, page, visits = threading.Event(), self.heroku().client, str(self.url()), list[int]()

        def visit() -> None:
            while not over.wait(0.15):
                answer = client.fetch(page)
                visits.append(answer.status_code if answer is not None else 0)

        visitor = threading.Thread(target=visit, daemon=True)
        visitor.start()
        try:
            yield visits
        finally:
            over.set()
            visitor.join()


def paragraph(error: DeployFailed) -> str:
    return " ".join(error.finding.split())


@contextmanager
def staged(root: Path, delivery: str) -> Iterator[Scene]:
    """The site, deployed to a rehearsal of its own."""
    files = FILES[delivery]
    made = Scene.make(root, **files)
    made.delivery, made.files = delivery, dict(files)
    rehearsal = Rehearsal(root / ".djheroku" / "rehearsal", ("--runtime", RUNTIMES[delivery], *SETTINGS)).start()
    try:
        made.create()
        made.deploy(options=QUICK)
        yield made
    finally:
        rehearsal.stop()
