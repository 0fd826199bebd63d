"""Which package manager an app uses; exactly one, or the build ends (lib/package_manager.sh)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from rehearsal.builds.failure import BuildFailed

Manager = Literal["pip", "pipenv", "poetry", "uv"]

FILES: dict[str, tuple[Manager, str]] = {
    "Pipfile.lock": ("pipenv", "Pipenv"),
    "requirements.txt": ("pip", "pip"),
    "poetry.lock": ("poetry", "Poetry"),
    "uv.lock": ("uv", "uv"),
}
RECOMMENDED = """\
If you aren't sure which package manager to use, uv is the one that
Heroku recommends: https://docs.astral.sh/uv/"""


def determine(folder: Path) -> Manager:
    """The package manager of the app in the folder, by the files in its root.

    Raises BuildFailed for none, for several, for a Pipfile without its lock, and for nothing but a setup.py.
    """
    found = [name for name in FILES if (folder / name).is_file()]
    if (folder / "Pipfile").is_file() and "Pipfile.lock" not in found:
        raise BuildFailed(
            """
            Error: No 'Pipfile.lock' found!

            There is a 'Pipfile', but not the 'Pipfile.lock' that belongs to it,
            so the versions installed on Heroku need not be those you tested.
            This is no longer supported.

            Run 'pipenv lock' and commit the lockfile, and check that neither
            '.gitignore' nor '.slugignore' lists it. Or delete the 'Pipfile' and
            add a 'requirements.txt', 'poetry.lock' or 'uv.lock' file.
            """
        )
    if len(found) == 1:
        return FILES[found[0]][0]
    if found:
        listed = "\n".join(f"{name} ({FILES[name][1]})" for name in found)
        raise BuildFailed(
            "Error: Multiple Python package manager files were found.\n\n"
            "Exactly one package manager file should be in your app's source\n"
            f"code, but there are several:\n\n{listed}\n\n"
            "Decide which package manager your app uses, and delete the files\n"
            f"and the configuration of the others.\n\n{RECOMMENDED}"
        )
    if (folder / "setup.py").is_file():
        raise BuildFailed(
            """
            Error: Implicit setup.py file support has been sunset.

            Your app has a setup.py and no file of a Python package manager, so
            the buildpack can't tell how to install its dependencies.

            To go on with setup.py and pip, create a 'requirements.txt' in the
            root directory with the line '--editable .' (without quotes).
            """
        )
    raise BuildFailed(
        "Error: Couldn't find any supported Python package manager files.\n\n"
        "A Python app on Heroku must have either a 'requirements.txt',\n"
        "'Pipfile.lock', 'poetry.lock' or 'uv.lock' package manager file\n"
        f"in the root directory of its source code.\n\n{contents(folder)}\n\n"
        "If your app has such a file, check that it is in the top directory, that\n"
        "its name is spelled right (letter case counts), that '.gitignore' and\n"
        "'.slugignore' don't list it, and that it is committed.\n\n"
        "An app without dependencies needs an empty 'requirements.txt'.\n\n"
        f"{RECOMMENDED}"
    )


def contents(folder: Path) -> str:
    """The listing of the root that the buildpack prints where it misses a file."""
    names = sorted(path.name + ("/" if path.is_dir() else "") for path in folder.iterdir())
    return "Currently the root directory of your app contains:\n\n" + "\n".join(names)
