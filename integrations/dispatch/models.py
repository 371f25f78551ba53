"""Dispatches, their attempts, and schedules."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.request_ids import uuid7
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import Payload


class Dispatch(models.Model):
    """One explicit instruction to send payloads of one endpoint, and its result so far."""

    class Kind(models.TextChoices):
        ONE = "one", _("one payload")
        CHOSEN = "chosen", _("chosen payloads")
        ALL = "all", _("everything queued")
        AGAIN = "again", _("sent again")
        TEST = "test", _("a test event")
        SCHEDULE = "schedule", _("by schedule")

    class CutShort(models.TextChoices):
        """Why a dispatch ended before it had sent everything. What it had not started stays as it was."""

        FROZEN = "frozen", _("the tenant was frozen")
        DISABLED = "disabled", _("the endpoint was disabled or removed")
        PAUSED = "paused", _("the endpoint was paused")
        RIGHTS = "rights", _("the sender lost the permission")
        INTERRUPTED = "interrupted", _("the sending process ended")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="dispatches")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    actor_ref = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64, db_index=True)
    amount = models.PositiveIntegerField()
    delivered = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    cut_short = models.CharField(max_length=12, choices=CutShort.choices, blank=True)

    class Meta:
        verbose_name = _("dispatch")
        indexes = [models.Index(fields=["endpoint", "started_at", "id"], name="integrations_dispatch_time")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["one", "chosen", "all", "again", "test", "schedule"]),
                name="integrations_dispatch_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    amount__gte=models.F("delivered") + models.F("failed") + models.F("unknown")
                ),
                name="integrations_dispatch_counts",
            ),
            models.UniqueConstraint(
                fields=["endpoint"], condition=models.Q(finished_at=None), name="integrations_one_dispatch"
            ),
        ]

    def __str__(self) -> str:
        name = f"{self.endpoint}, dispatch {self.id.hex[-8:]}"
        return f"{name}: {self.delivered} of {self.amount} delivered" if self.finished_at else name


class Attempt(models.Model):
    """One attempt to send one payload. The row is committed before sending; its outcome is written once, afterwards.

    An attempt whose sender died has the outcome `unknown`. `answer`: the first kilobyte of the answer, redacted.
    Triggers make the state of the payload follow its attempts: a new attempt makes it `sending`, the outcome its own.
    """

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("unknown")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="attempts")
    ordinal = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    #: Why it failed, as a word of `integrations.outbound` (`timeout`, `tls`, …); empty if it was delivered.
    fault = models.CharField(max_length=32, blank=True)
    duration_ms = models.PositiveIntegerField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["started_at", "id"], name="integrations_attempt_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["payload", "ordinal"], name="integrations_attempt_payload_id_ordinal_key"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="", finished_at=None)
                | models.Q(outcome__in=["delivered", "failed", "unknown"], finished_at__isnull=False),
                name="integrations_attempt_outcome",
            ),
            models.UniqueConstraint(
                fields=["dispatch"], condition=models.Q(outcome=""), name="integrations_one_open_attempt"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.ordinal}"


class Schedule(models.Model):
    """An explicit instruction to send everything queued every few minutes, with the present rights of its setter."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="schedules")
    every_minutes = models.PositiveSmallIntegerField()
    set_by = models.CharField(max_length=40)
    set_at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=64)
    next_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"], condition=models.Q(ended_at=None), name="integrations_one_schedule"
            ),
            models.CheckConstraint(
                condition=models.Q(every_minutes__gte=5, every_minutes__lte=1440),
                name="integrations_schedule_interval",
            ),
        ]

    def __str__(self) -> str:
        return str(self.endpoint)
