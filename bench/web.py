"""Requests per second, 99th percentile and memory of the production command, against gunicorn's defaults, in turn.

Both serve the same site with two processes on one processor; the load comes from another one, over 16 connections.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
from _site import ROOT, machine, median, on_cpu, site, table

PORTS = {"ours": 8291, "gunicorn's defaults": 8292}
COMMANDS = {
    "ours": ["gunicorn", "djheroku.wsgi", "--config", "djheroku/gunicorn.py"],
    "gunicorn's defaults": [
        "gunicorn",
        "djheroku.wsgi",
        "--workers",
        "2",
        "--bind",
        "127.0.0.1:8292",
        "--config",
        "/dev/null",
    ],
}
ROUNDS, SECONDS, CONNECTIONS = 5, 4.0, 16


async def load(port: int, path: str) -> tuple[float, float]:
    """Requests per second and the 99th percentile in ms of one round."""
    times: list[float] = []
    end = time.perf_counter() + SECONDS
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\nAccept-Encoding: gzip\r\n\r\n".encode()

    async def client() -> None:
        reader = writer = None
        while time.perf_counter() < end:
            began = time.perf_counter()
            if writer is None or reader is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            assert length, head
            await reader.readexactly(int(length[1]))
            times.append(time.perf_counter() - began)
            if b"connection: close" in head.lower():
                writer.close()
                reader = writer = None
        if writer is not None:
            writer.close()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    return len(times) / SECONDS, statistics.quantiles(times, n=100)[98] * 1000


def memory_mb(pid: int) -> float:
    """What all processes of a server take together, shared pages counted once (PSS)."""
    parent = psutil.Process(pid)
    return sum(each.memory_full_info().pss for each in [parent, *parent.children(recursive=True)]) / 1024**2


def start(name: str, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    child = {**environ, "WEB_CONCURRENCY": "2", "PORT": str(PORTS[name])}
    process = subprocess.Popen(
        on_cpu(0, COMMANDS[name]), cwd=ROOT, env=child, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(600):
        try:
            page(name, "/health/live")
            return process
        except OSError:
            if process.poll() is not None:
                raise SystemExit(f"{name} did not start") from None
            time.sleep(0.05)
    raise SystemExit(f"{name} does not answer")


def page(name: str, path: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{PORTS[name]}{path}", headers={"X-Forwarded-Proto": "https"})
    with urllib.request.urlopen(request, timeout=5) as response:
        return str(response.read().decode())


def main() -> None:
    if "--client" in sys.argv:
        rate, worst = asyncio.run(load(int(sys.argv[2]), sys.argv[3]))
        print(rate, worst)
        return
    with site() as environ:
        servers = {name: start(name, environ) for name in COMMANDS}
        try:
            css = re.search(r'href="(/static/[^"]+\.css)"', page("ours", "/"))
            assert css
            rows = []
            for what, path in (("page with one query", "/"), ("static file", css[1])):
                found: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
                for _ in range(ROUNDS):
                    for name in servers:  # in turn, so that a slow minute of the machine falls on both
                        argv = on_cpu(1, [sys.executable, str(Path(__file__)), "--client", str(PORTS[name]), path])
                        done = subprocess.run(argv, capture_output=True, text=True, check=True)
                        rate, worst = map(float, done.stdout.split())
                        found[name].append((rate, worst))
                rows += [
                    (what, name, f"{median(r for r, _ in rounds):.0f}", f"{median(w for _, w in rounds):.1f}")
                    for name, rounds in found.items()
                ]
            table("Web: 2 processes on one processor", ("what", "command", "requests/s", "p99 ms"), rows)
            table(
                "Memory after the load, all processes together (PSS)",
                ("command", "MB"),
                [(name, f"{memory_mb(process.pid):.0f}") for name, process in servers.items()],
            )
        finally:
            for process in servers.values():
                process.terminate()
                process.wait()
    print(f"\nMedians of {ROUNDS} rounds of {SECONDS:.0f} s, taken in turn, {CONNECTIONS} connections. {machine()}")


if __name__ == "__main__":
    main()
