"""Tenants, their host names, plans and freezes. Public schema only."""

from __future__ import annotations

import zoneinfo

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from asora.kernel.append_only import AppendOnly
from plans.reaching import TenantQuerySet

RESERVED_SLUGS = frozenset(
    [
        "admin",
        "api",
        "app",
        "assets",
        "asora",
        "auth",
        "blog",
        "cdn",
        "demo-admin",
        "dev",
        "docs",
        "drill-admin",
        "ftp",
        "git",
        "help",
        "health",
        "imap",
        "internal",
        "login",
        "mail",
        "media",
        "metrics",
        "ns1",
        "ns2",
        "ops",
        "public",
        "root",
        "smtp",
        "staging",
        "static",
        "status",
        "support",
        "sso",
        "system",
        "template",
        "test",
        "www",
    ]
)
slug_shape = RegexValidator(
    r"^[a-z][a-z0-9-]{1,30}[a-z0-9]\Z", _("3 to 32 small letters, digits and hyphens; a letter first.")
)


def known_time_zone(name: str) -> None:
    """Refuse an unknown time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no time zone “%(name)s”."), params={"name": name})


class Tenant(TenantMixin):
    """A customer: one schema, one plan, one role model, one costing, one currency.

    The name in addresses is `slug`; the schema's name is derived from it and never shown.
    """

    class Costing(models.TextChoices):
        AVERAGE = "average", _("moving average")
        FIFO = "fifo", _("first in, first out")

    class Plan(models.TextChoices):
        FREE = "free", _("Free")
        PRO = "pro", _("Pro")
        ENTERPRISE = "enterprise", _("Enterprise")

    class RoleModel(models.TextChoices):
        SIMPLE = "simple", _("simple")
        STANDARD = "standard", _("standard")
        SEGREGATED = "segregated", _("segregated")
        PLATFORM = "platform", _("platform")

    #: A tenant's own audit trail needs no key for the tenant itself (`kernel.keys`).
    trail_key = "tenant"

    slug = models.CharField(max_length=32, unique=True, validators=[slug_shape])
    name = models.CharField(max_length=120)
    plan = models.CharField(max_length=12, choices=Plan.choices)
    role_model = models.CharField(max_length=12, choices=RoleModel.choices)
    costing = models.CharField(max_length=8, choices=Costing.choices, default=Costing.AVERAGE)
    currency = models.CharField(max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$")])
    time_zone = models.CharField(max_length=60, default="UTC", validators=[known_time_zone])
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # Schemas are cloned by plans.schemas, never as a side effect of save() or delete().
    auto_create_schema = False
    auto_drop_schema = False

    objects = TenantQuerySet.as_manager()

    class Meta:
        permissions = [("manage_tenant", "Can manage this tenant")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slug="public") | models.Q(slug__regex=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$"),
                name="plans_tenant_slug_shape",
            ),
            models.CheckConstraint(
                condition=models.Q(plan__in=["free", "pro", "enterprise"]), name="plans_tenant_plan_known"
            ),
            models.CheckConstraint(
                condition=models.Q(costing__in=["average", "fifo"]), name="plans_tenant_costing_known"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class Domain(DomainMixin):
    """A host name. A tenant without one cannot be reached, so it is inserted last, after every check has passed."""


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


def schema_name_of(slug: str) -> str:
    """The schema of a tenant. A prefix avoids PostgreSQL's own names, and hyphens become underscores."""
    return "t_" + slug.replace("-", "_")
