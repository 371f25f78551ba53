"""Whether every tenant's trail and ledger are sealed and checked, read across schemas in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from plans.models import Tenant

#: Seals are checked once a night (`audit.seals.nightly`); an older check is overdue.
CHECK_VALID_FOR = timedelta(hours=36)
#: Events are sealed every minute; older ones that are not sealed yet are late.
SEALED_WITHIN = timedelta(minutes=10)
TENANTS_AT_ONCE = 100
#: The tables that the statement reads.
TABLES = ("audit_trailhead", "audit_event", "audit_seal", "audit_sealcheck")
STATE = """
(SELECT %s::text, head.number - coalesce(sealed.last, 0), sealed.sealed_at,
        (SELECT occurred_at FROM {schema}.audit_event WHERE number = coalesce(sealed.last, 0) + 1),
        checked.is_intact, checked.finished_at
 FROM {schema}.audit_trailhead head
 LEFT JOIN LATERAL (
    SELECT last, sealed_at FROM {schema}.audit_seal WHERE stream = 'audit' AND last IS NOT NULL
    ORDER BY last DESC LIMIT 1
 ) sealed ON true
 LEFT JOIN LATERAL (
    SELECT is_intact, finished_at FROM {schema}.audit_sealcheck ORDER BY finished_at DESC, id DESC LIMIT 1
 ) checked ON true)
"""
COMPLETE = """
SELECT name FROM unnest(%s::text[]) AS asked (name)
WHERE (SELECT bool_and(to_regclass(quote_ident(name) || '.' || wanted) IS NOT NULL) FROM unnest(%s::text[]) wanted)
"""


@dataclass(frozen=True, slots=True)
class Sealing:
    """The seals of a tenant: `broken` (the last check found differences), `late`, `unchecked` (overdue) or `sealed`.

    `waiting`: events that are not sealed yet. `sealed_at`: the last seal of the trail.
    """

    tenant: Tenant
    state: str
    waiting: int = 0
    sealed_at: datetime | None = None
    checked_at: datetime | None = None

    @property
    def needs_somebody(self) -> bool:
        """Return True if an operator should look at it."""
        return self.state != "sealed"


ORDER = ("broken", "late", "unchecked", "sealed")


def sealing_of(tenants: Sequence[Tenant]) -> list[Sealing]:
    """The seals of tenants that can be reached (public may be one), worst first, then by address."""
    found: dict[str, tuple[Any, ...]] = {}
    for start in range(0, len(tenants), TENANTS_AT_ONCE):
        found |= _read([tenant.schema_name for tenant in tenants[start : start + TENANTS_AT_ONCE]])
    states = [_sealing(tenant, found.get(tenant.schema_name)) for tenant in tenants]
    return sorted(states, key=lambda sealing: (ORDER.index(sealing.state), sealing.tenant.slug))


def numbers() -> dict[str, int]:
    """How many tenants' seals are broken, late, or not checked in time; public counts as one."""
    states = [sealing.state for sealing in sealing_of(list(Tenant.objects.reachable()))]
    return {state: states.count(state) for state in ORDER[:-1]}


def _sealing(tenant: Tenant, row: tuple[Any, ...] | None) -> Sealing:
    if row is None:
        return Sealing(tenant, "late")
    waiting, sealed_at, oldest, is_intact, checked_at = row
    now = timezone.now()
    if is_intact is False:
        state = "broken"
    elif waiting and (oldest is None or oldest < now - SEALED_WITHIN):
        state = "late"  # no worker, no key, or a missing event
    elif _is_overdue(tenant, sealed_at, checked_at, now):
        state = "unchecked"
    else:
        state = "sealed"
    return Sealing(tenant, state, waiting, sealed_at, checked_at)


def _is_overdue(
    tenant: Tenant, sealed_at: datetime | None, checked_at: datetime | None, now: datetime
) -> bool:
    """A tenant that was opened today needs no check yet, nor does one without a seal."""
    if checked_at is not None:
        return checked_at < now - CHECK_VALID_FOR
    return sealed_at is not None and tenant.created_at < now - CHECK_VALID_FOR


def _read(schemas: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """The state of each schema that has all tables: one missing table would make the whole statement fail."""
    with connection.cursor() as cursor:
        cursor.execute(COMPLETE, [list(schemas), list(TABLES)])
        names = [name for (name,) in cursor.fetchall()]
        if not names:
            return {}
        quote = connection.ops.quote_name
        cursor.execute(" UNION ALL ".join(STATE.format(schema=quote(name)) for name in names), names)
        return {name: tuple(values) for name, *values in cursor.fetchall()}
