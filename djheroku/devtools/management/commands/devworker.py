"""`manage.py devworker`: the worker of the stack in development."""

from typing import Any

from django.core.management.base import BaseCommand

from djheroku.devtools import programs


class Command(BaseCommand):
    """Runs the worker, and starts it again with the new code on every save (manage.py runs it without Django, see there)."""

    help = "Runs the worker for queue default, and starts it again with the new code on every save."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        programs.run(["manage.py", "devworker"])
