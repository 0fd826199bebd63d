"""What follows a release: its phase, its quantities, its dynos, and the site that answers."""

from __future__ import annotations

import time
from collections.abc import Mapping

from toolbelt.commands.delivery import forget, show
from toolbelt.commands.deploying import Run
from toolbelt.errors import DeployFailed
from toolbelt.heroku import dynos, formation, releases, site, streams
from toolbelt.heroku.dynos import Dyno
from toolbelt.heroku.releases import Release
from toolbelt.plan import scaling

SILENT = 90  # seconds for the site to answer once its dynos are up
UP = ("up", "idle")  # an eco dyno that nobody visits idles


def finish(run: Run, name: str, release: Release | None) -> None:
    """Stream the release phase to its end; DeployFailed if it fails. With ``wait``, one that an earlier run began."""
    assert release is not None
    client, flag = run.heroku.client, run.heroku.stage.flag
    with run.step(name, half=f"{release.name} goes on at Heroku: ./inv releases.output {release.name}{flag}") as note:

        def ended() -> bool:
            return releases.info(client, run.app, release.id).status != "pending"

        if release.output_url:
            show(run, "release", streams.follow(client, release.output_url, finished=ended))
        while (found := releases.info(client, run.app, release.id)).status == "pending":
            client.sleep(1)
        note(f"{found.name} {found.status}")
    if found.status == "failed" and name != "wait":
        running = releases.running(client, run.app)
        raise DeployFailed(
            f"The release phase of {found.name} failed",
            finding=f"{running.name} keeps running." if running else "Nothing runs: there is no earlier release.",
            todo=f"What it says stands above, and in ./inv releases.output {found.name}{flag}. Mend it, and: {run.again}",
        )


def scale(run: Run) -> None:
    """Give process types that are new the quantity that app.json asks for."""
    wishes = scaling(run.wanted, run.observed)
    if wishes:
        told = ", ".join(f"{name}={wish.quantity}" for name, wish in wishes.items())
        with run.step("scale", half=f"Not every process type has its quantity: {told}") as note:
            pairs = {name: (wish.quantity, wish.size) for name, wish in wishes.items()}
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
            found = [dyno for dyno in dynos.every(client, run.app) if dyno.version >= release.version]
            if crashed := [dyno for dyno in found if dyno.state == "crashed" and dyno.type in wanted]:
                raise _not_up(run, release, crashed[0], "crashed")
            up = {name: sum(dyno.type == name and dyno.state in UP for dyno in found) for name in wanted}
            if all(up[name] >= quantity for name, quantity in wanted.items()):
                break
            if time.monotonic() > deadline:
                late = next((dyno for dyno in found if dyno.type in wanted and dyno.state not in UP), None)
                raise _not_up(run, release, late, f"not up after {patience:g} s")
            client.sleep(1)
        note(", ".join(f"{name} {quantity}" for name, quantity in up.items()) or "none: every quantity is 0")
    for name, wish in run.wanted.formation.items():
        if wish.quantity and name in run.wanted.processes and name not in wanted:
            run.tools.printer.warn(f"{name} has no dyno, as somebody has set it; app.json asks for {wish.quantity}")
    return wanted


def _not_up(run: Run, release: Release, dyno: Dyno | None, what: str) -> DeployFailed:
    name = dyno.name if dyno else "a dyno"
    return DeployFailed(
        f"{name} of {release.name} is {what}" if what.startswith("not") else f"{name} of {release.name} {what}",
        finding=run.log(dyno.name if dyno else "") or "The log has no line of it.",
        todo=f"{run.back(release)} brings back what ran before; ./inv logs{run.heroku.stage.flag} tells more",
    )


def site_answers(run: Run, release: Release, running: Mapping[str, int], patience: float) -> None:
    """Wait until the site tells the new commit."""
    if not run.has("site"):
        return
    client, url = run.heroku.client, run.observed.app.web_url
    if not running.get("web") or run.observed.app.maintenance:
        why = "maintenance mode is on" if run.observed.app.maintenance else "web has no dyno"
        run.tools.printer.warn(f"the site was not asked: {why}")
        return
    half = f"{release.name} is released and its dynos are up; the site has not told the new commit."
    with run.step("site", half=half) as note:
        deadline = time.monotonic() + min(patience, SILENT)
        while True:
            answer = site.ask(client, url)
            if answer.status == 200 and answer.commit == run.wanted.commit:
                break
            silent = answer.status == 200 and answer.commit in site.UNKNOWN
            if silent and answer.release in ("", release.name):
                run.tools.printer.warn("the site answers, but does not know its commit: ./inv help deploy")
                break
            if time.monotonic() > deadline:
                raise DeployFailed(
                    f"The site does not answer with commit {run.wanted.commit[:12]}",
                    finding="\n".join(filter(None, [f"{url}/health/release: {answer.said}", run.log()])),
                    todo=f"./inv releases{run.heroku.stage.flag} tells what runs; "
                    f"{run.back(release)} brings back what ran before",
                )
            client.sleep(0.5)
        note(f"commit {answer.commit[:12]}" if answer.commit not in site.UNKNOWN else f"release {answer.release}")
