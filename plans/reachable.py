"""The tenants that can be reached. Every loop over tenants uses these and no others."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q

from asora.kernel import binding


class HasSchema(Func):
    """True if the schema of a tenant exists: `has_schema=HasSchema("schema_name")`."""

    template = "(to_regnamespace(quote_ident(%(expressions)s)) IS NOT NULL)"
    output_field = models.BooleanField()


class TenantQuerySet(models.QuerySet[Any]):
    """Queries of tenants. The public host has a row as well, because it has host names and people."""

    def customers(self) -> TenantQuerySet:
        """Every tenant, without the row of the public host."""
        return self.exclude(schema_name=binding.PUBLIC)

    def with_reach(self) -> TenantQuerySet:
        """Annotate each tenant with `is_reachable` and `is_missing` (it has a host name, but no schema)."""
        has_host = Exists(apps.get_model("plans.Domain").objects.filter(tenant=OuterRef("pk")))
        return self.alias(_has_host=has_host, _has_schema=HasSchema(F("schema_name"))).annotate(
            is_reachable=_yes(Q(_has_host=True) & Q(_has_schema=True)),
            is_missing=_yes(Q(_has_host=True) & Q(_has_schema=False)),
        )

    def reachable(self) -> TenantQuerySet:
        """Tenants with a host name, which is given last, and a schema. Binding any other would read public rows."""
        return self.with_reach().filter(is_reachable=True)

    def missing(self) -> TenantQuerySet:
        """Tenants with a host name but without a schema, because somebody has dropped it."""
        return self.with_reach().filter(is_missing=True)


def _yes(condition: Q) -> models.ExpressionWrapper:
    return models.ExpressionWrapper(condition, output_field=models.BooleanField())
