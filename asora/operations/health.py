"""Is the ledger of every tenant proved? Read across schemas in one statement, since a page cannot bind each tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from ledger.models import VerificationRun

#: A proof that is older says nothing about today.
PROOF_HOLDS = timedelta(days=7)
TENANTS_AT_ONCE = 100
LATEST = """
(SELECT %s::bigint, is_proved, finished_at, position FROM {table} ORDER BY finished_at DESC, id DESC LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class Health:
    """The last proof of a tenant's ledger: `broken`, `never`, `old` or `proved`."""

    tenant: Any
    state: str
    finished_at: datetime | None = None
    position: int | None = None

    @property
    def needs_somebody(self) -> bool:
        """Whether an operator should look."""
        return self.state != "proved"


ORDER = ("broken", "never", "old", "proved")


def health_of(tenants: Sequence[Any]) -> list[Health]:
    """The health of tenants that can be reached, worst first, then by address."""
    latest: dict[int, tuple[Any, ...]] = {}
    for start in range(0, len(tenants), TENANTS_AT_ONCE):
        latest |= _latest(tenants[start : start + TENANTS_AT_ONCE])
    found = [_judged(tenant, latest.get(tenant.pk)) for tenant in tenants]
    return sorted(found, key=lambda health: (ORDER.index(health.state), health.tenant.slug))


def _judged(tenant: Any, latest: tuple[Any, ...] | None) -> Health:
    if latest is None:
        return Health(tenant, "never")
    is_proved, finished_at, position = latest
    state = "proved" if finished_at > timezone.now() - PROOF_HOLDS else "old"
    return Health(tenant, state if is_proved else "broken", finished_at, position)


def _latest(tenants: Sequence[Any]) -> dict[int, tuple[Any, ...]]:
    quote, name = connection.ops.quote_name, VerificationRun._meta.db_table
    parts = [LATEST.format(table=f"{quote(tenant.schema_name)}.{quote(name)}") for tenant in tenants]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [tenant.pk for tenant in tenants])
        return {key: tuple(values) for key, *values in cursor.fetchall()}
