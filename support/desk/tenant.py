"""What the desk shows of one tenant: public rows always; usage and roles only inside the agent's open session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from asora.accounts.models import User
from asora.kernel.act import Act
from asora.kernel.shapes import Values
from plans import limits
from plans.models import Tenant
from support.access import reading
from support.desk.inbox import Row, open_tickets, rows_of
from support.tickets.queries import visible
from support.tickets.rules import FINISHED

MAX_SHOWN = 8
PAGE = "support:tenant"


@dataclass(frozen=True, slots=True)
class Inside:
    """What is read in the tenant's own schema: usage of the plan, and how many active people have each role."""

    usage: Sequence[Values]
    roles: Sequence[tuple[list[str], int]]


def look_inside(act: Act, tenant: Tenant) -> Inside:
    """Usage and roles of a tenant. The look is recorded in the tenant's trail.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, ACCESS_NOT_OPEN.
    """
    with reading.inside(act, tenant, page=PAGE, address="/settings/plan/"):
        people = Counter(User.objects.filter(is_active=True, erased_at=None).values_list("role", flat=True))
        return Inside(
            usage=limits.usage_table(tenant), roles=[([role], count) for role, count in people.most_common()]
        )


def tickets_of(act: Act, tenant: Tenant) -> list[Row]:
    """The newest tickets of a tenant, open ones first."""
    rows = visible(act.actor).filter(tenant=tenant).order_by("-opened_at", "-id")
    return rows_of(sorted(rows[:MAX_SHOWN], key=lambda one: one.state in FINISHED))


def open_count(act: Act, tenant: Tenant) -> int:
    """How many tickets of a tenant are open."""
    return open_tickets(act.actor).filter(tenant=tenant).order_by()[:1001].count()
