"""Django's command line, with one sentence instead of a traceback where the environ lacks something."""

import os
import sys
from collections.abc import Sequence


def execute(arguments: Sequence[str]) -> None:
    """Run a management command; exits with os.EX_CONFIG when a person has to set something first."""
    from django.core.management import execute_from_command_line

    from djheroku.settings.reading import NotSet

    try:
        execute_from_command_line(list(arguments))
    except NotSet as refusal:
        sys.stderr.write(f"{arguments[0]}: {refusal}\n")
        sys.exit(os.EX_CONFIG)
