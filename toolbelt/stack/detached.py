"""The supervisor in the background: `python -m toolbelt.stack.detached PORT SECONDS [--debug] [--no-seed]`."""

from __future__ import annotations

import sys
from pathlib import Path

from toolbelt import config
from toolbelt.errors import ToolbeltError
from toolbelt.stack.embedded import Embedded


def main(argv: list[str]) -> int:
    """Run the supervisor to its end; what it has to say is in its state file."""
    stack = Embedded(config.load(Path.cwd(), port=int(argv[0])))
    try:
        stack.supervisor(None, debug="--debug" in argv, seed="--no-seed" not in argv, patience=float(argv[1])).run()
    except ToolbeltError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
