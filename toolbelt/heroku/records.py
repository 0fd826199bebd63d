"""Reading Heroku's JSON into records: the few shapes that occur in all resources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]


def when(text: str | None) -> datetime | None:
    """A time as Heroku writes it, in UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def inner(found: Json, name: str, key: str) -> str:
    """``found[name][key]``, or "" where either is null or missing."""
    return str((found.get(name) or {}).get(key) or "")
