"""Reasons for adjustments, and adjustments that wait for a second person."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.request_ids import uuid7
from inventory.models import Hub
from ledger.models.records import OPENING, Posting


class AdjustmentReason(models.Model):
    """One reason of the tenant's list. Its code never changes; a reason that is no longer used is archived."""

    #: The list is one setting of the tenant (`kernel.keys`).
    trail_key = "setting:adjustment_reasons"

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z0-9][A-Z0-9_-]*$"), name="ledger_adjustmentreason_code"
            ),
            models.CheckConstraint(
                condition=~Q(code=OPENING) | Q(archived_at__isnull=False),
                name="ledger_adjustmentreason_opening_reserved",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class AdjustmentRequest(models.Model):
    """A requested adjustment. Somebody else posts or declines it; until then, stock does not change."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("requested")
        POSTED = "posted", _("posted")
        DECLINED = "declined", _("declined")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    hubs = models.ManyToManyField(Hub, related_name="+")
    reference = models.CharField(max_length=80)
    effective_on = models.DateField()
    reason = models.CharField(max_length=60)
    note = models.CharField(max_length=500, blank=True)
    lines: Any = models.JSONField()
    requested_by = models.CharField(max_length=40)
    requested_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=40, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=500, blank=True)
    posting = models.OneToOneField(Posting, on_delete=models.PROTECT, null=True, related_name="request")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="requested", decided_by="", posting=None)
                | Q(state="posted", posting__isnull=False) & ~Q(decided_by="")
                | Q(state="declined", posting=None) & ~Q(decided_by=""),
                name="ledger_adjustmentrequest_state",
            )
        ]
        indexes = [models.Index(fields=["state", "requested_at", "id"], name="ledger_adjustmentrequest_open")]

    def __str__(self) -> str:
        return self.reference

    @property
    def trail_key(self) -> str:
        """Its key in gates and events (`kernel.keys`)."""
        return f"request:{self.pk}"
