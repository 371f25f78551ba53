"""What the desk reads of a tenant's trail: every figure of the gate that refused, with hash and seal."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.accounts.models import SignInAttempt
from asora.kernel.refusals import PermissionDenied, PlanLimitExceeded, Reason
from audit.events.models import Event
from audit.seals import event_rows
from inventory.actions.hubs import create_hub
from ledger.models import Kind, Posting
from plans import catalogue
from plans.models import Tenant
from support.access import reading as access
from support.access.actions import end_access, request_access
from support.evidence import reading
from support.evidence.candidates import Kind as Where
from support.evidence.candidates import Sought, candidates
from support.evidence.facts import EventFact
from support.words import LOOK
from tests.factories import people
from tests.factories.documents import post_movement, receive
from tests.factories.master_data import make_master_data
from tests.support.evidence.scene import Scene


def test_reads_a_refusal_with_everything_that_decided_it(desk: Scene) -> None:
    event = desk.refuse("viewer", sku="A-1")
    with desk.inside() as within:
        [fact] = reading.events_of_request(within, event.request_id)
    assert (fact.code, fact.reason, fact.rule) == (
        "PERMISSION_DENIED", "ROLE_LACKS_PERMISSION", "inventory.manage",
    )  # fmt: skip
    assert (fact.permission, fact.roles, fact.held_by) == (
        "inventory.manage", ("viewer",), ("owner", "manager"),
    )  # fmt: skip
    assert fact.gates[-1] == ("permitted", "stopped")
    assert fact.sentence == "tried to create item"
    assert (fact.number, fact.occurred_at) == (event.number, event.occurred_at)
    assert fact.time_utc.endswith("Z")
    with tenant_context(desk.tenant):
        row = event_rows.one_row(event, row_format=fact.row_format)
    assert fact.event_hash == hashlib.sha256(row).hexdigest()
    assert fact.seal is None
    desk.seal()
    assert desk.fact(event).seal is not None
    assert EventFact.from_json(desk.fact(event).as_json()) == desk.fact(event)


def test_reads_the_fields_of_an_invalid_form(desk: Scene) -> None:
    fact = desk.fact(desk.refuse("manager", sku=""))
    assert fact.code == "VALIDATION_FAILED"
    assert {"sku", "name", "unit"} <= set(fact.fields)
    assert fact.fields["name"][0]["reason"] == "REQUIRED"
    assert (fact.limit, fact.usage, fact.permission) == (None, None, "")


def test_reads_the_limit_and_usage_of_the_plan(desk: Scene, act_as: Any) -> None:
    birch = Tenant.objects.get(slug="birch")
    with tenant_context(birch):
        owner = people.person("owner", birch)
        limit = catalogue.ceiling(plan=birch.plan, resource="hubs")
        assert limit is not None
        for number in range(limit):
            create_hub(people.act_of(owner, birch), code=f"H-{number}", name=f"Hub {number}")
        with pytest.raises(PlanLimitExceeded):
            create_hub(people.act_of(owner, birch), code="ONE-MORE", name="One more")
        event = Event.objects.get(code="PLAN_LIMIT_EXCEEDED")
    request_access(desk.agent, tenant=birch, ticket="T-2", minutes=30)
    with access.inside(desk.agent, birch, page="tests", address="/audit/") as within:
        [fact] = reading.events_of_request(within, event.request_id)
    assert (fact.rule, fact.reason) == ("plans.hubs", "PLAN_HUBS")
    assert fact.limit == fact.usage == limit
    assert fact.asked == 1


def test_reads_nothing_without_an_open_session_and_nothing_of_another_tenant(
    desk: Scene, act_as: Any
) -> None:
    event = desk.refuse()
    birch = Tenant.objects.get(slug="birch")
    with pytest.raises(PermissionDenied) as caught, access.inside(desk.agent, birch, page="x", address="/"):
        pytest.fail("the tenant was bound without a session")
    assert caught.value.reason is Reason.ACCESS_NOT_OPEN
    end_access(act_as("agent"), session=desk.session)
    with pytest.raises(PermissionDenied) as caught:
        desk.fact(event)
    assert caught.value.reason is Reason.ACCESS_NOT_OPEN


def test_a_look_of_support_is_no_evidence(desk: Scene) -> None:
    desk.fact(desk.refuse())
    with tenant_context(desk.tenant):
        look = Event.objects.get(action=LOOK)
    with desk.inside() as within:
        assert reading.events_of_request(within, look.request_id) == []
        assert look.pk not in {fact.record for fact in candidates(within, Sought())}


def test_candidates_are_refusals_first_and_one_for_each_request(desk: Scene, act_as: Any) -> None:
    with tenant_context(desk.tenant):
        create_hub(act_as("manager", tenant=desk.tenant), code="N-1", name="North")
    early = desk.refuse("viewer")
    with tenant_context(desk.tenant):
        create_hub(act_as("manager", tenant=desk.tenant), code="N-2", name="South")
    late = desk.refuse("manager")
    with desk.inside() as within:
        found = candidates(within, Sought())
        of_manager = candidates(within, Sought(person=late.actor_ref))
        before = candidates(within, Sought(until=early.occurred_at))
    assert [fact.record for fact in found[:2]] == [str(late.pk), str(early.pk)]
    assert {fact.outcome for fact in found[2:]} == {"allowed"}
    assert len({fact.request_id for fact in found}) == len(found)
    assert {fact.actor_ref for fact in of_manager} == {late.actor_ref}
    assert of_manager[0].record == str(late.pk)
    assert not [fact for fact in before if fact.outcome == "refused"]


def test_candidates_for_a_quantity_are_the_requests_of_the_ledger(desk: Scene, act_as: Any) -> None:
    with tenant_context(desk.tenant):
        data = make_master_data()
        manager = act_as("manager", tenant=desk.tenant)
        receive(manager, data, ("BOLT", "NORTH/A-1", "10", "1"))
        issuer = act_as("manager", tenant=desk.tenant)
        position = post_movement(issuer, data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "2"))
        receive(act_as("manager", tenant=desk.tenant), data, ("OIL", "NORTH/A-2", "5", "1"))
        issue = Posting.objects.get(pk=position)
    with desk.inside() as within:
        found = candidates(within, Sought(kinds=(Where.LEDGER,), item="bolt", hub="north", bin="a-1"))
    assert [fact.request_id for fact in found] == [issue.request_id, manager.request_id]
    assert found[0].positions == (position, position)


def test_attempts_are_read_without_source_and_marked_as_not_sealed(desk: Scene) -> None:
    with tenant_context(desk.tenant):
        browser = desk.client_as("")
        browser.post("/sign-in/", {"email": "nobody@example.com", "password": "x"})
        attempt = SignInAttempt.objects.get()
    with desk.inside() as within:
        [fact] = reading.attempts_of(within, request_id=attempt.request_id)
        assert reading.attempts_of(within) == []
        late = reading.attempts_of(
            within, request_id=attempt.request_id, since=timezone.now() + timedelta(hours=1)
        )
    assert late == []
    assert (fact.kind, fact.code, fact.reason) == ("attempt", "AUTH_REQUIRED", "BAD_CREDENTIALS")
    assert (fact.number, fact.event_hash, fact.is_sealed) == (None, "", False)
    shown = str(fact.as_json())
    assert str(attempt.source) not in shown
    assert attempt.address_digest not in shown
