"""Verbs on the stack: up, down, status, logs, restart."""

from __future__ import annotations

import json
from collections.abc import Sequence

from toolbelt import output
from toolbelt.errors import MissingTool, StackError, UsageError
from toolbelt.output import Printer
from toolbelt.stack import ready
from toolbelt.tools import Stack, Tools


def up(tools: Tools, *, stack: str, detach: bool, debug: bool, seed: bool, patience: float) -> None:
    """Bring the stack up and wait until the site is ready."""
    _refuse_another(tools, stack)
    chosen, reason = tools.choose(stack)
    tools.printer.step("stack", f"{chosen.name} ({reason})")
    chosen.up(
        tools.printer,
        debug=debug,
        detach=detach,
        seed=seed,
        patience=patience,
        announce=lambda: _announce(tools.printer, tools.config.port, debug=debug, detach=detach),
    )


def _refuse_another(tools: Tools, asked: str) -> None:
    """The two stacks have separate data: never both at once, and never one in place of the other unasked."""
    if (current := tools.embedded.current()) is not None:
        raise UsageError(
            f"The stack is up already, on http://localhost:{current.port}",
            todo="./inv status, ./inv logs or ./inv down",
        )
    if asked == "embedded" and (other := tools.up()) is not None:
        raise UsageError(f"The stack is up in Docker, on http://localhost:{other.port()}", todo="./inv down first")


def _announce(printer: Printer, port: int, *, debug: bool, detach: bool) -> None:
    site = f"http://localhost:{port}"
    printer.say()
    printer.facts(
        [
            ("site", f"{site}/"),
            ("admin", f"{site}/admin/"),
            ("jobs", f"{site}/admin/django_rq/dashboard/"),
            *([("debug", "web on 127.0.0.1:5678, worker on 127.0.0.1:5679")] if debug else []),
            (
                "then",
                "./inv logs --follow, ./inv status, ./inv down"
                if detach
                else "Ctrl-C ends everything; ./inv help tells what else there is",
            ),
        ]
    )
    printer.say()


def down(tools: Tools, *, volumes: bool, yes: bool) -> None:
    """End whichever stack runs; with volumes, throw its data away too."""
    if volumes and not yes:
        if not tools.config.interactive:
            raise UsageError("--volumes throws the database and the queue away", todo="Say so: ./inv down --volumes --yes")
        if not output.ask("Throw the development database and the queue away?"):
            tools.printer.say("Nothing was done.")
            return
    ended = [stack.name for stack in _existing(tools) if stack.down(volumes=volumes)]
    what = f"{' and '.join(ended)} ended" if ended else "nothing was up"
    tools.printer.step("down", what + (", data thrown away" if volumes else ""))


def _existing(tools: Tools) -> list[Stack]:
    try:
        tools.choose("docker")
    except MissingTool:
        return [tools.embedded]
    return [tools.docker, tools.embedded]  # in this order: the latter removes .djheroku, which knows the former


def status(tools: Tools, *, as_json: bool = False) -> None:
    """What runs, and whether the site is ready; exit status 1 if it is not."""
    current = tools.up()
    if as_json:
        found = _told(current)
        tools.printer.data(json.dumps(found, indent=2))
        raise SystemExit(0 if found["ready"] else 1)
    if current is None:
        tools.printer.say("The stack is not up. ./inv up")
        raise SystemExit(1)
    port = current.port()
    tools.printer.say(f"{current.name}: http://localhost:{port}/")
    tools.printer.table(("process", "state", ""), current.status())
    state = ready.probe(port)
    tools.printer.say()
    if not state.checks:
        tools.printer.warn("the site does not answer")
    for name, (ok, detail) in state.checks.items():
        if ok:
            tools.printer.step(name, detail or "ok")
        else:
            tools.printer.warn(f"{name}: {detail}")
    if not state.ready:
        raise SystemExit(1)


def _told(current: Stack | None) -> dict[str, object]:
    if current is None:
        return {"stack": None, "url": None, "ready": False, "processes": [], "checks": {}}
    port = current.port()
    state = ready.probe(port)
    return {
        "stack": current.name,
        "url": f"http://localhost:{port}/",
        "ready": state.ready,
        "processes": [{"process": name, "state": each, "note": note} for name, each, note in current.status()],
        "checks": {name: {"ok": ok, "detail": detail} for name, (ok, detail) in state.checks.items()},
    }


def logs(tools: Tools, *, process: str, follow: bool) -> None:
    """The log of the stack, or of one process, since the last up; StackError at its end where nothing is up any more."""
    current = tools.up() or tools.embedded
    if process and current.running() and process not in (known := [*current.services(), "release"]):
        raise UsageError(f"There is no process {process!r}", todo=f"There are: {', '.join(dict.fromkeys(known))}")
    try:
        for name, text in current.logs(process, follow=follow):
            tools.printer.line(name, text)
    except KeyboardInterrupt:
        tools.printer.say()
        return
    if not current.running():  # what the last run has left may tell why it ended
        raise StackError("The stack is not up: this is the log of its last run", todo="./inv up")


def restart(tools: Tools, *, processes: Sequence[str]) -> None:
    """Restart processes, all of the Procfile's if none is named."""
    current = tools.stack()
    current.restart(processes)
    tools.printer.step("restart", ", ".join(processes) or "all processes")
