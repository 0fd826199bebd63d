"""What the buildpack does by itself for what it finds installed: Django's static files, NLTK's corpora (bin/steps)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.place import Place
from rehearsal.builds.report import Report

# vendor/buildpack-stdlib: config vars that do not reach the commands of a build.
WITHHELD = {"PATH", "CPATH", "CPPATH", "LD_PRELOAD", "LIBRARY_PATH", "LD_LIBRARY_PATH", "PYTHONHOME"}


def with_config(environ: Mapping[str, str], config: Mapping[str, str]) -> dict[str, str]:
    """The environ of a command that sees the app's config vars: all but those that would break Python."""
    return {**environ, **{name: value for name, value in config.items() if name not in WITHHELD}}


async def has_module(place: Place, name: str, environ: Mapping[str, str]) -> bool:
    words = ["python", "-c", f"import sys, importlib.util; sys.exit(not importlib.util.find_spec({name!r}))"]
    return await place.run(words, environ=environ, write=lambda _: None) == 0


def manage_py(folder: Path) -> str | None:
    """The shallowest manage.py, at most two folders deep, as ``find . -maxdepth 3`` finds it."""
    found = [path for pattern in ("manage.py", "*/manage.py", "*/*/manage.py") for path in sorted(folder.glob(pattern))]
    files = [path.relative_to(folder).as_posix() for path in found if path.is_file() and not path.is_symlink()]
    return files[0] if files else None


async def collectstatic(
    place: Place, folder: Path, *, environ: Mapping[str, str], config: Mapping[str, str], report: Report
) -> None:
    """Run collectstatic where Django is installed and nobody has switched it off. Raises BuildFailed if it fails."""
    environ = with_config(environ, config)
    if (folder / ".heroku" / "collectstatic_disabled").is_file():
        report.step("Skipping Django collectstatic since the file '.heroku/collectstatic_disabled' exists.")
        report.warning(
            """
            Warning: The .heroku/collectstatic_disabled file is deprecated.

            Remove the file and set the env var DISABLE_COLLECTSTATIC=1 instead.
            """
        )
        return
    if (environ.get("DISABLE_COLLECTSTATIC") or "0") != "0":
        report.step("Skipping Django collectstatic since the env var DISABLE_COLLECTSTATIC is set.")
        return
    if not await has_module(place, "django", environ):
        return
    manage = manage_py(folder)
    if manage is None:
        report.step("Skipping Django collectstatic since no manage.py file found.")
        return
    report.step(f"$ python {manage} collectstatic --noinput")
    environ.setdefault("PYTHONPATH", ".")
    status = await place.run(
        ["python", manage, "collectstatic", "--noinput", "--traceback"],
        environ=environ,
        write=lambda line: report.indented(line.rstrip("\n")),
    )
    report.line()
    if status == 0:
        return
    if environ.get("DEBUG_COLLECTSTATIC") == "1":
        report.line("\n****** Collectstatic environment variables:\n")
        for name, value in environ.items():
            report.indented(f"{name}={value}")
    raise BuildFailed(
        f"""
        Error: Unable to generate Django static files.

        The 'python {manage} collectstatic --noinput' Django
        management command to generate static files failed.

        See the traceback above for details.

        You may need to update application code to resolve this error.
        Or, you can disable collectstatic for this application:

           $ heroku config:set DISABLE_COLLECTSTATIC=1

        https://devcenter.heroku.com/articles/django-assets
        """
    )


async def corpora(place: Place, folder: Path, *, environ: Mapping[str, str], config: Mapping[str, str], report: Report) -> bool:
    """Download what nltk.txt lists, where NLTK is installed; returns whether there is something for NLTK_DATA."""
    if not await has_module(place, "nltk", environ):
        return False
    report.step("Downloading NLTK corpora...")
    if not (folder / "nltk.txt").is_file():
        report.indented("'nltk.txt' not found, not downloading any corpora")
        return False
    names = (folder / "nltk.txt").read_text(encoding="utf-8").split()
    report.step(f"Downloading NLTK packages: {' '.join(names)}")
    words = ["python", "-m", "nltk.downloader", "-d", f"{place.paths.build}/.heroku/python/nltk_data", *names]
    environ = with_config(environ, config)
    if await place.run(words, environ=environ, write=lambda line: report.indented(line.rstrip("\n"))) != 0:
        raise BuildFailed(
            """
            Error: Unable to download NLTK data.

            The 'python -m nltk.downloader' command to download NLTK
            data didn't exit successfully.
            """
        )
    return True
