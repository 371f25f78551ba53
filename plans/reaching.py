"""Which tenants can be reached: whatever walks tenants walks these, and no others."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q

from asora.kernel import binding


class HasSchema(Func):
    """Whether the schema of a tenant exists: `has_schema=HasSchema("schema_name")`."""

    template = "(to_regnamespace(quote_ident(%(expressions)s)) IS NOT NULL)"
    output_field = models.BooleanField()


class TenantQuerySet(models.QuerySet[Any]):
    """Tenants, by where their making stands. Public is a row as well, since it has hosts and people."""

    def customers(self) -> TenantQuerySet:
        """Every tenant, without the row that stands for the public host."""
        return self.exclude(schema_name=binding.PUBLIC)

    def with_reach(self) -> TenantQuerySet:
        """Each knowing whether it `is_reachable`, and whether it `is_missing`: has a host name, but no schema."""
        has_host = Exists(apps.get_model("plans.Domain").objects.filter(tenant=OuterRef("pk")))
        return self.alias(_has_host=has_host, _has_schema=HasSchema(F("schema_name"))).annotate(
            is_reachable=_yes(Q(_has_host=True) & Q(_has_schema=True)),
            is_missing=_yes(Q(_has_host=True) & Q(_has_schema=False)),
        )

    def reachable(self) -> TenantQuerySet:
        """Those with a host name, which is given last, and with a schema. Binding any other reads public instead."""
        return self.with_reach().filter(is_reachable=True)

    def missing(self) -> TenantQuerySet:
        """Those with a host name but without a schema: somebody dropped it."""
        return self.with_reach().filter(is_missing=True)


def _yes(condition: Q) -> models.ExpressionWrapper:
    return models.ExpressionWrapper(condition, output_field=models.BooleanField())
