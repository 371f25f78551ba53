"""The tenant of the current database connection: typed access to what django-tenants adds to the connection."""

from __future__ import annotations

from typing import Any, cast

from django.db import connection

PUBLIC = "public"


def schema_name() -> str:
    """The current schema: where tables without a schema name are looked up first."""
    return cast(str, cast(Any, connection).schema_name)


def tenant() -> Any:
    """The bound tenant, or django-tenants' stand-in if only a schema is set."""
    return cast(Any, connection).tenant


def bind(tenant: Any) -> None:
    """Bind the connection of this thread to a tenant."""
    cast(Any, connection).set_tenant(tenant)


def bind_public() -> None:
    """Bind the connection of this thread to the public schema."""
    cast(Any, connection).set_schema_to_public()
