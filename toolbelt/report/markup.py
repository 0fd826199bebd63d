"""HTML and SVG, element by element: whatever is not markup already is escaped, so that nothing can be forgotten."""

from __future__ import annotations

import html

VOID = frozenset({"meta", "line", "rect", "circle", "path", "polyline", "br"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | None


def el(name: str, /, *children: Child, **attributes: str | float | None) -> Markup:
    """An element. Attributes are named as in Python: class_, stroke_width, aria_label; those that are None are left out."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items() if value is not None
    )
    if name in VOID and not children:
        return Markup(f"<{name}{told}>" if name in ("meta", "br") else f"<{name}{told}/>")
    return Markup(f"<{name}{told}>{join(*children)}</{name}>")


def join(*children: Child) -> Markup:
    return Markup("".join(child if isinstance(child, Markup) else html.escape(child) for child in children if child is not None))


def _value(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return html.escape(str(value))
