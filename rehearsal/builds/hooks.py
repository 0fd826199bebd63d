"""bin/pre_compile and bin/post_compile of the app (lib/hooks.sh)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from rehearsal.builds.django import with_config
from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.place import Place
from rehearsal.builds.report import Report


async def run(
    name: Literal["pre_compile", "post_compile"],
    place: Place,
    folder: Path,
    *,
    environ: Mapping[str, str],
    config: Mapping[str, str],
    report: Report,
) -> None:
    """Run the hook if the app has it, with its config vars. Raises BuildFailed if it fails."""
    script = folder / "bin" / name
    if not script.is_file():
        return
    report.step(f"Running bin/{name} hook")
    script.chmod(script.stat().st_mode | 0o111)

    def write(line: str) -> None:
        report.indented(line.rstrip("\n"))

    try:
        status = await place.run([f"bin/{name}"], environ=with_config(environ, config), write=write)
    except OSError as error:  # its #! line names a program that is not there
        report.indented(f"bin/{name}: {error.strerror}")
        status = 126
    if status != 0:
        raise BuildFailed(
            f"""
            Error: Failed to run the bin/{name} script.

            We found a 'bin/{name}' script in your app source, so ran
            it to allow for customisation of the build process.

            However, this script exited with a non-zero exit status.

            Fix any errors output by your script above, or remove/rename
            the script to prevent it from being run during the build.
            """
        )
