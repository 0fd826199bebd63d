"""What a build makes, and how a dyno starts it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
SMALLEST_WORKER = 256  # MB for each process of the web server
# CPU cores that a dyno of so many MB sees; vendor/WEB_CONCURRENCY.sh lists what comes of them.
CORES = ((1024, 8), (2560, 2), (14336, 8), (30720, 4), (63488, 8), (129024, 16))
# What is sourced before a process: .profile.d of the slug, and .profile of the app.
BOOT = 'for f in .profile.d/*.sh; do [ -r "$f" ] && . "$f"; done; [ -r .profile ] && . ./.profile; exec bash -c "$1"'


def web_concurrency(memory_mb: int, *, cores: int | None = None) -> int:
    """Processes of the web server on a dyno of so much memory: min(cores * 2 + 1, MB / 256), at least one."""
    if cores is None:
        cores = next((count for limit, count in CORES if memory_mb <= limit), CORES[-1][1])
    return max(1, min(cores * 2 + 1, memory_mb // SMALLEST_WORKER))


@dataclass(frozen=True)
class BuiltSlug:
    """The app's files with .heroku/python in them.

    folder: where they are on this machine. size: bytes, compressed. python: the version that runs. pythonhome: whether
    PYTHONHOME may point to it. system_path: PATH behind it. image: with Docker, an image that has the files at /app,
    writable for every user.
    """

    id: str
    folder: Path
    process_types: Mapping[str, str]
    size: int
    commit: str
    stack: str
    python: str
    image: str | None = None
    pythonhome: bool = True
    nltk: bool = False
    system_path: str = SYSTEM_PATH

    def environ(self, *, home: str = "/app", memory_mb: int = 512, config: Mapping[str, str] | None = None) -> dict[str, str]:
        """A dyno's environ as the slug's .profile.d scripts leave it, given the app's config vars.

        home: where the dyno sees the folder. Sources: bin/compile, vendor/python.gunicorn.sh and
        vendor/WEB_CONCURRENCY.sh of the buildpack.
        """
        given = dict(config or {})
        python = f"{home}/.heroku/python"
        made = {
            **given,
            "PATH": f"{python}/bin:{given.get('PATH') or self.system_path}",
            "PYTHONUNBUFFERED": "true",
            "LIBRARY_PATH": _before(f"{python}/lib", given.get("LIBRARY_PATH")),
            "LD_LIBRARY_PATH": _before(f"{python}/lib", given.get("LD_LIBRARY_PATH")),
            "LANG": given.get("LANG") or "en_US.UTF-8",
            "PYTHONPATH": given.get("PYTHONPATH") or home,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "FORWARDED_ALLOW_IPS": "*",
            "GUNICORN_CMD_ARGS": given.get("GUNICORN_CMD_ARGS") or "--access-logfile -",
            "DYNO_RAM": str(memory_mb),
        }
        if self.pythonhome:
            made["PYTHONHOME"] = python
        if self.nltk:
            made["NLTK_DATA"] = f"{python}/nltk_data"
        if "WEB_CONCURRENCY" not in given:
            made |= {"WEB_CONCURRENCY": str(web_concurrency(memory_mb)), "WEB_CONCURRENCY_SET_BY": "heroku/python"}
        return made

    @staticmethod
    def argv(command: str) -> list[str]:
        """What starts a command as a dyno's process, in the folder."""
        return ["bash", "-c", BOOT, "bash", command]

    def unpack(self, folder: Path) -> None:
        """Make the disk of a dyno that is no container: the app's files copied, for a dyno may write to them, and
        .heroku/python linked, for it does not and they are many."""
        python = self.folder / ".heroku" / "python"

        def passed_over(where: str, names: list[str]) -> list[str]:
            return ["python"] if Path(where) == python.parent and "python" in names else []

        shutil.copytree(self.folder, folder, symlinks=True, ignore=passed_over, dirs_exist_ok=True)
        (folder / ".heroku").mkdir(exist_ok=True)
        if python.is_dir():
            (folder / ".heroku" / "python").symlink_to(python)


def _before(path: str, given: str | None) -> str:
    return f"{path}:{given}" if given else path
