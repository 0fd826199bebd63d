"""What the buildpack refuses before it begins (bin/detect, lib/checks.sh)."""

from __future__ import annotations

from pathlib import Path

from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.manager import contents

STACKS = ("heroku-22", "heroku-24", "heroku-26")
# bin/detect: any of these makes it a Python app, so that a missing file gets an answer better than "no buildpack".
PYTHON_FILES = (
    ".python-version", "__init__.py", "app.py", "main.py", "manage.py", "pdm.lock", "Pipfile", "Pipfile.lock",
    "poetry.lock", "pyproject.toml", "requirements.txt", "runtime.txt", "server.py", "setup.cfg", "setup.py", "uv.lock",
    "requeriments.txt", "requirement.txt", "requirements", "requirements.text", "Requirements.txt",
    "requirements.txt.txt", "requirments.txt", "__pycache__", ".venv", "venv",
)  # fmt: skip


def is_python(folder: Path) -> bool:
    return any((folder / name).exists() for name in PYTHON_FILES)


def require_python(folder: Path, *, chosen: bool) -> None:
    """Raises BuildFailed where the buildpack does not detect its kind of app; chosen: the app names the buildpack."""
    if is_python(folder):
        return
    if not chosen:
        raise BuildFailed(
            """
            No default language could be detected for this app.
            HINT: This occurs when Heroku cannot detect the buildpack to use for this application automatically.
            See https://devcenter.heroku.com/articles/buildpacks
            """,
            rejected="Push failed",
        )
    raise BuildFailed(
        "Error: Your app is configured to use the Python buildpack,\n"
        "but we couldn't find any supported Python project files.\n\n"
        "A Python app on Heroku must have either a 'requirements.txt',\n"
        "'Pipfile.lock', 'poetry.lock' or 'uv.lock' package manager file\n"
        f"in the root directory of its source code.\n\n{contents(folder)}",
        rejected="Push rejected, failed to compile Python app.",
    )


def require_stack(stack: str) -> None:
    if stack not in STACKS:
        raise BuildFailed(
            f"""
            Error: The '{stack}' stack isn't recognised.

            The Python buildpack builds on {", ".join(STACKS)}.
            """
        )


def refuse_python_folder(folder: Path) -> None:
    """``.heroku/python`` is where the buildpack installs; neither the source nor bin/pre_compile may have it."""
    there = folder / ".heroku" / "python"
    if not there.exists() and not there.is_symlink():
        return
    raise BuildFailed(
        "Error: Existing '.heroku/python/' directory found.\n\n"
        "Your app's source code contains a directory named '.heroku/python/',\n"
        "where the Python buildpack installs its files. It contains:\n\n"
        f"{_listing(folder, there)}\n\n"
        "If it is committed to your Git repo, delete it or put it elsewhere.\n"
        "Otherwise check that no 'bin/pre_compile' hook makes it."
    )


def refuse_virtual_environment(folder: Path) -> None:
    for name in (".venv", "venv"):
        if not (folder / name / "pyvenv.cfg").is_file():
            continue
        raise BuildFailed(
            f"Error: Existing '{name}/' directory found.\n\n"
            f"Your app's source code contains a directory named '{name}/', which\n"
            f"looks like a Python virtual environment:\n\n{_listing(folder, folder / name)}\n\n"
            "Its files are of one machine and don't work on another, so having it\n"
            "in your app's source isn't supported.\n\n"
            f"Run 'git rm --cached -r {name}/', add '{name}/' on a line of its own to\n"
            "your '.gitignore' file, and commit.\n\n"
            "If a 'bin/pre_compile' hook makes it, let it make it elsewhere."
        )


def _listing(folder: Path, there: Path) -> str:
    """As ``find -maxdepth 2`` prints it."""
    deep = [there, *there.glob("*"), *there.glob("*/*")] if there.is_dir() else [there]
    return "\n".join(sorted(str(path.relative_to(folder)) + ("/" if path == there else "") for path in deep))
