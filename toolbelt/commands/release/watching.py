"""What follows a release: its phase, its quantities, its dynos, and the site that answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from toolbelt.commands.release.delivery import forget, show
from toolbelt.commands.release.deploying import NotGood, PhaseFailed, Run
from toolbelt.errors import ToolbeltError
from toolbelt.gate import right
from toolbelt.heroku import apps, dynos, formation, releases, site, streams
from toolbelt.heroku.dynos import Dyno
from toolbelt.heroku.outage import Watch
from toolbelt.heroku.refusals import Refused, Unreachable
from toolbelt.heroku.releases import Release
from toolbelt.heroku.site import Answer
from toolbelt.plan import scaling

SILENT = 90  # seconds for the site to answer once its dynos are up
STUBBORN = 20  # seconds of one wrong answer, which is not that of a site that is still starting
SWITCH = 240  # seconds: with preboot Heroku sends requests to the new dynos about three minutes after they are up
PAGE = 503  # of maintenance mode
STARTING = (0, 502, 503, 504)
UP = ("up", "idle")  # an eco dyno that nobody visits idles


def finish(run: Run, name: str, release: Release | None) -> None:
    """Stream the release phase to its end; DeployFailed if it fails. With ``wait``, one that an earlier run began."""
    assert release is not None
    client, flag = run.heroku.client, run.heroku.stage.flag
    with run.step(name, half=f"{release.name} goes on at Heroku: ./inv releases.output {release.name}{flag}") as note:

        def ended() -> bool:
            return releases.info(client, run.app, release.id).status != "pending"

        if release.output_url:
            try:
                run.phase += show(run.tools.printer, "release", streams.follow(client, release.output_url, finished=ended))
            except (Refused, Unreachable):
                raise
            except ToolbeltError as error:  # what it says is not what it does
                run.tools.printer.warn(f"what the release phase says cannot be followed: {error.headline}")
        while (found := releases.info(client, run.app, release.id)).status == "pending":
            client.sleep(1)
        note(f"{found.name} {found.status}")
        if found.status == "failed" and name != "wait":
            raise PhaseFailed(f"The release phase of {found.name} failed")


def scale(run: Run) -> None:
    """Give process types that are new the quantity that app.json asks for."""
    wishes = scaling(run.wanted, run.observed)
    if wishes:
        told = ", ".join(f"{name}={wish.quantity}" for name, wish in wishes.items())
        with run.step("scale", half=f"Not every process type has its quantity: {told}") as note:
            pairs = {name: (wish.quantity, wish.size) for name, wish in wishes.items()}
            run.scaled += pairs
            formation.scale(run.heroku.client, run.app, pairs)
            note(told)
    forget(run.tools, run.observed.app)


def dynos_up(run: Run, release: Release, patience: float) -> Mapping[str, int]:
    """Wait until all dynos of the formation are up with the release, or a later one; how many there are of each."""
    client = run.heroku.client
    half = f"{release.name} is released; its dynos are starting: ./inv ps{run.heroku.stage.flag}"
    with run.step("dynos", half=half) as note:
        wanted = {row.type: row.quantity for row in formation.every(client, run.app) if row.quantity}
        deadline = time.monotonic() + patience
        while True:
            found = [dyno for dyno in dynos.every(client, run.app) if dyno.version >= release.version and dyno.type in wanted]
            if crashed := [dyno for dyno in found if dyno.state == "crashed"]:
                raise _not_up(run, release, crashed[0], "crashed")
            up = {name: sum(dyno.type == name and dyno.state in UP for dyno in found) for name in wanted}
            if all(up[name] >= quantity for name, quantity in wanted.items()):
                break
            # An autoscaler may want fewer by now.
            wanted = {row.type: row.quantity for row in formation.every(client, run.app) if row.quantity}
            if time.monotonic() > deadline:
                late = next((dyno for dyno in found if dyno.state not in UP), None)
                raise _not_up(run, release, late, f"is not up after {patience:g} s")
            client.sleep(1)
        run.up = tuple(found)
        note(", ".join(f"{name} {quantity}" for name, quantity in up.items()) or "none: every quantity is 0")
    for name, wish in run.wanted.formation.items():
        if wish.quantity and name in run.wanted.processes and name not in wanted:
            run.tools.printer.warn(f"{name} has no dyno, as somebody has set it; app.json asks for {wish.quantity}")
    return wanted


def _not_up(run: Run, release: Release, dyno: Dyno | None, what: str) -> NotGood:
    name = dyno.name if dyno else "a dyno"
    waits = dyno is not None and dyno.type == "web" and dyno.state == "starting"
    return NotGood(
        f"{name} of {release.name} {what}",
        finding="it has not bound to $PORT, on an address that the router reaches" if waits else "",
        todo=f"{run.back(release)} brings back what ran before; ./inv logs{run.heroku.stage.flag} tells more",
        dyno=dyno.name if dyno else "",
    )


def site_answers(run: Run, release: Release, running: Mapping[str, int], patience: float) -> None:
    """Wait until the site tells the new commit."""
    if not run.has("site"):
        return
    client, url = run.heroku.client, run.observed.app.web_url
    if why := unasked(run, running):
        run.tools.printer.warn(f"the site was not asked: {why}")
        return
    half = f"{release.name} is released and its dynos are up; the site has not told the new commit."
    with run.step("site", half=half) as note:
        preboot = run.observed.preboot
        began = time.monotonic()
        # Preboot's switch is Heroku's, whatever patience somebody has with dynos.
        deadline, wrong = began + (max(patience, SWITCH) if preboot else min(patience, SILENT)), began
        crashing = False
        while True:
            answer = site.ask(client, url)
            if right(answer, commit=run.wanted.commit, release=release):
                break
            now = time.monotonic()
            crashing = crashing or (answer.status >= 500 and answer.status not in STARTING)
            if answer.status in STARTING or preboot:
                wrong = now
            if now > deadline or now > wrong + STUBBORN:
                if not crashing and closed(run, answer):
                    note(f"the site was not asked: {unasked(run, running)}")
                    return
                raise NotGood(
                    f"The site of {release.name} does not answer with commit {run.wanted.commit[:12]}",
                    finding=f"/health/release answers {answer.said}",
                    todo=f"./inv releases{run.heroku.stage.flag} tells what runs; "
                    f"{run.back(release)} brings back what ran before",
                    dyno="web",
                )
            client.sleep(0.5)
        if answer.commit in site.UNKNOWN and run.wanted.commit:
            run.tools.printer.warn("the site answers, but does not know its commit: ./inv help deploy")
        note(f"commit {answer.commit[:12]}" if answer.commit not in site.UNKNOWN else f"release {answer.release}")


def unasked(run: Run, running: Mapping[str, int]) -> str:
    """Why the site cannot be asked; "" where it can."""
    if run.observed.app.maintenance:
        return "maintenance mode is on"
    return "" if running.get("web") else "web has no dyno"


def closed(run: Run, answer: Answer) -> bool:
    """Somebody has switched maintenance mode on meanwhile: it is Heroku's page that answers, and says nothing of the site."""
    if answer.status == PAGE and not run.observed.app.maintenance:
        with suppress(ToolbeltError):
            app = apps.info(run.heroku.client, run.app)
            run.observed = replace(run.observed, app=app)
            if app.maintenance:
                run.see_downtime()
                run.tools.printer.warn("maintenance mode was switched on meanwhile: the site is not asked any more")
    return run.observed.app.maintenance


def look_on(run: Run) -> None:
    """Watch from outside for how long the site does not answer while its dynos are replaced."""
    client, app = run.heroku.client, run.observed.app
    serves = run.observed.current is not None and any(row.type == "web" and row.quantity for row in run.observed.rows)
    if serves and app.web_url and not app.maintenance and run.watch is None:
        run.watch = Watch(lambda seconds: site.alive(client, app.web_url, seconds=seconds))
