"""When what is sealed: the worker looks every ten seconds at streams with many new events, and every minute at all."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.db import DatabaseError, connection
from django_tenants.utils import get_tenant_model, schema_context, tenant_context

from asora.kernel import binding
from asora.kernel.act import Tenancy
from asora.kernel.shapes import Rows
from audit.seals import keys, sealer
from audit.seals.sealer import Pass, SealingError

log = structlog.get_logger(__name__)
#: So many unsealed events are not left to the next minute.
MANY = 1_000
TENANTS_AT_ONCE = 100
WAITING = """
SELECT %s::text, head.number - coalesce((SELECT max(last) FROM {schema}.audit_seal WHERE stream = 'audit'), 0)
FROM {schema}.audit_trailhead head
"""
HAS_TABLES = """
SELECT name FROM unnest(%s::text[]) AS asked (name)
WHERE to_regclass(quote_ident(name) || '.audit_seal') IS NOT NULL
  AND to_regclass(quote_ident(name) || '.audit_trailhead') IS NOT NULL
"""


def seal_everywhere() -> int:
    """Seal all reachable tenants and public. Returns how many rows were sealed.

    An error is logged and does not stop the others.
    """
    with schema_context(binding.PUBLIC):
        tenants = list(_tenants())
    return _seal(tenants)


def seal_waiting(*, at_least: int = 1) -> int:
    """Seal the tenants with so many unsealed events. Returns how many rows were sealed.

    Every change of a ledger has an event, so a trail without new events means a ledger without new positions.
    """
    if not keys.has_key():
        return 0
    with schema_context(binding.PUBLIC):
        tenants = list(_tenants())
        lags = waiting([tenant.schema_name for tenant in tenants])
    return _seal([tenant for tenant in tenants if lags.get(tenant.schema_name, 0) >= at_least])


def waiting(schemas: Sequence[str]) -> dict[str, int]:
    """The number of events of each schema that are not sealed yet. A schema without these tables is left out."""
    found: dict[str, int] = {}
    quote = connection.ops.quote_name
    for start in range(0, len(schemas), TENANTS_AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(HAS_TABLES, [list(schemas[start : start + TENANTS_AT_ONCE])])
            names = [name for (name,) in cursor.fetchall()]
            if names:
                parts = [WAITING.format(schema=quote(name)) for name in names]
                cursor.execute(" UNION ALL ".join(parts), names)
                found |= dict(cursor.fetchall())
    return found


def seal_tenant(tenant: Tenancy) -> list[Pass]:
    """Seal every stream of one tenant, or of public. Raises NoSealingKey, SealingError."""
    with tenant_context(tenant):
        done = sealer.seal_schema()
    for each in done:
        for lost in each.restored:
            log.error(
                "the database was restored: numbers after the last seal are missing",
                tenant=tenant.slug,
                stream=each.stream,
                seal=lost.seal,
                missing=lost.missing,
            )
    return done


def _seal(tenants: Sequence[Tenancy]) -> int:
    if not keys.has_key():
        return 0
    rows = 0
    for tenant in tenants:
        try:
            rows += sum(each.rows for each in seal_tenant(tenant))
        except (DatabaseError, SealingError):
            log.exception("a tenant could not be sealed", tenant=tenant.slug)
    return rows


def _tenants() -> Rows:
    """Public and the tenants with a host name: only their schemas are complete."""
    rows: Rows = get_tenant_model().objects.reachable().order_by("pk")
    return rows
