"""The tenant of the current database connection: typed access to what django-tenants adds to the connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections

PUBLIC = "public"
#: The application's own connection while another one takes its place in this thread.
_application: ContextVar[Any] = ContextVar("application_connection", default=None)


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


@contextmanager
def in_place_of_default(other: Any) -> Iterator[None]:
    """Let another connection take the place of the default one in this thread: every query runs with its rights."""
    own = connections[DEFAULT_DB_ALIAS]
    token = _application.set(own)
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = own
        _application.reset(token)


@contextmanager
def on_application_connection() -> Iterator[None]:
    """Run the body on the application's own connection, bound to the same tenant.

    Changes nothing unless another connection has taken its place (`in_place_of_default`). For work that an agent may
    see the result of, but that needs rights which support's own database role lacks.
    """
    own = _application.get()
    if own is None:
        yield
        return
    other: Any = connections[DEFAULT_DB_ALIAS]
    before = own.tenant
    token = _application.set(None)
    own.set_tenant(other.tenant)
    connections[DEFAULT_DB_ALIAS] = own
    try:
        yield
    finally:
        own.set_tenant(before)
        connections[DEFAULT_DB_ALIAS] = other
        _application.reset(token)
