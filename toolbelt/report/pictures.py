"""The three pictures: the steps one after the other, memory against the quota, and the requests during the switch."""

from __future__ import annotations

import math

from toolbelt.report.counting import count, gaps
from toolbelt.report.drawing import TEXT, WIDTH, Frame, bands, clock, label, picture, series, spread, ticks
from toolbelt.report.facts import Dyno, Facts, Request, title
from toolbelt.report.markup import Markup, el, join
from toolbelt.report.telling import many, memory, seconds

ROW = 21.0
HEAD = 25.0
POINTS = 1500  # that are drawn; the lost ones are all drawn
LONGEST = 400  # points of one line
SMALLEST = 0.02  # seconds: steps below it are not worth a line


def timeline(facts: Facts) -> Markup | None:
    """Each step of each leg as a bar where it lies in time."""
    rows = [(leg, [step for step in leg.steps if step.seconds >= SMALLEST]) for leg in facts.legs]
    if not any(steps for _, steps in rows):
        return None
    height = 10 + sum(HEAD + ROW * len(steps) for _, steps in rows) + 26
    frame = Frame(left=108, right=WIDTH - 66, top=8, bottom=height - 24, begin=0, end=facts.seconds)
    parts = [clock(frame)]
    y = frame.top
    for leg, steps in rows:
        head = f"{title(facts, leg)}  {leg.short}"
        parts.append(el("rect", x=0.0, y=y + 2, width=WIDTH, height=HEAD - 6, class_="strip"))
        parts.append(label(8, y + 16, head, class_="name"))
        parts.append(label(WIDTH - 8, y + 16, seconds(leg.seconds), class_="name", anchor="end"))
        y += HEAD
        for step in steps:
            x = frame.x(step.at)
            width = max(2.0, frame.x(step.at + step.seconds) - x)
            parts.append(label(100, y + 14, step.name, anchor="end"))
            parts.append(el("rect", el("title", f"{step.name}: {step.note}"), x=x, y=y + 4, width=width, height=ROW - 8,
                            rx=2, class_=f"bar b-{_kind(step.name)}"))  # fmt: skip
            parts.append(label(x + width + 6, y + 14, seconds(step.seconds), class_="ink"))
            y += ROW
    said = "; ".join(
        f"{title(facts, leg)}: " + ", ".join(f"{step.name} {seconds(step.seconds)}" for step in steps) for leg, steps in rows
    )
    return picture("steps", height, *parts, title="The steps of the rehearsal over time", said=said)


def _kind(name: str) -> str:
    """Made here, made there, or looked at: three colours are enough."""
    if name in ("build", "upload", "backup", "fixtures"):
        return "make"
    return "look" if name in ("site", "gate", "dynos", "verify", "load") else "change"


def memory_chart(facts: Facts) -> Markup | None:
    """Every dyno as a line in the colour of its process type; the quota above it."""
    dynos = [dyno for dyno in _once(facts) if len(dyno.memory) > 1]
    if not dynos:
        return None
    quotas = sorted({dyno.quota for dyno in dynos if dyno.quota})
    top = max([*quotas, *(value for dyno in dynos for _, value in dyno.memory)]) * 1.06
    height = 250.0
    frame = Frame(left=58, right=WIDTH - 104, top=26, bottom=height - 24, begin=0, end=facts.seconds)

    def y(value: float) -> float:
        return frame.bottom - value / top * (frame.bottom - frame.top)

    parts = [bands(frame, _spans(facts)), clock(frame)]
    for value in ticks(top / 1024**2, 4)[1:]:
        parts.append(el("line", x1=frame.left, x2=frame.right, y1=y(value * 1024**2), y2=y(value * 1024**2), class_="grid"))
        parts.append(label(frame.left - 8, y(value * 1024**2) + 4, f"{value:g} MB", anchor="end"))
    for quota in quotas:
        parts.append(el("line", x1=frame.left, x2=frame.right, y1=y(quota), y2=y(quota), class_="limit"))
        parts.append(label(frame.right + 8, y(quota) + 4, f"quota {memory(quota)}", class_="over"))
    ends: dict[str, float] = {}
    for dyno in dynos:
        every = max(1, len(dyno.memory) // LONGEST)
        points = [*dyno.memory[::every], dyno.memory[-1]]
        line = " ".join(f"{frame.x(at):.1f},{y(value):.1f}" for at, value in points)
        parts.append(el("polyline", points=line, class_=f"line {series(dyno.type)}"))
        ends[dyno.type] = y(points[-1][1])
    for name, height_ in zip(ends, spread(list(ends.values()), TEXT + 2), strict=True):
        parts.append(label(frame.right + 8, height_ + 4, name, class_=f"tag {series(name)}"))
    told = [f"{dyno.name} of v{dyno.version} reached {memory(dyno.peak or 0)}" for dyno in dynos]
    return picture("memory", height, *parts, title="Memory of each dyno over time, against its quota", said="; ".join(told))


def _once(facts: Facts) -> list[Dyno]:
    """Every dyno once, as the last leg that saw it tells of it."""
    return list({(dyno.name, dyno.version, dyno.at): dyno for leg in facts.legs for dyno in leg.dynos}.values())


def _spans(facts: Facts) -> list[tuple[float, float, str]]:
    return [(leg.at, leg.at + leg.seconds, title(facts, leg)) for leg in facts.legs]


MEANWHILE = ("build", "phase", "dynos", "gate", "rollback", "site")
FASTEST, SLOWEST = 0.001, 30.0


def requests_chart(facts: Facts) -> Markup | None:
    """Every request as a point at how long it took; lost ones as crosses on top, and the gap behind them."""
    if not facts.requests:
        return None
    found = sorted(facts.requests, key=lambda request: request.at)
    counted = count(found)
    height = 248.0
    begin = max(0.0, found[0].at - 1)
    frame = Frame(left=58, right=WIDTH - 16, top=26, bottom=height - 42, begin=begin, end=max(found[-1].at + 0.5, begin + 2))
    lost_at = frame.top + 10

    def y(value: float) -> float:
        share = math.log10(min(max(value, FASTEST), SLOWEST) / FASTEST) / math.log10(SLOWEST / FASTEST)
        return frame.bottom - share * (frame.bottom - frame.top - 24)

    parts = [bands(frame, _spans(facts)), clock(frame)]
    for value in (0.001, 0.01, 0.1, 1.0, 10.0):
        parts.append(el("line", x1=frame.left, x2=frame.right, y1=y(value), y2=y(value), class_="grid"))
        parts.append(label(frame.left - 8, y(value) + 4, seconds(value).replace(".0", ""), anchor="end"))
    parts.append(label(frame.left - 8, lost_at + 4, "lost", class_="over", anchor="end"))
    for first, last in gaps(found):
        x, width = frame.x(first), max(2.0, frame.x(last) - frame.x(first))
        parts.append(el("rect", x=x, y=frame.top, width=width, height=frame.bottom - frame.top, class_="gap"))
        if last - first == counted.gap:
            right = x + width > frame.right - 90
            parts.append(label(x - 6 if right else x + width + 6, lost_at + 4, f"away {seconds(last - first)}", class_="over",
                               anchor="end" if right else None))  # fmt: skip
    parts += _lane(facts, frame, height - 14)
    good = [request for request in found if not request.lost]
    every = max(1, len(good) // POINTS)
    parts += [el("circle", cx=frame.x(each.at), cy=y(each.seconds), r=2.2, class_="dot") for each in good[::every]]
    parts += [_cross(frame.x(each.at), lost_at) for each in found if each.lost]
    return picture("requests", height, *parts, title="Requests over time", said=_said(found, counted.gap))


def _lane(facts: Facts, frame: Frame, y: float) -> list[Markup]:
    """What was going on, below: the steps that a visitor may feel."""
    parts = [label(frame.left - 8, y + 8, "steps", anchor="end")]
    for step in (step for leg in facts.legs for step in leg.steps if step.name in MEANWHILE):
        if step.at + step.seconds < frame.begin or step.at > frame.end:
            continue
        x = frame.x(step.at)
        width = max(2.0, frame.x(step.at + step.seconds) - x)
        parts.append(el("rect", el("title", f"{step.name}, {seconds(step.seconds)}"), x=x, y=y, width=width, height=11,
                        rx=2, class_=f"bar b-{_kind(step.name)}"))  # fmt: skip
        if width > len(step.name) * 6.5:
            parts.append(label(x + width / 2, y + 9, step.name, class_="on", anchor="middle"))
    return parts


def _cross(x: float, y: float) -> Markup:
    return el("path", d=f"M{x - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6", class_="cross")


def _said(found: list[Request], gap: float) -> str:
    counted = count(found)
    away = f", and the longest time without a good answer was {seconds(gap)}" if counted.lost else ""
    return (
        f"Of {many(counted.total, 'request')} {counted.lost} were lost{away}; "
        f"half were answered within {seconds(counted.median)}, the slowest in {seconds(counted.slowest)}."
    )


def meter(share: float | None, level: str) -> Markup | None:
    """How much of a limit is used, as a bar; the number stands beside it."""
    if share is None:
        return None
    width = min(1.0, share) * 100
    return el(
        "svg",
        join(
            el("rect", x=0.0, y=0.0, width=100.0, height=6.0, rx=3, class_="track"),
            el("rect", x=0.0, y=0.0, width=max(width, 0.6), height=6.0, rx=3, class_=f"fill {level}") if share else None,
        ),
        viewBox="0 0 100 6", class_="meter", aria_hidden="true", preserveAspectRatio="none",
    )  # fmt: skip
