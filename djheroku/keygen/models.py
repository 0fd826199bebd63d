"""The one table: a key, from the moment it is asked for."""

import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.urls import reverse
from django.utils import timezone


def new_job_id() -> str:
    """An id for a job that is yet to be put in the queue: known before, so that the row need not be written twice."""
    return str(uuid.uuid4())


class KeyQuerySet(models.QuerySet["Key"]):
    """The questions the pages and the jobs ask about keys."""

    def visible_to(self, visitor: uuid.UUID | None) -> Self:
        """The visitor's own keys and the examples, newest first."""
        own_or_example = models.Q(visitor=None)
        if visitor:
            own_or_example |= models.Q(visitor=visitor)
        return self.filter(own_or_example).order_by("-created", "-pk")

    def change(self, **values: object) -> bool:
        """Update the rows of this query in one statement, with the time of it; False when there was none."""
        return self.update(**values, updated=timezone.now()) > 0


class Key(models.Model):
    """A secret key that a visitor asked for, or an example that belongs to nobody and is shown to everybody."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        WORKING = "working", "Working"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    # A key that has not moved for so long is worth asking the queue about: a step of the job takes a tenth of
    # KEYGEN_SECONDS, and between the row and the queue there is one commit.
    QUIET = timedelta(seconds=5)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visitor = models.UUIDField(null=True, blank=True, editable=False, help_text="Empty for an example.")
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    value = models.CharField(max_length=50, blank=True)
    error = models.CharField(max_length=200, blank=True, help_text="A sentence for the visitor.")
    job_id = models.CharField(max_length=36, blank=True, default=new_job_id, help_text="The job's id in the queue.")
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)
    finished = models.DateTimeField(null=True, blank=True)

    objects = KeyQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["visitor", "-created", "-id"], name="key_list")]
        constraints = [
            models.CheckConstraint(condition=models.Q(progress__range=(0, 100)), name="key_progress_is_per_cent"),
            models.CheckConstraint(condition=models.Q(state="done") ^ models.Q(value=""), name="key_has_value_when_done"),
        ]

    def __str__(self) -> str:
        return f"Key {self.short_id}"

    def get_absolute_url(self) -> str:
        return reverse("keygen:detail", args=[self.pk])

    @property
    def short_id(self) -> str:
        """What a person calls it by."""
        return str(self.pk)[:8]

    @property
    def is_example(self) -> bool:
        return self.visitor is None

    @property
    def is_pending(self) -> bool:
        """Whether a job has still to finish it."""
        return self.state in (self.State.QUEUED, self.State.WORKING)

    @property
    def is_quiet(self) -> bool:
        """Whether it should have moved by now, unless the queue is long."""
        return self.is_pending and timezone.now() - self.updated > self.QUIET
