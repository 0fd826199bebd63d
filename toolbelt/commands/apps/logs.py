"""The logs of stages' apps, and an app's page in a browser."""

from __future__ import annotations

import queue
import re
import threading
import webbrowser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from toolbelt.errors import ToolbeltError, UsageError
from toolbelt.heroku import apps, logs
from toolbelt.tools import Heroku, Tools

# 2026-11-21T09:41:36.123456+00:00 heroku[router]: at=info method=GET …
LINE = re.compile(r"^(?P<time>\d{4}-\d\d-\d\dT\S+) (?P<source>[\w-]+)\[(?P<dyno>[^\]]+)\]: ?(?P<text>.*)$")
ERROR = re.compile(r"\bat=error\b|^Error [RHL]\d\d\b|State changed from \w+ to crashed")
WARNING = re.compile(r"\bat=warning\b|Process exited with status (?!0$)")


@dataclass(frozen=True)
class Line:
    """A line of a log, taken apart; dyno: "" for one that is not in Heroku's format."""

    app: str
    when: datetime | None
    source: str
    dyno: str
    text: str
    whole: str

    @property
    def level(self) -> str:
        return "error" if ERROR.search(self.text) else "warning" if WARNING.search(self.text) else ""


def parse(whole: str, *, app: str = "") -> Line:
    found = LINE.match(whole)
    if found is None:
        return Line(app, None, "", "", whole, whole)
    try:
        when = datetime.fromisoformat(found["time"].replace("Z", "+00:00"))
    except ValueError:
        when = None
    return Line(app, when, found["source"], found["dyno"], found["text"], whole)


def logs_of_stage(
    tools: Tools, *, stage: str | Sequence[str], process: str, tail: bool, lines: int, source: str = "", plain: bool = False
) -> None:
    """The last lines of the app's log, of one process type or dyno if it is named; with tail, all that come.

    Several stages: their logs together, in the order of their times. plain: lines as Heroku writes them, as in a pipe.
    """
    stages = [stage] if isinstance(stage, str) else list(stage)
    herokus = [tools.heroku(each) for each in stages]
    printer, width = tools.printer, max(len(each.app) for each in herokus) if len(herokus) > 1 else 0
    raw = plain or not printer.console.is_terminal
    none = True
    try:
        for line in _together(herokus, process=process, source=source, tail=tail, lines=lines):
            none = False
            if raw:
                printer.raw(f"{line.app + ' ' if width else ''}{line.whole}\n")
            else:
                clock = f"{line.when.astimezone():%H:%M:%S}" if line.when else ""
                printer.logged(clock, line.dyno, line.text, app=line.app if width else "", width=width, level=line.level)
    except KeyboardInterrupt:
        printer.say()
    else:
        if process and lines and none:
            known = f"./inv ps{herokus[0].stage.flag} tells what there is, --num N looks back further"
            printer.warn(f"these lines have none of {process}: {known}")


def _together(herokus: Sequence[Heroku], *, process: str, source: str, tail: bool, lines: int) -> Iterator[Line]:
    if len(herokus) == 1:
        yield from _lines(herokus[0], process=process, source=source, tail=tail, lines=lines)
    elif not tail:
        every = [line for each in herokus for line in _lines(each, process=process, source=source, tail=False, lines=lines)]
        yield from sorted(every, key=lambda line: line.when.timestamp() if line.when else 0)
    else:
        yield from _at_once(herokus, process=process, source=source, lines=lines)


def _at_once(herokus: Sequence[Heroku], *, process: str, source: str, lines: int) -> Iterator[Line]:
    """What comes from any of them, as it comes; bad news of one ends all."""
    came: queue.Queue[Line | ToolbeltError] = queue.Queue()

    def read(heroku: Heroku) -> None:
        try:
            for line in _lines(heroku, process=process, source=source, tail=True, lines=lines):
                came.put(line)
        except ToolbeltError as error:
            came.put(error)

    for each in herokus:
        threading.Thread(target=read, args=(each,), daemon=True).start()
    while True:
        line = came.get()
        if isinstance(line, ToolbeltError):
            raise line
        yield line


def _lines(heroku: Heroku, *, process: str, source: str, tail: bool, lines: int) -> Iterator[Line]:
    """process may be a process type, a dyno, or one of Heroku's own words: router, app, heroku."""
    dyno = "" if process in ("router", "heroku", "app") else process
    source = source or (process if process in ("heroku", "app") else "heroku" if process == "router" else "")
    for whole in logs.lines(heroku.client, heroku.app, tail=tail, last=lines, dyno=dyno, source=source):
        if process != "router" or "heroku[router]" in whole:
            yield parse(whole, app=heroku.app)


def open_(tools: Tools, *, stage: str, path: str) -> None:
    """The app's address, in a browser if there is one."""
    heroku = tools.heroku(stage)
    url = apps.info(heroku.client, heroku.app).web_url
    if not url:
        raise UsageError(f"{heroku.app} has no address")
    address = f"{url}/{path.lstrip('/')}"
    tools.printer.data(address)
    if tools.config.interactive:
        webbrowser.open(address)
