"""What the pictures have in common: a frame with axes, and the words for those who do not see it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from toolbelt.report.markup import Markup, el, join
from toolbelt.report.telling import seconds

WIDTH = 760.0
TEXT = 11.0  # the height of a line of small text
# Process types have a colour of their own, the same in every picture; see style.py.
SERIES = {"release": "s-release", "web": "s-web", "worker": "s-worker"}


def series(type_: str) -> str:
    return SERIES.get(type_, "s-other")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where a picture's plot lies: x from left to right are seconds from ``begin`` to ``end``."""

    left: float
    right: float
    top: float
    bottom: float
    begin: float
    end: float

    def x(self, at: float) -> float:
        share = (at - self.begin) / ((self.end - self.begin) or 1.0)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)


def picture(name: str, height: float, *parts: Markup | None, title: str, said: str) -> Markup:
    """The whole of a picture. said: what it shows, in a sentence or two."""
    return el(
        "svg",
        el("title", title, id=f"{name}-title"),
        el("desc", said, id=f"{name}-desc"),
        *parts,
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def label(x: float, y: float, said: str, *, class_: str = "", anchor: str | None = None) -> Markup:
    return el("text", said, x=x, y=y, class_=class_ or None, text_anchor=anchor)


def ticks(span: float, most: int = 8, *, time: bool = False) -> list[float]:
    """Round numbers from 0 up to the span, about as many as there is room for."""
    if span <= 0:
        return [0.0]
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    steps = [power, 2 * power, 5 * power, 10 * power]
    if time and raw > 10:  # minutes are round, too
        steps = [15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 36_000.0]
    step = min((each for each in steps if each >= raw), default=10 * power)
    return [step * number for number in range(int(span / step) + 1)]


def clock(frame: Frame) -> Markup:
    """The axis of time below a plot, with thin lines up through it."""
    parts = []
    every = ticks(frame.end - frame.begin, time=True)
    step = every[1] if len(every) > 1 else 1.0
    for at in (step * number for number in range(math.ceil(frame.begin / step), int(frame.end / step) + 1)):
        x = frame.x(at)
        parts.append(el("line", x1=x, x2=x, y1=frame.top, y2=frame.bottom, class_="grid"))
        parts.append(label(x, frame.bottom + 15, seconds(at) if at else "0", anchor="middle"))
    return join(*parts)


def bands(frame: Frame, spans: Iterable[tuple[float, float, str]]) -> Markup:
    """Stretches of time, shaded and named at their top."""
    parts = []
    for begin, end, name in spans:
        if end < frame.begin or begin > frame.end:
            continue
        left, right = frame.x(begin), frame.x(end)
        parts.append(
            el("rect", x=left, y=frame.top, width=max(1.0, right - left), height=frame.bottom - frame.top, class_="band")
        )
        if right - left > len(name) * 5.6:
            parts.append(label(left + 5, frame.top - 6, name, class_="name"))
    return join(*parts)


def spread(wanted: Sequence[float], apart: float) -> list[float]:
    """Heights for labels, as near to the wanted ones as they can be without lying on each other."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    found = list(wanted)
    for before, after in pairwise(order):
        found[after] = max(found[after], found[before] + apart)
    return found
