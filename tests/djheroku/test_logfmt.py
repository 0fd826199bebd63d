"""Log lines: one for a record, whatever is in it."""

import logging
import shlex
import sys

import pytest

from djheroku import logfmt


@pytest.mark.parametrize(
    ("thing", "written"),
    [
        ("plain", "plain"),
        ("/keys/0b1c/?", "/keys/0b1c/?"),
        (200, "200"),
        ("", '""'),
        ("two words", '"two words"'),
        ('say "hi"', r'"say \"hi\""'),
        ("a=b", '"a=b"'),
        ("back\\slash", r'"back\\slash"'),
        ("line\nat=info forged=yes", r'"line\nat=info forged=yes"'),
        ("tab\tand \x1b[31mred\x1b[0m", r'"tab\tand red"'),
        ("\x85\u2028\x00", r'"\x85\u2028\x00"'),
        ("grüße", "grüße"),
    ],
)
def test_a_value_stays_one_value_on_one_line(thing: object, written: str) -> None:
    assert logfmt.value(thing) == written
    assert len(logfmt.value(thing).splitlines()) == 1
    assert len(shlex.split(logfmt.value(thing))) == 1


def test_fields_that_are_none_are_left_out() -> None:
    assert logfmt.line({"at": "info", "release": None, "status": 200}) == "at=info status=200"


def record(message: str, *, fields: dict[str, object] | None = None, exc_info: object = None) -> logging.LogRecord:
    made = logging.LogRecord("some.logger", logging.WARNING, __file__, 1, message, None, exc_info)
    if fields is not None:
        made.fields = fields
    return made


def test_a_record_carries_the_request_it_was_written_in() -> None:
    assert logfmt.Formatter().format(record("hello there")) == 'at=warning logger=some.logger msg="hello there"'
    token = logfmt.request_id.set("abc-12345")
    try:
        assert logfmt.Formatter().format(record("hello")) == "at=warning logger=some.logger msg=hello request_id=abc-12345"
    finally:
        logfmt.request_id.reset(token)


def test_a_traceback_follows() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        text = logfmt.Formatter().format(record("failed", exc_info=sys.exc_info()))
    first, *rest = text.splitlines()
    assert first == "at=warning logger=some.logger msg=failed"
    assert rest[-1] == "ValueError: no"
