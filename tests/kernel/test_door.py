"""The door: every gate alone and in pairs, the recorded events, and the state after failures."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError
from django.test import override_settings
from guardian.shortcuts import assign_perm

from asora.kernel.action import action
from asora.kernel.database_errors import Unavailable
from asora.kernel.ladder import GATES
from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    PlanLimitExceeded,
    Reason,
    Refusal,
    StateConflict,
    ValidationFailed,
)
from audit.events.models import Event
from inventory.models import Hub, Vendor
from tests.factories.people import add_person
from tests.kernel.actions import every_action
from tests.kernel.example_action import VendorForm, door, fill, freeze, nobody

REFUSALS: dict[str, type[Refusal]] = {
    "authenticated": AuthRequired,
    "permitted": PermissionDenied,
    "open": StateConflict,
    "valid": ValidationFailed,
    "within_plan": PlanLimitExceeded,
    "state": StateConflict,
}
SHUT = list(REFUSALS)


def attempt(birch: Any, act_as: Any, shut: set[str]) -> Refusal:
    """Try to add a vendor while these gates are shut; returns the refusal."""
    act = nobody(birch) if "authenticated" in shut else act_as("viewer" if "permitted" in shut else "manager")
    if "open" in shut:
        freeze(birch)
    if "within_plan" in shut:
        fill()
    code = "BAD" if "valid" in shut else "STALE" if "state" in shut else "V1"
    with pytest.raises(Refusal) as caught:
        door()(act, code=code)
    return caught.value


@pytest.mark.parametrize("gate", SHUT)
def test_each_gate_refuses_alone_and_is_recorded(birch, act_as, events, gate):
    refusal = attempt(birch, act_as, {gate})
    assert type(refusal) is REFUSALS[gate]
    assert not Vendor.objects.filter(code="V1").exists()
    [event] = events()
    assert (event.outcome, event.code, event.reason) == ("refused", refusal.code, refusal.reason)
    assert event.http_status == refusal.status
    assert event.changes == []
    verdicts = [(step["gate"], step["verdict"]) for step in event.decision]
    assert verdicts[-1] == (gate, "stopped")
    assert {verdict for _, verdict in verdicts[:-1]} <= {"passed"}
    passed = [name for name, _ in verdicts[:-1]]
    assert passed == [name for name in GATES if name in passed], "gates stand in their order"


@pytest.mark.parametrize("pair", list(itertools.combinations(SHUT, 2)), ids="+".join)
def test_of_two_shut_gates_the_first_decides(birch, act_as, pair):
    assert type(attempt(birch, act_as, set(pair))) is REFUSALS[pair[0]]


def test_all_gates_shut_says_nothing_but_sign_in(birch, act_as):
    assert attempt(birch, act_as, set(SHUT)).code == "AUTH_REQUIRED"


def test_an_open_door_records_the_change_with_every_gate(acacia, act_as, events):
    act = act_as("manager")
    vendor = door()(act, code="V1")
    [event] = events()
    assert (event.action, event.outcome, event.http_status) == ("inventory.vendor.create", "allowed", None)
    assert (event.request_id, event.actor_ref, event.actor_type) == (act.request_id, act.actor.ref, "user")
    assert [step["gate"] for step in event.decision] == list(GATES)
    assert event.resource_type == "inventory.vendor"
    assert (event.resource_id, event.resource_label) == (str(vendor.pk), "V1")
    assert event.changes == [
        {
            "type": "inventory.vendor",
            "id": str(vendor.pk),
            "label": "V1",
            "before": {},
            "after": {"code": "V1"},
        }
    ]
    plan = next(step for step in event.decision if step["gate"] == "within_plan")
    assert plan["limit"] == 500
    assert (plan["usage"], plan["asked"]) == (0, 1)


def test_the_ladder_of_a_refusal_says_what_would_change_it(acacia, act_as, events):
    with pytest.raises(PermissionDenied):
        door()(act_as("viewer"), code="V1")
    step = events()[0].decision[-1]
    assert step["rule"] == step["permission"] == "inventory.manage"
    assert step["roles"] == ["viewer"]
    assert step["remedy"]


def test_a_refusal_rolls_back_what_the_body_had_written(acacia, act_as, events):
    def write_then_refuse(act: Any, *, code: str) -> None:
        Vendor.objects.create(code=code, name="half")
        raise StateConflict("Too late.")

    with pytest.raises(StateConflict):
        door(write_then_refuse)(act_as("manager"), code="V1")
    assert not Vendor.objects.exists()
    [event] = events()
    assert (event.outcome, event.resource_label) == ("refused", "V1")


def test_a_crash_rolls_back_and_is_recorded_as_failed_without_detail(acacia, act_as, events):
    def write_then_crash(act: Any, *, code: str) -> None:
        Vendor.objects.create(code=code, name="half")
        raise ZeroDivisionError("secret detail")

    with pytest.raises(ZeroDivisionError):
        door(write_then_crash)(act_as("manager"), code="V1")
    assert not Vendor.objects.exists()
    [event] = events()
    assert (event.outcome, event.http_status, event.code) == ("failed", 500, "")
    assert "secret" not in str(event.__dict__)


def broken_trail(act: Any, outcome: Any) -> None:
    raise DatabaseError("the disk is full")


@override_settings(ASORA_DOOR={**settings.ASORA_DOOR, "trail": f"{__name__}.broken_trail"})
@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_what_cannot_be_recorded_does_not_happen(acacia, act_as, role):
    with pytest.raises(Unavailable):
        door()(act_as(role), code="V1")
    assert not Vendor.objects.exists()


def test_a_change_that_says_nothing_is_an_error(acacia, act_as, events):
    def silent(act: Any, *, code: str) -> None:
        Vendor.objects.create(code=code, name="silent")

    with pytest.raises(RuntimeError, match="committed nothing that its audit event could say"):
        door(silent)(act_as("manager"), code="V1")
    assert not Vendor.objects.exists()
    assert [event.outcome for event in events()] == ["failed"]


def test_nothing_to_do_is_a_noop(acacia, act_as, events):
    door(lambda act, *, code: act.noop("it is there"))(act_as("manager"), code="V1")
    [event] = events()
    assert (event.outcome, event.facts) == ("noop", {"noop": "it is there"})


def test_only_the_body_can_record(acacia, act_as):
    with pytest.raises(RuntimeError):
        act_as("manager").noop("from outside")


def test_a_rehearsal_passes_all_gates_and_leaves_nothing(acacia, act_as, events):
    assert door().rehearse(act_as("manager"), code="V1").code == "V1"
    assert not Vendor.objects.exists()
    assert events() == []


def act_stopped_at(gate, tenant, act_as):
    """An act that this gate stops, as far as that depends on the person and the tenant."""
    if gate == "open":
        freeze(tenant)
    if gate == "within_plan":
        fill()
    if gate == "authenticated":
        return nobody(tenant)
    return act_as("viewer" if gate == "permitted" else "manager")


@pytest.mark.parametrize("gate", SHUT)
def test_a_rehearsal_is_refused_as_the_real_thing_and_leaves_nothing(birch, act_as, events, gate):
    act = act_stopped_at(gate, birch, act_as)
    before = Vendor.objects.count()
    code = {"valid": "BAD", "state": "STALE"}.get(gate, "V1")
    with pytest.raises(REFUSALS[gate]):
        door().rehearse(act, code=code)
    assert Vendor.objects.count() == before
    assert events() == []


@pytest.mark.parametrize("gate", SHUT)
def test_what_a_check_refuses_is_recorded_once_and_changes_nothing(birch, act_as, events, gate):
    act = act_stopped_at(gate, birch, act_as)
    before = Vendor.objects.count()
    code = {"valid": "x" * 41, "state": "STALE"}.get(gate, "V1")
    with pytest.raises(REFUSALS[gate]) as caught:
        door().check(act, VendorForm({"code": code}))
    assert Vendor.objects.count() == before
    [event] = events()
    assert (event.outcome, event.decision[-1]["gate"], event.facts) == ("refused", gate, {"rehearsal": True})
    assert caught.value.audited, "nobody records it once more"


def test_a_check_that_is_passed_leaves_nothing(acacia, act_as, events):
    assert door().check(act_as("manager"), VendorForm({"code": "V1"})).code == "V1"
    assert not Vendor.objects.exists()
    assert events() == []


def test_a_constraint_is_the_net_below_the_checks(acacia, act_as, events):
    door()(act_as("manager"), code="V1")
    with pytest.raises(ValidationFailed) as caught:
        door()(act_as("manager"), code="v1")
    assert caught.value.reason is Reason.CODE_TAKEN
    assert [event.outcome for event in events()] == ["allowed", "refused"]
    with pytest.raises(ValidationFailed):
        door().rehearse(act_as("manager"), code="v1")


def test_a_constraint_nobody_thought_of_is_a_failure(acacia, act_as, events):
    def without_name(act: Any, *, code: str) -> None:
        Vendor.objects.create(code=code, name=None)

    with pytest.raises(IntegrityError):
        door(without_name)(act_as("manager"), code="V1")
    assert [event.outcome for event in events()] == ["failed"]


def test_a_form_is_checked_by_the_door_and_its_errors_are_recorded(acacia, act_as, events):
    with pytest.raises(ValidationFailed) as caught:
        door().submit(act_as("manager"), VendorForm({"code": "x" * 41}))
    assert caught.value.details["fields"]["code"][0]["reason"] == "MAX_LENGTH"
    [event] = events()
    assert event.decision[-1]["fields"]["code"][0]["reason"] == "MAX_LENGTH"
    assert "x" * 41 not in str(caught.value.details), "what was typed is not repeated to who typed it"
    assert event.decision[-1]["typed"] == {"fields": {"code": "x" * 41}}
    assert door().submit(act_as("manager"), VendorForm({"code": "V2"})).code == "V2"


def test_a_missing_permission_is_refused_before_the_form_is_checked(acacia, act_as):
    with pytest.raises(PermissionDenied):
        door().submit(act_as("viewer"), VendorForm({}))


@pytest.mark.parametrize("who", ["outsider", "operator", "agent"])
def test_an_act_of_another_schema_is_refused(acacia, act_as, events, who):
    act = act_as(who)
    assert act.actor.schema != acacia.schema_name
    with pytest.raises(AuthRequired):
        door()(act, code="V1")
    assert not Vendor.objects.exists()


def test_an_act_for_another_tenant_than_the_bound_one_is_refused(acacia, birch, act_as):
    with pytest.raises(AuthRequired):
        door()(act_as("manager", tenant=birch), code="V1")


def test_the_door_does_not_nest(acacia, act_as):
    inner = door()

    def outer(act: Any, *, code: str) -> None:
        inner(act, code=code)

    with pytest.raises(RuntimeError, match="durable"):
        door(outer)(act_as("manager"), code="V1")
    assert not Vendor.objects.exists()


class TestHubs:
    """Effective permission is role and hub."""

    @pytest.fixture
    def hubs(self, acacia):
        return Hub.objects.create(code="NORTH", name="North"), Hub.objects.create(code="SOUTH", name="South")

    def test_who_works_everywhere_passes(self, hubs, act_as):
        assert door()(act_as("manager"), code="V1", hub=hubs[0])

    def test_a_granted_hub_passes_and_another_does_not(self, hubs, act_as, events):
        north, south = hubs
        local = add_person("manager", name="local", all_hubs=False)
        assign_perm("inventory.operate_hub", local, north)
        assert door()(act_as(user=local), code="V1", hub=north)
        with pytest.raises(PermissionDenied) as caught:
            door()(act_as(user=local), code="V2", hub=south)
        assert caught.value.reason is Reason.HUB_NOT_GRANTED
        step = events(outcome="refused")[0].decision[-1]
        assert (step["gate"], step["rule"], step["hub"]) == ("permitted", "inventory.operate_hub", "SOUTH")

    def test_a_grant_is_worth_nothing_without_the_role(self, hubs, act_as):
        viewer = add_person("viewer", name="grantee", all_hubs=False)
        assign_perm("inventory.operate_hub", viewer, hubs[0])
        with pytest.raises(PermissionDenied) as caught:
            door()(act_as(user=viewer), code="V1", hub=hubs[0])
        assert caught.value.reason is Reason.ROLE_LACKS_PERMISSION

    def test_the_hub_gate_comes_before_the_forms_errors(self, hubs, act_as):
        local = add_person("manager", name="local", all_hubs=False)
        with pytest.raises(PermissionDenied):
            door().submit(act_as(user=local), VendorForm({"code": "x" * 41, "hub": "SOUTH"}))

    def test_an_unknown_hub_is_no_matter_of_permission(self, hubs, act_as):
        local = add_person("manager", name="local", all_hubs=False)
        assert door().submit(act_as(user=local), VendorForm({"code": "V1", "hub": "NOWHERE"}))


def test_while_frozen_lets_named_actions_through(acacia, act_as):
    freeze(acacia)
    with pytest.raises(StateConflict) as caught:
        door()(act_as("manager"), code="V1")
    assert caught.value.reason is Reason.FREEZE_ACTIVE
    assert door(while_frozen=True)(act_as("manager"), code="V1")


def test_other_database_errors_are_failures_not_retried(acacia, act_as, events):
    calls = []

    def broken(act: Any, *, code: str) -> None:
        calls.append(code)
        raise OperationalError("the server went away")

    with pytest.raises(OperationalError):
        door(broken)(act_as("manager"), code="V1")
    assert calls == ["V1"]
    assert [event.outcome for event in events()] == ["failed"]


def test_every_event_has_a_request_and_an_actor(acacia, act_as):
    door()(act_as("manager"), code="V1")
    assert not Event.objects.filter(request_id="").exists()


def test_two_actions_cannot_have_one_name():
    assert "inventory.vendor.create" in every_action()
    with pytest.raises(RuntimeError, match="two actions are called"):
        action("inventory.vendor.create", permission="inventory.manage", done="", tried="")(lambda act: None)
