"""Incidents, their entries, and the errors that belong to one."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7


class Incident(models.Model):
    """Something that concerns several tickets or tenants, or the integrity of data."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        MITIGATED = "mitigated", _("mitigated")
        RESOLVED = "resolved", _("resolved")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=160)
    severity = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.CharField(max_length=40)
    mitigated_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("incident")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(severity__in=[1, 2, 3, 4]), name="support_incident_severity"
            ),
            models.CheckConstraint(
                condition=models.Q(state="resolved") ^ models.Q(resolved_at__isnull=True),
                name="support_incident_resolved",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        """The reference that people read."""
        return f"INC-{self.number:04d}"


class IncidentEntry(AppendOnly):
    """One entry of an incident's log."""

    class Kind(models.TextChoices):
        UPDATE = "update", _("update")
        NOTICE = "notice", _("notice to customers")
        STATE = "state", _("change of state")
        ROOT_CAUSE = "root_cause", _("root cause")
        LESSON = "lesson", _("lesson")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text = models.CharField(max_length=4000)
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("incident entry")
        verbose_name_plural = _("incident entries")
        indexes = [models.Index(fields=["incident", "written_at"], name="support_incidententry_order")]

    def __str__(self) -> str:
        return self.kind


class Signature(AppendOnly):
    """An error that belongs to an incident: code, action and reason of its events (empty: any)."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="signatures")
    code = models.CharField(max_length=32, blank=True)
    action = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=64, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.CharField(max_length=40)

    class Meta:
        verbose_name = _("signature")
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "code", "action", "reason"], name="support_signature_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(code="", action="", reason=""), name="support_signature_says_something"
            ),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.code, self.action, self.reason]))
