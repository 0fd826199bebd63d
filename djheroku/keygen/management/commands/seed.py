"""First run of a development site: examples to look at and somebody who may enter the admin."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string

from djheroku.keygen.models import Key


class Command(BaseCommand):
    """Fills what is empty, once; says nothing when there is nothing to do."""

    help = "In development, where the tables are empty: load the example keys and make the user `admin`."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("seed is for development only: it makes an administrator. Use createsuperuser.")
        if not settings.SEED:
            return
        if not Key.objects.exists():
            call_command("loaddata", "keygen", verbosity=0)
            self.stdout.write(f"example keys loaded: {Key.objects.count()}")
        users = get_user_model()._default_manager
        if not users.exists():
            password = get_random_string(16)
            users.create_superuser("admin", "admin@localhost", password)
            self.stdout.write(f"user admin, password (shown once): {password}")
