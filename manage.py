#!/usr/bin/env python
"""Django's command line: with the settings of development, except where Heroku itself runs it."""

import os
import sys
from pathlib import Path

# A dyno has DYNO; Heroku's buildpack runs collectstatic without it, but with SOURCE_VERSION.
ON_HEROKU = "DYNO" in os.environ or "SOURCE_VERSION" in os.environ


def devworker() -> int:
    """Run the worker of development without Django around it: it must outlive a site that cannot be imported just now."""
    from djheroku.devtools.supervisor import Supervisor

    return Supervisor(Path(__file__).resolve().parent).run()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"djheroku.settings.{'heroku' if ON_HEROKU else 'dev'}")
    if sys.argv[1:] == ["devworker"]:
        sys.exit(devworker())
    if sys.argv[1:2] == ["runserver"] and not ON_HEROKU:
        from djheroku.devtools import debugging, reloading

        if reloading.wanted(sys.argv):
            sys.exit(reloading.rerun(sys.argv))
        # Only the process that serves, not the one that starts it.
        debugging.listen()
    from djheroku.commandline import execute

    execute(sys.argv)


if __name__ == "__main__":
    main()
