"""`python -m djheroku.devtools.examination`: what Django itself finds wrong with the site under the environ's settings.

A program of its own, as the settings of a dyno do not have this package among their apps. Speaks to no server; prints JSON.
"""

import json
import os
import sys
import warnings
from contextlib import redirect_stdout
from io import StringIO
from typing import Any


def examine() -> dict[str, Any]:
    """Settings, checks and models in one start of Django, which is what takes long."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "djheroku.settings.heroku")
    import django
    from django.conf import settings

    try:
        django.setup()
        debug, hosts = bool(settings.DEBUG), list(settings.ALLOWED_HOSTS)
    except Exception as error:  # whatever the settings do: it is what a dyno would die of
        return {"settings": f"{type(error).__name__}: {error}"}
    told: dict[str, Any] = {"settings": "", "module": settings.SETTINGS_MODULE, "debug": debug, "hosts": hosts}
    try:
        told["checks"] = checks()
    except Exception as error:  # a check of somebody's own
        told["checks"] = [{"id": "check", "level": "error", "what": f"it fails: {type(error).__name__}: {error}", "hint": ""}]
    try:
        told["models"] = models()
    except Exception as error:  # a migration that cannot be, such as one of a model that there is not
        told["models"] = f"makemigrations fails: {type(error).__name__}: {error}"
    return told


def checks() -> list[dict[str, str]]:
    """Django's own, as `check --deploy` runs them, without those that ask a database."""
    from django.core import checks as registry

    found = registry.run_checks(include_deployment_checks=True)
    return [
        {"id": each.id or "", "level": "error" if each.is_serious() else "warning", "what": each.msg, "hint": each.hint or ""}
        for each in found
        if not each.is_silenced() and each.level >= registry.WARNING
    ]


def models() -> str:
    """What changes of models have no migration yet; "" where all have."""
    from django.core.management import call_command

    said = StringIO()
    try:
        with redirect_stdout(said), warnings.catch_warnings():
            # The database does not answer, and need not: models are compared with files.
            warnings.simplefilter("ignore")
            call_command("makemigrations", check_changes=True, dry_run=True, verbosity=1, no_color=True, stdout=said)
    except SystemExit:
        return said.getvalue().strip()
    return ""


if __name__ == "__main__":
    json.dump(examine(), sys.stdout)
