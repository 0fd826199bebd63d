"""What the rehearsal measured becomes the facts of a report; the report is told, and kept in files."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from toolbelt import likeness, manifest
from toolbelt.commands.history import entries as history
from toolbelt.commands.history.keeping import write
from toolbelt.commands.rehearse.leg import Course
from toolbelt.errors import ToolbeltError
from toolbelt.heroku.records import when
from toolbelt.heroku.tokens import VARIABLE
from toolbelt.report import data, markdown, page, text
from toolbelt.report.facts import Dyno, Facts, Leg, Write
from toolbelt.report.hiding import Hider
from toolbelt.report.measure import OK, OVER, UNSEEN, WARN
from toolbelt.stages import REHEARSAL

MB = 1024**2
LEAVING = 40.0  # seconds for a dyno that was replaced to end: Heroku gives it 30
BUSY = 2.0  # times as much to do as there are cores
LAYERS = re.compile(r"\b(\d+) layers\b")
STYLES = {OK: "green", WARN: "yellow bold", OVER: "red bold", UNSEEN: "dim", text.HEAD: "bold", text.DIM: "dim"}


@dataclass(frozen=True, kw_only=True)
class About:
    """What the report says of the rehearsal as a whole."""

    project: str
    like: str = ""
    runtime: str = ""
    preboot: bool = False
    rate: float = 0
    path: str = "/"


def gather(course: Course, about: About) -> Facts:
    """All that is known, with every secret taken out."""
    lives = _lives(course)
    sizes, gaps = _sizes(course), _gaps(course)
    legs = []
    for number, leg in enumerate(course.legs):
        fresh = number == 0
        ours = tuple(dyno for dyno in lives if f"v{dyno.version}" == leg.release or (fresh and _earlier(dyno, course.legs)))
        known = sizes.get(leg.release)
        legs.append(replace(_measured(leg, ours, known), gap=gaps.get(leg.release)))
    facts = Facts(
        project=about.project,
        app=course.heroku.app,
        like=about.like,
        runtime=about.runtime,
        kind=course.kind,
        when=f"{course.wall:%Y-%m-%d %H:%M} UTC",
        seconds=course.clock(),
        legs=tuple(legs),
        preboot=about.preboot,
        rate=about.rate,
        path=about.path,
        requests=course.requests,
        config=likeness.grouped(course.origins),
        notes=(*course.notes, *_busy()),
    )
    return _hider(course).facts(facts)


def _busy() -> list[str]:
    """A word on this machine, where it has had more to do than it has cores."""
    cores = os.cpu_count() or 1
    load = os.getloadavg()[1] if hasattr(os, "getloadavg") else 0.0
    told = f"This machine was busy with other things (load {load:.0f} on {cores} cores): times are longer than they need be"
    return [told] if load > BUSY * cores else []


def _earlier(dyno: Dyno, legs: list[Leg]) -> bool:
    """Of a release from before: it was replaced by the first leg."""
    return f"v{dyno.version}" not in {leg.release for leg in legs}


def _measured(leg: Leg, dynos: tuple[Dyno, ...], known: tuple[int | None, int | None] | None) -> Leg:
    seconds = {step.name: step.seconds for step in leg.steps}
    layers = next((found for step in leg.steps if step.name == "build" and (found := LAYERS.search(step.note))), None)
    size, change = known or (None, None)
    return replace(
        leg,
        dynos=dynos,
        build=seconds.get("build"),
        phase=seconds.get("phase"),
        layers=int(layers[1]) if layers else None,
        size=size,
        before=size - change if size is not None and change is not None else None,
    )


def _lives(course: Course) -> list[Dyno]:
    """The dynos that lived while the rehearsal went on, those that leave to their end; none where nobody tells."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + LEAVING
    with suppress(ToolbeltError):
        while True:
            found = course.heroku.client.get(f"/_rehearsal/apps/{course.heroku.app}/dynos")
            there = Counter(each["dyno"] for each in found if each["ended_at"] is None)
            if max(there.values(), default=0) < 2 or time.monotonic() > deadline:
                break
            course.heroku.client.sleep(0.5)
    lives = []
    for each in found:
        ended = when(each["ended_at"])
        if not each["dyno"].startswith("run.") and (ended is None or ended >= course.wall):
            lives.append(_dyno(each, course.wall))
    return lives


def _dyno(found: Mapping[str, Any], wall: datetime) -> Dyno:
    launched = when(found["launched_at"])
    at = (launched - wall).total_seconds() if launched else 0.0
    peak, first = found.get("memory_peak_mb"), found.get("first_ms")
    writes = (found.get("disk_writes") or {}).get("files") or ()
    errors = tuple(found.get("errors") or ())
    return Dyno(
        name=found["dyno"],
        type=found["type"],
        size=found["size"],
        version=found["release"],
        quota=found["memory_quota_mb"] * MB if found.get("memory_quota_mb") else None,
        at=at,
        boot=found.get("boot_seconds"),
        stop=found.get("exit_seconds"),
        killed="R12" in errors,
        state=found["state"],
        first=first / 1000 if first is not None else None,
        peak=int(peak * MB) if peak is not None else None,
        memory=tuple((at + after, int(used * MB)) for after, used in found.get("memory") or ()),
        writes=tuple(Write(path=each["path"], size=each["size"] or 0) for each in writes),
        codes=errors,
    )


def _gaps(course: Course) -> dict[str, float]:
    """How long no web dyno was there, by release."""
    with suppress(ToolbeltError):
        found = course.heroku.client.get(f"/_rehearsal/apps/{course.heroku.app}/requests")
        return {f"v{each['release']}": each["gap_seconds"] for each in found if each.get("gap_seconds") is not None}
    return {}


def _sizes(course: Course) -> dict[str, tuple[int | None, int | None]]:
    """Size and change of what each release brought, by its name."""
    with suppress(ToolbeltError):
        return {
            entry.release.name: (entry.size, entry.change) for entry in history.read(course.tools, course.heroku, count=20)
        }  # fmt: skip
    return {}


def _hider(course: Course) -> Hider:
    """Whatever is a secret here: the app's config vars, but for what app.json says for everybody to read, and tokens."""
    public = {each.value for each in manifest.load(course.tools.config.root / "app.json").env.values()}
    found = {course.heroku.token.reveal(), course.tools.config.environ.get(VARIABLE, ""), *course.secrets}
    return Hider(found - public)


def tell(course: Course, facts: Facts, *, report: str, summary: str) -> None:
    """Print it, one screen, and keep it as page and JSON; the summary is added to what its file has already."""
    folder = course.tools.config.home / REHEARSAL
    kept = {folder / "report.html": page.render(facts), folder / "report.json": data.render(facts)}
    if report:
        path = Path(report)
        kept[path] = {".html": page, ".md": markdown}.get(path.suffix, data).render(facts)
    for path, content in kept.items():
        write(path, content)
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(markdown.render(facts))
    _show(course, facts)
    course.tools.printer.say(f"  {folder / 'report.html'}")


def _show(course: Course, facts: Facts) -> None:
    console = course.tools.printer.console
    console.print()
    for pieces in text.lines(facts):
        console.print(Text.assemble(*((said, STYLES.get(kind, "")) for said, kind in pieces)))
