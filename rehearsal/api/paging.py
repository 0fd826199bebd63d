"""Lists in pages: ``Range: version ..; max=10, order=desc`` -> 206 with Next-Range, or 200 with the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from aiohttp import web

from rehearsal.api.base import answer
from rehearsal.api.errors import ApiError

T = TypeVar("T")

RANGE = re.compile(
    r"^\s*(?P<field>[\w-]+)\s+(?P<open>\]?)(?P<start>[^;\s]*?)\.\.(?P<close>\[?)(?P<end>[^;\s]*?)\s*(;(?P<options>.*))?$"
)
DEFAULT, LARGEST = 200, 1000


def listing(
    request: web.Request,
    items: Sequence[T],
    shape: Callable[[T], Mapping[str, Any]],
    *,
    by: tuple[str, ...] = ("id", "created_at"),
) -> web.Response:
    """Answer with a page of the items; ``by`` names the fields of a shape that a range may be over, the default first."""
    shapes = [shape(item) for item in items]
    field, start, end, exclusive, size, descending = by[0], "", "", False, DEFAULT, False
    if header := request.headers.get("Range"):
        match = RANGE.match(header)
        if match is None or match["field"] not in by:
            raise ApiError(416, "requested_range_not_satisfiable", f"The range must be over one of: {', '.join(by)}.")
        field, start, end, exclusive = match["field"], match["start"], match["end"], bool(match["open"])
        options = dict(re.findall(r"(\w+)\s*=\s*(\w+)", match["options"] or ""))
        descending = options.get("order") == "desc"
        if not options.get("max", "1").isdigit() or not 1 <= (size := int(options.get("max", DEFAULT))) <= LARGEST:
            raise ApiError(416, "requested_range_not_satisfiable", f"max must be between 1 and {LARGEST}.")

    def key(value: Any) -> tuple[int, Any]:
        return (0, int(value)) if str(value).isdigit() else (1, str(value))

    ordered = sorted(shapes, key=lambda each: (key(each[field]), each.get("id", "")), reverse=descending)
    if start:
        bound = key(start)
        at = [key(each[field]) for each in ordered]
        ordered = [
            each
            for each, value in zip(ordered, at, strict=True)
            if (value <= bound if descending else value >= bound) and not (exclusive and value == bound)
        ]
    if end:
        bound = key(end)
        ordered = [each for each in ordered if (key(each[field]) >= bound if descending else key(each[field]) <= bound)]
    page = ordered[:size]
    headers = {"Accept-Ranges": ", ".join(by)}
    if page:
        headers["Content-Range"] = f"{field} {page[0][field]}..{page[-1][field]}"
    order = ", order=desc" if descending else ""
    if len(ordered) > size:
        headers["Next-Range"] = f"{field} ]{page[-1][field]}..{end}; max={size}{order}"
        return answer(page, 206, headers)
    return answer(page, 200, headers)
