"""Many writers at once, some rolled back: the numbers of each endpoint have no gap and are in the trail's order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models import F
from django_tenants.utils import tenant_context

from asora.kernel.act import Act
from asora.kernel.refusals import Refusal, StateConflict
from asora.kernel.signals import recorded
from audit.events import trail
from audit.events.models import Event
from integrations.endpoints.actions import disable_endpoint, enable_endpoint
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import EndpointNumber, Payload
from integrations.types.catalogue import CHOSEN
from ledger.models import Kind
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.actions.plan_changes import change_plan
from plans.models import FreezeToggle
from tests.factories import people, tenants
from tests.factories.documents import import_rows, post_movement, receive
from tests.factories.endpoints import ISSUE, RECEIPT, make_endpoint
from tests.factories.master_data import MasterData, make_master_data
from tests.integrations.payloads import checked

WRITERS, EACH = 8, 20
DESCRIBED = ("ledger.receipt.post", "ledger.issue.post")


class RolledBack(Exception):
    """Ends an action after its payloads were queued."""


@pytest.fixture
def rolling_back() -> Iterator[None]:
    """A third of what is queued is rolled back, after the numbers were taken."""
    chance = random.Random(12)

    def stop(*, event: Event, **_: Any) -> None:
        if event.action in DESCRIBED and event.outcome == "allowed" and chance.random() < 1 / 3:
            raise RolledBack

    recorded.connect(stop)  # after the outbox, which is connected at start-up
    yield
    recorded.disconnect(stop)


@pytest.mark.usefixtures("rolling_back")
def test_eight_writers_leave_no_gap(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    tenant = committed_tenant()
    master_data = make_master_data()
    owner, manager = act_as("owner", tenant=tenant), act_as("manager", tenant=tenant)
    types = [RECEIPT, ISSUE]
    always = make_endpoint(owner, name="Always", event_types=types)
    at_times = make_endpoint(owner, name="At times", event_types=types, is_enabled=False)
    north = make_endpoint(owner, name="North", event_types=types, hubs=[master_data.north])

    def work(number: int) -> list[str]:
        if number == WRITERS:
            return [_toggle(owner, at_times) for _ in range(EACH)]
        return [_post(manager, master_data, seed=number * EACH + turn) for turn in range(EACH)]

    results = threads(WRITERS + 1, work)

    assert [result for result in results if isinstance(result, Exception)] == []
    outcomes = {outcome for result in results[:WRITERS] for outcome in result}
    assert outcomes == {"posted", "refused", "rolled back"}
    described = list(Event.objects.filter(action__in=DESCRIBED, outcome="allowed").order_by("number"))
    assert _events(always) == [event.pk for event in described]
    assert _events(at_times) == [event.pk for event in described if _was_enabled(at_times, event)]
    assert _events(north) == [event.pk for event in described if master_data.north.pk in (event.hubs or [])]
    assert 0 < len(_events(at_times)) < len(described), "enabled for a part of the time"
    assert 0 < len(_events(north)) < len(described)


def _post(act: Act, master_data: MasterData, *, seed: int) -> str:
    hub = random.Random(seed).choice(["NORTH", "SOUTH"])
    try:
        if seed % 2:
            receive(act, master_data, ("BOLT", f"{hub}/A-1", "2", "1"))
        else:
            post_movement(act, master_data, Kind.ISSUE, ("BOLT", f"{hub}/A-1", "3"))
    except RolledBack:
        return "rolled back"
    except Refusal:
        return "refused"
    return "posted"


def _toggle(act: Act, endpoint: Endpoint) -> str:
    now = Endpoint.objects.get(pk=endpoint.pk)
    change = disable_endpoint if now.is_enabled else enable_endpoint
    try:
        change(act, endpoint=now)
    except StateConflict:
        return "refused"
    return "done"


def _events(endpoint: Endpoint) -> list[Any]:
    """The events that the payloads of an endpoint describe, in the order of its numbers, which have no gap."""
    rows = list(Payload.objects.filter(endpoint=endpoint).order_by("number"))
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert EndpointNumber.objects.get(endpoint=endpoint).last == len(rows)
    assert [checked(bytes(row.body))["asoranumber"] for row in rows] == [row.number for row in rows]
    return [row.audit_event for row in rows]


def _was_enabled(endpoint: Endpoint, event: Event) -> bool:
    """Whether an endpoint was enabled when an event was written, as the trail says."""
    changes = Event.objects.filter(
        action__in=["integrations.endpoint.enable", "integrations.endpoint.disable"],
        outcome="allowed",
        resource_id=str(endpoint.pk),
        number__lt=event.number,
    )
    last = changes.order_by(F("number").desc()).values_list("action", flat=True).first()
    return last == "integrations.endpoint.enable"


def test_a_file_and_single_receipts_share_the_numbers(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    tenant = committed_tenant()
    master_data = make_master_data()
    owner, manager = act_as("owner", tenant=tenant), act_as("manager", tenant=tenant)
    endpoint = make_endpoint(owner)
    rows = [f"IMP-{number},2026-03-02,ACME,BOLT,NORTH,A-1,1,2.5" for number in range(600)]

    def work(number: int) -> Any:
        if number == 0:
            return import_rows(manager, Kind.RECEIPT, *rows).postings
        return [receive(manager, master_data, ("BOLT", "NORTH/A-2", "2", "1")) for _ in range(10)]

    results = threads(4, work)

    assert results[0] == 600
    assert len(_events(endpoint)) == 630
    positions = (
        Payload.objects.filter(endpoint=endpoint).order_by("number").values_list("position", flat=True)
    )
    assert list(positions) == sorted(positions), "in the order of the ledger too"


def test_a_copy_of_an_operators_event_is_queued_when_it_is_copied(
    committed_tenant: Callable[..., Any], act_as: Callable[..., Act]
) -> None:
    tenant = committed_tenant()
    trail.sweep()
    endpoint = make_endpoint(act_as("owner", tenant=tenant), event_types=list(CHOSEN))
    with tenant_context(tenants.public()):
        change_plan(_operator(), tenant=tenant, from_plan="pro", to_plan="enterprise", reason="They grow")
        start_freeze(_operator(), tenant=tenant, reason="Figures differ")
        explain_freeze(_operator("ops_lead"), tenant=tenant, root_cause="A wrong file")
        (number,) = FreezeToggle.objects.filter(tenant=tenant, kind="root_cause").values_list("pk", flat=True)
        end_freeze(_operator(), tenant=tenant, shown=number)

    copies = {event.action: event.pk for event in Event.objects.filter(action__startswith="plans.")}
    described = [copies[f"plans.{name}"] for name in ("plan.change", "freeze.start", "freeze.end")]
    assert _events(endpoint) == described
    assert trail.copy_missing(tenant) == 0
    assert _events(endpoint) == described, "once"


def _operator(role: str = "platform_lead") -> Act:
    return people.act_of(people.person(role, tenants.public()), tenants.public())
