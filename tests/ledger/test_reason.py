"""The tenant's list of adjustment reasons: added, renamed, archived, restored; each time audited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, transaction

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from ledger.adjustments.actions.reasons import add_reason, archive_reason, rename_reason, restore_reason
from ledger.models import AdjustmentReason, Kind
from ledger.posting import writing
from plans.models import Tenant
from tests.factories.documents import draft
from tests.factories.documents import post as send
from tests.factories.master_data import make_master_data
from tests.factories.tenants import in_tenant
from tests.fixture_types import Acts


def test_works_and_is_recorded(acacia: Tenant, act_as: Acts, events: Callable[..., list[Any]]) -> None:
    act = act_as("manager")
    reason = add_reason(act, code=" flooded ", name="  Water   damage ")
    assert (reason.code, reason.name) == ("FLOODED", "Water damage")
    rename_reason(act, reason=reason, name="Flooded")
    rename_reason(act, reason=reason, name="Flooded")
    archive_reason(act, reason=reason)
    restore_reason(act, reason=reason)
    message = [(event.action, event.outcome, event.changes) for event in events()]
    assert [(action.rpartition(".")[2], outcome) for action, outcome, _changes in message] == [
        ("add", "allowed"),
        ("rename", "allowed"),
        ("rename", "noop"),
        ("archive", "allowed"),
        ("restore", "allowed"),
    ]
    assert message[1][2][0]["before"] == {"name": "Water damage"}
    assert message[1][2][0]["after"] == {"name": "Flooded"}


@pytest.mark.parametrize("code", ["", "-X", "ÜBER", "A B", "X" * 61])
def test_refuses_a_code_that_is_none(acacia: Tenant, act_as: Acts, code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        add_reason(act_as("manager"), code=code, name="Some")
    assert "code" in refused.value.details["fields"]


def test_refuses_a_code_that_is_taken_and_a_name_that_is_none(acacia: Tenant, act_as: Acts) -> None:
    with pytest.raises(ValidationFailed) as refused:
        add_reason(act_as("manager"), code="lost", name="Lost")
    assert refused.value.reason is Reason.CODE_TAKEN
    for name in ("", "  ", "x" * 121):
        with pytest.raises(ValidationFailed):
            add_reason(act_as("manager"), code="NEW", name=name)
    assert not AdjustmentReason.objects.filter(code="NEW").exists()


def test_refuses_to_archive_twice(acacia: Tenant, act_as: Acts) -> None:
    reason = AdjustmentReason.objects.get(code="LOST")
    with pytest.raises(StateConflict):
        restore_reason(act_as("manager"), reason=reason)
    archive_reason(act_as("manager"), reason=reason)
    with pytest.raises(StateConflict) as refused:
        archive_reason(act_as("manager"), reason=reason)
    assert refused.value.reason is Reason.ALREADY_ARCHIVED


@pytest.mark.parametrize("role", ["receiver", "viewer", "counter"])
def test_refuses_the_viewer(acacia: Tenant, act_as: Acts, role: str) -> None:
    reason = AdjustmentReason.objects.get(code="LOST")
    for change in (
        lambda act: add_reason(act, code="NEW", name="New"),
        lambda act: rename_reason(act, reason=reason, name="New"),
        lambda act: archive_reason(act, reason=reason),
    ):
        with pytest.raises(PermissionDenied):
            change(act_as(role))


def test_is_not_archived_while_a_posting_names_it(
    committed_tenant: Callable[..., Tenant],
    act_as: Acts,
    threads: Callable[..., list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reason is locked from the check until commit; once it is archived, no posting can use it."""
    act = act_as("manager", tenant=committed_tenant())
    master_data = make_master_data()
    reason = AdjustmentReason.objects.get(code="LOST")
    tried: list[Any] = []

    def lock(_number: int) -> Any:
        with transaction.atomic():
            return AdjustmentReason.objects.select_for_update(nowait=True).get(pk=reason.pk)

    def post(*arguments: Any) -> Any:
        tried.extend(threads(1, lock))
        return posting(*arguments)

    posting = writing.post
    monkeypatch.setattr(writing, "post", post)
    moves = ("BOLT", "NORTH/A-1", "1")
    assert send(act, master_data, draft(master_data, Kind.ADJUSTMENT, moves, reason="LOST")) == 1
    assert [type(result) for result in tried] == [OperationalError]

    archive_reason(act, reason=reason)
    with pytest.raises(ValidationFailed) as refused:
        send(act, master_data, draft(master_data, Kind.ADJUSTMENT, moves, reason="LOST"))
    assert refused.value.reason is Reason.UNKNOWN_REASON


def test_each_tenant_has_its_own(acacia: Tenant, birch: Tenant, act_as: Acts) -> None:
    add_reason(act_as("manager"), code="FLOODED", name="Flooded")
    with in_tenant(birch):
        assert not AdjustmentReason.objects.filter(code="FLOODED").exists()
        assert AdjustmentReason.objects.filter(code="LOST").exists()
