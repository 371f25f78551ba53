"""Stock on hand: right at every position, only for permitted hubs, and reconciled with all entries."""

from __future__ import annotations

import datetime as dt

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel import positions
from asora.kernel.refusals import ValidationFailed
from inventory.actions.items import edit_item
from inventory.models import Bin
from ledger.models import BinBalance
from ledger.queries.asof import as_of
from tests.factories.documents import deliver, line, receipt
from tests.factories.people import add_person
from tests.ledger import report_fixtures
from tests.ledger.report_fixtures import STOCK, rows, scope

URL = "/reports/stock-on-hand/"
NOW = [
    ("BOLT", "NORTH", "A-1", "10"),
    ("BOLT", "NORTH", "DOCK", "5"),
    ("BOLT", "SOUTH", "A-2", "7"),
    ("OIL", "SOUTH", "A-1", "1.50"),
]


def test_at_every_position(stocked):
    head = positions.current()
    assert rows(head) == NOW
    assert rows(head - 1) == [NOW[0], NOW[1], NOW[3]]
    assert rows(head - 2) == NOW[:1]
    assert rows(head - 3) == []


def test_narrower(stocked):
    head = positions.current()
    assert rows(head, "SOUTH") == NOW[2:]
    assert rows(head, items=("OIL",)) == NOW[3:]
    assert rows(head, categories=("PARTS",)) == NOW
    assert rows(head, categories=("SPARES",)) == []


def test_named_and_filed_as_of_the_position(stocked, act_as):
    before = positions.current()
    item = stocked.items["OIL"]
    edit_item(
        act_as("owner"),
        item=item,
        version=item.version,
        name="Olive oil",
        category=report_fixtures.other_category(),
    )

    def oil(position):
        return next(row[1:3] for row in STOCK.stream(scope(position, items=("OIL",))))

    assert oil(before) == ("Oil", "PARTS")
    assert oil(positions.current()) == ("Olive oil", "SPARES")
    assert rows(positions.current(), categories=("SPARES",)) == NOW[3:]
    assert rows(before, categories=("SPARES",)) == []


def test_in_byte_order(stocked, act_as):
    """Capital letters come before small ones, whatever the collation of the database."""
    for code in ("a-0", "B-0", "Z_9"):
        stocked.bins[f"NORTH/{code}"] = Bin.objects.create(hub=stocked.north, code=code)
        deliver(act_as("owner"), stocked, receipt(stocked, line(stocked, "BOLT", f"NORTH/{code}", "1", "1")))
    found = [row[2] for row in rows(positions.current(), "NORTH")]
    assert found == ["A-1", "B-0", "DOCK", "Z_9", "a-0"]


def test_totals_reconcile_and_a_lie_does_not(stocked):
    head = scope(positions.current())
    assert {total.unit: total.figures["quantity"] for total in STOCK.totals(head)} == {"pcs": 22, "l": 1.5}
    assert STOCK.cross_check(head) == {"pcs": {"quantity": 22}, "l": {"quantity": 1.5}}
    # The report takes its keys from the balances: a missing balance must show in the reconciliation.
    BinBalance.objects.filter(bin=stocked.bins["NORTH/A-1"]).delete()
    assert STOCK.totals(head)[1].figures["quantity"] == 12
    assert STOCK.cross_check(head)["pcs"]["quantity"] == 22


def test_page(stocked, client_as):
    page = client_as("viewer").get(URL)
    text = page.content.decode()
    assert page.status_code == 200
    assert "item=BOLT&amp;bin=NORTH%2FA-1&amp;at=" in text
    assert "4 in all" in text
    assert "Export CSV" not in text  # a viewer cannot export
    assert "Reconciled" in client_as("viewer").get(URL, {"part": "reconciliation"}).content.decode()


def test_page_by_page(stocked, client_as, monkeypatch):
    monkeypatch.setattr("asora.kernel.listing.PAGE_SIZE", 2)
    client = client_as("owner")
    first = client.get(URL)
    assert [row["bin"] for row, _address in first.context["rows"]] == ["A-1", "DOCK"]
    assert not first.context["page"].before
    second = client.get(URL, {"after": first.context["page"].after})
    assert [row["sku"] for row, _address in second.context["rows"]] == ["BOLT", "OIL"]
    assert not second.context["page"].after
    back = client.get(URL, {"before": second.context["page"].before})
    assert [row["bin"] for row, _address in back.context["rows"]] == ["A-1", "DOCK"]
    assert client.get(URL, {"after": first.context["page"].after + "x"}).status_code == 400


def test_permitted_hubs_only(stocked, client_as):
    user = add_person("viewer", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", user, stocked.north)
    client = client_as(user=user)
    page = client.get(URL)
    assert {row["hub"] for row, _address in page.context["rows"]} == {"NORTH"}
    assert "SOUTH" not in page.content.decode()
    assert "l" not in {total.unit for total in page.context["totals"]}
    refused = client.get(URL, {"hub": "SOUTH"}, headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["reason"]) == (403, "HUB_NOT_GRANTED")
    unknown = client.get(URL, {"hub": "EAST"}, headers={"accept": "application/json"})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "VALIDATION_FAILED")


def test_counters_and_receivers_see_no_report(stocked, client_as):
    for role in ("counter", "receiver"):
        assert client_as(role).get(URL).status_code == 403


def test_as_of_a_position_or_a_day(stocked, act_as):
    act = act_as("owner")
    head = positions.current()
    assert (as_of(act).position, as_of(act).is_past) == (head, False)
    assert (as_of(act, "#2").position, as_of(act, "2").is_past) == (2, True)
    today = dt.datetime.now(dt.UTC).date()
    assert as_of(act, today.isoformat()).position == head
    assert as_of(act, (today - dt.timedelta(days=1)).isoformat()).position == 0
    for text, reason in (
        (str(head + 1), "POSITION_UNKNOWN"),
        ("9" * 5000, "POSITION_UNKNOWN"),
        ((today + dt.timedelta(days=1)).isoformat(), "DATE_IN_FUTURE"),
        ("yesterday", "INVALID_INPUT"),
    ):
        with pytest.raises(ValidationFailed) as refused:
            as_of(act, text)
        assert str(refused.value.reason) == reason
