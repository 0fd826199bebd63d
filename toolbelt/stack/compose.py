"""The stack in Docker, as the verbs see it: docker-compose.yml, driven by the Compose command line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from toolbelt import git, shell
from toolbelt.config import Config
from toolbelt.errors import CommandFailed, StackError, UsageError
from toolbelt.output import Printer
from toolbelt.secret import Secret
from toolbelt.stack import ports, project, ready

DEBUG_PORTS = {"web": 5678, "worker": 5679}
# Started by Compose through the image's entrypoint, which turns root into the owner of the bind mount; `exec`
# goes past the entrypoint, so that it is named here again.
ENTRYPOINT = "dev-entrypoint"
CLEARS = "\x1b[2K"  # "erase in line": a terminal's line, as a whole


@dataclass
class Compose:
    """The services of docker-compose.yml in a Compose project of this checkout's own."""

    config: Config
    name = "docker"

    @cached_property
    def project(self) -> str:
        """The name of this checkout's Compose project."""
        return project.name(self.config)

    def argv(self, *words: str) -> list[str]:
        """A Compose command line for this checkout."""
        return [
            "docker",
            "compose",
            "--project-name",
            self.project,
            "--project-directory",
            str(self.config.root),
            *words,
        ]

    def environ(self, **extra: str) -> dict[str, str]:
        """What docker-compose.yml may refer to."""
        return {
            **self.config.environ,
            "PORT": str(self.config.port),
            "COMMIT": git.commit(self.config.root),
            **extra,
        }

    def _compose(self, *words: str, timeout: float = 60) -> str:
        return shell.run(self.argv(*words), cwd=self.config.root, env=self.environ(), timeout=timeout).stdout

    # what runs

    def containers(self) -> list[dict[str, Any]]:
        """Compose's own description of each container of the project, stopped ones included."""
        # One JSON document a line since Compose 2.21, one list before.
        text = self._compose("ps", "--all", "--format", "json").strip()
        found = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
        return [each for each in found if isinstance(each, dict)]

    def running(self) -> bool:
        return any(each["State"] == "running" for each in self.containers())

    def services(self) -> list[str]:
        return [each["Service"] for each in self.containers() if each["State"] == "running"]

    def port(self) -> int:
        """The port that the site answers on; the one it would get if it does not run."""
        return self._published("web", 8000) or self.config.port

    def _published(self, service: str, port: int) -> int:
        for each in self.containers():
            for publisher in each.get("Publishers") or []:
                if each["Service"] == service and publisher["TargetPort"] == port and publisher["PublishedPort"]:
                    return int(publisher["PublishedPort"])
        return 0

    # up and down

    def up(
        self, printer: Printer, *, debug: bool, detach: bool, seed: bool, patience: float, announce: Callable[[], None]
    ) -> None:
        """Bring the stack up and announce it when the site is ready; attached, follow the logs and stop at Ctrl-C."""
        self._refuse_taken_port()
        project.keep(self.config, self.project)
        environ = self.environ(**({} if seed else {"SEED": "0"}), **({"DEBUG": "1"} if debug else {}))
        files = ["--file", "docker-compose.yml", "--file", "docker-compose.debug.yml"] if debug else []
        began = time.monotonic()
        self._build(printer, files, environ)
        printer.step("image", "built", time.monotonic() - began)
        began = time.monotonic()
        status = shell.run(
            self.argv(*files, "up", "--detach", "--remove-orphans", "--no-build"),
            cwd=self.config.root,
            env=environ,
            check=False,
        )
        self._report_release(printer, since=began)
        if status.returncode != 0:
            raise self._failure(status.stderr)
        self._wait_until_ready(printer, patience)
        announce()
        if not detach:
            self._attach(printer)

    def _build(self, printer: Printer, files: Sequence[str], environ: dict[str, str]) -> None:
        printer.doing("image", "docker compose build (a minute the first time, a second afterwards)")
        said: list[str] = []
        steps: dict[str, str] = {}
        argv = self.argv(*files, "--progress", "plain", "build", "release")
        try:
            for line in shell.lines(argv, cwd=self.config.root, env=environ):
                said.append(line)
                # "#9 [builder 2/2] RUN …" names a step; "#9 0.512 …" is printed only by one that is really run.
                number, _, rest = line.partition(" ")
                if rest.startswith("["):
                    steps[number] = rest.partition("]")[0].strip("[ ").removeprefix("release ")
                elif number in steps and rest[:1].isdigit():
                    printer.doing("image", steps.pop(number))
        except CommandFailed as error:
            raise StackError(
                "The image cannot be built",
                finding="\n".join(said[-30:]),
                todo="docker compose build shows it all",
            ) from error

    def _report_release(self, printer: Printer, *, since: float) -> None:
        """Say what the release phase said, if it ran in this start."""
        seconds = time.monotonic() - since
        printer.step("containers", "db, redis, release, web, worker", seconds)
        for _, text in self.logs("release", follow=False, since=f"{seconds + 1:.0f}s"):
            if text.strip():
                printer.line("release", text)

    def _failure(self, stderr: str) -> StackError:
        for each in self.containers():
            if (each["State"] == "exited" and each["ExitCode"] != 0) or each.get("Health") == "unhealthy":
                finding = "\n".join(text for _, text in self.logs(each["Service"], follow=False))
                return StackError(
                    f"{each['Service']} did not come up (exit status {each['ExitCode']})",
                    finding="\n".join(finding.splitlines()[-30:]),
                    todo=f"./inv logs {each['Service']}",
                )
        return StackError("docker compose up failed", finding=stderr.strip(), todo="docker compose up shows it all")

    def _wait_until_ready(self, printer: Printer, patience: float) -> None:
        began, told = time.monotonic(), set[str]()
        port = self.port()
        while True:
            state = ready.probe(port)
            for name, (ok, detail) in state.checks.items():
                if ok and name not in told:
                    told.add(name)
                    printer.step(name, detail or "ok", time.monotonic() - began)
            if state.ready:
                return
            down = [each for each in self.containers() if each["Service"] in ("web", "worker") and each["State"] != "running"]
            if down or time.monotonic() - began > patience:
                service = down[0]["Service"] if down else "web" if not state.checks else "worker"
                finding = [*state.missing, *(text for _, text in self.logs(service, follow=False))]
                raise StackError(
                    f"{service} is not up" if down else f"The site is not ready after {patience:.0f} s",
                    finding="\n".join(finding[-30:]),
                    todo=f"./inv logs {service}",
                )
            time.sleep(0.1)

    def _attach(self, printer: Printer) -> None:
        try:
            for service, text in self.logs("", follow=True, since="0s"):
                printer.line(service, text)
        except KeyboardInterrupt:
            printer.say()
        printer.doing("stop", "web and worker get SIGTERM and up to 30 s")
        shell.run(self.argv("stop"), cwd=self.config.root, env=self.environ(), timeout=120)

    def _refuse_taken_port(self) -> None:
        port = self.config.port
        if self._published("web", 8000) != port and not ports.is_free(port):
            owner = ports.owner(port)
            raise UsageError(
                f"Port {port} is taken" + (f" by {owner}" if owner else ""),
                todo=f"./inv up --port {ports.next_free(port)} takes the next free one",
            )

    def down(self, *, volumes: bool) -> bool:
        """Remove the containers, with volumes the data too. False if there was nothing."""
        there = bool(self.containers())
        shell.run(
            self.argv("down", "--remove-orphans", *(["--volumes"] if volumes else [])),
            cwd=self.config.root,
            env=self.environ(),
            timeout=180,
        )
        return there

    # while it is up

    def status(self) -> list[tuple[str, str, str]]:
        """One row a service: name, state, and what else is known of it."""
        rows = []
        for each in self.containers():
            state = each["State"] if each["Service"] != "release" or each["ExitCode"] else "done"
            published = {f"127.0.0.1:{p['PublishedPort']}" for p in each.get("Publishers") or [] if p["PublishedPort"]}
            rows.append(
                (
                    each["Service"],
                    "up" if state == "running" else state,
                    ", ".join([each["Status"], *sorted(published)]),
                )
            )
        return rows

    def restart(self, names: Sequence[str]) -> None:
        """Restart services and wait until they run."""
        known = [name for name in self.services() if name not in ("db", "redis")]
        for name in names:
            if name not in known:
                raise UsageError(f"There is no process {name!r} to restart", todo=f"There are: {', '.join(known)}")
        shell.run(self.argv("restart", *(names or known)), cwd=self.config.root, env=self.environ(), timeout=180)

    def logs(self, process: str, *, follow: bool, since: str = "") -> Iterator[tuple[str, str]]:
        """Lines of the log as (service, text); with follow it goes on until Ctrl-C."""
        words = [
            "logs",
            "--no-color",
            *(["--follow"] if follow else []),
            *(["--since", since] if since else []),
        ]
        for line in shell.lines(self.argv(*words, *([process] if process else [])), cwd=self.config.root, env=self.environ()):
            # Compose 2.40 clears the terminal's line first, whatever it writes to and whatever colours were asked for.
            service, _, text = line.removeprefix(CLEARS).partition(" | ")
            # "web-1  | text": Compose numbers its containers.
            yield service.strip().rsplit("-", 1)[0], text

    def database_url(self) -> Secret:
        """The site's database, as this machine reaches it."""
        if (port := self._published("db", 5432)) == 0:
            raise StackError("The database is not up", todo="./inv up, or ./inv up --detach to keep this terminal")
        return Secret(f"postgres://djheroku:djheroku@127.0.0.1:{port}/djheroku")

    # commands in the site's environ

    def site(self, argv: Sequence[str]) -> int:
        """Run a program in the web container as the owner of the checkout. Its exit status."""
        return self._exec("web", [ENTRYPOINT, *argv])

    def dbshell(self, argv: Sequence[str]) -> int:
        """psql in the database's container."""
        return self._exec("db", ["psql", "--username", "djheroku", "djheroku", *argv])

    def redis_cli(self, argv: Sequence[str]) -> int:
        """valkey-cli in Valkey's container."""
        return self._exec("redis", ["valkey-cli", *argv])

    def _exec(self, service: str, argv: Sequence[str]) -> int:
        if service not in self.services():
            raise StackError(f"{service} is not up", todo="./inv up, or ./inv up --detach to keep this terminal")
        tty = [] if self.config.interactive else ["--no-TTY"]
        return shell.stream(self.argv("exec", *tty, service, *argv), cwd=self.config.root, env=self.environ())
