"""The stack without Docker, as the verbs see it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from toolbelt import git, procfile, shell
from toolbelt.config import Config
from toolbelt.errors import StackError, UsageError
from toolbelt.output import Printer
from toolbelt.secret import Secret
from toolbelt.stack import ports, state
from toolbelt.stack.record import Layout, Record
from toolbelt.stack.servers import postgres_programs
from toolbelt.stack.supervisor import Supervisor, Wanted

DEBUG_PORTS = {"web": 5678, "worker": 5679}
UP_SECONDS = 120.0
DOWN_SECONDS = 60.0


@dataclass
class Embedded:
    """Postgres, Valkey and the Procfile's processes as children of a supervisor of ours."""

    config: Config
    name = "embedded"

    @property
    def layout(self) -> Layout:
        return Layout(self.config.home)

    def current(self) -> state.State | None:
        """What runs, or None."""
        found = state.load(self.layout.state)
        return found if found is not None and found.alive() else None

    def running(self) -> bool:
        return self.current() is not None

    # up and down

    def up(
        self, printer: Printer, *, debug: bool, detach: bool, seed: bool, patience: float, announce: Callable[[], None]
    ) -> None:
        """Bring the stack up and announce it when the site is ready; attached, go on until the stack has ended."""
        self._refuse_second()
        self.sweep()  # first: what a killed supervisor left may be what holds the port
        self._refuse_taken_port()
        if detach:
            self._detached(printer, debug=debug, seed=seed, patience=patience)
            announce()
        else:
            try:
                self.supervisor(printer, debug=debug, seed=seed, patience=patience, announce=announce).run()
            except StackError as error:
                error.finding = ""  # the log has just scrolled by
                raise

    def supervisor(
        self,
        printer: Printer | None,
        *,
        debug: bool,
        seed: bool,
        patience: float,
        announce: Callable[[], None] = lambda: None,
    ) -> Supervisor:
        """The supervisor of this checkout; with a printer a person looks on."""
        environ = self.config.child_environ(COMMIT=git.commit(self.config.root))
        wanted = Wanted(
            root=self.config.root,
            procfile=procfile.load(self.config.root / "Procfile"),
            environ=environ if seed else {**environ, "SEED": "0"},
            port=self.config.port,
            debug_ports=DEBUG_PORTS if debug else {},
            patience=patience,
        )
        record = Record(
            self.layout,
            state.State(phase="starting", supervisor=state.Running.of(os.getpid()), port=self.config.port),
            on_step=printer.step if printer else _unseen,
            on_line=printer.line if printer else _unseen,
        )
        return Supervisor(wanted, record, announce=announce)

    def _detached(self, printer: Printer, *, debug: bool, seed: bool, patience: float) -> None:
        argv: list[str | Path] = [sys.executable, "-m", "toolbelt.stack.detached", str(self.config.port), str(patience)]
        argv += ["--debug"] * debug + ["--no-seed"] * (not seed)
        self.config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.config.home / "supervisor.log").open("wb") as log:
            process = shell.spawn(argv, cwd=self.config.root, env=self.config.child_environ(), stdout=log)
        told, deadline = 0, time.monotonic() + patience + UP_SECONDS
        while True:
            found = state.load(self.layout.state)
            if found is not None and found.supervisor.pid == process.pid:
                for name, note, seconds in found.steps[told:]:
                    printer.step(name, note, seconds)
                told = len(found.steps)
                if found.phase == "ready":
                    return
                if found.phase == "failed":
                    raise StackError(**found.failure)
            if process.poll() is not None or time.monotonic() > deadline:
                said = (self.config.home / "supervisor.log").read_text(errors="replace")
                raise StackError("The stack did not come up", finding=said.strip(), todo="./inv up shows it happen")
            time.sleep(0.05)

    def _refuse_second(self) -> None:
        if (found := self.current()) is not None:
            raise UsageError(
                f"The stack is up already, on http://localhost:{found.port}",
                todo="./inv status, ./inv logs or ./inv down",
            )

    def _refuse_taken_port(self) -> None:
        port = self.config.port
        if not ports.is_allowed(port):
            raise UsageError(
                f"This account may not listen on port {port}", todo="./inv up --port 8000: those from 1024 on are for all"
            )
        if not ports.is_free(port):
            owner = ports.owner(port)
            raise UsageError(
                f"Port {port} is taken" + (f" by {owner}" if owner else ""),
                todo=f"./inv up --port {ports.next_free(port)} takes the next free one",
            )

    def down(self, *, volumes: bool) -> bool:
        """End the stack and wait until it has; with volumes its data goes too. False if nothing was up."""
        found = self.current()
        if found is not None:
            os.kill(found.supervisor.pid, signal.SIGTERM)
            deadline = time.monotonic() + DOWN_SECONDS
            while found.supervisor.alive():
                if time.monotonic() > deadline:
                    raise StackError(
                        f"The supervisor (pid {found.supervisor.pid}) does not end",
                        todo=f"See {self.layout.log}",
                    )
                time.sleep(0.05)
        swept = self.sweep()
        if volumes:
            shutil.rmtree(self.config.home, ignore_errors=True)
        return found is not None or swept > 0

    def sweep(self) -> int:
        """End what a supervisor that was killed has left behind; only what its state file names."""
        left = state.load(self.layout.state)
        if left is None or left.alive():
            return 0
        orphans = [running.pid for running in left.processes.values() if running.alive()]
        for number, limit in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
            for pid in orphans:
                shell.signal_group(pid, number)
            deadline = time.monotonic() + limit
            while any(running.alive() for running in left.processes.values()) and time.monotonic() < deadline:
                time.sleep(0.05)
        return len(orphans)

    # while it is up

    def status(self) -> list[tuple[str, str, str]]:
        """One row a process: name, state, and what else is known of it."""
        found = self.current()
        rows: list[tuple[str, str, str]] = []
        for name, running in (found.processes if found else {}).items():
            alive = running.alive()
            notes = [f"pid {running.pid}"] if alive else []
            if alive:
                seconds = int(time.time() - psutil.Process(running.pid).create_time())
                notes.append(f"up {seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}")
            if running.restarts:
                notes.append(f"restarted {running.restarts}×")
            rows.append((name, "up" if alive else running.status, ", ".join(notes)))
        return rows

    def port(self) -> int:
        found = self.current()
        return found.port if found else self.config.port

    def services(self) -> list[str]:
        return list(found.processes) if (found := self.current()) else []

    def restart(self, names: Sequence[str]) -> None:
        """Restart processes and wait until new ones run."""
        found = self._up()
        wanted = list(names) or [name for name in found.processes if name not in ("postgres", "valkey")]
        for name in wanted:
            if name not in found.processes or name in ("postgres", "valkey"):
                known = ", ".join(each for each in found.processes if each not in ("postgres", "valkey"))
                raise UsageError(f"There is no process {name!r} to restart", todo=f"There are: {known}")
        before = {name: found.processes[name].pid for name in wanted}
        self.layout.restart.write_text(" ".join(wanted))
        os.kill(found.supervisor.pid, signal.SIGUSR1)
        deadline = time.monotonic() + DOWN_SECONDS
        while True:
            now = self._up()
            if all(now.processes[name].pid != pid and now.processes[name].alive() for name, pid in before.items()):
                return
            if time.monotonic() > deadline:
                raise StackError("The processes were not restarted", todo=f"See {self.layout.log}")
            time.sleep(0.05)

    def logs(self, process: str, *, follow: bool) -> Iterator[tuple[str, str]]:
        """Lines of the log as (process, text), from the last `up` on; with follow it goes on until Ctrl-C."""
        if not self.layout.log.exists():
            raise UsageError("There is no log yet", todo="./inv up")
        with self.layout.log.open(encoding="utf-8", errors="replace") as log:
            while True:
                line = log.readline()
                if line:
                    _, name, text = [*line.rstrip("\n").split(" ", 2), "", ""][:3]
                    if process in ("", name):
                        yield name, text
                elif follow and self.running():
                    time.sleep(0.1)
                else:
                    return

    def database_url(self) -> Secret:
        """The site's database."""
        return Secret(self.environ()["DATABASE_URL"])

    # commands in the site's environ

    def site(self, argv: Sequence[str]) -> int:
        """Run a program as the site's processes run: same Python, same environ. Its exit status."""
        return shell.stream(argv, cwd=self.config.root, env=self.environ())

    def dbshell(self, argv: Sequence[str]) -> int:
        """psql on the site's database; the password goes by the environ."""
        environ = self.environ()
        return shell.stream(
            [postgres_programs() / "psql", *argv],
            cwd=self.config.root,
            env={**environ, **_pg_environ(environ["DATABASE_URL"])},
        )

    def redis_cli(self, argv: Sequence[str]) -> int:
        """A console on the site's Valkey; the wheel brings none, so it is ours."""
        environ = self.environ()
        return shell.stream([sys.executable, "-m", "toolbelt.stack.console", *argv], cwd=self.config.root, env=environ)

    def environ(self) -> dict[str, str]:
        """The environ of the running site."""
        return self.config.child_environ(**self._up().environ)

    def _up(self) -> state.State:
        if (found := self.current()) is None:
            raise StackError("The stack is not up", todo="./inv up, or ./inv up --detach to keep this terminal")
        return found


def _unseen(*_: object) -> None:
    """Nobody looks on."""


def _pg_environ(url: str) -> Mapping[str, str]:
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    named = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
    }
    return {name: value for name, value in named.items() if value}
