"""Freezes of tenants, and their history."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from plans.models.tenants import Tenant


class TenantFreeze(models.Model):
    """The freeze of one tenant, read at every write. No row: the tenant was never frozen.

    The tenant opens again when one person has written down the root cause and another person has approved it.
    """

    tenant = models.OneToOneField(Tenant, on_delete=models.PROTECT, primary_key=True, related_name="freeze")
    is_active = models.BooleanField(default=True)
    reason = models.CharField(max_length=500)
    frozen_by = models.CharField(max_length=40)
    frozen_at = models.DateTimeField(default=timezone.now)
    root_cause = models.TextField(blank=True)
    root_cause_by = models.CharField(max_length=40, blank=True)
    root_cause_at = models.DateTimeField(null=True, blank=True)
    unfrozen_by = models.CharField(max_length=40, blank=True)
    unfrozen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_active=True)
                | (
                    ~models.Q(root_cause="")
                    & ~models.Q(unfrozen_by="")
                    & ~models.Q(unfrozen_by=models.F("root_cause_by"))
                    & models.Q(unfrozen_at__isnull=False)
                ),
                name="plans_tenantfreeze_four_eyes",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="plans_tenantfreeze_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {'frozen' if self.is_active else 'open'}"


class FreezeToggle(AppendOnly):
    """Every freeze, root cause and unfreeze of a tenant; rows are never changed or deleted."""

    class Kind(models.TextChoices):
        FREEZE = "freeze", _("frozen")
        ROOT_CAUSE = "root_cause", _("root cause found")
        UNFREEZE = "unfreeze", _("opened again")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="freeze_toggles")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField()
    toggled_by = models.CharField(max_length=40)
    toggled_at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=64)
    #: How many writes under way were cut off because they did not finish in time.
    cut_off = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="plans_freezetoggle_says_why")
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.kind}"
