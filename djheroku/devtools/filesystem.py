"""Does the file system say so when a file is saved? Some that are shared over a network or with a host do not."""

from pathlib import Path

# Saves on another machine raise no inotify event here.
SILENT = {"nfs", "nfs4", "cifs", "smb3", "9p", "afs", "ceph", "vboxsf", "prl_fs"}
SILENT_PREFIXES = ("fuse.sshfs", "fuse.vmhgfs", "fuse.vboxsf", "fuse.s3fs")
MOUNTS = Path("/proc/self/mounts")


def is_silent(path: Path, mounts: str) -> bool:
    """Whether *path* lies on such a file system; *mounts* is what /proc/self/mounts says (proc(5), fstab(5))."""
    kind, longest = "", -1
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = Path(fields[1].encode().decode("unicode_escape"))
        if (path == point or point in path.parents) and len(point.parts) >= longest:
            kind, longest = fields[2], len(point.parts)
    return kind in SILENT or kind.startswith(SILENT_PREFIXES)


def must_poll(path: Path) -> bool:
    """Whether saves below *path* can only be found by looking; False where there is no /proc to tell."""
    try:
        return is_silent(path.resolve(), MOUNTS.read_text())
    except OSError:
        return False
