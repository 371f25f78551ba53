"""Fixtures of the tests of escalations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asora.kernel.act import Act
from audit.events.models import Event
from plans.models import Tenant
from support.models import GuaranteeCheck, Investigation, Ticket
from tests.factories.desk import open_for
from tests.factories.investigated import AGENT, investigated
from tests.support.evidence.scene import Scene, scene

#: The tenant's person who asked.
REPORTER = "u-jane000000"


@pytest.fixture
def desk(public: Tenant, act_as: Callable[..., Act], client_as: Callable[..., Any]) -> Scene:
    """Acacia, and an agent with an open access session there."""
    return scene(act_as, client_as)


@pytest.fixture
def event(desk: Scene) -> Event:
    """A refused request in Acacia, sealed."""
    found = desk.refuse()
    desk.seal()
    return found


@pytest.fixture
def ticket(desk: Scene, event: Event) -> Ticket:
    """A ticket about it, investigated to the end, with a guarantee that did not hold."""
    opened = triaged(desk.tenant)
    check(investigated(opened, step=5, links=[desk.link(event)]), outcome="violated")
    return opened


def triaged(tenant: Tenant, **fields: Any) -> Ticket:
    """A ticket that is being investigated."""
    opened = open_for(tenant, subject="An item is missing", text="Where is it?", reporter=REPORTER)
    values = {"category": "H", "severity": 3, **fields}
    for state in ("triaged", "investigating"):
        Ticket.objects.filter(pk=opened.pk).update(state=state, **values)
    return Ticket.objects.get(pk=opened.pk)


def check(investigation: Investigation, *, outcome: str) -> None:
    """A check of a guarantee, with this outcome."""
    GuaranteeCheck(
        investigation=investigation,
        guarantee="ledger_replays",
        outcome=outcome,
        checked_by=AGENT,
        request_id="tests-1",
    ).save()
