"""What doctor looks at: facts of this checkout and of the app, each asked for once, handed to the judges in toolbelt/doctor."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from toolbelt import git, manifest, migrations, procfile
from toolbelt import plan as planning
from toolbelt.artifacts import image as images
from toolbelt.commands.history import commits
from toolbelt.commands.history import entries as history
from toolbelt.commands.local.quality import LOCKS
from toolbelt.commands.release import migrated
from toolbelt.doctor import addons, costs, image, locks, migrating, repository, shipping, standing
from toolbelt.doctor import app as apps_
from toolbelt.doctor import site as sites
from toolbelt.doctor.finding import Finding
from toolbelt.errors import ToolbeltError
from toolbelt.heroku import addons as addons_
from toolbelt.heroku import configvars, data, features, formation, prices, quotas, releases
from toolbelt.heroku.addons import Addon
from toolbelt.heroku.apps import App
from toolbelt.manifest import Manifest
from toolbelt.plan import IMAGE, Observed, Wanted
from toolbelt.tools import Heroku, Tools

RECENT = 20  # releases
AT_ONCE = 6  # calls


class Look:
    """One examination: what is asked for once, and by more than one of its parts, is kept here."""

    def __init__(
        self, tools: Tools, heroku: Heroku | None, app: App | None, wanted: Wanted | None, observed: Observed | None
    ) -> None:
        self.tools, self.heroku, self.app, self.wanted, self.observed = tools, heroku, app, wanted, observed
        self.root = tools.config.root
        self.today: date = datetime.now(UTC).date()
        self._ask = ThreadPoolExecutor(AT_ONCE)
        if heroku is not None and app is not None:
            client, name = heroku.client, app.name
            self._variables = self._ask.submit(configvars.every, client, name)
            self._addons = self._ask.submit(addons_.every, client, name)
            self._rows = self._ask.submit(formation.every, client, name)
            self._features = self._ask.submit(features.every, client, name)
            self._releases = self._ask.submit(lambda: list(releases.every(client, name, limit=RECENT)))
        self._ask.shutdown(wait=False)

    @property
    def flag(self) -> str:
        """What names the stage to a verb that mends something; "" where there is none."""
        return self.heroku.stage.flag if self.heroku is not None else ""

    @cached_property
    def manifest(self) -> Manifest:
        if self.heroku is None:
            return manifest.load(self.root / "app.json")
        return manifest.of(self.root, self.heroku.stage.name, self.heroku.stage.differences)

    @cached_property
    def _processes(self) -> Mapping[str, str]:
        return procfile.load(self.root / "Procfile") if (self.root / "Procfile").is_file() else {}

    @cached_property
    def image_build(self) -> bool:
        if self.app is not None:
            return planning.kind(self.wanted.kind if self.wanted else "", self.app) == IMAGE
        return self.manifest.stack == "container"

    # this checkout

    def repository(self) -> Iterator[Finding]:
        yield from repository.committed(self.root, image=self.image_build)
        yield from repository.processes(self.root, self.manifest)
        yield from repository.python(self.root, image=self.image_build, today=self.today)
        version = next(iter(repository.pythons(self.root).values()), f"{sys.version_info[0]}.{sys.version_info[1]}")
        groups = [word for word in LOCKS["requirements.txt"] if not word.startswith("--")]
        yield from locks.lock(self.root, groups, python=".".join(version.split(".")[:2]))

    def shipping(self) -> Iterator[Finding]:
        yield from shipping.tracked(self.root)
        yield from shipping.source(self.root, git.commit(self.root), sent=not self.image_build)
        if self.image_build:
            yield from shipping.context(self.root)

    def image(self) -> Iterator[Finding]:
        if not self.image_build:
            return
        yield from image.dockerfile(self.root, release_phase="release" in self._processes)
        if self.app is not None:
            with suppress(ToolbeltError):  # no Docker here, or no image yet
                yield from image.built(images.inspect(f"{self.app.name}:deployed"))
            with suppress(ToolbeltError):  # the registry does not answer
                yield from image.manifest(self._media_type())

    def _media_type(self) -> str:
        """Of what the registry has as the app's web; "" where it has nothing."""
        assert self.heroku is not None
        found = self.heroku.registry.manifest(f"{self.heroku.app}/web")
        return str(found[1].get("mediaType") or "") if found else ""

    def site(self) -> Iterator[Finding]:
        if self.heroku is None or self.app is None:
            found = self._examined(standing.fresh(self.manifest))
            yield from sites.findings(found, where="what app.json asks for")
            return
        values = {name: value.reveal() for name, value in self._variables.result().items()}
        found = self._examined(standing.like(values))
        if found is not None and found["settings"]:
            # Something of it may be no good as a stand-in: a JSON text, a key of a certain form.
            again = self._examined(standing.like(values, closer=True))
            found = {name: _masked(each, values) for name, each in (again or found).items()}
        yield from sites.findings(found, where=f"the config vars of {self.app.name}")
        yield from apps_.variables(values, self.manifest)

    def _examined(self, variables: Mapping[str, str]) -> Mapping[str, Any] | None:
        environ = self.tools.config.environ
        ours = {name: environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in environ}
        return sites.examine(self.root, sys.executable, {**ours, **variables, "DYNO": "doctor.1"})

    # the app

    def app_(self) -> Iterator[Finding]:
        assert self.app is not None
        yield from apps_.state(self.app, self.flag)
        yield from apps_.stack(self.app, self.manifest, today=self.today)
        if not self.image_build and (switch := self._variables.result().get("DISABLE_COLLECTSTATIC")) is not None:
            yield from apps_.collectstatic(switch.reveal(), self.flag)
        concurrency = self._variables.result().get("WEB_CONCURRENCY")
        rows = self._rows.result()
        yield from apps_.dynos(
            rows,
            self.manifest,
            preboot=bool(self._features.result().get("preboot")),
            concurrency=concurrency.reveal() if concurrency else "",
        )
        yield from apps_.releases(self._releases.result())

    def costs(self) -> Iterator[Finding]:
        assert self.heroku is not None
        assert self.app is not None
        client, rows = self.heroku.client, self._rows.result()
        if self.wanted is not None and self.observed is not None:
            wishes = planning.scaling(self.wanted, self.observed)
        else:
            wishes = costs.coming(rows, self.manifest, self._processes)
        if types := costs.eco(rows, wishes):
            yield from costs.hours(types, quotas.eco(client, self.app.owner_id))
        if wishes:
            yield from costs.price(rows, wishes, prices.sizes(client))

    def addons(self) -> Iterator[Finding]:
        found = self._addons.result()
        yield from addons.plans(self.manifest)
        yield from addons.of(found, self.manifest, self.flag)
        yield from addons.versions(self._versions(found), self.root / "docker-compose.yml", today=self.today)

    def _versions(self, found: Sequence[Addon]) -> Mapping[str, str]:
        """Of the add-ons' servers, where the data API tells them."""
        assert self.heroku is not None
        door, told = data.door(self.heroku.stage, self.heroku.token), {}
        # The one behind DATABASE_URL counts, where there are several.
        for each in sorted(found, key=lambda each: "DATABASE_URL" in each.config_vars):
            if each.state == "provisioned" and each.service in (addons.POSTGRES_SERVICE, addons.REDIS_SERVICE):
                with suppress(ToolbeltError):
                    told[each.service] = data.version(door, each)
        return told

    # the migrations

    def migrations(self) -> Iterator[Finding]:
        assert self.heroku is not None
        assert self.app is not None
        found = self._releases.result()
        if not any(each.status == "succeeded" and (each.slug or history.CODE.match(each.description)) for each in found):
            return  # nothing runs: every table is new
        good = next((each for each in found if each.status == "succeeded"), None)
        old = self.observed.good_commit if self.observed else commits.of(self.tools, self.heroku, self.app, good, found)
        new = self.wanted.commit if self.wanted else git.commit(self.root)
        if not old:
            yield migrating.unknown("no release, no record and no answer of the site tells the commit that runs")
            return
        applied = migrations.between(self.root, old, new)
        if applied is None:
            shallow = ", whose history is cut off" if git.head(self.root).shallow else ""
            yield migrating.unknown(f"commit {old[:12]} runs, which is not in this clone{shallow}")
            return
        changed = migrations.packages(self.root, old, new, kept=migrated.seen(self.tools))
        yield from migrating.pending((*applied, *migrations.brought(changed)))
        yield from migrating.missing(migrations.between(self.root, new, old) or ())
        yield from migrating.packages(changed)


def _masked(found: Any, values: Mapping[str, str]) -> Any:
    """What the site's program says, wherever in it a text stands."""
    if isinstance(found, str):
        return standing.masked(found, values)
    if isinstance(found, list):
        return [_masked(each, values) for each in found]
    return {name: _masked(each, values) for name, each in found.items()} if isinstance(found, dict) else found
