"""What would change each refusal, and who can do it: every reason, through the door and on the page."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import pytest

from asora.accounts.roles.holders import holders
from asora.accounts.roles.labels import role_name
from asora.accounts.roles.table import GRANTS
from asora.kernel import remedies
from asora.kernel.refusals import CODES, PermissionDenied, Reason, Refusal, StateConflict
from asora.kernel.remedies import REMEDIES
from tests.kernel.example_action import door, freeze

PERMISSIONS = frozenset().union(*(held for roles in GRANTS.values() for held in roles.values()))
PLAN_REASONS = [reason for reason in Reason if reason.startswith("PLAN_")]


def test_every_reason_has_one():
    assert set(REMEDIES) == set(Reason)


def test_none_has_two():
    """Two entries for one reason would silently keep only the later one."""
    tables = [node for node in ast.walk(ast.parse(inspect.getsource(remedies))) if isinstance(node, ast.Dict)]
    named = [ast.unparse(key) for table in tables for key in table.keys if key is not None]
    assert sorted(set(named)) == sorted(named)


@pytest.mark.parametrize("reason", Reason)
def test_it_is_a_sentence_that_can_be_read_aloud(reason):
    text = str(REMEDIES[reason].text)
    assert text[0].isupper()
    assert text.endswith(".")
    assert "_" not in text


@pytest.mark.parametrize("reason", Reason)
def test_where_nothing_helps_it_says_so_and_where_somebody_can_help_somebody_exists(reason):
    remedy = REMEDIES[reason]
    assert remedy.is_final == str(remedy.text).startswith("Nothing to do")
    assert not (remedy.is_final and remedy.by)
    assert set(remedy.by) <= PERMISSIONS


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.STEP_UP_REQUIRED])
def test_every_refusal_carries_it_through_the_door_and_to_the_page(
    acacia, act_as, client_as, events, monkeypatch, reason
):
    kind = (
        next(code for code in CODES if reason is code.default_reason) if reason in DEFAULTS else StateConflict
    )

    def refuse(*args: Any, **values: Any) -> None:
        raise kind("No.", reason=reason)

    with pytest.raises(Refusal) as caught:
        door(refuse)(act_as("manager"), code="V1")
    assert caught.value.details["remedy"] == str(REMEDIES[reason].text)
    [event] = events()
    step = event.decision[-1]
    assert step["remedy"] == str(REMEDIES[reason].text)
    assert step["standing"] == {"roles": ["manager"], "hubs": "all"}
    assert bool(step.get("who")) == bool(REMEDIES[reason].by)

    monkeypatch.setattr("audit.explorer.views.wants_csv", refuse)
    answer = client_as("owner").get("/audit/", headers={"accept": "application/json"})
    if reason not in PAGES_OF_THEIR_OWN:
        assert answer.json()["details"]["remedy"] == str(REMEDIES[reason].text)
        shown = client_as("owner").get("/audit/", headers={"HX-Request": "true"}).content.decode()
        assert str(REMEDIES[reason].text) in shown.replace("&#x27;", "'")


PAGES_OF_THEIR_OWN = {Reason.LINK_INVALID}
DEFAULTS = {code.default_reason for code in CODES}


def test_exports_begin_again_with_the_month_and_archiving_has_nothing_to_do_with_them():
    text = str(REMEDIES[Reason.PLAN_EXPORTS].text)
    assert "archived" not in text
    assert "first day of the next month" in text
    for reason in set(PLAN_REASONS) - {Reason.PLAN_EXPORTS, Reason.PLAN_INTEGRATIONS}:
        assert "archived records count too" in str(REMEDIES[reason].text)


def test_a_frozen_tenant_names_who_can_really_open_it(acacia, act_as, events):
    freeze(acacia)
    with pytest.raises(StateConflict) as caught:
        door()(act_as("manager"), code="V1")
    assert caught.value.details["who"] == ["platform_lead"] == holders("plans.unfreeze_tenant")
    assert "platform lead" in caught.value.details["remedy"]
    assert events()[-1].decision[-1]["who"] == ["platform_lead"]


def test_a_role_that_lacks_a_permission_hears_which_roles_hold_it(acacia, act_as, client_as, events):
    with pytest.raises(PermissionDenied) as caught:
        door()(act_as("viewer"), code="V1")
    assert caught.value.details["held_by"] == ["owner", "manager"]
    assert caught.value.details["who"] == ["owner"], "who gives roles"
    step = events()[-1].decision[-1]
    assert (step["held_by"], step["roles"]) == (["owner", "manager"], ["viewer"])

    shown = client_as("viewer").get("/receive/").content.decode()
    assert "Owner, Manager, Receiver" in shown
    assert role_name("viewer") in shown
