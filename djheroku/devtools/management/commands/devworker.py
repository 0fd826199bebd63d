"""`manage.py devworker`: the worker of the stack in development."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from djheroku.devtools.supervisor import Supervisor


class Command(BaseCommand):
    """Runs the worker, and starts it again with the new code on every save (manage.py runs it without Django, see there)."""

    help = "Runs the worker for queue default, and starts it again with the new code on every save."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(Supervisor(settings.BASE_DIR).run())
