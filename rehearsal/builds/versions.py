"""Which Python an app asks for, and what the buildpack makes of it (lib/python_version.sh)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.manager import Manager

# v351, 2026-08-18. The newest patch release of each series that it installs.
LATEST = {"3.10": "3.10.21", "3.11": "3.11.16", "3.12": "3.12.14", "3.13": "3.13.15", "3.14": "3.14.7"}
OLDEST, DEFAULT = "3.10", "3.14"
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)(\.(0|[1-9]\d*))?", re.ASCII)
MISSPELLED = (
    " .python-version", ". python-version", ".python_version.txt", ".python_version", ".python-version ",
    ",python-version", ".python-version.", ".python-version.py", ".python-version.rtf", ".python-version.txt",
    ".python-version.TXT", ".Python-version", ".python.version", ".pythonversion", "'.python-version'",
    "python_version.txt", "python_version", "python-version.", "python-version.txt", "python-version",
)  # fmt: skip
ADVICE = (
    "We strongly recommend that you don't name the patch version: it pins your\n"
    "app to it, and so stops your app from receiving security updates."
)


@dataclass(frozen=True)
class Requested:
    """A Python version (N.N or N.N.N) and where it comes from: a file's name, ``cached`` or ``default``."""

    version: str
    origin: str

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])


def requested(folder: Path, manager: Manager, cached: str | None) -> Requested:
    """What the app asks for: runtime.txt, .python-version, Pipfile.lock, the last build's, the buildpack's default.

    cached is the full version of the last build. Raises BuildFailed for what cannot be read.
    """
    if (folder / "runtime.txt").is_file():
        return Requested(_runtime_txt(folder / "runtime.txt"), "runtime.txt")
    # A file system that ignores letter case would take .python-version for .Python-version: compare names.
    names = {path.name for path in folder.iterdir()}
    for name in MISSPELLED:
        if name in names:
            raise BuildFailed(
                f"""
                Error: Your .python-version file is spelled incorrectly.

                The file's name is '{name}'; it must be '.python-version'
                (without quotes). Rename it.
                """
            )
    if (folder / ".python-version").is_file():
        return Requested(_python_version(folder / ".python-version"), ".python-version")
    if manager == "pipenv" and (version := _pipfile_lock(folder / "Pipfile.lock")):
        return Requested(version, "Pipfile.lock")
    if cached and VERSION.fullmatch(cached):
        return Requested(cached.rpartition(".")[0], "cached")
    return Requested(DEFAULT, "default")


def resolve(wanted: Requested) -> str:
    """The full version that Heroku would install. Raises BuildFailed for one that it does not have."""
    major, minor = map(int, wanted.minor.split("."))
    oldest, newest = (tuple(map(int, version.split("."))) for version in (OLDEST, DEFAULT))
    if (major, minor) < oldest:
        which = "cached" if wanted.origin == "cached" else "requested"
        raise BuildFailed(
            f"Error: The {which} Python version has reached end-of-life.\n\n"
            f"Python {wanted.minor} has reached its upstream end-of-life, receives no\n"
            "security updates, and is no longer supported by this buildpack:\n"
            "https://devcenter.heroku.com/articles/python-support#supported-python-versions\n\n"
            f"Please upgrade to at least Python {OLDEST}, if possible to {DEFAULT}, by\n"
            + ("configuring a version in a .python-version file." if which == "cached" else _in_file(wanted))
        )
    if (major, minor) > newest:
        which = "cached" if wanted.origin == "cached" else "requested"
        raise BuildFailed(
            f"Error: The {which} Python version isn't recognised.\n\n"
            f"Python {wanted.minor} isn't recognised by this version of the buildpack.\n"
            "Check that it has been released, and that Heroku supports it:\n"
            "https://devcenter.heroku.com/articles/python-support#supported-python-versions\n\n"
            f"Otherwise switch to a supported version, such as {DEFAULT}, by\n{_in_file(wanted)}"
        )
    latest = LATEST[wanted.minor]
    if wanted.version.count(".") < 2:
        return latest
    if _patch(wanted.version) > _patch(latest):
        raise BuildFailed(
            f"Error: The requested Python version isn't available.\n\n"
            f"Your app's {wanted.origin} file asks for Python {wanted.version}, and Heroku\n"
            f"has no such version; the newest of its series is {latest}.\n\n{ADVICE}"
        )
    return wanted.version


def remarks(wanted: Requested, full: str, manager: Manager) -> list[str]:
    """Warnings on what was asked for, in the buildpack's order. Raises BuildFailed for what uv does not allow."""
    warnings = []
    if manager == "uv" and wanted.origin in ("runtime.txt", "default", "cached"):
        headline = (
            "The runtime.txt file isn't supported when using uv."
            if wanted.origin == "runtime.txt"
            else "No Python version was specified."
        )
        raise BuildFailed(
            f"Error: {headline}\n\n"
            "With the package manager uv on Heroku the Python version must be in\n"
            "a .python-version file, and only there.\n\n"
            "In the root directory of your app "
            + ("delete runtime.txt, " if wanted.origin == "runtime.txt" else "")
            + f"run\n'uv python pin {wanted.minor}', and commit.\n\n{ADVICE}"
        )
    instructions = f"Create a file named '.python-version' in the root directory that contains\nexactly: {wanted.minor}"
    if wanted.origin == "runtime.txt":
        warnings.append(
            "Warning: The runtime.txt file is deprecated.\n\n"
            "It has been replaced by the more widely supported .python-version file:\n"
            "https://devcenter.heroku.com/changelog-items/3141\n\n"
            f"Please switch to it: delete runtime.txt. {instructions}\n\n"
            "In the future support for runtime.txt will be removed and\n"
            "this warning will be made an error."
        )
    elif wanted.origin in ("default", "cached"):
        warnings.append(
            "Warning: No Python version was specified.\n\n"
            "The buildpack picked a version for you. It can change over time and may\n"
            "not be that of your development environment.\n\n"
            f"{instructions}\n\n"
            "In the future we will require the use of a .python-version\n"
            "file and this warning will be made an error."
        )
    if wanted.minor == "3.10":
        warnings.append(
            "Warning: Support for Python 3.10 is deprecated!\n\n"
            "Python 3.10 reached its upstream end-of-life in October 2026, and support\n"
            "for it will be removed from this buildpack on 6th January 2027.\n\n"
            f"Upgrade as soon as possible, by {_in_file(wanted)}"
        )
    latest = LATEST[wanted.minor]
    if _patch(full) < _patch(latest):
        warnings.append(
            "Warning: A Python patch update is available!\n\n"
            f"Your app is using Python {full}, and Python {latest} is there.\n"
            f"Update your {wanted.origin} file.\n\n{ADVICE}"
        )
    return warnings


def _patch(full: str) -> int:
    return int(full.rpartition(".")[2])


def _in_file(wanted: Requested) -> str:
    return f"changing the version in your {wanted.origin} file."


def _lines(path: Path) -> list[str]:
    """Lines that count: stripped, and neither empty nor comments."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def _runtime_txt(path: Path) -> str:
    text = "\n".join(_lines(path))
    if text.startswith("python-") and VERSION.fullmatch(text.removeprefix("python-")):
        return text.removeprefix("python-")
    raise BuildFailed(
        "Error: Invalid Python version in runtime.txt.\n\n"
        "The version in your runtime.txt file isn't in the correct format.\n\n"
        "The file is deprecated, so rather than mend it, delete it and create a\n"
        "file named '.python-version' in the root directory of your app. Put your\n"
        "app's major Python version in it, without quotes and without 'python-'.\n"
        f"For the latest version of Python {DEFAULT} it contains exactly:\n{DEFAULT}\n\n{ADVICE}"
    )


def _python_version(path: Path) -> str:
    raw = path.read_bytes()
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise BuildFailed(
            """
            Error: Unable to read .python-version.

            The file uses an unsupported text encoding (UTF-8 with a BOM, or
            UTF-16). Save it as UTF-8 without a BOM.
            """
        )
    versions = _lines(path)
    for version in versions:
        if VERSION.fullmatch(version) is None:
            shown = re.sub(r"[^\x20-\x7e\t]", "�", version)
            raise BuildFailed(
                "Error: Invalid Python version in .python-version.\n\n"
                f"The following version was found:\n{shown}\n\n"
                "However, the Python version must be specified as either:\n"
                f"1. The major version only, for example: {DEFAULT} (recommended)\n"
                f"2. An exact patch version, for example: {DEFAULT}.999\n\n"
                "No quotes, no 'python-' prefix, no wildcards; comments on lines of their\n"
                f"own that begin with '#'.\n\n{ADVICE}"
            )
    if len(versions) == 1:
        return versions[0]
    if not versions:
        raise BuildFailed(
            f"""
            Error: No Python version found in .python-version.

            The file must contain your app's major Python version. For the
            latest version of Python {DEFAULT} it contains exactly:
            {DEFAULT}

            A line that begins with '#' is a comment.
            """
        )
    raise BuildFailed(
        "Error: Multiple Python versions found in .python-version.\n\n"
        "Multiple versions were found in your .python-version file:\n\n"
        + "\n".join(versions)
        + "\n\nUpdate the file so it contains only one Python version."
    )


def _pipfile_lock(path: Path) -> str | None:
    try:
        requires = json.loads(path.read_text(encoding="utf-8")).get("_meta", {}).get("requires", {})
    except (ValueError, AttributeError) as error:
        raise BuildFailed(
            f"Error: Can't parse Pipfile.lock.\n\nIt couldn't be parsed:\n{error}\n\n"
            "Run 'pipenv lock' to regenerate the lockfile."
        ) from error
    version = requires.get("python_full_version") or requires.get("python_version")
    if version is None:
        return None
    if VERSION.fullmatch(str(version)):
        return str(version)
    raise BuildFailed(
        f"Error: Invalid Python version in Pipfile.lock.\n\nThe following version was found:\n{version}\n\n"
        f"Name the major version only, for example {DEFAULT}, or an exact patch version.\n"
        "Wildcards aren't supported. Correct your Pipfile and run 'pipenv lock'."
    )
