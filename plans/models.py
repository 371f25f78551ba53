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
    """Refuse a time zone that the system does not know."""
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
    """A host name. A tenant without one cannot be reached: it is inserted last, after everything was proved."""


class PlanChange(AppendOnly):
    """Which plan a tenant got when, from whom and why; the first one came from none."""

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
    """The kill switch of one tenant, read at every write (support.md, "Freeze protocol"). No row: never frozen.

    It opens again when somebody has written down the root cause and somebody else has approved it (R15).
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
    """Every freeze, root cause and unfreeze of a tenant, for ever."""

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
    #: How many writes under way were cut off because they would not end.
    cut_off = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="plans_freezetoggle_says_why")
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.kind}"


def schema_name_of(slug: str) -> str:
    """The schema of a tenant: a prefix keeps it clear of PostgreSQL's own names, and hyphens become underscores."""
    return "t_" + slug.replace("-", "_")
