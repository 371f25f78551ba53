"""An action's `derive`: after the gates that need no lock, before the transaction, and never for somebody refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from asora.kernel.act import Act
from asora.kernel.door import Action
from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    PlanLimitExceeded,
    Reason,
    Refusal,
    StateConflict,
    ValidationFailed,
)
from inventory.models import Hub, Vendor
from tests.factories.people import add_person
from tests.kernel import example_action
from tests.kernel.example_action import VendorForm, fill, freeze, nobody


class Derivation:
    """A `derive` that remembers its calls."""

    def __init__(self, *, refusal: Exception | None = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self.refusal = refusal

    def __call__(self, act: Act, *, code: str, **others: Any) -> str:
        self.calls.append({"code": code, "in_transaction": connection.in_atomic_block, **others})
        if self.refusal is not None:
            raise self.refusal
        return f"derived from {code}"


def create(act: Act, *, code: str, derived: str, hub: Hub | None = None) -> Vendor:
    """A vendor called after what was derived."""
    return example_action.create(act, code=code, hub=hub, name=derived)


def door(derivation: Derivation) -> Action[..., Any]:
    return example_action.door(create, derive=derivation)


#: Each way through the door: called with values, with a form, rehearsed, checked.
WAYS: dict[str, Callable[[Action[..., Any], Act], Any]] = {
    "call": lambda action, act: action(act, code="V1"),
    "submit": lambda action, act: action.submit(act, VendorForm({"code": "V1"})),
    "rehearse": lambda action, act: action.rehearse(act, code="V1"),
    "check": lambda action, act: action.check(act, VendorForm({"code": "V1"})),
}


@pytest.mark.parametrize("way", WAYS)
def test_its_result_is_an_argument_of_the_body(acacia: Any, act_as: Any, way: str) -> None:
    derivation = Derivation()
    vendor = WAYS[way](door(derivation), act_as("manager"))
    assert vendor.name == "derived from V1"
    assert [call["code"] for call in derivation.calls] == ["V1"]


@pytest.mark.parametrize("way", ["call", "submit", "rehearse", "check"])
def test_no_transaction_is_open_in_it(committed_tenant: Any, act_as: Any, way: str) -> None:
    committed_tenant()
    derivation = Derivation()
    WAYS[way](door(derivation), act_as("manager"))
    assert [call["in_transaction"] for call in derivation.calls] == [False]


class TestNeverRuns:
    """Where a gate before it has refused."""

    @pytest.mark.parametrize("way", WAYS)
    def test_without_a_sign_in(self, acacia: Any, way: str) -> None:
        self.refused(AuthRequired, nobody(acacia), way)

    @pytest.mark.parametrize("way", WAYS)
    def test_without_the_permission(self, acacia: Any, act_as: Any, way: str) -> None:
        self.refused(PermissionDenied, act_as("viewer"), way)

    @pytest.mark.parametrize("way", WAYS)
    def test_in_a_frozen_tenant(self, acacia: Any, act_as: Any, way: str) -> None:
        freeze(acacia)
        self.refused(StateConflict, act_as("manager"), way)

    def test_with_an_invalid_form(self, acacia: Any, act_as: Any) -> None:
        for way in ("submit", "check"):
            derivation = Derivation()
            with pytest.raises(ValidationFailed):
                getattr(door(derivation), way)(act_as("manager"), VendorForm({"code": ""}))
            assert derivation.calls == []

    def test_at_a_hub_that_is_not_granted(self, acacia: Any, act_as: Any) -> None:
        Hub.objects.create(code="NORTH", name="North")
        user = add_person("manager", name="nowhere", all_hubs=False)
        derivation = Derivation()
        with pytest.raises(PermissionDenied):
            door(derivation).submit(act_as(user=user), VendorForm({"code": "V1", "hub": "NORTH"}))
        assert derivation.calls == []

    def refused(self, kind: type[Refusal], act: Act, way: str) -> None:
        derivation = Derivation()
        with pytest.raises(kind):
            WAYS[way](door(derivation), act)
        assert derivation.calls == []


@pytest.mark.parametrize("way", ["call", "submit", "check"])
def test_its_refusal_is_recorded_with_its_gate_and_leaves_nothing_else(
    acacia: Any, act_as: Any, events: Any, way: str
) -> None:
    no_data = ValidationFailed.at_field("code", "There is nothing in it.", reason=Reason.NO_DATA)
    with pytest.raises(ValidationFailed) as caught:
        WAYS[way](door(Derivation(refusal=no_data)), act_as("manager"))
    assert caught.value is no_data
    assert not Vendor.objects.exists()
    [event] = events()
    assert (event.outcome, event.reason, event.resource_label) == ("refused", "NO_DATA", "V1")
    assert (event.decision[-1]["gate"], event.decision[-1]["verdict"]) == ("valid", "stopped")
    assert event.rule_id == "inventory.manage.no_data"
    assert [step["gate"] for step in event.decision] == ["authenticated", "permitted", "valid"]


def test_a_rehearsal_that_it_refuses_leaves_no_event(acacia: Any, act_as: Any, events: Any) -> None:
    with pytest.raises(StateConflict):
        door(Derivation(refusal=StateConflict("Too late."))).rehearse(act_as("manager"), code="V1")
    assert events() == []


def test_its_failure_is_recorded_as_failed(acacia: Any, act_as: Any, events: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        door(Derivation(refusal=ZeroDivisionError("secret")))(act_as("manager"), code="V1")
    [event] = events()
    assert (event.outcome, event.resource_label) == ("failed", "V1")
    assert "secret" not in str(event.__dict__)


def test_it_comes_before_the_plan(birch: Any, act_as: Any) -> None:
    """The ceiling is claimed in the transaction, so what is derived for a full plan was derived in vain."""
    fill()
    derivation = Derivation()
    with pytest.raises(PlanLimitExceeded):
        door(derivation)(act_as("manager"), code="V1")
    assert len(derivation.calls) == 1


def test_it_runs_once_however_often_the_transaction_is_retried(
    acacia: Any, act_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    derivation, attempts = Derivation(), []

    def deadlocks_once(act: Act, *, code: str, derived: str) -> Vendor:
        attempts.append(derived)
        if len(attempts) == 1:
            deadlock = OperationalError("deadlock detected")
            deadlock.__cause__ = psycopg.errors.DeadlockDetected()
            raise deadlock
        return create(act, code=code, derived=derived)

    example_action.door(deadlocks_once, derive=derivation)(act_as("manager"), code="V1")
    assert (len(attempts), len(derivation.calls)) == (2, 1)
