"""Scrub the database that DATABASE_URL leads to; `./inv db.pull` calls it on a scratch database, before anybody sees it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from djheroku.scrubbing.scrub import Unclassified, compact, scrub


class Command(BaseCommand):
    help = "Scrub this database: every column as djheroku/scrubbing/rules.py has it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--database-name", required=True, help="its name, so that it cannot be another one by accident")

    def handle(self, *args: Any, **options: Any) -> None:
        name = connection.settings_dict["NAME"]
        if name != options["database_name"]:
            raise CommandError(f"DATABASE_URL leads to {name}, not to {options['database_name']}")
        try:
            changed = scrub(connection)
        except Unclassified as error:
            raise CommandError(str(error)) from error
        compact(connection, changed)
        for table, count in changed.items():
            self.stdout.write(f"{table} {count}")
