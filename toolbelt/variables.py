"""Config vars by name: which ones the project knows, which are a slip of the fingers, and how a value is shown."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from toolbelt.secret import Secret

NAME = re.compile(r"^[A-Za-z_]\w*$")
MASK = "••••••••"
# Names whose value tells nothing that is to be kept.
OPEN = re.compile(r"^(DJANGO_SETTINGS_MODULE|LOG_LEVEL|ALLOWED_HOSTS|WEB_\w+|KEYGEN_\w+|DISABLE_COLLECTSTATIC|DEBUG|TZ|LANG)$")
# Names that are never open, whatever they begin with; KEYGEN is the site's own word.
CLOSED = re.compile(r"SECRET|KEY(?!GEN)|TOKEN|PASS|PWD|PRIVATE|CREDENTIAL|AUTH|SALT|DSN", re.IGNORECASE)
DOCUMENTED = re.compile(r"^#? ?([A-Z][A-Z0-9_]+)=", re.MULTILINE)
LONGEST = 60  # characters of a value that are shown in a table


def known(root: Path) -> frozenset[str]:
    """The names that the settings read: what .env.example documents and app.json declares."""
    names: set[str] = set()
    example, app = root / ".env.example", root / "app.json"
    if example.is_file():
        names |= set(DOCUMENTED.findall(example.read_text(encoding="utf-8")))
    if app.is_file():
        names |= set(json.loads(app.read_text(encoding="utf-8")).get("env", {}))
    return frozenset(names)


def near(name: str, names: Iterable[str]) -> str:
    """The one among the names that was most likely meant; "" if there is none."""
    found = difflib.get_close_matches(name.upper(), list(names), n=1, cutoff=0.8)
    return found[0] if found else ""


def is_secret(name: str, value: str) -> bool:
    """Whether it is to be kept by what it is called, or because a password may stand before an @ in it."""
    return bool(CLOSED.search(name)) or "@" in value


def shown(name: str, value: Secret, *, open_: bool) -> str:
    """A value for a person: masked, with a mark by which the same value is known again, unless it may be seen."""
    if not (open_ or (OPEN.match(name) and not is_secret(name, value.reveal()))):
        mark = hashlib.sha256(value.reveal().encode()).hexdigest()[:4] if len(value.reveal()) >= LONG_ENOUGH else ""
        return f"{MASK} {mark}".rstrip()
    text = value.reveal().replace("\n", "\\n")
    return text if open_ or len(text) <= LONGEST else f"{text[:LONGEST]}…"


# Sixteen bits of a digest tell nothing of a long value; a short one could be found by trying.
LONG_ENOUGH = 16
