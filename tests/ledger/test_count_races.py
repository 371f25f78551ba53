"""Two people, and many at once: a counter never approves, and a count is handed in and posted once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict
from audit.events.models import Event
from ledger.counts.actions.approval import choose_reading, request_recount
from ledger.models import BinBalance, CountReading, CountSession, Entry, Kind, Posting
from plans.models import Tenant
from tests.factories import people
from tests.factories.counts import approve, counted, enter, hand_in, left_in, line_of, start, take_out
from tests.factories.documents import deliver, line, post_movement, receipt
from tests.factories.master_data import make_master_data


def test_who_counted_cannot_approve_the_owner_too(cedar: Tenant, act_as: Callable[..., Any]) -> None:
    master_data = make_master_data()
    owner, counter, approver = act_as("owner"), act_as("counter"), act_as("approver")
    deliver(owner, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "10", "2")))
    session = start(counter, master_data)
    enter(counter, master_data, session, **{"BOLT NORTH/A-1": "9"})
    enter(owner, master_data, session, **{"BOLT NORTH/A-1": "8"})
    session = hand_in(counter, session)
    reading = line_of(session, "BOLT", "A-1").readings[0].id

    for attempt in (
        lambda: approve(owner, session),
        lambda: choose_reading(owner, session=session, reading=reading, seen=session.version),
    ):
        with pytest.raises(PermissionDenied) as refused:
            attempt()
        assert refused.value.reason is Reason.FOUR_EYES
    event = Event.objects.filter(action="ledger.count.approve").get()
    assert (event.outcome, event.reason, event.decision[-1]["gate"]) == ("refused", "FOUR_EYES", "permitted")

    # A figure of an earlier round makes a person a counter, too.
    line_id = line_of(session, "BOLT", "A-1").id
    session = request_recount(approver, session=session, lines=[line_id], seen=session.version)
    enter(counter, master_data, session, **{"BOLT NORTH/A-1": "9"})
    session = hand_in(counter, session)
    with pytest.raises(PermissionDenied):
        approve(owner, session)
    assert not Posting.objects.filter(kind="count").exists()

    approve(approver, session)
    assert BinBalance.objects.get().quantity == 9


def test_elsewhere_one_person_may_do_both(acacia: Tenant, act_as: Callable[..., Any]) -> None:
    master_data = make_master_data()
    manager = act_as("manager")
    deliver(manager, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "10", "2")))
    session = start(manager, master_data)
    enter(manager, master_data, session, **{"BOLT NORTH/A-1": "9"})
    hand_in(manager, session)
    assert approve(manager, session)


@pytest.mark.parametrize("step", ["submit", "approve"])
def test_many_at_once_do_it_once(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]], step: str
) -> None:
    tenant = committed_tenant()
    master_data = make_master_data()

    def act(role: str = "manager") -> Any:
        return people.act_of(people.person(role, tenant), tenant)

    deliver(act(), master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "10", "2")))
    session = start(act(), master_data)
    enter(act(), master_data, session, **{"BOLT NORTH/A-1": "7"})
    if step == "approve":
        session = hand_in(act(), session)

    def work(_number: int) -> Any:
        return (hand_in if step == "submit" else approve)(act(), session)

    results = threads(6, work)
    refused = [result for result in results if isinstance(result, StateConflict)]
    assert len(refused) == 5, results
    assert {result.reason for result in refused} <= {Reason.COUNT_STATE, Reason.ALREADY_POSTED}
    assert CountSession.objects.get().state == ("submitted" if step == "submit" else "approved")
    assert Posting.objects.filter(kind="count").count() == (0 if step == "submit" else 1)
    connection.set_tenant(tenant)


def test_two_count_while_stock_moves(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]]
) -> None:
    """Six issues of one bolt while two people enter many figures: the variance is still exactly one."""
    tenant = committed_tenant()
    master_data = make_master_data()

    def act(role: str = "manager") -> Any:
        return people.act_of(people.person(role, tenant), tenant)

    deliver(act(), master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "100", "2")))
    session = start(act(), master_data)

    def work(number: int) -> Any:
        if number % 2:
            return take_out(act(), master_data, "BOLT", "NORTH/A-1", "1")
        return enter(act(), master_data, session, **{"OIL NORTH/A-2": str(number)})

    results = threads(8, work)
    assert not [result for result in results if isinstance(result, Exception)], results
    enter(act(), master_data, session, **{"BOLT NORTH/A-1": "95"})
    take_out(act(), master_data, "BOLT", "NORTH/A-1", "5")
    hand_in(act(), session)
    approve(act(), session)
    assert BinBalance.objects.get(item=master_data.items["BOLT"]).quantity == 90
    assert CountReading.objects.filter(line__item=master_data.items["OIL"]).count() == 1


@pytest.mark.parametrize("costing", ["average", "fifo"])
@pytest.mark.parametrize("found", ["8", "15"])
def test_two_approvals_of_one_place_at_once_book_the_difference_once(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]], costing: str, found: str
) -> None:
    """Three counts found the same difference; whichever is approved first, the others add nothing."""
    tenant = committed_tenant(costing=costing)
    master_data = make_master_data()

    def act() -> Any:
        return people.act_of(people.person("manager", tenant), tenant)

    deliver(act(), master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "10", "2")))
    sessions = [counted(act(), master_data, found) for _ in range(3)]

    results = threads(3, lambda number: approve(act(), sessions[number]))

    refused = [result for result in results if isinstance(result, Exception)]
    assert {getattr(each, "reason", each) for each in refused} <= {Reason.READING_SUPERSEDED}, results
    assert not isinstance(results[2], Exception), "the latest reading is never superseded"
    booked = Entry.objects.filter(kind="count").values_list("quantity", flat=True)
    assert sorted(booked) == sorted([Decimal(found) - 10, *[0] * (len(booked) - 1)])
    assert left_in(master_data) == Decimal(found)


def test_an_approval_and_an_adjustment_at_once(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]]
) -> None:
    """The approval either comes first, or finds the adjustment and asks what it was about."""
    tenant = committed_tenant()
    master_data = make_master_data()

    def act() -> Any:
        return people.act_of(people.person("manager", tenant), tenant)

    for round_ in range(6):
        bin_ = "NORTH/A-1" if round_ % 2 else "NORTH/A-2"
        deliver(act(), master_data, receipt(master_data, line(master_data, "BOLT", bin_, "10", "2")))
        before = left_in(master_data, bin_)
        session = counted(act(), master_data, f"{before - 2:f}", f"BOLT {bin_}")

        def work(number: int, session: Any = session, bin_: str = bin_) -> Any:
            if number:
                return post_movement(act(), master_data, Kind.ADJUSTMENT, ("BOLT", bin_, "-2"))
            return approve(act(), session)

        approved, adjusted = threads(2, work)
        assert not isinstance(adjusted, Exception), adjusted
        if isinstance(approved, Exception):
            assert getattr(approved, "reason", None) is Reason.ADJUSTED_SINCE, approved
            assert left_in(master_data, bin_) == before - 2
        else:
            assert approved < adjusted, "what was posted before the approval is known to it"
            assert left_in(master_data, bin_) == before - 4
