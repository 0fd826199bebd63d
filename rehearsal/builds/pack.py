"""The end of a build: which process types there are, and how big the slug is."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from pathlib import Path

from rehearsal.builds.failure import BuildFailed
from rehearsal.builds.report import Report

# https://devcenter.heroku.com/articles/slug-compiler#slug-size
LIMIT = 500 * 1024 * 1024
# https://devcenter.heroku.com/articles/procfile#procfile-format
LINE = re.compile(r"^\s*(?P<type>[A-Za-z0-9_-]+)\s*:\s*(?P<command>\S.*?)\s*$")


def process_types(folder: Path) -> dict[str, str]:
    """Process types of the Procfile, in its order; lines that are none are passed over, and without the file there
    are none: the Python buildpack has no default ones."""
    path = folder / "Procfile"
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [LINE.match(line) for line in lines if not line.lstrip().startswith("#")]
    return {match["type"]: match["command"] for match in found if match}


class _Counter(io.RawIOBase):
    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        count = memoryview(data).nbytes  # type: ignore[arg-type]
        self.size += count
        return count


def compressed(folder: Path, *, without: str | None = None) -> int:
    """Bytes of the folder as a compressed tarball. The fastest level: about a tenth more than Heroku's."""
    counter = _Counter()

    def keep(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if without and member.name == f"./{without}" else member

    with (
        gzip.GzipFile(fileobj=counter, mode="wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        archive.add(folder, arcname=".", filter=keep)
    return counter.size


def check_size(size: int, report: Report) -> None:
    """Print the size as the slug compiler does. Raises BuildFailed over the limit."""
    shown = f"{size / 1e6:.1f}M" if size < 1e9 else f"{size / 1e9:.1f}G"
    report.step("Compressing...")
    if size > LIMIT:
        raise BuildFailed(
            f"Compiled slug size: {shown} is too large (max is 500M).\nSee: http://devcenter.heroku.com/articles/slug-size",
            rejected="Push failed",
        )
    report.indented(f"Done: {shown}")
