"""Blind on the server: nothing that a counter can request contains an expected quantity or a variance."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from audit.events.models import Event
from ledger.models import CountSession
from tests.factories.counts import approve, enter, hand_in, line_of, start
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData, make_master_data
from tests.fixture_types import Acts, Clients
from tests.headers import HTMX, JSON

# Figures that occur nowhere else: 7319 expected, 7311 counted, so 8 missing; 7253 expected on an uncounted line.
EXPECTED, COUNTED, UNCOUNTED, MISSING = "7319", "7311", "7253", "8.0000"


@pytest.fixture
def blind(master_data: MasterData, act_as: Acts) -> tuple[MasterData, CountSession]:
    """A blind count of bolts and oil, opened by the counter."""
    deliver(
        act_as("owner"),
        master_data,
        receipt(
            master_data,
            line(master_data, "BOLT", "NORTH/A-1", EXPECTED, "2"),
            line(master_data, "OIL", "NORTH/A-2", UNCOUNTED, "3", number=2),
        ),
    )
    return master_data, start(act_as("counter"), master_data, tolerance_kind="percent", tolerance=Decimal(50))


def gets(session: CountSession) -> list[str]:
    """Every address of this count."""
    base = f"/counts/{session.pk}/"
    return [
        "/counts/",
        "/counts/?state=all",
        "/counts/?state=all&format=csv",
        "/counts/new/",
        base,
        f"{base}?bin=A-1",
        f"{base}?bin=A-2",
        f"{base}?bin=A-1&item=BOLT",
        f"{base}review/",
        f"{base}review/?show=all",
    ]


ELSEWHERE = [
    "/items/BOLT/",
    "/bins/NORTH/A-1/",
    "/hubs/NORTH/",
    "/ledger/",
    "/ledger/entries/",
    "/ledger/items/BOLT/stock/",
    "/ledger/items/BOLT/history/",
    "/reports/stock-on-hand/",
    "/search/?q=BOLT",
    "/",
]


def posts(session: CountSession) -> list[tuple[str, dict[str, str]]]:
    """Every request that can be sent, valid and invalid."""
    base = f"/counts/{session.pk}/"
    return [
        (f"{base}decide/", {"same": "1-1", "seen": "1"}),
        (f"{base}scan/", {"code": "A-1", "bin": "", "scan": str(uuid4())}),
        (f"{base}scan/", {"code": "BOLT", "bin": "A-1", "scan": str(uuid4())}),
        (f"{base}scan/", {"code": "OIL", "bin": "A-2", "scan": str(uuid4())}),
        (f"{base}scan/", {"code": "nothing", "bin": "A-1", "scan": str(uuid4())}),
        (f"{base}scan/", {"code": "BOLT", "bin": "", "scan": "no uuid"}),
        (f"{base}record/", {"sku": "BOLT", "bin": "A-1", "quantity": "-1"}),
        (f"{base}record/", {"sku": "BOLT", "bin": "A-1", "quantity": "1.5"}),
        (f"{base}record/", {"sku": "NONE", "bin": "X", "quantity": "x"}),
        (f"{base}record/", {"sku": "BOLT", "bin": "A-1", "quantity": COUNTED}),
        (f"{base}submit/", {}),
        (f"{base}approve/", {"seen": "1"}),
        (f"{base}recount/", {"seen": "1", "line": "1"}),
        (f"{base}choose/", {"seen": "1", "reading": "1"}),
        (f"{base}cancel/", {}),
        ("/counts/new/", {"hub": "NORTH"}),
        ("/counts/new/", {"hub": "SOUTH", "title": "x", "bins": "NORTH/A-1", "tolerance_kind": "none"}),
    ]


def assert_blind(response: Any, where: str) -> None:
    """No expected figure in the body or any header."""
    text = response.content.decode() + str(dict(response.headers))
    for figure in (EXPECTED, "7,319", UNCOUNTED, "7,253", MISSING, "\u22128", "-8 "):
        assert not contains(text, figure), (figure, where)


def contains(text: str, figure: str) -> bool:
    """Whether a text contains a figure, as separate digits: within a random token they mean nothing."""
    if not figure[0].isdigit():
        return figure in text
    return re.search(rf"(?<![0-9A-Za-z_-]){re.escape(figure)}(?![0-9A-Za-z_])", text) is not None


def open_every_page(client: Any, session: CountSession, *, seen: set[int]) -> None:
    """Open and send everything, as a page, a fragment and JSON."""
    for headers in ({}, HTMX, JSON):
        for address in gets(session):
            response = client.get(address, headers=headers)
            seen.add(response.status_code)
            assert_blind(response, f"GET {address} {headers}")
        for address, values in posts(session):
            response = client.post(address, values, headers=headers)
            seen.add(response.status_code)
            assert_blind(response, f"POST {address} {values} {headers}")


def test_nothing_that_a_counter_can_get(
    blind: tuple[MasterData, CountSession], act_as: Acts, client_as: Clients
) -> None:
    master_data, session = blind
    counter, client = act_as("counter"), client_as("counter")
    statuses: set[int] = set()
    for address in ELSEWHERE:
        for headers in ({}, HTMX, JSON):
            assert_blind(client.get(address, headers=headers), address)

    open_every_page(client, session, seen=statuses)  # counting
    enter(counter, master_data, session, **{"BOLT NORTH/A-1": COUNTED})
    hand_in(counter, session)
    open_every_page(client, session, seen=statuses)  # submitted
    again = line_of(session, "BOLT", "A-1").id
    client_as("manager").post(
        f"/counts/{session.pk}/recount/", {"seen": str(_version(session)), "line": str(again)}
    )
    assert CountSession.objects.get(pk=session.pk).state == "recount"
    open_every_page(client, session, seen=statuses)  # recount, at the end of which it is handed in again
    approve(act_as("manager"), session)
    open_every_page(client, session, seen=statuses)  # approved
    assert {200, 302, 400, 403, 409} <= statuses, "each kind of answer was seen"


def test_no_event_before_approval_knows_it(
    blind: tuple[MasterData, CountSession], act_as: Acts, client_as: Clients
) -> None:
    master_data, session = blind
    before = set(Event.objects.values_list("pk", flat=True))
    open_every_page(client_as("counter"), session, seen=set())
    enter(act_as("counter"), master_data, session, **{"BOLT NORTH/A-1": COUNTED})
    hand_in(act_as("counter"), session)
    for event in Event.objects.exclude(pk__in=before):
        text = f"{event.facts} {event.changes} {event.decision} {event.resource_label}"
        assert not contains(text, EXPECTED), event.action
        assert not contains(text, UNCOUNTED), event.action


def test_who_counts_and_approves_sees_it_only_after_handing_in(
    blind: tuple[MasterData, CountSession], act_as: Acts, client_as: Clients
) -> None:
    master_data, session = blind
    manager, client = act_as("manager"), client_as("manager")
    enter(manager, master_data, session, **{"BOLT NORTH/A-1": COUNTED})
    for address in (f"/counts/{session.pk}/?bin=A-1", f"/counts/{session.pk}/review/"):
        assert_blind(client.get(address), address)
    hand_in(manager, session)
    page = client.get(f"/counts/{session.pk}/review/?show=all").content.decode()
    assert "7,319" in page
    assert "7,311" in page


def test_in_the_segregated_model_who_counted_does_not_see_it_at_all(
    cedar: Any, act_as: Acts, client_as: Clients
) -> None:
    master_data = make_master_data()
    owner = act_as("owner")
    deliver(owner, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", EXPECTED, "2")))
    session = start(owner, master_data)
    enter(owner, master_data, session, **{"BOLT NORTH/A-1": COUNTED})
    hand_in(owner, session)
    response = client_as("owner").get(f"/counts/{session.pk}/review/", headers=JSON)
    assert (response.status_code, response.json()["reason"]) == (403, "FOUR_EYES")
    assert_blind(response, "review")
    assert "7,319" in client_as("approver").get(f"/counts/{session.pk}/review/").content.decode()


@pytest.mark.parametrize("role", ["counter", "manager", "viewer"])
def test_the_list_leads_only_where_its_reader_may_go(
    blind: tuple[MasterData, CountSession], act_as: Acts, client_as: Clients, role: str
) -> None:
    master_data, session = blind
    client = client_as(role)
    for step in (lambda: None, lambda: _finish(act_as, master_data, session)):
        step()
        page = client.get("/counts/?state=all").content.decode()
        assert str(session) in page
        for address in re.findall(r'class="row-link" href="([^"]+)"', page):
            assert client.get(address).status_code == 200, address


def _finish(act_as: Acts, master_data: MasterData, session: CountSession) -> None:
    enter(act_as("counter"), master_data, session, **{"BOLT NORTH/A-1": COUNTED})
    hand_in(act_as("counter"), session)
    approve(act_as("manager"), session)


def test_an_open_count_shows_it_to_those_who_see_stock(
    blind: tuple[MasterData, CountSession], act_as: Acts, client_as: Clients
) -> None:
    master_data, _blind = blind
    session = start(act_as("manager"), master_data, is_blind=False)
    address = f"/counts/{session.pk}/?bin=A-1"
    assert "7,319" in client_as("manager").get(address).content.decode()
    assert_blind(client_as("counter").get(address), address)


def test_two_who_count_do_not_see_each_other(
    blind: tuple[MasterData, CountSession], act_as: Acts, client_as: Clients
) -> None:
    master_data, session = blind
    enter(act_as("owner"), master_data, session, **{"BOLT NORTH/A-1": "6421"})
    page = client_as("counter").get(f"/counts/{session.pk}/?bin=A-1").content.decode()
    assert "6421" not in page
    assert "6,421" not in page


def _version(session: CountSession) -> int:
    return CountSession.objects.get(pk=session.pk).version
