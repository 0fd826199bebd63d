"""How long to wait until something is tried again."""

from __future__ import annotations

import random


def pause(attempt: int, *, longest: float) -> float:
    """Seconds until the next attempt: doubling from half a second on, and never the same for two who began together."""
    return random.uniform(0.5, 1.0) * min(longest, 0.5 * 2.0**attempt)  # noqa: S311 (not for secrets)
