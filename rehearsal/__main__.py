"""``python -m rehearsal --home DIR``: a Heroku on this machine, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import os
import signal
import sys
from pathlib import Path

from rehearsal.builds.engine import EngineFailed
from rehearsal.clearing import clear
from rehearsal.settings import Settings, parse
from rehearsal.world import World


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder with everything the rehearsal keeps")
    parser.add_argument("--port", type=int, default=0, help="of the API (the one of last time, or any)")
    parser.add_argument("--router-port", type=int, default=0, help="of the apps (the one of last time, or any)")
    parser.add_argument("--runtime", choices=("docker", "process"), default="", help="docker, if an engine answers")
    parser.add_argument("--clear", action="store_true", help="throw away all that it keeps, and its images; and end")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="see rehearsal/settings.py")
    return parser.parse_args(words)


def log_to(path: Path) -> None:
    """The rehearsal's own log, for its owner only."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("aiohttp").setLevel(logging.ERROR)


async def live(world: World) -> int:
    """From start to SIGTERM or Ctrl-C; a second one does not wait for what is being ended."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, asked.set)
    starting = asyncio.create_task(world.start())
    stopping = asyncio.create_task(asked.wait())
    await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
    status = 0
    try:
        if not starting.done():
            starting.cancel()
        elif (error := starting.exception()) is not None:
            logging.getLogger("rehearsal").error("could not start", exc_info=error)
            print(f"rehearsal: {error}", file=sys.stderr)  # noqa: T201 (the person at the terminal)
            status = 1
        else:
            await asked.wait()
    finally:
        stopping.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
        await world.stop()
    return status


def main() -> int:
    given = arguments()
    try:
        settings: Settings = parse(given.set)
    except ValueError as error:
        print(f"rehearsal: {error}", file=sys.stderr)  # noqa: T201
        return 2
    given.home.mkdir(parents=True, exist_ok=True, mode=0o711)
    with (given.home / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"rehearsal: one runs in {given.home} already", file=sys.stderr)  # noqa: T201
            return 3
        if given.clear:
            return _clear(given.home)
        log_to(given.home / "rehearsal.log")
        world = World(given.home, settings=settings, port=given.port, router_port=given.router_port, runtime=given.runtime)
        return asyncio.run(live(world))


def _clear(home: Path) -> int:
    try:
        asyncio.run(clear(home))
    except (OSError, EngineFailed) as error:
        print(f"rehearsal: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
