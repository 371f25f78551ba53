"""Access sessions: which agent asked to look into which tenant, why, and for how long."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.request_ids import uuid7
from plans.models import Tenant
from support.access.rules import MAX_MINUTES, MAX_REASON, MAX_TICKET


class AccessSession(models.Model):
    """One agent's access to one tenant: requested, opened for at most an hour, and ended.

    A trigger allows only three changes: opening it once, ending it once, and emptying the reason, which is erased with
    the agent. What the tenant decides about it (approve, refuse, revoke) is in the tenant's own schema
    (`audit.disclosure`).
    """

    #: Its events are copied to the trail of the tenant (`audit.events.mirroring`).
    is_mirrored = True

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="access_sessions")
    agent = models.CharField(max_length=40)
    ticket = models.CharField(max_length=MAX_TICKET, blank=True)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    reason_length = models.PositiveSmallIntegerField(default=0)
    minutes = models.PositiveSmallIntegerField()
    requested_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("access session")
        indexes = [
            models.Index(fields=["agent", "tenant", "-requested_at"], name="support_access_agent"),
            models.Index(fields=["tenant", "-requested_at"], name="support_access_tenant"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__gte=1) & Q(minutes__lte=MAX_MINUTES), name="support_access_minutes"
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True, expires_at__isnull=True)
                | Q(
                    opened_at__isnull=False,
                    expires_at__isnull=False,
                    expires_at__gt=F("opened_at"),
                    expires_at__lte=F("opened_at") + timedelta(minutes=MAX_MINUTES),
                ),
                name="support_access_at_most_an_hour",
            ),
            models.CheckConstraint(condition=~Q(agent=""), name="support_access_has_agent"),
            models.CheckConstraint(condition=~Q(ticket="", reason_length=0), name="support_access_says_why"),
            models.CheckConstraint(
                condition=Q(reason="") | Q(reason_length=Length("reason")),
                name="support_access_reason_length",
            ),
        ]

    def __str__(self) -> str:
        return self.ticket or f"access {self.pk.hex[-8:]}"

    @property
    def trail_key(self) -> str:
        """The key of this session in gates and events (`kernel.keys`)."""
        return f"access:{self.pk}"
