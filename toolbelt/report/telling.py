"""How numbers are written in a report."""

from __future__ import annotations

from toolbelt.output import size


def seconds(value: float) -> str:
    """1.4 s, 48 s, 2 min 5 s, 24 h."""
    if value < 0.0995:
        return f"{value * 1000:.0f} ms"
    if value < 9.95:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    if value < 7200:
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{value / 3600:.0f} h"


def memory(value: int) -> str:
    """Dynos are counted in units of 1024."""
    return f"{value / 1024**2:.0f} MB" if value < 10 * 1024**3 else f"{value / 1024**3:.0f} GB"


def change(now: int, before: int) -> str:
    """+1.2 MB and the like."""
    if now == before:
        return "unchanged"
    return f"{'+' if now > before else '−'}{size(abs(now - before))}"


def many(number: int, word: str) -> str:
    """1 request, 2 requests."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
