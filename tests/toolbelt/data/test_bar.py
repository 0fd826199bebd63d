"""The bar of a transfer: with an end where one is known, and promising none where nobody knows it."""

from __future__ import annotations

import io

import pytest

from toolbelt.output import Printer


@pytest.mark.parametrize(("total", "said"), [(4000, "2.0/4.0 kB"), (None, "2.0 kB")])
def test_a_bar(monkeypatch: pytest.MonkeyPatch, total: int | None, said: str) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    printer = Printer(file=io.StringIO())
    printer.console.width = 120
    with printer.transfer("copy", total) as advance:
        advance(2000)
    file = printer.console.file
    assert isinstance(file, io.StringIO)
    assert said in file.getvalue()
    assert ("━" in file.getvalue()) == (total is not None)
