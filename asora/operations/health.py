"""The last proof of every ledger, read across schemas in one statement: binding each tenant would be too slow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from ledger.models import VerificationRun
from plans.models import Tenant

#: Every ledger is proved once a night (`ledger.proof.nightly`); an older proof is overdue.
PROOF_VALID_FOR = timedelta(hours=36)
TENANTS_AT_ONCE = 100
LATEST = """
(SELECT %s::bigint, is_proved, finished_at, position FROM {table} ORDER BY finished_at DESC, id DESC LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class Health:
    """The last proof of a tenant's ledger: `broken`, `never`, `old` (overdue) or `proved`."""

    tenant: Tenant
    state: str
    finished_at: datetime | None = None
    position: int | None = None

    @property
    def needs_somebody(self) -> bool:
        """Return True if an operator should look at this ledger."""
        return self.state != "proved"

    @property
    def is_overdue(self) -> bool:
        """Return True if a night passed without a proof. A tenant that was opened today needs none yet."""
        is_new = self.tenant.created_at > timezone.now() - PROOF_VALID_FOR
        return self.state == "old" or (self.state == "never" and not is_new)


ORDER = ("broken", "never", "old", "proved")


def health_of(tenants: Sequence[Tenant]) -> list[Health]:
    """The health of tenants that can be reached, worst first, then by address."""
    latest: dict[int, tuple[Any, ...]] = {}
    for start in range(0, len(tenants), TENANTS_AT_ONCE):
        latest |= _latest(tenants[start : start + TENANTS_AT_ONCE])
    found = [_health(tenant, latest.get(tenant.pk)) for tenant in tenants]
    return sorted(found, key=lambda health: (ORDER.index(health.state), health.tenant.slug))


def numbers() -> dict[str, int]:
    """The number of ledgers that are broken, and of those whose proof is overdue."""
    found = health_of(list(Tenant.objects.customers().reachable()))
    return {
        "broken": sum(health.state == "broken" for health in found),
        "overdue": sum(health.is_overdue for health in found),
    }


def _health(tenant: Tenant, latest: tuple[Any, ...] | None) -> Health:
    if latest is None:
        return Health(tenant, "never")
    is_proved, finished_at, position = latest
    state = "proved" if finished_at > timezone.now() - PROOF_VALID_FOR else "old"
    return Health(tenant, state if is_proved else "broken", finished_at, position)


def _latest(tenants: Sequence[Tenant]) -> dict[int, tuple[Any, ...]]:
    tables = _tables(tenants)
    if not tables:
        return {}
    with connection.cursor() as cursor:
        parts = [LATEST.format(table=table) for table in tables.values()]
        cursor.execute(" UNION ALL ".join(parts), list(tables))
        return {key: tuple(values) for key, *values in cursor.fetchall()}


def _tables(tenants: Sequence[Tenant]) -> dict[int, str]:
    """The table with the proofs of each tenant, if it exists: one missing table would make the whole statement fail."""
    quote, name = connection.ops.quote_name, VerificationRun._meta.db_table
    tables = {tenant.pk: f"{quote(tenant.schema_name)}.{quote(name)}" for tenant in tenants}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key FROM unnest(%s::bigint[], %s::text[]) AS asked(key, name) WHERE to_regclass(name) IS NOT NULL",
            [list(tables), list(tables.values())],
        )
        return {key: tables[key] for (key,) in cursor.fetchall()}
