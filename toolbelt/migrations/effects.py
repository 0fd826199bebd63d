"""What an operation does, in one sentence, and how bad that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["safe", "two-step", "irreversible"]
SAFE: Final = "safe"
TWO_STEP: Final = "two-step"
IRREVERSIBLE: Final = "irreversible"


@dataclass(frozen=True)
class Effect:
    """breaks: the code that runs now does not work with what this makes, before a deploy's end and after a rollback."""

    verdict: Verdict
    reason: str
    breaks: bool = False
