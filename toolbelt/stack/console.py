"""A console for Valkey where there is no valkey-cli: `python -m toolbelt.stack.console [command …]`."""

from __future__ import annotations

import contextlib
import shlex
import sys
from pathlib import Path
from typing import Any

import redis
from redis.client import Redis

from toolbelt import config


def main(argv: list[str]) -> int:
    """Run one command if there is one, otherwise read commands until the end of the input."""
    url = config.load(Path.cwd()).environ["REDIS_URL"]
    # The certificate of Heroku's Key-Value Store is signed by itself.
    unverified: dict[str, Any] = {"ssl_cert_reqs": None, "ssl_check_hostname": False} if url.startswith("rediss://") else {}
    client = redis.from_url(url, **unverified)
    if argv:
        return 0 if execute(client, argv) else 1
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  # history and editing, where Python has it
    place = client.connection_pool.connection_kwargs
    prompt = f"{place.get('host')}:{place.get('port')}> " if sys.stdin.isatty() else ""
    good = True
    while True:
        try:
            words = shlex.split(input(prompt))
        except EOFError:
            return 0 if good else 1
        except KeyboardInterrupt:
            print()
            continue
        except ValueError as error:
            print(f"(error) {error}")
            continue
        if words and words[0].lower() in ("quit", "exit"):
            return 0
        if words:
            good = execute(client, words) and good


def execute(client: Redis, words: list[str]) -> bool:
    """Send a command and print the answer as redis-cli does; False for an error."""
    try:
        # The answer as the server gives it: redis-py's own conversions depend on the command.
        client.response_callbacks.clear()
        answer: object = client.execute_command(*words)  # type: ignore[no-untyped-call]
        print("\n".join(render(answer)))
    except redis.RedisError as error:
        print(f"(error) {error}")
        return False
    return True


def render(answer: object, indent: str = "") -> list[str]:
    """An answer as lines in redis-cli's manner."""
    if answer is None:
        return ["(nil)"]
    if isinstance(answer, bool | int):
        return [f"(integer) {int(answer)}"]
    if isinstance(answer, bytes):
        return [answer.decode(errors="backslashreplace")]
    if isinstance(answer, list | tuple | set):
        if not answer:
            return ["(empty array)"]
        width = len(str(len(answer)))
        found: list[str] = []
        for number, item in enumerate(answer, start=1):
            first, *rest = render(item, indent + " " * (width + 2))
            found += [f"{number:>{width}}) {first}", *(" " * (width + 2) + line for line in rest)]
        return found
    if isinstance(answer, dict):
        return render([part for pair in answer.items() for part in pair], indent)
    return [str(answer)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
