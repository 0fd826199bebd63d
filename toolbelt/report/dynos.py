"""What is judged of dynos: how they boot, answer first, use memory, end, and what they leave on their disks."""

from __future__ import annotations

from toolbelt.output import size
from toolbelt.report import limits
from toolbelt.report.facts import Dyno, Facts
from toolbelt.report.measure import OK, OVER, WARN, Measure, judged, timed, unseen
from toolbelt.report.telling import many, memory, seconds


def rank(name: str) -> tuple[int, str]:
    known = ("release", "web", "worker")
    return (known.index(name) if name in known else len(known), name)


def boot(dynos: tuple[Dyno, ...]) -> Measure | None:
    boots = [dyno.boot for dyno in dynos if dyno.type == "web" and dyno.boot is not None]
    if not boots:
        known = "R10" in {code for dyno in dynos for code in dyno.codes}
        if known:
            return Measure(key="boot", name="Boot", value=f"> {seconds(limits.BOOT)}", limit=seconds(limits.BOOT), level=OVER,
                           share=1.0, note="R10: web did not bind to $PORT")  # fmt: skip
        return None if not any(dyno.type == "web" for dyno in dynos) else unseen("boot", "Boot", "no web dyno came up")
    note = "from its start to the port" if len(boots) == 1 else f"the slowest of {len(boots)}"
    return timed("boot", "Boot", max(boots), limits.BOOT, note)


def first(dynos: tuple[Dyno, ...]) -> Measure | None:
    firsts = [dyno.first for dyno in dynos if dyno.first is not None]
    if not firsts:
        return None
    value = max(firsts)
    found = timed("first", "First request", value, limits.FIRST_BYTE, "to a fresh dyno")
    if found.level == OK and value >= limits.SLOW_FIRST:
        return Measure(key=found.key, name=found.name, value=found.value, limit=found.limit, level=WARN, share=found.share,
                       note="what loads late makes a visitor wait")  # fmt: skip
    return found


def memory_of(name: str, dynos: tuple[Dyno, ...]) -> Measure | None:
    """The highest of all dynos of a process type."""
    found = [dyno for dyno in dynos if dyno.type == name and dyno.peak is not None and dyno.quota]
    if not found:
        return None
    top = max(found, key=lambda dyno: (dyno.peak or 0) / (dyno.quota or 1))
    peak, quota = top.peak or 0, top.quota or 1
    share = peak / quota
    notes = [top.size]
    if share >= limits.KILLED:
        notes.append("R15: the dyno is killed")
    elif share >= 1:
        notes.append("R14: it swaps, and crawls")
    return Measure(
        key=f"memory.{name}", name=f"Memory, {name}", value=memory(peak), limit=memory(quota),
        level=judged(share, limits.CLOSE_MEMORY), share=share, note=", ".join(filter(None, notes)),
    )  # fmt: skip


def stop(facts: Facts, dynos: tuple[Dyno, ...]) -> Measure | None:
    every = [dyno for leg in facts.legs for dyno in leg.dynos]
    if not every:
        return None
    ours = [dyno for dyno in dynos if dyno.stop is not None]
    found = ours or [dyno for dyno in every if dyno.stop is not None]
    if not found:
        return unseen("stop", "SIGTERM to exit", "no dyno was replaced; rehearse again on top of this one", seconds(limits.STOP))
    slowest = max(found, key=lambda dyno: (dyno.killed, dyno.stop or 0.0))
    if slowest.killed:
        return Measure(
            key="stop", name="SIGTERM to exit", value=f"> {seconds(limits.STOP)}", limit=seconds(limits.STOP), level=OVER,
            note=f"R12: {slowest.name} had to be killed", share=1.0,
        )  # fmt: skip
    which = slowest.name if ours else f"{slowest.name} of the release before"
    return timed("stop", "SIGTERM to exit", slowest.stop or 0.0, limits.STOP, which)


def writes(dynos: tuple[Dyno, ...]) -> Measure | None:
    if not dynos:
        return None
    files = {write.path: write.size for dyno in dynos if dyno.type != "release" for write in dyno.writes}
    if not files:
        return Measure(key="writes", name="Written to disk", value="nothing", limit="", level=OK, note="nothing to be lost")
    return Measure(
        key="writes", name="Written to disk", value=many(len(files), "file"), limit="", level=WARN,
        note=f"{size(sum(files.values()))} that a restart loses, such as {sorted(files)[0]}",
    )  # fmt: skip
