#!/usr/bin/env python
"""Django's command line: with the settings of development, except where Heroku itself runs it."""

import os
import sys

# A dyno has DYNO; Heroku's buildpack runs collectstatic without it, but with SOURCE_VERSION.
ON_HEROKU = "DYNO" in os.environ or "SOURCE_VERSION" in os.environ


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"djheroku.settings.{'heroku' if ON_HEROKU else 'dev'}")
    if sys.argv[1:2] in (["runserver"], ["devworker"]) and not ON_HEROKU:
        # Without Django around them: they must outlive a site that cannot be imported just now.
        from djheroku.devtools import programs

        programs.run(sys.argv)
    from djheroku.commandline import execute

    execute(sys.argv)


if __name__ == "__main__":
    main()
