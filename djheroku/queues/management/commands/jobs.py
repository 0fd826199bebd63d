"""What is in the queues, and failed jobs put back."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from djheroku.queues import looking


class Command(BaseCommand):
    help = "Queues, workers and failed jobs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for a script")
        parser.add_argument("--retry", metavar="ID", help="put a failed job back into its queue; `all`: every one")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["retry"]:
            self._retry(options["retry"])
            return
        queues = looking.queues()
        states = [looking.state(queue) for queue in queues]
        workers = looking.workers()
        failed = [each for queue in queues for each in looking.failures(queue)]
        if options["json"]:
            told = {"queues": states, "workers": workers, "failed": failed}
            self.stdout.write(json.dumps({name: [asdict(each) for each in every] for name, every in told.items()}, indent=2))
            return
        self._table(
            ("queue", "waiting", "oldest", "running", "failed"),
            [(s.name, s.waiting, f"{s.oldest_s:g} s" if s.oldest_s is not None else "", s.running, s.failed) for s in states],
        )
        self._table(
            ("worker", "commit", "release", "last heartbeat"),
            [(w.name[:20], w.commit[:12], w.release, f"{w.heartbeat_age_s:g} s ago") for w in workers],
        )
        self._table(("failed job", "what", "when", "why"), [(f.id, f.what, f.ended, f.why) for f in failed])

    def _retry(self, wanted: str) -> None:
        every = [each.id for queue in looking.queues() for each in looking.failures(queue, count=10_000)]
        chosen = every if wanted == "all" else [wanted]
        done = [identity for identity in chosen if looking.retry(identity)]
        if wanted != "all" and not done:
            raise CommandError(f"There is no failed job {wanted}")
        self.stdout.write(f"{len(done)} put back into the queue")

    def _table(self, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            self.stdout.write(f"no {head[0]}")
            return
        cells = [head, *(tuple(str(cell) for cell in row) for row in rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
        for row in cells:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        self.stdout.write("")
