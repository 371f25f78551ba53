"""Background jobs of a tenant, with their progress and results."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.request_ids import uuid7
from asora.kernel.shapes import Values

LONG_WAIT = timedelta(minutes=1)
MAX_ATTEMPTS = (
    2  # a job interrupted by a crash is started once more (unless its kind forbids it), never a third time
)


class State(models.TextChoices):
    """`waiting` → `running` → `done`, `refused` or `failed`, which are final."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")


UNFINISHED = (State.WAITING, State.RUNNING)


class Job(models.Model):
    """A job of one person. Its changes are made by an action with its own event; this row only shows the progress."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    arguments = models.JSONField()
    #: Digest of kind, arguments and person: of equal jobs, only one can be waiting or running.
    key = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    phase = models.CharField(max_length=20, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    result = models.JSONField(null=True)
    refusal = models.JSONField(null=True)
    #: The rights with which it ran (`asora.jobs.rights`): the result is shown only while the person still has them.
    rights = models.JSONField(null=True)
    actor_ref = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("job")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(state__in=UNFINISHED), name="jobs_job_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="jobs_job_state"),
            models.CheckConstraint(
                condition=Q(state__in=UNFINISHED, finished_at=None)
                | (~Q(state__in=UNFINISHED) & Q(finished_at__isnull=False)),
                name="jobs_job_finished",
            ),
            models.CheckConstraint(
                condition=Q(state=State.REFUSED, refusal__isnull=False)
                | (~Q(state=State.REFUSED) & Q(refusal=None)),
                name="jobs_job_refusal",
            ),
            models.CheckConstraint(condition=Q(attempts__lte=MAX_ATTEMPTS), name="jobs_job_attempts"),
        ]
        indexes = [
            models.Index(fields=["actor_ref", "-created_at"], name="jobs_job_mine"),
            models.Index(
                fields=["created_at"], condition=Q(state__in=UNFINISHED), name="jobs_job_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_finished(self) -> bool:
        """Returns True if the job has ended."""
        return self.state not in UNFINISHED

    @property
    def waits_long(self) -> bool:
        """Returns True if no worker has taken the job for a while: all are busy, or none is running."""
        return self.state == State.WAITING and timezone.now() - self.created_at > LONG_WAIT

    @property
    def is_counted(self) -> bool:
        """Returns True if the total of the present phase is known."""
        return self.total > 0

    @property
    def refused_lines(self) -> list[tuple[int, dict[str, str]]]:
        """The stored refused lines of a file: line number and error, in order."""
        lines: Values = (self.refusal or {}).get("details", {}).get("lines", {})
        return [(int(number), entry) for number in sorted(lines, key=int) for entry in lines[number]]
