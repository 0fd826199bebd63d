"""Log lines as Heroku's router writes them: key=value, one line, quoted where needed (https://brandur.org/logfmt)."""

import contextvars
import logging
import re
from typing import Any

# The request that this thread is answering; every line that is written meanwhile carries it.
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")

# RQ colours its messages.
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
PLAIN = re.compile(r"[^\s\"=\\\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def escaped(character: re.Match[str]) -> str:
    return character.group().encode("unicode_escape").decode()


def value(thing: Any) -> str:
    """One value; whatever a visitor put in it, it stays one value on one line."""
    text = COLOURS.sub("", str(thing))
    if PLAIN.fullmatch(text):
        return text
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", escaped, text) + '"'


def line(fields: dict[str, Any]) -> str:
    """*fields* in their order; those that are None are left out."""
    return " ".join(f"{key}={value(thing)}" for key, thing in fields.items() if thing is not None)


class Formatter(logging.Formatter):
    """A record as one line; with `extra={"fields": {...}}` those are the line. A traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {"at": record.levelname.lower()}
        if isinstance(own := getattr(record, "fields", None), dict):
            fields |= own
        else:
            fields |= {"logger": record.name, "msg": record.getMessage(), "request_id": request_id.get() or None}
        text = line(fields)
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        return text
