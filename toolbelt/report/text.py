"""The report for a terminal: one screen."""

from __future__ import annotations

from toolbelt.report.facts import Facts, Leg, title
from toolbelt.report.judging import measures, verdict
from toolbelt.report.measure import OK, OVER, UNSEEN, WARN, Measure
from toolbelt.report.telling import seconds

HEAD, DIM = "head", "dim"
SIGNS = {OK: "✓", WARN: "!", OVER: "✗", UNSEEN: "·"}


def head(facts: Facts) -> str:
    """What was rehearsed, in a line."""
    like = f" like {facts.like}" if facts.like else ""
    return f"{facts.project}{like}: {facts.kind}, {facts.runtime} runtime, {seconds(facts.seconds)}"


def story(facts: Facts) -> list[str]:
    """The legs, each in a line."""
    return [f"{title(facts, leg)}: {_leg(leg)}" for leg in facts.legs]


def _leg(leg: Leg) -> str:
    took = f", {leg.outcome or 'failed'} after {seconds(leg.seconds)}"
    return " ".join(filter(None, [leg.short, leg.subject])) + (f", {leg.release}" if leg.release else "") + took


def rows(facts: Facts) -> list[tuple[str, Measure]]:
    """Each measure with its sign."""
    return [(SIGNS[measure.level], measure) for measure in measures(facts)]


def line(measure: Measure) -> tuple[str, str, str, str]:
    """name, value, limit, note."""
    return (measure.name, measure.value, f"of {measure.limit}" if measure.limit else "", measure.note)


def last(facts: Facts) -> tuple[str, str]:
    """The verdict: its sign and its sentence."""
    level, sentence = verdict(facts)
    return SIGNS[level], sentence


def lines(facts: Facts) -> list[list[tuple[str, str]]]:
    """All of it, line by line, each in pieces: what it says, and what that is: a level, head, dim, or nothing."""
    found = rows(facts)
    table = [line(measure) for _, measure in found]
    widths = [max((len(row[column]) for row in table), default=0) for column in range(3)]
    told = [[(head(facts), HEAD)], *([(f"  {each}", "")] for each in story(facts)), [("", "")]]
    for (sign, measure), (name, value, limit, note) in zip(found, table, strict=True):
        pieces = [(f"{sign} ", measure.level), (f"{name:<{widths[0]}}", HEAD), (f"  {value:>{widths[1]}}", "")]
        pieces.append((f"  {limit:<{widths[2]}}" if note else f"  {limit}" if limit else "", DIM))
        pieces.append((f"  {note}" if note else "", DIM if measure.level == OK else ""))
        told.append(pieces)
    sign, sentence = last(facts)
    return [*told, [("", "")], *([(f"· {note}", DIM)] for note in facts.notes), [(f"{sign} {sentence}", HEAD)]]


def render(facts: Facts) -> str:
    """All of it as plain text."""
    return "\n".join("".join(said for said, _ in pieces) for pieces in lines(facts))
