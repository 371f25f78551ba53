"""Requests for adjustments: requested by one person, posted or declined by another, once; the owner included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from ledger.adjustments.actions.requests import decline_request, post_request, request_adjustment
from ledger.models import AdjustmentReason, AdjustmentRequest, Kind, Posting
from ledger.posting.drafts import Draft
from plans.models import Tenant
from tests.factories import people
from tests.factories.documents import BOTH_COSTINGS, D, draft, hubs_of, receive, with_costing
from tests.factories.master_data import MasterData, make_master_data
from tests.fixture_types import Acts
from tests.ledger.balances import assert_books_agree, bins

UP = ("BOLT", "NORTH/A-1", "3")
DOWN = ("BOLT", "NORTH/A-1", "-2")


@pytest.fixture
def four_eyes(cedar: Tenant) -> MasterData:
    """The master data in Cedar, where adjustments start as requests."""
    return make_master_data()


def ask(
    act: Any, master_data: MasterData, *moves: tuple[str, ...], wanted: Draft | None = None
) -> AdjustmentRequest:
    """Request an adjustment through the door."""
    wanted = wanted or draft(master_data, Kind.ADJUSTMENT, *(moves or (UP,)))
    return request_adjustment(
        act, draft=wanted, hubs=hubs_of(master_data, wanted), reference=wanted.reference
    )


@BOTH_COSTINGS
def test_works(four_eyes: MasterData, act_as: Acts, costing: str) -> None:
    """Stock does not change until somebody else posts it; then it is an adjustment like any other."""
    receive(with_costing(act_as("owner"), costing), four_eyes, ("BOLT", "NORTH/A-1", "5", "2"))
    request = ask(act_as("receiver"), four_eyes, DOWN, UP)
    assert bins() == {"BOLT NORTH/A-1": D(5)}

    position = post_request(act_as("approver"), request=request, note="seen")

    assert bins() == {"BOLT NORTH/A-1": D(6)}
    row = AdjustmentRequest.objects.get()
    assert (row.state, row.posting_id, row.decision_note) == ("posted", position, "seen")
    assert row.decided_by == act_as("approver").actor.ref
    posting = Posting.objects.get(position=position)
    assert (posting.kind, posting.reason, posting.submission) == ("adjustment", "DAMAGED", request.pk)
    assert_books_agree()


def test_is_recorded(four_eyes: MasterData, act_as: Acts, events: Callable[..., list[Any]]) -> None:
    request = ask(act_as("manager"), four_eyes)
    position = post_request(act_as("approver"), request=request)
    (asked,), (posted,) = events(action="ledger.request.create"), events(action="ledger.request.post")
    assert (asked.outcome, asked.first_position, asked.resource_id) == ("allowed", None, str(request.pk))
    assert (posted.outcome, posted.first_position, posted.resource_id) == (
        "allowed",
        position,
        str(request.pk),
    )
    assert posted.changes[0]["before"]["state"] == "requested"
    assert posted.changes[0]["after"]["state"] == "posted"


def test_who_asked_cannot_post_it_the_owner_neither(
    four_eyes: MasterData, act_as: Acts, events: Callable[..., list[Any]]
) -> None:
    request = ask(act_as("owner"), four_eyes)
    with pytest.raises(PermissionDenied) as refused:
        post_request(act_as("owner"), request=request)
    assert refused.value.reason is Reason.FOUR_EYES
    assert not Posting.objects.exists()
    (event,) = events(action="ledger.request.post")
    assert (event.outcome, event.reason) == ("refused", "FOUR_EYES")
    post_request(act_as("approver"), request=request)


def test_by_person_and_not_by_role(four_eyes: MasterData, act_as: Acts) -> None:
    """Another owner is another person."""
    request = ask(act_as("owner"), four_eyes)
    post_request(act_as(user=people.add_person("owner", name="partner")), request=request)
    assert bins() == {"BOLT NORTH/A-1": D(3)}


def test_elsewhere_asking_is_optional_and_one_pair_of_eyes_enough(
    master_data: MasterData, act_as: Acts
) -> None:
    act = act_as("manager")
    post_request(act, request=ask(act, master_data))
    assert bins() == {"BOLT NORTH/A-1": D(3)}


def test_declining_moves_nothing(
    four_eyes: MasterData, act_as: Acts, events: Callable[..., list[Any]]
) -> None:
    request = ask(act_as("receiver"), four_eyes)
    decline_request(act_as("approver"), request=request, note="count again")
    row = AdjustmentRequest.objects.get()
    assert (row.state, row.posting_id, row.decision_note) == ("declined", None, "count again")
    assert not Posting.objects.exists()
    assert [event.outcome for event in events(action="ledger.request.decline")] == ["allowed"]


@pytest.mark.parametrize("decide", [post_request, decline_request])
def test_is_decided_once(four_eyes: MasterData, act_as: Acts, decide: Any) -> None:
    posted, declined = ask(act_as("receiver"), four_eyes), ask(act_as("receiver"), four_eyes)
    position = post_request(act_as("approver"), request=posted)
    decline_request(act_as("approver"), request=declined)
    for request in (posted, declined):
        with pytest.raises(StateConflict) as refused:
            decide(act_as("approver"), request=request)
        assert refused.value.reason is Reason.REQUEST_CLOSED
        assert refused.value.details.get("position") == (position if request == posted else None)
    assert Posting.objects.count() == 1


def test_many_at_once_post_it_once(
    committed_tenant: Callable[..., Any], act_as: Acts, threads: Callable[..., list[Any]]
) -> None:
    committed_tenant(role_model="segregated")
    request = ask(act_as("receiver"), make_master_data())
    acts = [act_as("approver") for _ in range(4)]
    results = threads(4, lambda number: post_request(acts[number], request=request))
    reasons = [result.reason for result in results if isinstance(result, Exception)]
    assert reasons == [Reason.REQUEST_CLOSED] * 3
    assert bins() == {"BOLT NORTH/A-1": D(3)}


def test_asking_twice_asks_once(four_eyes: MasterData, act_as: Acts) -> None:
    wanted = draft(four_eyes, Kind.ADJUSTMENT, UP)
    ask(act_as("receiver"), four_eyes, wanted=wanted)
    with pytest.raises(StateConflict) as refused:
        ask(act_as("receiver"), four_eyes, wanted=wanted)
    assert refused.value.reason is Reason.ALREADY_POSTED
    assert refused.value.details["request"] == str(wanted.submission)
    assert AdjustmentRequest.objects.count() == 1


def test_what_is_there_counts_when_it_is_posted(four_eyes: MasterData, act_as: Acts) -> None:
    request = ask(act_as("receiver"), four_eyes, DOWN)
    with pytest.raises(ValidationFailed) as refused:
        post_request(act_as("approver"), request=request)
    assert refused.value.reason is Reason.INSUFFICIENT_STOCK
    assert AdjustmentRequest.objects.get().state == "requested"
    receive(act_as("owner"), four_eyes, ("BOLT", "NORTH/A-1", "5", "2"))
    post_request(act_as("approver"), request=request)
    assert bins() == {"BOLT NORTH/A-1": D(3)}


def test_what_makes_no_sense_is_not_even_asked(four_eyes: MasterData, act_as: Acts) -> None:
    for wanted, reason in (
        (draft(four_eyes, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "0")), Reason.QUANTITY_ZERO),
        (draft(four_eyes, Kind.ADJUSTMENT, UP, reason="WHIM"), Reason.UNKNOWN_REASON),
        (draft(four_eyes, Kind.ADJUSTMENT), Reason.NO_DATA),
    ):
        with pytest.raises(ValidationFailed) as refused:
            ask(act_as("receiver"), four_eyes, wanted=wanted)
        assert refused.value.reason is reason
    assert not AdjustmentRequest.objects.exists()


def test_a_reason_that_was_archived_meanwhile_is_refused(four_eyes: MasterData, act_as: Acts) -> None:
    request = ask(act_as("receiver"), four_eyes)
    AdjustmentReason.objects.all().delete()
    with pytest.raises(ValidationFailed) as refused:
        post_request(act_as("approver"), request=request)
    assert refused.value.reason is Reason.UNKNOWN_REASON


def test_roles(four_eyes: MasterData, act_as: Acts) -> None:
    """Who may request, and who may decide, in the segregated role model."""
    for role in ("counter", "approver", "auditor"):
        with pytest.raises(PermissionDenied):
            ask(act_as(role), four_eyes)
    request = ask(act_as("receiver"), four_eyes)
    for role in ("counter", "receiver", "manager", "auditor"):
        for decide in (post_request, decline_request):
            with pytest.raises(PermissionDenied):
                decide(act_as(role), request=request)
    assert AdjustmentRequest.objects.get().state == "requested"


def test_needs_the_hub(four_eyes: MasterData, act_as: Acts) -> None:
    for role, name in (("receiver", "local"), ("approver", "judge")):
        assign_perm(
            "inventory.operate_hub", people.add_person(role, name=name, all_hubs=False), four_eyes.south
        )
    local, judge = (people.User.objects.get(email=f"{name}@example.com") for name in ("local", "judge"))
    with pytest.raises(PermissionDenied):
        ask(act_as(user=local), four_eyes)
    request = ask(act_as("receiver"), four_eyes)
    for decide in (post_request, decline_request):
        with pytest.raises(PermissionDenied) as refused:
            decide(act_as(user=judge), request=request)
        assert refused.value.reason is Reason.HUB_NOT_GRANTED
