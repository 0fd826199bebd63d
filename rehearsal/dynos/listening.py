"""Whether a process listens where the router of a real platform would reach it: not on localhost only."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
LISTEN = "0A"
# The addresses as the kernel writes them: IPv4 127.x ends in 7F (little-endian words), IPv6 ::1, and ::ffff:127.x.
LOOPBACK6 = "00000000000000000000000001000000"
MAPPED = "0000000000000000FFFF0000"


def known() -> bool:
    """Whether this system tells what is listened on."""
    return TABLES[0].exists() or hasattr(psutil.Process, "net_connections")


def reachable(pid: int, port: int) -> bool:
    """Whether somebody listens on the port on an address that is not loopback (on Linux), or this process does."""
    if TABLES[0].exists():
        return any(listens_outside(table.read_text(), port) for table in TABLES if table.exists())
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in [process, *process.children(recursive=True)]:
            for connection in each.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                    return not (connection.laddr.ip.startswith("127.") or connection.laddr.ip == "::1")
    return False


def listens_outside(table: str, port: int) -> bool:
    """The same for a table in the kernel's format (proc_pid_net(5))."""
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) < 4 or words[3] != LISTEN:
            continue
        address, _, number = words[1].rpartition(":")
        loopback = address == LOOPBACK6 or ((len(address) == 8 or address.startswith(MAPPED)) and address.endswith("7F"))
        if int(number, 16) == port and not loopback:
            return True
    return False
