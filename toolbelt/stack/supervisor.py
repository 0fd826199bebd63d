"""The stack without Docker, run: servers, release phase, the Procfile's processes, until it is told to end.

One supervisor per checkout. It starts what it needs in order, restarts what crashes with a growing delay as
Heroku does, and ends everything in the reverse order. Others learn of it from the state file and speak to it
with signals: SIGTERM and SIGINT end it, SIGUSR1 restarts the processes named in the file `restart`.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from toolbelt.errors import StackError, ToolbeltError
from toolbelt.stack import ports, processes, ready
from toolbelt.stack.process import Process, end
from toolbelt.stack.record import Record
from toolbelt.stack.servers import Postgres, Server, Valkey
from toolbelt.stack.state import Running

LONGEST_DELAY = 60.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to run: the Procfile's processes in this checkout, with this environ, the site on this port.

    debug_ports: process type -> port for debugpy; patience: seconds until the site must be ready.
    """

    root: Path
    procfile: Mapping[str, str]
    environ: Mapping[str, str]
    port: int
    debug_ports: Mapping[str, int]
    patience: float


class Supervisor:
    """Runs what is wanted and writes it down; ``announce`` is called once, when the site is ready."""

    def __init__(self, wanted: Wanted, record: Record, *, announce: Callable[[], None]) -> None:
        self.wanted, self.record, self.announce = wanted, record, announce
        self.layout, self.state = record.layout, record.state
        self.environ = dict(wanted.environ)
        self.servers: list[Server] = []
        self.processes: dict[str, Process] = {}
        self._events: queue.SimpleQueue[str] = queue.SimpleQueue()

    def run(self) -> None:
        """Bring the stack up, keep it up until a signal, take it down; StackError if it cannot be up."""
        previous = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
        }
        self.record.begin()
        self.record.phase("starting")
        try:
            self._start_servers()
            self._release()
            self._start_processes()
            self._wait_until_ready()
            self.record.phase("ready")
            self.record.alone(self.announce)
            self._watch()
        except Stopped:
            pass
        except ToolbeltError as error:
            self.state.failure = {"headline": error.headline, "finding": error.finding, "todo": error.todo}
            raise
        finally:
            self.record.phase("stopping")
            self._take_down()
            self.record.phase("failed" if self.state.failure else "stopped")
            for number, handler in previous.items():
                signal.signal(number, handler)

    # On the way up

    def _start_servers(self) -> None:
        wanted: list[tuple[str, Server]] = [
            ("DATABASE_URL", Postgres(self.layout.servers / "postgres", port=self._kept_port("postgres"))),
            ("REDIS_URL", Valkey(self.layout.servers / "valkey", port=self._kept_port("valkey"))),
        ]
        for variable, server in wanted:
            began = time.monotonic()
            if self.environ.get(variable):
                self.record.step(server.name, f"{variable} is set: used instead of a server of our own")
                continue
            new = not server.data.exists()
            server.start()
            self.servers.append(server)
            assert server.process is not None
            self.state.processes[server.name] = Running.of(server.process.pid)
            self.environ[variable] = server.url  # type: ignore[attr-defined]
            (self.layout.servers / f"{server.name}.port").write_text(f"{server.port}\n")
            self.record.step(
                server.name,
                f"answers on port {server.port}" + (", new" if new else ""),
                time.monotonic() - began,
            )
            self._raise_if_stopped()
        self.state.environ = self._differences()

    def _release(self) -> None:
        began = time.monotonic()
        process = Process("release", processes.RELEASE, self.wanted.root, self.environ, self.record.line)
        process.start()
        self._wait(process)
        if process.returncode != 0:
            raise StackError(
                "The release phase failed",
                finding="\n".join(process.tail),
                todo="Nothing was started on top of it. Mend it and type ./inv up again.",
            )
        self.record.step("release", self.wanted.procfile.get("release", "nothing to do"), time.monotonic() - began)
        if seeded := [text for text in process.tail if text.startswith(processes.SEEDED)]:
            self.record.step("seed", "; ".join(seeded))

    def _start_processes(self) -> None:
        for name, command in processes.running(self.wanted.procfile, host="127.0.0.1", port=self.wanted.port).items():
            environ = {**self.environ, "PORT": str(self.wanted.port), "DJANGO_RUNSERVER_HIDE_WARNING": "true"}
            if name in self.wanted.debug_ports:
                environ["DEBUG_PORT"] = str(self.wanted.debug_ports[name])
            self.processes[name] = process = Process(name, command, self.wanted.root, environ, self.record.line)
            process.start()
            self._note(process)
        self.record.save()

    def _wait_until_ready(self) -> None:
        began = time.monotonic()
        told: set[str] = set()
        while True:
            state = ready.probe(self.wanted.port, timeout=3)
            for name, (ok, detail) in state.checks.items():
                if ok and name not in told:
                    told.add(name)
                    self.record.step(name, detail or "ok", time.monotonic() - began)
            if state.ready:
                return
            for process in self.processes.values():
                if process.returncode is not None:
                    raise StackError(
                        f"{process.name} ended with status {process.returncode} instead of staying up",
                        finding="\n".join(process.tail),
                        todo=f"Mend it and type ./inv up again. The whole log: {self.layout.log}",
                    )
            if time.monotonic() - began > self.wanted.patience:
                silent = [name for name in self.processes if name == "web"] if not state.checks else ["worker"]
                finding = "\n".join([*state.missing, *(text for name in silent for text in self.processes[name].tail)])
                raise StackError(
                    f"The site is not ready after {self.wanted.patience:.0f} s",
                    finding=finding or f"nothing answers on port {self.wanted.port} yet, and web has said nothing",
                    todo=f"The whole log: {self.layout.log}",
                )
            self._pause(0.1)

    # While it is up

    def _watch(self) -> None:
        while True:
            with contextlib.suppress(queue.Empty):
                if self._events.get(timeout=0.25) == "stop":
                    return
                self._restart_asked()
            now = time.monotonic()
            for process in self.processes.values():
                if process.popen is not None and process.returncode is not None and process.due is None:
                    delay = min(2.0**process.restarts, LONGEST_DELAY)
                    process.due = now + delay
                    self.record.line(
                        process.name,
                        f"ended with status {process.returncode}; started again in {delay:.0f} s",
                    )
                    self._note(process, status="exited")
                elif process.due is not None and now >= process.due:
                    process.due = None
                    process.restarts += 1
                    process.start()
                    self._note(process)
            for server in self.servers:
                if server.process is not None and server.process.poll() is not None:
                    raise StackError(
                        f"{server.name} ended unexpectedly",
                        finding=_end_of(server.log),
                        todo="Type ./inv up again.",
                    )

    def _restart_asked(self) -> None:
        try:
            names = self.layout.restart.read_text().split()
            self.layout.restart.unlink()
        except FileNotFoundError:
            return
        for name in names:
            process = self.processes[name]
            self._note(process, status="restarting")
            end([process])
            process.due, process.restarts = None, process.restarts + 1
            process.start()
            self._note(process)

    # On the way down

    def _take_down(self) -> None:
        end(list(self.processes.values()))
        for server in reversed(self.servers):
            server.stop()
        self.state.processes.clear()

    # Processes and their output

    def _wait(self, process: Process) -> None:
        while process.returncode is None:
            try:
                self._pause(0.02)
            except Stopped:
                end([process])
                raise

    # State and signals

    def _note(self, process: Process, *, status: str = "up") -> None:
        assert process.popen is not None
        running = Running.of(process.popen.pid, restarts=process.restarts)
        running.status = status
        self.state.processes[process.name] = running
        self.record.save()

    def _differences(self) -> dict[str, str]:
        return {name: self.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "COMMIT") if self.environ.get(name)}

    def _kept_port(self, name: str) -> int:
        """The port of last time, so that a database client's settings keep working; 0 if it is taken."""
        with contextlib.suppress(OSError, ValueError):
            port = int((self.layout.servers / f"{name}.port").read_text())
            if ports.is_free(port):
                return port
        return 0

    def _on_signal(self, number: int, _frame: object) -> None:
        self._events.put("restart" if number == signal.SIGUSR1 else "stop")

    def _pause(self, seconds: float) -> None:
        """Wait, unless somebody wants the stack to end."""
        with contextlib.suppress(queue.Empty):
            if self._events.get(timeout=seconds) == "stop":
                raise Stopped

    def _raise_if_stopped(self) -> None:
        self._pause(0.001)


class Stopped(Exception):  # no error: it was asked for
    """Somebody asked for the end while the stack was coming up."""


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
