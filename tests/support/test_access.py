"""How an agent gets into one tenant and out again: requests, the hour, what the tenant is told, and every refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from audit.events import trail
from audit.events.models import Event
from plans.grants import MANAGE_TENANT
from plans.models import Tenant
from support.access.actions import end_access, request_access, start_access
from support.models import AccessSession
from tests.factories.people import add_person
from tests.headers import JSON

DESK = "/support/access/"


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    """Acacia, seen from the public host."""
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def session(tenant: Tenant, act_as: Any) -> AccessSession:
    """The agent's open session in Acacia."""
    return request_access(act_as("agent"), tenant=tenant, ticket="SUP-1", minutes=30)


def in_trail_of(tenant: Tenant, **lookup: Any) -> list[Event]:
    with tenant_context(tenant):
        return list(Event.objects.filter(**lookup).order_by("number"))


def test_a_request_opens_at_once_and_ends_by_itself(tenant, act_as):
    before = timezone.now()
    session = request_access(act_as("agent"), tenant=tenant, reason="Counts  differ ", minutes=15)
    assert session.reason == "Counts differ"
    assert session.opened_at >= before
    assert session.expires_at == session.opened_at + timedelta(minutes=15)


def test_it_is_recorded(tenant, act_as, events):
    act = act_as("agent")
    session = request_access(act, tenant=tenant, ticket="SUP-1", reason="Mr Smith asks", minutes=30)
    [event] = events(request_id=act.request_id)
    assert (event.action, event.outcome, event.actor_type) == ("support.access.request", "allowed", "support")
    assert (event.resource_type, event.resource_id) == ("support.accesssession", str(session.pk))
    assert event.facts == {
        "ticket": "SUP-1",
        "reason_length": 13,
        "minutes": 30,
        "needs_approval": False,
        "expires_at": session.expires_at.isoformat(),
    }
    assert event.touched == [f"access:{session.pk}"]
    assert "Smith" not in str([event.facts, event.changes, event.decision]), "a reason may name a person"


def test_the_tenant_is_told_and_its_neighbour_is_not(session, tenant, act_as):
    end_access(act_as("agent"), session=session)
    birch = Tenant.objects.get(slug="birch")
    for one in (tenant, birch):
        trail.copy_missing(one)  # copies are made after a commit, and this test rolls back
        assert trail.copy_missing(one) == 0
    about = {"resource_type": "support.accesssession", "resource_id": str(session.pk)}
    told = in_trail_of(tenant, **about)
    assert [event.action for event in told] == ["support.access.request", "support.access.end"]
    assert in_trail_of(birch, resource_type="support.accesssession") == []


@pytest.mark.parametrize("role", ["operator", "ops_lead", "platform_lead"])
def test_refuses_everybody_but_agents(tenant, act_as, role):
    with pytest.raises(PermissionDenied) as caught:
        request_access(act_as(role), tenant=tenant, ticket="SUP-1", minutes=30)
    assert caught.value.details["permission"] == "support.work_desk"
    assert not AccessSession.objects.exists()


def test_refuses_an_agent_who_does_not_work_for_the_tenant(tenant, act_as, client_as, events):
    agent = add_person("agent", name="of_birch", all_hubs=False)
    assign_perm(MANAGE_TENANT, agent, Tenant.objects.get(slug="birch"))
    with pytest.raises(PermissionDenied) as caught:
        request_access(act_as(user=agent), tenant=tenant, ticket="SUP-1", minutes=30)
    assert caught.value.reason == Reason.TENANT_NOT_GRANTED
    assert not AccessSession.objects.exists()
    client = client_as(user=agent)
    page = text_of(client.get(DESK))
    assert "Birch &amp; Sons" in page
    assert "Acacia" not in page
    for address in ("/support/tenants/acacia/", "/support/tenants/acacia/audit/"):
        answer = client.get(address, headers=JSON)
        assert (answer.status_code, answer.json()["reason"]) == (403, "TENANT_NOT_GRANTED")
    assert {event.outcome for event in events(actor_ref=agent.ref)} == {"refused"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"minutes": 30}, "reason"),
        ({"minutes": 30, "ticket": "  ", "reason": " \n"}, "reason"),
        ({"minutes": 61, "ticket": "SUP-1"}, "minutes"),
        ({"minutes": 0, "ticket": "SUP-1"}, "minutes"),
        ({"minutes": 30, "ticket": "A" * 41}, "ticket"),
        ({"minutes": 30, "ticket": "SUP\u202e1"}, "ticket"),
    ],
)
def test_refuses_what_says_no_reason_or_asks_for_too_long(tenant, act_as, events, values, field):
    with pytest.raises(ValidationFailed) as caught:
        request_access(act_as("agent"), tenant=tenant, **values)
    assert set(caught.value.details["fields"]) == {field}
    assert not AccessSession.objects.exists()
    assert [event.outcome for event in events(action="support.access.request")] == ["refused"]


def test_refuses_a_second_session_while_one_is_open(session, tenant, act_as):
    with pytest.raises(StateConflict) as caught:
        request_access(act_as("agent"), tenant=tenant, ticket="SUP-2", minutes=15)
    assert caught.value.reason == Reason.ACCESS_ALREADY_OPEN
    end_access(act_as("agent"), session=session)
    assert request_access(act_as("agent"), tenant=tenant, ticket="SUP-2", minutes=15).pk != session.pk


def test_an_expired_session_is_no_obstacle(session, tenant, act_as):
    with time_machine.travel(session.expires_at, tick=False):
        assert request_access(act_as("agent"), tenant=tenant, ticket="SUP-2", minutes=15)


def test_somebody_elses_session_cannot_be_ended_or_started(session, act_as):
    other = act_as(user=add_person("agent", name="other"))
    for action in (end_access, start_access):
        with pytest.raises(PermissionDenied):
            action(other, session=session)
    session.refresh_from_db()
    assert session.ended_at is None


def test_ending_twice_changes_nothing(session, act_as, events):
    first = end_access(act_as("agent"), session=session).ended_at
    assert end_access(act_as("agent"), session=session).ended_at == first
    assert [event.outcome for event in events(action="support.access.end")] == ["allowed", "noop"]


LATER = timedelta(minutes=5)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: {"expires_at": row.expires_at + LATER},
        lambda row: {"opened_at": row.opened_at + LATER, "expires_at": row.expires_at + LATER},
        lambda row: {"opened_at": None, "expires_at": None},
        lambda row: {"agent": "u-somebody00"},
        lambda row: {"reason": "another"},
        lambda row: {"tenant": Tenant.objects.get(slug="birch")},
    ],
)
def test_the_database_refuses_to_stretch_or_move_a_session(session, change):
    session.refresh_from_db()
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessSession.objects.filter(pk=session.pk).update(**change(session))


def test_the_database_refuses_to_delete_reopen_or_exceed_the_hour(session, act_as):
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessSession.objects.all().delete()
    end_access(act_as("agent"), session=session)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessSession.objects.update(ended_at=None)
    now = timezone.now()
    values = {"tenant": session.tenant, "agent": "u-x", "minutes": 60, "request_id": "x"}
    for extra in (
        {"ticket": "T", "opened_at": now, "expires_at": now + timedelta(minutes=60, seconds=1)},
        {"ticket": "T", "opened_at": now},
        {"ticket": "", "reason": ""},
        {"ticket": "T", "minutes": 61},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            AccessSession.objects.create(**values | extra)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE support_accesssession")
