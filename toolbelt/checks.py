"""The checks of `./inv check`: each a program that is run, and what its finding means."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from toolbelt import shell
from toolbelt.config import Config
from toolbelt.errors import CommandFailed, MissingTool


@dataclass(frozen=True)
class Verdict:
    """What a check came to: ok, or what it said, or why it could not be run here."""

    ok: bool
    said: str = ""
    skipped: str = ""


@dataclass(frozen=True)
class Check:
    """A check: its name, what it holds, and what to do when it does not."""

    name: str
    what: str
    todo: str
    run: Callable[[Config], Verdict]


def _program(*argv: str, environ: Mapping[str, str] | None = None) -> Callable[[Config], Verdict]:
    """A check that is one program: it is well when the program says so by its exit status."""

    def run(config: Config) -> Verdict:
        words = [sys.executable, *argv] if argv[0] in ("-m", "-W") or argv[0].endswith(".py") else list(argv)
        done = shell.run(words, cwd=config.root, env=config.child_environ(**(environ or {})), timeout=300, check=False)
        return Verdict(done.returncode == 0, (done.stdout + done.stderr).strip())

    return run


# Settings that exist nowhere: these checks speak to no server.
PRETENDED = {
    "DJANGO_SETTINGS_MODULE": "djheroku.settings.heroku",
    "SECRET_KEY": "checked-and-never-used-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def _compose_config(config: Config) -> Verdict:
    try:
        done = shell.run(["docker", "compose", "config", "--quiet"], cwd=config.root, timeout=60, check=False)
    except MissingTool:
        return Verdict(False, skipped="there is no docker on this machine")
    if "is not a docker command" in done.stderr or "unknown flag" in done.stderr:
        return Verdict(False, skipped="docker has no Compose plugin here")
    return Verdict(done.returncode == 0 and not done.stderr.strip(), done.stderr.strip())


def _audit(config: Config) -> Verdict:
    argv = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        "requirements.txt",
        "--disable-pip",
        "--require-hashes",
    ]
    try:
        done = shell.run([*argv, "--progress-spinner", "off"], cwd=config.root, timeout=120, check=False)
    except CommandFailed as error:
        return Verdict(False, skipped=f"the index of vulnerabilities does not answer ({error.headline})")
    said = (done.stdout + done.stderr).strip()
    if done.returncode != 0 and ("ConnectionError" in said or "HTTPError" in said or "ServiceError" in said):
        return Verdict(False, skipped="the index of vulnerabilities cannot be reached from here")
    return Verdict(done.returncode == 0, said)


def _scripts(config: Config) -> Verdict:
    """shellcheck for every tracked file that begins as a shell script."""
    from toolbelt import git

    scripts = [name for name in git.files(config.root) if _is_shell(config.root / name)]
    return _program("shellcheck", *scripts)(config)


def _is_shell(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.readline(80)
    return first.startswith(b"#!") and first.rstrip().split(b"/")[-1].split()[-1] in (b"sh", b"bash")


def _workflows(config: Config) -> Verdict:
    files = [str(path) for path in sorted((config.root / ".github" / "workflows").glob("*.yml"))]
    return _program("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)(config)


FIX = "./inv fix mends most of it"
CHECKS = (
    Check("format", "ruff format", FIX, _program("-m", "ruff", "format", "--check", ".")),
    Check("lint", "ruff check", FIX, _program("-m", "ruff", "check", "--quiet", "--output-format", "concise", ".")),
    Check("types", "mypy, strict for the tools", "", _program("-m", "mypy")),
    Check(
        "imports",
        "who may import whom",
        "The layers are in pyproject.toml",
        _program("lint-imports", "--no-cache"),
    ),
    Check("dockerfile", "hadolint", "", _program("hadolint", "Dockerfile")),
    Check("compose", "docker compose config", "", _compose_config),
    Check("shell", "shellcheck", "", _scripts),
    Check("workflows", "GitHub's schema", "", _workflows),
    Check("zizmor", "workflows, for what is unsafe", "", _program("zizmor", "--offline", "--quiet", ".github")),
    Check(
        "migrations",
        "every change of a model has its migration",
        "./inv makemigrations",
        # A database that does not answer is only warned of: the check compares models with files.
        _program("-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run", environ=PRETENDED),
    ),
    Check(
        "deploy",
        "Django's check --deploy under the settings for Heroku",
        "",
        _program("manage.py", "check", "--deploy", "--fail-level", "WARNING", environ=PRETENDED),
    ),
    Check("audit", "known vulnerabilities in requirements.txt", "./inv lock --upgrade", _audit),
    Check(
        "repository",
        "Procfile, Compose, runtime, README and settings agree",
        "",
        _program(
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:django",
            "--no-header",
            "--tb=short",
            "tests/test_repository.py",
        ),
    ),
)
