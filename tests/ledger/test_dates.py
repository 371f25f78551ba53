"""Dates that are probably mistakes: more than ten years back, or before the stock came. Posted if confirmed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from asora.kernel.refusals import Reason, ValidationFailed
from ledger.adjustments.actions.requests import request_adjustment
from ledger.models import AdjustmentRequest, Kind, Posting
from ledger.posting.checks import is_long_ago
from ledger.reports.inventory_movement import below_zero
from ledger.reports.scope import Scope
from tests.factories.documents import (
    DAY,
    HEADERS,
    deliver,
    draft,
    hubs_of,
    import_rows,
    line,
    post,
    post_movement,
    receipt,
    receive,
)
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts
from tests.headers import JSON
from tests.ledger.balances import bins
from tests.ledger.report_fixtures import HUBS
from tests.ledger.test_document_pages import typed

LINE = {"sku": "BOLT", "bin": "A-1", "quantity": "4"}
FORMS = {
    "/receive/": typed(LINE | {"unit_cost": "1"}, vendor="ACME"),
    "/issue/": typed(LINE),
    "/transfer/": typed(LINE | {"to_bin": "A-2"}, to_hub="SOUTH"),
    "/adjust/": typed(LINE | {"quantity": "-4", "unit_cost": ""}, reason="LOST"),
}
ROWS = {
    Kind.RECEIPT: "D-1,{day},ACME,BOLT,NORTH,A-1,4,1",
    Kind.ISSUE: "D-1,{day},BOLT,NORTH,A-1,4",
    Kind.TRANSFER: "D-1,{day},BOLT,NORTH,A-1,SOUTH,A-2,4",
    Kind.ADJUSTMENT: "D-1,{day},BOLT,NORTH,A-1,-4,LOST",
}
OLD_DAYS = ["0026-03-02", "0206-03-02", "2006-03-02"]


def answers_in(page: Any) -> list[str]:
    """The keys that a page asks to confirm, and those that are confirmed already."""
    return re.findall(r'name="confirm" value="([^"]+)"', page.content.decode())


@pytest.mark.parametrize("day", OLD_DAYS)
@pytest.mark.parametrize("url", FORMS)
def test_a_day_long_ago_is_asked_about_on_the_form(
    master_data: MasterData, act_as: Acts, client_as: Any, events: Any, url: str, day: str
) -> None:
    deliver(
        act_as("owner"), master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "10", "1"))
    )
    client = client_as("owner")
    values = FORMS[url] | {"effective_on": day}
    refused = client.post(url, values)
    assert refused.status_code == 400
    assert f"{day} is more than ten years ago." in refused.content.decode()
    assert Posting.objects.count() == 1
    (event,) = events(outcome="refused")
    assert event.decision[-1]["fields"]["effective_on"][0]["reason"] == "DATE_LONG_AGO"

    # The answer is for this day only.
    other = client.post(url, values | {"confirm": answers_in(refused), "effective_on": "0027-03-02"})
    assert other.status_code == 400

    confirm = answers_in(refused)
    posted = client.post(url, values | {"confirm": confirm})
    if url != "/receive/":  # takes stock before there is any: both questions are asked at once
        assert len(confirm) == 2
    assert posted.status_code == 302, answers_in(posted)
    event = events(outcome="allowed")[-1]
    assert event.facts["confirmed"][0] == {"reason": "DATE_LONG_AGO", "what": [day]}
    assert Posting.objects.latest("position").effective_on == date.fromisoformat(day)


@pytest.mark.parametrize("kind", ROWS)
def test_a_day_long_ago_in_a_file_is_refused_unless_confirmed(
    master_data: MasterData, act_as: Acts, client_as: Any, events: Any, kind: Kind
) -> None:
    receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    client = client_as("owner")
    url = f"/{'receive' if kind == 'receipt' else 'adjust' if kind == 'adjustment' else kind.value}/import/"
    text = f"{HEADERS[kind]}\n{ROWS[kind].format(day='0026-03-02')}\n"
    refused = client.post(url, {"text": text, "check": "1"})
    assert refused.status_code == 400
    assert "0026-03-02 is more than ten years ago." in refused.content.decode()
    assert 'name="old_days"' in refused.content.decode()
    (upload,) = re.findall(r'name="upload" value="([0-9a-f-]{36})"', refused.content.decode())[:1]
    checked = client.post(url, {"upload": upload, "check": "1", "old_days": "on"})
    assert checked.status_code == 200
    assert '<input type="hidden" name="old_days" value="on">' in checked.content.decode()
    assert (
        client.post(url, {"upload": upload, "import": "1"}).status_code == 400
    )  # the answer goes with the file
    imported = client.post(url, {"upload": upload, "import": "1", "old_days": "on"})
    assert imported.status_code == 302
    assert events(outcome="allowed")[-1].facts["confirmed"] == [
        {"reason": "DATE_LONG_AGO", "documents": 1, "first": "0026-03-02", "last": "0026-03-02"}
    ]


def test_what_calls_the_action_is_asked_too(master_data: MasterData, act_as: Acts) -> None:
    wanted = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1"), day=date(26, 3, 2))
    with pytest.raises(ValidationFailed) as refused:
        deliver(act_as("owner"), master_data, wanted)
    assert refused.value.reason is Reason.DATE_LONG_AGO


@pytest.mark.parametrize(
    ("day", "today", "expected"),
    [
        ("2016-11-28", "2026-11-28", False),
        ("2016-11-27", "2026-11-28", True),
        ("2014-02-28", "2024-02-29", True),
        ("2014-03-01", "2024-02-29", False),
        ("2016-02-29", "2026-03-01", True),
        ("2016-02-29", "2026-02-28", False),
        ("0001-01-01", "2026-01-01", True),
    ],
)
def test_ten_years_back(day: str, today: str, *, expected: bool) -> None:
    assert is_long_ago(date.fromisoformat(day), today=date.fromisoformat(today)) is expected


def late_delivery(master_data: MasterData, act: Any) -> None:
    """Ten bolts, delivered on 9 March: an issue dated the 2nd has stock now, but not on its date."""
    deliver(
        act,
        master_data,
        receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "10", "1"), day=date(2026, 3, 9)),
    )


def moved(*hubs: str, since: str = "2026-03-01", until: str = "2026-03-31") -> list[str]:
    """The cases where the report of movements shows stock below zero."""
    position = Posting.objects.latest("position").position
    scope = Scope(position, hubs or HUBS, since=date.fromisoformat(since), until=date.fromisoformat(until))
    found, count = below_zero(scope, limit=10)
    assert count == len(found)
    return [one.fact for one in found]


@pytest.mark.parametrize("url", ["/issue/", "/transfer/", "/adjust/"])
def test_less_than_nothing_on_a_day_is_said_before_posting_and_on_the_report(
    master_data: MasterData, act_as: Acts, client_as: Any, events: Any, url: str
) -> None:
    late_delivery(master_data, act_as("owner"))
    client = client_as("owner")
    asked = client.post(url, FORMS[url])
    assert asked.status_code == 400
    assert "BOLT, NORTH, 2026-03-02: \u22124 pcs" in asked.content.decode()
    assert events(outcome="refused")[-1].reason == "BELOW_ZERO_BY_DATE"
    assert bins() == {"BOLT NORTH/A-1": 10}
    # An answer is valid for one question: a larger quantity is asked about again.
    (key,) = answers_in(asked)
    more = FORMS[url] | {
        "lines-0-quantity": FORMS[url]["lines-0-quantity"].replace("4", "5"),
        "confirm": [key],
    }
    assert client.post(url, more).status_code == 400
    assert client.post(url, FORMS[url] | {"confirm": [key]}).status_code == 302
    assert events(outcome="allowed")[-1].facts["confirmed"] == [
        {"reason": "BELOW_ZERO_BY_DATE", "what": ["BOLT NORTH 2026-03-02 -4"]}
    ]
    assert moved() == ["BOLT NORTH 2026-03-02 -4"]
    page = client.get("/reports/inventory-movement/", {"by": "effective", "since": "2026-03-01"})
    assert "In order of effective dates, stock falls below zero in 1 case" in page.content.decode()
    fragment = client.get(
        "/reports/inventory-movement/",
        {"by": "effective", "since": "2026-03-01"},
        headers={"HX-Request": "true"},
    )
    assert 'id="below-zero"' in fragment.content.decode()
    assert "below-zero" not in client.get("/reports/inventory-movement/").content.decode()


@pytest.mark.parametrize("day", ["2026-03-09", "2026-03-10", ""])
def test_what_was_there_by_then_is_not_asked_about(
    master_data: MasterData, act_as: Acts, client_as: Any, day: str
) -> None:
    act = act_as("owner")
    late_delivery(master_data, act)
    values = FORMS["/issue/"] | {"effective_on": day or act.today.isoformat()}
    assert client_as("owner").post("/issue/", values).status_code == 302
    assert moved() == []


def test_a_day_is_below_zero_by_what_came_after_it(
    master_data: MasterData, act_as: Acts, client_as: Any
) -> None:
    """There is enough on the day itself, but not for later issues."""
    act = act_as("owner")
    deliver(act, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "5", "1")))
    late_delivery(master_data, act)
    post(act, master_data, draft(master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "3"), day=date(2026, 3, 5)))
    asked = client_as("owner").post("/issue/", FORMS["/issue/"], headers=JSON)
    assert asked.json()["reason"] == "BELOW_ZERO_BY_DATE"
    assert "2026-03-05: \u22122 pcs" in asked.json()["message"]


def test_within_a_hub_nothing_is_taken(master_data: MasterData, act_as: Acts, client_as: Any) -> None:
    late_delivery(master_data, act_as("owner"))
    within = typed(LINE | {"to_bin": "A-2"}, to_hub="NORTH")
    assert client_as("owner").post("/transfer/", within).status_code == 302


def test_only_permitted_hubs_are_told_of(master_data: MasterData, act_as: Acts) -> None:
    act = act_as("owner")
    late_delivery(master_data, act)
    post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "4"))
    assert moved("NORTH") == moved() == ["BOLT NORTH 2026-03-02 -4"]
    assert moved("SOUTH") == []
    assert moved(since="2026-03-03") == []  # it begins below zero, which the opening shows
    assert moved(until="2026-03-01") == []


def test_who_posts_a_request_is_asked_as_well(master_data: MasterData, act_as: Acts, client_as: Any) -> None:
    late_delivery(master_data, act_as("owner"))
    wanted = draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-4"), day=DAY)
    asked = request_adjustment(
        act_as("manager"), draft=wanted, hubs=hubs_of(master_data, wanted), reference=wanted.reference
    )
    client = client_as("owner")
    page = client.post(f"/adjust/requests/{asked.pk}/post/", {"note": ""})
    assert page.status_code == 400
    assert "BOLT, NORTH, 2026-03-02: \u22124 pcs" in page.content.decode()
    posted = client.post(f"/adjust/requests/{asked.pk}/post/", {"note": "", "confirm": answers_in(page)})
    assert posted.status_code == 302
    assert AdjustmentRequest.objects.get().state == "posted"


def test_files_do_not_ask_what_the_report_says(master_data: MasterData, act_as: Acts) -> None:
    """A file has months of documents in any order: the report shows the days with stock below zero."""
    act = act_as("owner")
    late_delivery(master_data, act)
    import_rows(act, Kind.ISSUE, "D-1,2026-03-02,BOLT,NORTH,A-1,4")
    assert moved() == ["BOLT NORTH 2026-03-02 -4"]
