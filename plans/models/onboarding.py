"""Customers who are not tenants yet."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans.models.tenants import Tenant, slug_shape


class Onboarding(models.Model):
    """The onboarding of a customer: the answers so far. The public audit trail has who gave them.

    Until `tenant` is set it is a draft: nobody can reach a tenant, and every answer can still be changed.
    """

    slug = models.CharField(max_length=32, validators=[slug_shape])
    name = models.CharField(max_length=120)
    plan = models.CharField(max_length=12, choices=Tenant.Plan.choices, blank=True)
    role_model = models.CharField(max_length=12, choices=Tenant.RoleModel.choices, blank=True)
    costing = models.CharField(max_length=8, choices=Tenant.Costing.choices, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    tenant = models.OneToOneField(
        Tenant, on_delete=models.PROTECT, related_name="onboarding", null=True, blank=True
    )
    #: The results of the last verification, as rows of {name, is_green, …}; a new import clears them.
    checks = models.JSONField(default=list)
    verified_by = models.CharField(max_length=40, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.CharField(max_length=40)
    opened_at = models.DateTimeField(default=timezone.now)
    completed_by = models.CharField(max_length=40, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    abandoned_by = models.CharField(max_length=40, blank=True)
    abandoned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slug__regex=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$"),
                name="plans_onboarding_slug_shape",
            ),
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(abandoned_at=None), name="plans_onboarding_once"
            ),
            models.CheckConstraint(
                condition=models.Q(plan__in=["", "free", "pro", "enterprise"]),
                name="plans_onboarding_plan_known",
            ),
            models.CheckConstraint(
                condition=models.Q(role_model__in=["", "simple", "standard", "segregated"]),
                name="plans_onboarding_role_model_known",
            ),
            models.CheckConstraint(
                condition=models.Q(tenant=None)
                | (
                    ~models.Q(plan="")
                    & ~models.Q(role_model="")
                    & ~models.Q(costing="")
                    & ~models.Q(currency="")
                    & ~models.Q(time_zone="")
                ),
                name="plans_onboarding_tenant_is_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(completed_at=None)
                | models.Q(tenant__isnull=False, verified_at__isnull=False),
                name="plans_onboarding_completed_is_verified",
            ),
            models.CheckConstraint(
                condition=models.Q(abandoned_at=None) | models.Q(tenant=None, completed_at=None),
                name="plans_onboarding_abandoned_is_a_draft",
            ),
            models.CheckConstraint(
                condition=models.Q(completed_at=None, completed_by="")
                | (models.Q(completed_at__isnull=False) & ~models.Q(completed_by="")),
                name="plans_onboarding_completed_by",
            ),
            models.CheckConstraint(
                condition=models.Q(abandoned_at=None, abandoned_by="")
                | (models.Q(abandoned_at__isnull=False) & ~models.Q(abandoned_by="")),
                name="plans_onboarding_abandoned_by",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at=None, verified_by="")
                | (models.Q(verified_at__isnull=False) & ~models.Q(verified_by="")),
                name="plans_onboarding_verified_by",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_closed(self) -> bool:
        """Return True if it was completed or abandoned."""
        return self.completed_at is not None or self.abandoned_at is not None


class OnboardingConfirmation(models.Model):
    """One of the five facts that an operator must confirm before the plan and the role model are assigned."""

    class Kind(models.TextChoices):
        IDENTITY = "identity", _("Identity verified")
        SCOPE = "scope", _("Inventory scope confirmed")
        PLAN = "plan", _("Plan selected")
        ROLE_MODEL = "role_model", _("Role model chosen")
        STRATEGY = "strategy", _("Hub and bin strategy agreed")

    onboarding = models.ForeignKey(Onboarding, on_delete=models.PROTECT, related_name="confirmations")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    note = models.CharField(max_length=500, blank=True)
    confirmed_by = models.CharField(max_length=40)
    confirmed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["onboarding", "kind"], name="plans_onboardingconfirmation_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["identity", "scope", "plan", "role_model", "strategy"]),
                name="plans_onboardingconfirmation_kind_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(confirmed_by=""), name="plans_onboardingconfirmation_by"
            ),
            # Not validated: older confirmations may have no note, and nobody can write one for them now.
            models.CheckConstraint(condition=~models.Q(note=""), name="plans_onboardingconfirmation_note"),
        ]

    def __str__(self) -> str:
        return f"{self.onboarding_id}: {self.kind}"
