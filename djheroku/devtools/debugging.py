"""`./inv up --debug`: an editor can attach to this process, at DEBUG_PORT."""

import contextlib
import os
import socket
import time


def wait_until_free(host: str, port: int, *, seconds: float = 5.0) -> None:
    """After a save the debugger of the process before may still hold the port for a moment."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_server((host, port)):
            return
        time.sleep(0.05)


def listen() -> bool:
    """Listen for a debugger if DEBUG_PORT says so: on this machine only, or on DEBUG_HOST (in a container: 0.0.0.0)."""
    port = os.environ.get("DEBUG_PORT")
    if not port:
        return False
    # Only here: it slows down what it is imported into.
    import debugpy

    host = os.environ.get("DEBUG_HOST") or "127.0.0.1"
    wait_until_free(host, int(port))
    debugpy.listen((host, int(port)))
    print(f"debugpy listens on {host}:{port}", flush=True)
    return True
