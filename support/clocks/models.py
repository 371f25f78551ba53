"""Calendars, policies with their targets, and the events from which the time that is left is computed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7


class Calendar(AppendOnly):
    """Business hours of one kind in one version. The newest version of a key counts for new policies.

    `hours`: seven lists (Monday first) of [first minute, last minute) of a day in `time_zone`; `holidays`: ISO dates.
    """

    key = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=60)
    hours = models.JSONField()
    holidays = models.JSONField(default=list)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("calendar")
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="support_calendar_version")]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"


class SlaPolicy(AppendOnly):
    """All promised times in one version. A change is a new version with a reason."""

    version = models.PositiveIntegerField(unique=True)
    reason = models.CharField(max_length=500)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("policy of promised times")
        verbose_name_plural = _("policies of promised times")

    def __str__(self) -> str:
        return f"version {self.version}"


class SlaTarget(AppendOnly):
    """One promised time of a policy: of a clock, for a severity, a category or a queue (empty: for all)."""

    class Unit(models.TextChoices):
        MINUTES = "minutes", _("minutes")
        BUSINESS_MINUTES = "business_minutes", _("business minutes")
        BUSINESS_DAYS = "business_days", _("business days")
        SAME_BUSINESS_DAY = "same_business_day", _("same business day")

    policy = models.ForeignKey(SlaPolicy, on_delete=models.PROTECT, related_name="targets")
    clock = models.CharField(max_length=24)
    severity = models.PositiveSmallIntegerField(null=True)
    category = models.CharField(max_length=1, blank=True)
    queue = models.CharField(max_length=12, blank=True)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=20, choices=Unit.choices)
    calendar = models.ForeignKey(Calendar, null=True, on_delete=models.PROTECT, related_name="+")
    pauses = models.BooleanField()

    class Meta:
        verbose_name = _("promised time")
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "clock", "severity", "category", "queue", "unit"],
                nulls_distinct=False,
                name="support_slatarget_once",
            ),
            models.CheckConstraint(
                condition=models.Q(severity__isnull=True) | models.Q(severity__in=[1, 2, 3, 4]),
                name="support_slatarget_severity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clock}: {self.amount} {self.unit}"


class ClockEvent(AppendOnly):
    """Something that happened to a clock of a ticket. The time that is left is computed from these rows on reading."""

    class Kind(models.TextChoices):
        ACTIVATE = "activate", _("started")
        PAUSE = "pause", _("paused")
        RESUME = "resume", _("resumed")
        FULFIL = "fulfil", _("met")
        CANCEL = "cancel", _("no longer needed")
        BREACH = "breach", _("missed")
        POLICY_APPLIED = "policy_applied", _("promised time applied")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    #: The ticket's id. This room knows no tickets.
    subject = models.UUIDField()
    clock = models.CharField(max_length=24)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    moment = models.DateTimeField()
    #: The order of the events of one subject, also of those at the same moment.
    number = models.PositiveIntegerField()
    target = models.ForeignKey(SlaTarget, null=True, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=dict)
    recorded_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("clock event")
        constraints = [
            models.UniqueConstraint(fields=["subject", "number"], name="support_clockevent_number")
        ]

    def __str__(self) -> str:
        return f"{self.clock} {self.kind}"


class DueClock(models.Model):
    """When the worker has to look at a clock that counts. Computed from its events; the events count, not this row."""

    subject = models.UUIDField()
    clock = models.CharField(max_length=24)
    #: None while the clock is paused.
    due_at = models.DateTimeField(null=True)
    #: The worker has recorded that it was missed, and need not look again.
    is_recorded = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("clock that counts")
        constraints = [models.UniqueConstraint(fields=["subject", "clock"], name="support_dueclock_once")]
        indexes = [models.Index(fields=["clock", "due_at"], name="support_dueclock_due")]

    def __str__(self) -> str:
        return self.clock
