"""Sources for builds: tarballs of a few files, and wheels made on the spot, so that pip needs no network."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def tarball(path: Path, files: Mapping[str, str | bytes], *, executable: tuple[str, ...] = ()) -> Path:
    """A gzipped tarball of these files."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            member.mode = 0o755 if name in executable else 0o644
            archive.addfile(member, io.BytesIO(data))
    return path


def wheel(name: str, files: Mapping[str, str], *, version: str = "1.0", scripts: Mapping[str, str] | None = None) -> bytes:
    """A wheel with these modules and console scripts."""
    about = f"{name}-{version}.dist-info"
    entries = dict(files)
    entries[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    entries[f"{about}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if scripts:
        lines = "".join(f"{script} = {target}\n" for script, target in scripts.items())
        entries[f"{about}/entry_points.txt"] = f"[console_scripts]\n{lines}"
    entries[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*entries, f"{about}/RECORD"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in entries.items():
            archive.writestr(path, text)
    return packed.getvalue()


def requirements(**wheels: bytes) -> dict[str, str | bytes]:
    """A requirements.txt that pins these wheels by hash, and the wheels beside it in vendor/."""
    lines = ["--no-index", "--find-links vendor"]
    files: dict[str, str | bytes] = {}
    for name, content in wheels.items():
        lines.append(f"{name}==1.0 --hash=sha256:{hashlib.sha256(content).hexdigest()}")
        files[f"vendor/{name}-1.0-py3-none-any.whl"] = content
    return {"requirements.txt": "\n".join(lines) + "\n", **files}


def plain(text: str) -> str:
    """Without colours."""
    return ANSI.sub("", text)
