"""The app on Heroku: its stack, its dynos, its releases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from toolbelt.doctor.finding import Finding, error, ok, some, warning
from toolbelt.doctor.known import EXPIRES_DAYS, EXPIRES_RELEASES, MEMORY, NEWEST_STACK, PROCESS, RETIRED_SIZES, STACKS
from toolbelt.heroku.apps import App
from toolbelt.heroku.formation import Row
from toolbelt.heroku.releases import Release
from toolbelt.manifest import Manifest

OLDEST = min(int(name.removeprefix("heroku-")) for name in STACKS if name.startswith("heroku-"))


def stack(app: App, manifest: Manifest, *, today: date) -> Iterator[Finding]:
    life = STACKS.get(app.stack)
    if manifest.stack and manifest.stack != app.stack and "container" in (manifest.stack, app.stack):
        what = f"the app's stack is {app.stack}, and app.json says {manifest.stack}"
        yield warning("stack", what, "the app's own decides how it is built", "Mend app.json, or change the app's stack")
    if life is None and (older := re.fullmatch(r"heroku-(\d+)", app.stack)) and int(older[1]) < OLDEST:
        what = f"Heroku's Python buildpack does not build on {app.stack}"
        yield error("stack", what, "it has ended", f"Change the app's stack to {NEWEST_STACK}, then deploy")
    elif life is None:
        yield warning(
            "stack",
            f"{app.stack} is not known here",
            "it may be newer than these tools",
            "Does the table grow old? toolbelt/doctor/known.py",
        )
    elif life.ends is not None and life.ends <= today:
        yield error(
            "stack", f"{app.stack} has ended on {life.ends}", life.what, f"Change the app's stack to {NEWEST_STACK}, then deploy"
        )
    elif life.deprecated is not None and life.deprecated <= today:
        yield warning(
            "stack",
            f"{app.stack} is deprecated, and ends on {life.ends}",
            life.what,
            f"Change the app's stack to {NEWEST_STACK}, then deploy",
        )
    else:
        yield ok("stack", f"{app.stack}{f', until {life.ends}' if life.ends else ''}")


def state(app: App, flag: str = "") -> Iterator[Finding]:
    """flag: what names the app's stage to the verb that mends it."""
    if app.maintenance:
        yield warning(
            "app",
            "maintenance mode is on",
            "visitors see its page, not the site, and a deploy cannot ask it",
            f"./inv maintenance off{flag}",
        )


def collectstatic(switch: str, flag: str = "") -> Iterator[Finding]:
    """switch: the config var DISABLE_COLLECTSTATIC, of which the buildpack takes only nothing and 0 for "do not disable"."""
    if switch in ("", "0"):
        return
    meant = switch.lower() in ("false", "no", "off")
    yield warning(
        "static",
        f"DISABLE_COLLECTSTATIC is {switch.lower() if meant else 'set'}: the build collects no static files",
        "the buildpack runs it only where this is not set, or 0" if meant else "it was perhaps meant for the first build only",
        f"./inv config.unset DISABLE_COLLECTSTATIC{flag}",
    )


def dynos(rows: Sequence[Row], manifest: Manifest, *, preboot: bool, concurrency: str = "") -> Iterator[Finding]:
    """concurrency: of the config var WEB_CONCURRENCY, "" where it is not set."""
    sizes = {row.type: row.size.lower() for row in rows if row.quantity}
    web = next((row for row in rows if row.type == "web"), None)
    if web is not None and not web.quantity:
        yield warning("dynos", "web has no dyno", "the router answers every visitor with H14", "./inv ps.scale web=1")
    for name, wish in manifest.formation.items():
        if wish.size and wish.size.lower() not in MEMORY:
            yield error(
                "dynos",
                f"app.json asks for a dyno of size {wish.size}, which there is not",
                f"there are {', '.join(MEMORY)}",
                f"formation.{name}.size in app.json",
            )
        elif wish.size.lower() in RETIRED_SIZES:
            yield warning(
                "dynos",
                f"app.json asks for a dyno of size {wish.size}, which is retired",
                "a new app would be refused",
                "eco or basic",
            )
    eco = [name for name, size in sizes.items() if size == "eco"]
    if eco:
        others = f", and {some([name for name in eco if name != 'web'])} with it" if "web" in eco and len(eco) > 1 else ""
        yield warning(
            "dynos",
            f"{some(eco)} on Eco",
            f"it sleeps after 30 minutes without a visitor{others}; all Eco dynos of the account share its hours of the month",
            "basic, where that matters",
        )
    if preboot and sizes.get("web") in ("eco", "basic"):
        yield warning(
            "dynos",
            f"preboot is on, and web is of size {sizes['web']}",
            "it works from Standard on only",
            "./inv ps.scale web=1:standard-1x",
        )
    memory = MEMORY.get(sizes.get("web", ""), 0)
    if concurrency.isdigit() and memory and int(concurrency) * PROCESS > memory:
        yield warning(
            "dynos",
            f"WEB_CONCURRENCY={concurrency} on {memory} MB",
            f"Heroku counts {PROCESS} MB for a process: R14, and a site that crawls",
            f"At most {memory // PROCESS}, or a larger dyno",
        )
    if sizes:
        yield ok("dynos", ", ".join(f"{row.type}={row.quantity} {row.size}" for row in rows if row.quantity))


def releases(found: Sequence[Release]) -> Iterator[Finding]:
    """found: the newest first."""
    if not found:
        yield ok("releases", "none yet")
        return
    newest = found[0]
    good = [each for each in found if each.status == "succeeded"]
    if newest.status == "failed":
        running = f"{good[0].name} runs" if good else "nothing runs"
        yield warning(
            "releases",
            f"{newest.name}, the newest, failed",
            f"{running}; {newest.description}",
            f"./inv releases.output {newest.name}",
        )
    elif newest.status == "pending":
        yield warning(
            "releases",
            f"{newest.name} is under way: its release phase runs",
            "a deploy waits for it",
            f"./inv releases.output {newest.name}",
        )
    before = [each for each in good[1:] if each.eligible]
    expired = [each for each in found if each.status == "expired"]
    if expired and not before:
        yield warning(
            "releases",
            f"a rollback would reach nothing: {some([each.name for each in expired])} expired",
            f"Heroku keeps what is younger than {EXPIRES_DAYS} days or among the newest {EXPIRES_RELEASES}",
            "git has the old code: deploy that commit",
        )
    elif before:
        yield ok("releases", f"{good[0].name} runs, a rollback reaches {before[0].name}")
    elif good:
        yield ok("releases", f"{good[0].name} is the newest that succeeded, with none to go back to")


def variables(there: Mapping[str, object], manifest: Manifest) -> Iterator[Finding]:
    """Names only: what app.json says that the site must have."""
    missing = [name for name, each in manifest.env.items() if each.required and name not in there]
    if missing:
        yield warning(
            "settings",
            f"the app has no {some(missing)}",
            "app.json says that the site needs it",
            f"./inv config.set {missing[0]}=…, or ./inv apps.create",
        )
