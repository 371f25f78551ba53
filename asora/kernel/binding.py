"""Which tenant the current connection is bound to: django-tenants' additions to it, typed, in one place."""

from __future__ import annotations

from typing import Any, cast

from django.db import connection

PUBLIC = "public"


def schema_name() -> str:
    """The schema that unqualified table names mean now."""
    return cast(str, cast(Any, connection).schema_name)


def tenant() -> Any:
    """The tenant that is bound, or django-tenants' stand-in for a bare schema."""
    return cast(Any, connection).tenant


def bind(tenant: Any) -> None:
    """Bind the connection of this thread to a tenant."""
    cast(Any, connection).set_tenant(tenant)


def bind_public() -> None:
    """Leave no tenant behind."""
    cast(Any, connection).set_schema_to_public()
