"""What Heroku refuses, and what to do about it.

::

    ToolbeltError
    └── Refused              Heroku answered, and it was no
        ├── Unauthorized     401: no token, or one that is no longer valid
        ├── Forbidden        403: this account may not, or a second factor is asked for
        ├── NotFound         404: no such app, release … for this account
        ├── PaymentNeeded    402, or `verification_required`: a card is missing
        ├── Conflict         409 and 423: something is under way, or wants to be confirmed
        ├── Unprocessable    422: Heroku does not take what is asked for
        ├── RateLimited      429: the account's calls are used up
        └── Unavailable      5xx: Heroku itself has a problem
    └── Unreachable          no answer at all
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from toolbelt.errors import ToolbeltError

APP = re.compile(r"/apps/([^/ ]+)")
STATUS_PAGE = "https://status.heroku.com tells whether Heroku knows of it; then type the same again"


class Refused(ToolbeltError):
    """Heroku answered, and it was no. status_code and id are Heroku's own."""

    def __init__(self, headline: str, *, finding: str, todo: str, status_code: int, id: str) -> None:  # noqa: A002
        super().__init__(headline, finding=finding, todo=todo)
        self.status_code = status_code
        self.id = id


class Unauthorized(Refused):
    """No token, or one that is no longer valid."""


class Forbidden(Refused):
    """This account may not, or a second factor is asked for."""


class NotFound(Refused):
    """There is no such thing, or this account cannot see it."""


class PaymentNeeded(Refused):
    """The account has no card, and this costs."""


class Conflict(Refused):
    """Something is under way, or wants to be confirmed."""


class Unprocessable(Refused):
    """Heroku does not take what is asked for: a name, a value, a size."""


class RateLimited(Refused):
    """The account's calls are used up."""


class Unavailable(Refused):
    """Heroku itself has a problem."""


class Unreachable(ToolbeltError):
    """No answer at all: the network, a name, or the other side is down."""


# Heroku answers no question at all, whatever it is.
AWAY = (Unauthorized, RateLimited, Unavailable, Unreachable)


def refusal(status: int, body: Mapping[str, Any], *, what: str, request_id: str, flag: str = "") -> Refused:
    """The error for an answer.

    what: the call in a person's words, such as ``GET /apps/x``; body: Heroku's {"id", "message", "url"}
    (https://devcenter.heroku.com/articles/platform-api-reference#errors); flag: what a next command says to mean
    the same stage.
    """
    name, message = str(body.get("id", "")), str(body.get("message", "")).strip()
    said = f"{message} ({name})" if name and message else message or name or f"HTTP status {status}"
    lines = [said, *([str(body["url"])] if body.get("url") else []), f"{what}, Request-Id {request_id}"]
    kind, headline, todo = _missing(body, what, flag) if status == 404 else _meaning(status, name, flag)
    return kind(headline, finding="\n".join(lines), todo=todo, status_code=status, id=name)


def _missing(body: Mapping[str, Any], what: str, flag: str) -> tuple[type[Refused], str, str]:
    """A 404 tells what it is that is not there, the app itself or something of it: {"resource": "app"}."""
    resource, app = str(body.get("resource") or "").replace("_", " "), APP.search(what)
    if resource not in ("", "app"):
        return NotFound, f"Heroku has no such {resource}" + (f" for {app[1]}" if app else ""), ""
    todo = f"Is the name right? ./inv apps{flag} lists them; ./inv whoami{flag} tells which account asks; "
    headline = f"There is no app {app[1]} for this account" if resource and app else "Heroku does not find it"
    return NotFound, headline, f"{todo}./inv apps.create{flag} makes the app"


def _meaning(status: int, name: str, flag: str) -> tuple[type[Refused], str, str]:
    if status == 402 or name in ("verification_required", "payment_required", "delinquent"):
        todo = "Add a card at https://dashboard.heroku.com/account/billing, then type the same again"
        return PaymentNeeded, "Heroku wants the account to be verified with a card", todo
    if status == 401:
        todo = f"./inv login{flag} stores a new token; in CI, set HEROKU_API_KEY"
        return Unauthorized, "Heroku does not accept the token", todo
    if status == 403 and name == "two_factor":
        todo = f"./inv login{flag} with a token from https://dashboard.heroku.com/account/applications"
        return Forbidden, "Heroku asks this account for a second factor", todo
    if status == 403:
        return Forbidden, "This account may not do that", f"./inv whoami{flag} tells which account it is"
    if status == 423 or name == "confirmation_required":
        return Conflict, "Heroku wants this to be confirmed", ""
    if status == 409:
        return Conflict, "Something else is under way for this app", f"./inv releases{flag}, then type the same again"
    if status == 429:
        return RateLimited, "The account's calls are used up", "They come back at about 75 a minute: wait, and try again"
    if status >= 500:
        return Unavailable, "Heroku has a problem", STATUS_PAGE
    return Unprocessable, "Heroku does not take that", ""
