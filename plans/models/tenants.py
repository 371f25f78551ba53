"""Tenants and their host names."""

from __future__ import annotations

import zoneinfo

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from plans.reachable import TenantQuerySet

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


def schema_name_of(slug: str) -> str:
    """The schema of a tenant. A prefix avoids PostgreSQL's own names, and hyphens become underscores."""
    return "t_" + slug.replace("-", "_")
