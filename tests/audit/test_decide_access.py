"""The tenant decides about access by support: the ladder of each decision, and the setting."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from asora.kernel.refusals import PermissionDenied, Reason, RouteNotFound, StateConflict, ValidationFailed
from asora.kernel.request_ids import uuid7
from audit.disclosure import queries, sessions
from audit.disclosure.actions.access import (
    approve_access,
    change_requirement,
    refuse_access,
    revoke_access,
)
from audit.disclosure.models import AccessDecision, AccessPolicy, Statement
from audit.disclosure.rules import State
from plans.models import Tenant
from tests.factories import support_access
from tests.factories.support_access import ask_for_access, end, open_access, start
from tests.kernel.example_action import freeze

DECISIONS = {
    "approve": (approve_access, ask_for_access, "approved"),
    "refuse": (refuse_access, ask_for_access, "refused"),
    "revoke": (revoke_access, open_access, "revoked"),
}
EACH = pytest.mark.parametrize("way", DECISIONS)


def state(session: UUID) -> State:
    found = sessions.find(session)
    assert found is not None
    return found.state


def closed(act: Any, action: Any, session: UUID) -> None:
    with pytest.raises(StateConflict) as caught:
        action(act, session=session)
    assert caught.value.reason is Reason.REQUEST_CLOSED


@EACH
def test_works_and_is_recorded(acacia: Tenant, act_as: Any, events: Any, way: str) -> None:
    action, make, verdict = DECISIONS[way]
    session = make(acacia)
    action(act_as("owner"), session=session)
    assert queries.verdict_on(session) == verdict
    [event] = events(action=f"audit.access.{way}")
    [decision] = AccessDecision.objects.all()
    assert (event.outcome, event.resource_id) == ("allowed", str(decision.pk))
    assert event.changes[0]["after"] == {"verdict": verdict}
    assert event.touched == [f"access:{session}", f"accessdecision:{decision.pk}"]
    assert decision.request_id == event.request_id
    assert decision.decided_by == event.actor_ref


@EACH
def test_refuses_the_manager_and_leaves_only_the_event(
    acacia: Tenant, act_as: Any, events: Any, way: str
) -> None:
    action, make, _ = DECISIONS[way]
    session = make(acacia)
    with pytest.raises(PermissionDenied):
        action(act_as("manager"), session=session)
    assert queries.verdict_on(session) is None
    [event] = events(action=f"audit.access.{way}")
    assert (event.outcome, event.rule_id) == ("refused", "audit.manage_support_access")


@EACH
def test_hides_from_the_other_tenant(birch: Tenant, acacia: Tenant, act_as: Any, way: str) -> None:
    action, make, _ = DECISIONS[way]
    connection.set_tenant(birch)
    session = make(birch)
    connection.set_tenant(acacia)
    with pytest.raises(RouteNotFound):
        action(act_as("owner"), session=session)
    assert not AccessDecision.objects.exists()


@EACH
def test_refuses_what_was_decided_meanwhile(acacia: Tenant, act_as: Any, events: Any, way: str) -> None:
    action, make, _ = DECISIONS[way]
    session = make(acacia)
    action(act_as("owner"), session=session)
    closed(act_as("owner"), action, session)
    refused = events(action=f"audit.access.{way}")[-1]
    assert f"access:{session}" in refused.decision[-1]["inputs"]


@EACH
def test_is_allowed_in_a_frozen_tenant(acacia: Tenant, act_as: Any, way: str) -> None:
    action, make, verdict = DECISIONS[way]
    session = make(acacia)
    freeze(acacia)
    action(act_as("owner"), session=session)
    assert queries.verdict_on(session) == verdict


@pytest.mark.parametrize("way", ["refuse", "revoke"])
def test_a_reason_is_a_row_that_can_be_erased_and_the_event_has_its_length(
    acacia: Tenant, act_as: Any, events: Any, way: str
) -> None:
    action, make, _ = DECISIONS[way]
    session = make(acacia)
    action(act_as("owner"), session=session, reason="  Zebulon is on holiday  ")
    [statement] = Statement.objects.all()
    assert (statement.text, statement.author) == ("Zebulon is on holiday", act_as("owner").actor.ref)
    [event] = events(action=f"audit.access.{way}")
    assert "Zebulon" not in str(event.__dict__)
    assert event.changes[0]["after"]["reason_length"] == 21


def test_a_bad_reason_is_refused_and_decides_nothing(acacia: Tenant, act_as: Any, events: Any) -> None:
    session = ask_for_access(acacia)
    for reason in ("x" * 501, "up\u202edown", "a\x07b"):
        with pytest.raises(ValidationFailed):
            refuse_access(act_as("owner"), session=session, reason=reason)
    assert queries.verdict_on(session) is None
    assert not Statement.objects.exists()


def test_the_course_of_a_session(acacia: Tenant, act_as: Any) -> None:
    owner = act_as("owner")
    session = ask_for_access(acacia)
    assert state(session) is State.WAITING
    closed(owner, revoke_access, session)
    approve_access(owner, session=session)
    assert state(session) is State.APPROVED
    start(acacia, session)
    assert state(session) is State.OPEN
    closed(owner, refuse_access, session)
    end(acacia, session)
    assert state(session) is State.ENDED
    for action in (approve_access, refuse_access, revoke_access):
        closed(owner, action, session)


def test_a_session_of_which_the_time_is_over(acacia: Tenant, act_as: Any) -> None:
    over = ask_for_access(acacia, expires_at=support_access.in_minutes(-1).isoformat())
    lapsed = ask_for_access(acacia, occurred_at=support_access.in_minutes(-60 * 24 - 1).isoformat())
    for session in (over, lapsed):
        assert state(session) is State.EXPIRED
        for action in (approve_access, refuse_access, revoke_access):
            closed(act_as("owner"), action, session)


def test_a_session_that_needs_no_approval_is_not_approved(acacia: Tenant, act_as: Any) -> None:
    session = open_access(acacia)
    assert state(session) is State.OPEN
    closed(act_as("owner"), approve_access, session)


def test_requiring_approval_suspends_open_sessions(acacia: Tenant, act_as: Any, events: Any) -> None:
    owner = act_as("owner")
    session = open_access(acacia)
    change_requirement(owner, required=True, seen=False)
    assert state(session) is State.WAITING
    approve_access(owner, session=session)
    assert state(session) is State.OPEN
    [event] = events(action="audit.access.require")
    assert event.changes[0]["before"] == {"requires_approval": False}
    assert event.changes[0]["after"] == {"requires_approval": True}
    assert "setting:support_approval" in event.touched


def test_the_setting_is_refused_to_others_and_when_it_has_changed(
    acacia: Tenant, act_as: Any, events: Any
) -> None:
    with pytest.raises(PermissionDenied):
        change_requirement(act_as("manager"), required=True, seen=False)
    change_requirement(act_as("owner"), required=True, seen=False)
    with pytest.raises(StateConflict) as caught:
        change_requirement(act_as("owner"), required=True, seen=False)
    assert caught.value.reason is Reason.STALE_FORM
    assert change_requirement(act_as("owner"), required=True, seen=True) is None
    assert [event.outcome for event in events(action="audit.access.require")] == [
        "refused",
        "allowed",
        "refused",
        "noop",
    ]
    assert AccessPolicy.objects.count() == 1


def test_what_was_never_asked_for_is_not_found(acacia: Tenant, act_as: Any) -> None:
    for action in (approve_access, refuse_access, revoke_access):
        with pytest.raises(RouteNotFound):
            action(act_as("owner"), session=uuid7())
