"""The source of a build: a tarball becomes a folder, without what .slugignore lists."""

from __future__ import annotations

import fnmatch
import os
import shutil
import stat
import tarfile
from pathlib import Path, PurePosixPath

from rehearsal.builds.failure import BuildFailed


def unpack(tarball: Path, folder: Path) -> None:
    """Unpack into an empty folder; one folder around everything, as in GitHub's archives, is left out.

    Raises BuildFailed for what is no tarball, and for members that point out of it.
    """
    folder.mkdir(parents=True)
    try:
        with tarfile.open(tarball) as archive:
            _extract(archive, folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BuildFailed(f"Unable to extract the source archive: {error}", rejected="Push failed") from error
    top = list(folder.iterdir())
    if len(top) == 1 and top[0].is_dir() and not top[0].is_symlink():
        inner = top[0].rename(folder.with_name(folder.name + ".inner"))
        folder.rmdir()
        inner.rename(folder)


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
        return
    # Python 3.11 before 3.11.4 (Debian 12's own is 3.11.2) has no filters: what could lead outside is refused first.
    root = folder.resolve()
    for member in archive.getmembers():
        inside = [root / member.name]
        if member.issym():
            inside.append(inside[0].parent / member.linkname)
        elif member.islnk():
            inside.append(root / member.linkname)
        if not all(place.resolve().is_relative_to(root) for place in inside) or member.linkname.startswith("/"):
            raise tarfile.TarError(f"{member.name!r} leads outside of the archive")
        if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
            raise tarfile.TarError(f"{member.name!r} is a special file")
        member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
        member.mode &= 0o755
        # One after the other: a link that is there by now counts where the next member's place is looked at.
        archive.extract(member, folder)


def apply_slugignore(folder: Path) -> int:
    """Remove what .slugignore lists, before the buildpack sees it; returns how many entries went.

    Patterns are .gitignore's without negation (https://devcenter.heroku.com/articles/slug-compiler#ignoring-files-with-slugignore).
    """
    listed = folder / ".slugignore"
    if not listed.is_file():
        return 0
    lines = (line.strip() for line in listed.read_text(encoding="utf-8", errors="replace").splitlines())
    patterns = [line for line in lines if line and not line.startswith("#")]
    gone = 0
    for path in sorted(folder.rglob("*")):
        if not path.exists() and not path.is_symlink():
            continue  # its folder went already
        relative = path.relative_to(folder).as_posix()
        if any(_matches(relative, pattern, directory=path.is_dir()) for pattern in patterns):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            gone += 1
    return gone


def _matches(relative: str, pattern: str, *, directory: bool) -> bool:
    if pattern.endswith("/"):
        if not directory:
            return False
        pattern = pattern.rstrip("/")
    if "/" in pattern:
        anchored = pattern.lstrip("/")
        return fnmatch.fnmatchcase(relative, anchored) and relative.count("/") >= anchored.count("/")
    return fnmatch.fnmatchcase(PurePosixPath(relative).name, pattern)


def open_to_all(folder: Path) -> None:
    """Let every user read and write: a dyno runs as a user that nobody knows beforehand, and /app is its own."""
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        wider = mode | 0o666 | (0o111 if mode & stat.S_IXUSR or path.is_dir() else 0)
        if wider != mode:
            path.chmod(wider)
