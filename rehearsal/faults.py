"""What a test may ask to go wrong: ``POST /_rehearsal/faults``. The rehearsal's own; Heroku has no such thing.

The body is an object with any of these:

    {"status": 429, "times": 3, "path": "^/apps"}    the next requests whose path matches are answered so (4xx, 5xx)
    {"status": 422, "method": "PATCH", "path": "…"}  ... of this method alone
    {"drop": true, "times": 2, "path": "..."}        the connection is cut without an answer
    {"token": "expired"}                             every request is answered 401 until {"token": "valid"}
    {"token": "expired", "after": 5}                 ... from the sixth request on
    {"registry_cut": 10000, "times": 1}              the next blob upload is cut after so many bytes
    {"registry_refuse": "unsupported", "times": 1}   the next manifest is refused with this error code
    {"backup_cut": 1000, "times": 1}                 the next download of a backup is cut after so many bytes
    {"stream_cut": 100, "times": 2}                  the next output or log streams are cut after so many bytes
    {}                                               nothing goes wrong any more

``GET`` tells what is still to come.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = ("status", "drop", "registry_cut", "registry_refuse", "backup_cut", "stream_cut")


@dataclass
class Fault:
    """One thing that goes wrong ``times`` times, from the request after the next ``after`` on."""

    kind: str  # status | drop | registry_cut | registry_refuse | backup_cut | stream_cut
    value: Any
    times: int = 1
    after: int = 0
    path: str = ""
    method: str = ""


@dataclass
class Faults:
    pending: list[Fault] = field(default_factory=list)
    token_after: int | None = None  # requests that are still answered before the token counts as expired

    def ask(self, wanted: dict[str, Any]) -> None:
        """Read a body as above; ValueError for one that makes no sense."""
        if not wanted:
            self.pending, self.token_after = [], None
            return
        if "token" in wanted:
            expired = str(wanted["token"]).startswith("expire")
            self.token_after = int(wanted.get("after", 0)) if expired else None
            return
        kinds = [kind for kind in KINDS if kind in wanted]
        if len(kinds) != 1:
            raise ValueError(f"one of token, {', '.join(KINDS)}")
        re.compile(path := str(wanted.get("path", "")))
        kind = kinds[0]
        times, after = int(wanted.get("times", 1)), int(wanted.get("after", 0))
        method = str(wanted.get("method", ""))
        self.pending.append(Fault(kind=kind, value=wanted[kind], times=times, after=after, path=path, method=method))

    def take(self, kind: str, path: str = "", method: str = "") -> Any:
        """The value of the next fault of this kind, used up by one; None if there is none for this path and method."""
        for fault in self.pending:
            if fault.kind != kind or not re.search(fault.path, path) or fault.method not in ("", method):
                continue
            if fault.after > 0:
                fault.after -= 1
                return None
            fault.times -= 1
            if fault.times <= 0:
                self.pending.remove(fault)
            return fault.value
        return None

    def token_expired(self) -> bool:
        """Whether the token of this request is to count as expired."""
        if self.token_after is None:
            return False
        if self.token_after > 0:
            self.token_after -= 1
            return False
        return True

    def state(self) -> dict[str, Any]:
        return {"pending": [asdict(fault) for fault in self.pending], "token_after": self.token_after}
