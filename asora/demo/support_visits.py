"""Two past sessions of the demo's support agent in a tenant, on the evening of yesterday.

They come after everything else of the demo's past, because times in the trails must not go back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.sign_in.queries import actor_of
from asora.demo import clock
from asora.kernel.act import Act, new_act
from audit.events.models import Event
from plans.models import Tenant
from support.access import looks
from support.access.actions import end_access, request_access
from support.access.models import AccessSession

LIST = "audit:event-list"


def make(tenant: Tenant, *, moves_clock: bool) -> None:
    """One session that the agent ended, and one that ran out. Where the clock cannot be moved, both are ended now."""
    evening = (timezone.now() - timedelta(days=1)).replace(hour=20, minute=30, second=0, microsecond=0)
    with _at(evening, moves_clock=moves_clock):
        session = _request(tenant, ticket="SUP-1027", reason="A delivery was refused.", minutes=30)
        refused = _refused(tenant)
        _look(session, "/audit/?outcome=refused")
        if refused:
            _look(session, f"/audit/{refused.pk}/", page="audit:event-detail")
    with _at(evening + timedelta(minutes=12), moves_clock=moves_clock):
        _end(session)
    with _at(evening + timedelta(minutes=70), moves_clock=moves_clock):
        session = _request(tenant, reason="The count of aisle A differs from the ledger.", minutes=15)
        _look(session, "/audit/?action=ledger.count.approve")
        if not moves_clock:
            _end(session)


@contextlib.contextmanager
def _at(moment: datetime, *, moves_clock: bool) -> Iterator[None]:
    """A moment of the demo's past, or now. Binds the public host, where agents are."""
    with tenant_context(_public()), clock.at(moment) if moves_clock else contextlib.nullcontext():
        yield


def _public() -> Tenant:
    return Tenant.objects.get(schema_name="public")


def _act() -> Act:
    agent = User.objects.get(email="agent@asora.example")
    return new_act(_public(), actor_of(agent), route="manage.py serve")


def _request(tenant: Tenant, *, minutes: int, reason: str, ticket: str = "") -> AccessSession:
    return request_access(_act(), tenant=tenant, ticket=ticket, reason=reason, minutes=minutes)


def _end(session: AccessSession) -> None:
    end_access(_act(), session=session)


def _refused(tenant: Tenant) -> Event | None:
    with tenant_context(tenant):
        return Event.objects.filter(outcome=Event.Outcome.REFUSED).order_by("-number").first()


def _look(session: AccessSession, address: str, *, page: str = LIST) -> None:
    act = looks.act_inside(_act(), session)
    with tenant_context(session.tenant):
        looks.record(act, session, outcome="allowed", refusal=None, address=address, page=page)
