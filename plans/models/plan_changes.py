"""The history of plans."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from asora.kernel.append_only import AppendOnly
from plans.models.tenants import Tenant


class PlanChange(AppendOnly):
    """A change of a tenant's plan: when, by whom and why. The first row has no earlier plan."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="plan_changes")
    from_plan = models.CharField(max_length=12, blank=True)
    to_plan = models.CharField(max_length=12, choices=Tenant.Plan.choices)
    reason = models.CharField(max_length=500)
    changed_by = models.CharField(max_length=40)
    changed_at = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(from_plan=models.F("to_plan")), name="plans_planchange_changes"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="plans_planchange_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.from_plan or 'none'} to {self.to_plan}"
