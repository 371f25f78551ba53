"""Opening a count that overlaps an open one shows a message; of two opened at once, the later one does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from audit.events.models import Event
from inventory.models import Category, Item
from ledger.counts.actions.approval import cancel_count
from ledger.counts.queries.scopes import overlaps_of
from ledger.models import CountSession
from plans.models import Tenant
from tests.factories import people
from tests.factories.counts import start
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData, make_master_data
from tests.fixture_types import Acts


class TestOpening:
    """Opening a count that overlaps an open one shows a message."""

    def test_the_same_hub(self, ten_bolts: MasterData, act_as: Acts, events: Any) -> None:
        act = act_as("manager")
        first = start(act, ten_bolts)
        second = start(act, ten_bolts)
        start(act, ten_bolts, hub="SOUTH")
        opened = events(action="ledger.count.open")
        assert [event.facts.get("overlaps", []) for event in opened] == [[], [str(first)], []]
        cancel_count(act, session=first)
        cancel_count(act, session=second)
        start(act, ten_bolts)
        assert not events(action="ledger.count.open")[-1].facts.get("overlaps")

    def test_only_where_both_can_count_the_same(self, ten_bolts: MasterData, act_as: Acts) -> None:
        act = act_as("manager")
        deliver(act, ten_bolts, receipt(ten_bolts, line(ten_bolts, "OIL", "NORTH/A-2", "1", "1")))
        bin_1, bin_2 = ten_bolts.bins["NORTH/A-1"], ten_bolts.bins["NORTH/A-2"]
        bolt, oil = ten_bolts.items["BOLT"], ten_bolts.items["OIL"]
        other = Category.objects.create(code="OTHER", name="Other")
        wire = Item.objects.create(sku="WIRE", name="Wire", category=other, unit="m", decimals=2)
        first = start(act, ten_bolts, bins=[bin_1], items=[bolt])
        for scope, lines in (
            ({"bins": [bin_1]}, 1),
            ({"items": [bolt]}, 1),
            ({"categories": [bolt.category], "bins": [bin_1, bin_2]}, 1),
            ({"bins": [bin_2]}, None),
            ({"items": [oil]}, None),
            ({"categories": [other]}, None),
        ):
            session = start(act, ten_bolts, **scope)
            found = [overlap for overlap in overlaps_of(session) if overlap.session == first]
            assert [overlap.lines for overlap in found] == ([] if lines is None else [lines]), scope
        # Two counts of the same item in a bin that is still empty have no common line, but overlap.
        session = start(act, ten_bolts, categories=[other])
        (same,) = [o for o in overlaps_of(start(act, ten_bolts, items=[wire])) if o.session == session]
        assert same.lines == 0

    def test_the_page_says_so(self, ten_bolts: MasterData, act_as: Acts, client_as: Any) -> None:
        first = start(act_as("manager"), ten_bolts)
        values = {"hub": "NORTH", "title": "Again", "submission": str(uuid4()), "tolerance_kind": "none"}
        answer = client_as("counter").post("/counts/new/", values, follow=True)
        assert f"Another open count covers the same places: {first} (1 line)." in answer.content.decode()
        review = client_as("manager").get(f"/counts/{first.pk}/review/").content.decode()
        assert "Another open count covers the same places" in review


def test_of_two_that_are_opened_at_once_the_later_one_says_so(
    committed_tenant: Callable[..., Tenant], threads: Callable[..., list[Any]]
) -> None:
    tenant = committed_tenant()
    master_data = make_master_data()

    def work(_number: int) -> Any:
        return start(people.act_of(people.person("manager", tenant), tenant), master_data)

    sessions = threads(4, work)
    assert {type(session) for session in sessions} == {CountSession}, sessions
    reported = [
        len(event.facts.get("overlaps", [])) for event in Event.objects.filter(action="ledger.count.open")
    ]
    assert sorted(reported) == [0, 1, 2, 3]
