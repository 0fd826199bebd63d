"""What was seen, each against what Heroku allows."""

from __future__ import annotations

from toolbelt.output import size
from toolbelt.report import dynos as lives
from toolbelt.report import limits
from toolbelt.report.counting import count
from toolbelt.report.facts import BACK, IMAGE, Dyno, Facts, Leg
from toolbelt.report.measure import OK, OVER, WARN, Measure, judged, timed
from toolbelt.report.telling import change, many, seconds

EXCLUSIVE = "AccessExclusiveLock"
FELT = 0.1  # seconds without a web dyno that are worth a word


def measures(facts: Facts) -> tuple[Measure, ...]:
    """In the order in which a deploy goes. Of each, the deploy of this commit is judged."""
    leg = facts.main
    if leg is None:
        return ()
    dynos = _of(leg, facts)
    found = [
        _build(leg),
        _size(leg),
        _layers(leg),
        _phase(leg),
        _migrations(leg),
        _locks(leg),
        lives.boot(dynos),
        lives.first(dynos),
    ]
    found += [lives.memory_of(name, dynos) for name in sorted({dyno.type for dyno in dynos}, key=lives.rank)]
    found += [_requests(facts), lives.stop(facts, dynos), lives.writes(dynos), _back(facts)]
    return tuple(measure for measure in found if measure is not None)


def verdict(facts: Facts) -> tuple[str, str]:
    """The level of the whole, and in a sentence what it means."""
    if failed := next((leg for leg in facts.legs if not leg.whole), None):
        return OVER, failed.trouble or "It did not come to its end"
    found = measures(facts)
    over = sum(measure.level == OVER for measure in found)
    warn = sum(measure.level == WARN for measure in found)
    if over:
        return OVER, f"{many(over, 'thing')} Heroku would not put up with"
    if warn:
        return WARN, f"It would go well; {many(warn, 'thing')} to look at"
    return OK, "It would go well"


def _of(leg: Leg, facts: Facts) -> tuple[Dyno, ...]:
    """The dynos of the leg's release, whichever leg they are told of in."""
    return tuple(dyno for each in facts.legs for dyno in each.dynos if f"v{dyno.version}" == leg.release)


def _build(leg: Leg) -> Measure | None:
    if leg.build is None:
        return None
    if leg.kind == IMAGE:
        return Measure(
            key="build", name="Build", value=seconds(leg.build), limit="", level=OK, note="on the machine that deploys"
        )  # fmt: skip
    return timed("build", "Build", leg.build, limits.BUILD, "Heroku's own machines build it")


def _size(leg: Leg) -> Measure | None:
    if leg.size is None:
        return None
    told = change(leg.size, leg.before) if leg.before is not None else "nothing to compare it with"
    if leg.kind == IMAGE:
        return Measure(key="size", name="Image", value=size(leg.size), limit="", level=OK, note=told)
    share = leg.size / limits.SLUG
    level = judged(share, limits.SLUG_SLOW / limits.SLUG)
    return Measure(
        key="size", name="Slug", value=size(leg.size), limit=_short(limits.SLUG), level=level, note=told, share=share
    )  # fmt: skip


def _short(value: int) -> str:
    return size(value).replace(".0 ", " ")


def _layers(leg: Leg) -> Measure | None:
    if leg.layers is None or leg.kind != IMAGE:
        return None
    share = leg.layers / limits.LAYERS
    note = "images with more may fail to start" if share > limits.CLOSE_MEMORY else ""
    level = OVER if share > 1 else WARN if share > limits.CLOSE_MEMORY else OK
    return Measure(
        key="layers", name="Layers", value=str(leg.layers), limit=str(limits.LAYERS), level=level, note=note, share=share
    )  # fmt: skip


def _phase(leg: Leg) -> Measure | None:
    return None if leg.phase is None else timed("phase", "Release phase", leg.phase, limits.PHASE)


def _migrations(leg: Leg) -> Measure | None:
    if leg.migrations is None:
        return None
    told = str(len(leg.migrations)) if leg.migrations else "none"
    risky = [each for each in leg.migrations if not each.safe]
    note = "; ".join(f"{each.label} is {each.verdict}" for each in risky[:3])
    if risky:
        note += ": a deploy wants --accept-migrations"
    elif leg.migrations:
        note = "the code that runs now lives with them"
    return Measure(key="migrations", name="Migrations", value=told, limit="", level=WARN if risky else OK, note=note)


def _locks(leg: Leg) -> Measure | None:
    if leg.locks is None or not leg.release:
        return None
    held = [lock for lock in leg.locks if lock.mode == EXCLUSIVE]
    if not held:
        return Measure(
            key="locks", name="Locks", value="none", limit=seconds(limits.FIRST_BYTE), level=OK, share=0.0,
            note="no table was locked against reading",
        )  # fmt: skip
    longest = max(held, key=lambda lock: (lock.waited > 0, lock.seconds))
    share = longest.seconds / limits.FIRST_BYTE
    felt = longest.seconds >= limits.LOCK_FELT or longest.waited
    level = OVER if share >= 1 else WARN if felt else OK
    waited = f"; {many(longest.waited, 'session')} waited for it" if longest.waited else ""
    return Measure(
        key="locks", name="Locks", value=seconds(longest.seconds), limit=seconds(limits.FIRST_BYTE), level=level, share=share,
        note=f"{longest.relation}: nobody else reads or writes meanwhile{waited}",
    )  # fmt: skip


def _requests(facts: Facts) -> Measure | None:
    if not facts.requests:
        return None
    found = count(facts.requests)
    value = f"{found.lost} of {found.total}"
    if not found.lost:
        gap = max((leg.gap for leg in facts.legs if leg.gap), default=0.0)
        kept = f"; no web dyno for {seconds(gap)}, and the router kept them waiting" if gap >= FELT else ""
        note = f"the slowest took {seconds(found.slowest)}{kept}"
        level = WARN if found.slowest >= limits.SLOW_FIRST else OK
        return Measure(key="requests", name="Requests lost", value=value, limit="", level=level, note=note)
    note = f"the site was away for {seconds(found.gap)}" + ("" if facts.preboot else "; preboot would close the gap")
    return Measure(
        key="requests", name="Requests lost", value=value, limit="", level=OVER if facts.preboot else WARN, note=note
    )  # fmt: skip


def _back(facts: Facts) -> Measure | None:
    leg = next((each for each in facts.legs if each.title == BACK), None)
    if leg is None:
        return None
    if leg.whole:
        return Measure(key="rollback", name="Rollback", value="works", limit="", level=OK,
                       note=f"{leg.short} serves again after {seconds(leg.seconds)}, on the migrated database")  # fmt: skip
    return Measure(key="rollback", name="Rollback", value="fails", limit="", level=OVER, note=leg.trouble)
