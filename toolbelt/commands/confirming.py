"""What cannot be taken back wants the app's name typed: by a person, or by a flag."""

from __future__ import annotations

from toolbelt import output
from toolbelt.errors import UsageError
from toolbelt.tools import Tools


def confirm(tools: Tools, name: str, *, what: str, given: str, verb: str) -> None:
    """Return if the app's name was typed; UsageError otherwise, with nothing done.

    what: the sentence that says what is about to happen; given: the value of --confirm; verb: with its flags, for the
    next command where nobody is here to be asked.
    """
    if not given:
        if not tools.config.interactive:
            raise UsageError(what, finding="Nothing was done.", todo=f"Say so: ./inv {verb} --confirm {name}")
        tools.printer.warn(f"{what}.")
        given = output.answer(f"Type its name to go on ({name}): ")
    if given != name:
        raise UsageError(f"{given!r} is not {name!r}: nothing was done")
