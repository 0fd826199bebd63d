"""Fixtures into an app's database and out of it.

A one-off dyno has no file of this machine: they go by its input and output.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolbelt.commands.apps import oneoff
from toolbelt.errors import Interrupted, ToolbeltError, UsageError
from toolbelt.output import size
from toolbelt.tools import Tools

FORMATS = (".json", ".jsonl", ".xml", ".yaml", ".yml")


def load(tools: Tools, fixture: str, words: Sequence[str], *, stage: str) -> None:
    """Load a file of this machine, or a fixture that the app itself has, into the app's database."""
    path = tools.config.file(fixture)
    if not path.is_file():
        oneoff.manage(tools, "loaddata", fixture, *words, stage=stage)
        return
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise UsageError(f"{fixture} is no fixture", todo=f"A fixture ends in {', '.join(FORMATS)}")
    oneoff.fed(tools, ["python", "manage.py", "loaddata", f"--format={kind[1:]}", "-", *words], path.read_bytes(), stage=stage)


def dump(tools: Tools, words: Sequence[str], *, stage: str, output_file: str) -> None:
    """The app's data as a fixture, on the terminal or in a file that is there when it is whole."""
    argv = ["python", "manage.py", "dumpdata", *words]
    if not output_file:
        oneoff.run(tools, argv, stage=stage)
        return
    to = tools.config.file(output_file)
    part = to.with_name(f"{to.name}.part")
    try:
        with part.open("wb") as file:
            part.chmod(0o600)
            oneoff.fetched(tools, argv, file.write, stage=stage)
        part.replace(to)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted", finding="Nothing was kept of it.") from None
    except ToolbeltError as error:
        error.finding = "\n".join(filter(None, [error.finding, "Nothing was kept of it."]))
        raise
    except OSError as error:
        raise ToolbeltError(f"{to} could not be written", finding=f"{error.strerror}. Nothing was kept of it.") from None
    finally:
        part.unlink(missing_ok=True)
    tools.printer.step("dumpdata", f"{to}, {size(to.stat().st_size)}")
