"""What would be shipped: one package manager, no environment of another machine, and nothing that is a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from toolbelt import shell
from toolbelt.artifacts import tarball
from toolbelt.doctor import dockerignore
from toolbelt.doctor.finding import Finding, error, ok, some, warning
from toolbelt.errors import ToolbeltError

EXAMPLES = (".example", ".sample", ".template", ".dist", ".defaults")
SECRET = re.compile(
    r"(^\.env($|\.)|^id_(rsa|dsa|ecdsa|ed25519)$|\.(key|p12|pfx|jks|keystore|kdbx)$|^\.?(netrc|pgpass|htpasswd)$|"
    r"^(credentials|service[-_]account.*)\.json$)"
)
DUMP = re.compile(r"\.(dump|pgdump|backup|rdb|sql\.(gz|bz2|xz|zst))$")
DATABASE = re.compile(r"(?<!thumbs)\.(sqlite3?|db)$")
# Never sent, or not of the project: a .env in there is somebody else's.
ELSEWHERE = frozenset((".git", ".venv", "venv", "node_modules", ".djheroku", "__pycache__"))
# What tokens of well-known places look like, and the head of a private key. (In two parts, so that this file has none.)
WORD = r"(^|[^A-Za-z0-9_])"  # not every grep knows \b
TOKENS = (
    r"-----BEGIN ([A-Z]+ )?PRIVATE KEY" + r"-----",
    WORD + r"HRKU-" + r"[A-Za-z0-9_-]{40,}",
    WORD + r"AKIA" + r"[0-9A-Z]{16}",
    WORD + r"gh[pousr]_" + r"[A-Za-z0-9]{36}",
    WORD + r"sk_live_" + r"[A-Za-z0-9]{20,}",
    WORD + r"xox[abpr]-" + r"[A-Za-z0-9-]{20,}",
)


def source(root: Path, commit: str, *, sent: bool) -> Iterator[Finding]:
    """A commit's files, less .slugignore. sent: this deploy uploads them, so that what the buildpack refuses is an error."""
    names = tarball.names(root, commit)
    level = error if sent else warning
    try:
        tarball.refuse(names)
    except ToolbeltError as problem:
        for line in problem.finding.splitlines():
            what = f"Heroku's buildpack would refuse it: {line}"
            yield level("source", what, "", "Mend it and commit; .slugignore leaves files of git's out")
    else:
        if sent:
            yield ok("source", f"{len(names)} files, one package manager")
    yield from secrets(names, where="the source", level=level)


def tracked(root: Path) -> Iterator[Finding]:
    """Contents of what git has that look like a token or a private key."""
    argv = [
        "git",
        "-C",
        str(root),
        "grep",
        "--no-color",
        "-I",
        "-l",
        "-z",
        "-E",
        *(word for token in TOKENS for word in ("-e", token)),
    ]
    found = [name for name in shell.run(argv, check=False).stdout.split("\0") if name and not _is_test(name)]
    if found:
        yield error(
            "secrets",
            f"git has what looks like a token or a private key: {some(found)}",
            "whoever has the repository, or the image, has it",
            "Take it out, and make a new one: it stays in git's history",
        )


def context(root: Path) -> Iterator[Finding]:
    """Files here that .dockerignore lets into a build, whether git has them or not."""
    if not (root / "Dockerfile").is_file():
        return
    ignore = root / ".dockerignore"
    if not ignore.is_file():
        what = "there is no .dockerignore: all that lies here can get into the image"
        yield warning(
            "secrets",
            what,
            ".env, dumps and .git with its history among it",
            "Write one: `*` first, then what the site needs with ! in front",
        )
        return
    allowed = dockerignore.allows(ignore.read_text(encoding="utf-8"))
    names = [name for name in _suspects(root) if allowed(name)]
    yield from secrets(names, where="what an image may be built from", level=error)
    if not names:
        yield ok("secrets", "none by their names in git, nor in what an image may be built from")


def _suspects(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in ELSEWHERE]
        place = Path(folder).relative_to(root)
        yield from (name for file in sorted(files) if _suspicious(name := (place / file).as_posix()))


def _suspicious(path: str) -> bool:
    return looks_secret(path) or looks_database(path)


def secrets(names: Sequence[str], *, where: str, level: Callable[..., Finding] = error) -> Iterator[Finding]:
    """Names that a secret or a dump has, and, less bad, a database."""
    found, databases = [name for name in names if looks_secret(name)], [name for name in names if looks_database(name)]
    fix = "git rm --cached, and a line in .gitignore; one in .slugignore or .dockerignore keeps it from being shipped"
    if found:
        yield level("secrets", f"{where} has {some(found)}", "whoever has it has what is in there", fix)
    if databases:
        yield warning("secrets", f"{where} has a database: {some(databases)}", "whoever has it has what is in there", fix)
    if not found and not databases and level is error and names:
        yield ok("secrets", f"none by their names in {where}")


def looks_secret(path: str) -> bool:
    name = PurePosixPath(path).name.lower()
    if name.endswith(EXAMPLES) or _is_test(path):
        return False
    return bool(SECRET.search(name) or DUMP.search(name))


def looks_database(path: str) -> bool:
    return bool(DATABASE.search(PurePosixPath(path).name.lower())) and not _is_test(path)


def _is_test(path: str) -> bool:
    return bool({"test", "tests", "fixtures"} & set(PurePosixPath(path).parts))
