"""One rule of equal codes: forms, scans, files and counts find the same records in any spelling."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import Reason, ValidationFailed
from inventory.models import Barcode, Bin, Category, Hub, Item, Vendor
from ledger.counts.csv_reader import read_counts
from ledger.files.actions import import_adjustments
from ledger.models import CountReading, CountSession, Entry, Kind, Posting
from ledger.posting.csv_reader import read_movements
from plans.models import Tenant
from tests.factories import people
from tests.fixture_types import Acts
from tests.ledger.test_document_pages import typed

HEADER = "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"


@pytest.fixture
def mixed_case_items(acacia: Tenant) -> dict[str, Item]:
    """Old records: codes in upper and lower case, and two items whose barcodes differ only in case."""
    category = Category.objects.create(code="Parts", name="Parts")
    for hub in (Hub.objects.create(code="East", name="East"), Hub.objects.create(code="West", name="West")):
        Bin.objects.create(hub=hub, code="Shelf-B")
    Vendor.objects.create(code="Acme", name="Acme")
    items = {
        sku: Item.objects.create(sku=sku, name=sku, category=category, unit="EA")
        for sku in ("Bolt-m6", "First", "Second")
    }
    Barcode.objects.create(code="4006381", item=items["Bolt-m6"])
    Barcode.objects.create(code="qrA1x", item=items["First"])
    Barcode.objects.create(code="QRa1X", item=items["Second"], shares_code=True)
    return items


def delivery(*skus: str, bin_: str = "shelf-b", hub: str = "EAST") -> dict[str, str]:
    lines = [{"sku": sku, "bin": bin_, "quantity": "5", "unit_cost": "1"} for sku in skus]
    return typed(*lines, vendor="ACME", hub=hub)


def moved() -> list[tuple[str, str]]:
    """SKU and quantity of every entry."""
    rows = Entry.objects.order_by("posting", "line").values_list("item__sku", "quantity")
    return [(sku, f"{quantity:.0f}") for sku, quantity in rows]


@pytest.mark.parametrize("sku", ["BOLT-M6", "bolt-m6", "Bolt-m6", "4006381"])
def test_what_a_scan_finds_a_form_posts(sku: str, mixed_case_items: dict[str, Item], client_as: Any) -> None:
    client = client_as("manager")
    assert client.get("/receive/scan/", {"code": sku}).json()["sku"] == "Bolt-m6"
    assert client.post("/receive/", delivery(sku)).status_code == 302
    assert (
        client.post(
            "/issue/", typed({"sku": sku, "bin": "east/SHELF-B", "quantity": "2"}, hub="east")
        ).status_code
        == 302
    )
    assert moved() == [("Bolt-m6", "5"), ("Bolt-m6", "-2")]


@pytest.mark.parametrize("codes", [("qrA1x", "QRa1X"), ("qrA1x",), ("QRa1X",), ("Bolt-m6", "qra1x")])
def test_a_barcode_that_could_mean_two_items_posts_neither(
    codes: tuple[str, ...], mixed_case_items: dict[str, Item], client_as: Any, events: Any
) -> None:
    response = client_as("manager").post("/receive/", delivery(*codes))
    assert response.status_code == 400
    assert response.content.decode().count("This code can mean First or Second.")
    assert not Posting.objects.exists()
    (event,) = events(action="ledger.receipt.post")
    assert (event.outcome, event.reason) == ("refused", "CODE_AMBIGUOUS")


def test_a_barcode_is_right_again_once_one_item_has_it(
    mixed_case_items: dict[str, Item], client_as: Any
) -> None:
    Barcode.objects.get(code="qrA1x").delete()
    assert client_as("manager").post("/receive/", delivery("QRA1X", "First")).status_code == 302
    assert moved() == [("Second", "5"), ("First", "5")]


def test_a_file_means_what_exists_in_any_spelling(mixed_case_items: dict[str, Item]) -> None:
    content = HEADER + (
        "R-1,2026-03-02,ACME,BOLT-M6,east,SHELF-B,5,1\nR-1,2026-03-02, acme ,first,EAST,shelf-b,5,1\n"
    )
    file = read_movements(Kind.RECEIPT, content.encode())
    assert not file.errors
    (draft,) = file.drafts
    assert [line.item_id for line in draft.lines] == [
        mixed_case_items["Bolt-m6"].pk,
        mixed_case_items["First"].pk,
    ]
    assert [hub.code for hub in file.hubs] == ["East"]


def test_a_file_of_counts_means_what_exists_in_any_spelling(mixed_case_items: dict[str, Item]) -> None:
    header = "hub_code,bin_code,sku,counted_qty\n"
    file = read_counts(f"{header}east,shelf-b,BOLT-M6,3\nEAST, Shelf-B ,first,1\n".encode())
    assert [(hub.code, len(figures)) for hub, figures in file.hubs] == [("East", 2)]
    with pytest.raises(ValidationFailed) as refused:
        read_counts(f"{header}East,Shelf-B,First,3\neast,shelf-b,FIRST,1\n".encode())
    assert refused.value.reason is Reason.DUPLICATE_ROW


def test_a_count_means_what_exists_in_any_spelling(mixed_case_items: dict[str, Item], client_as: Any) -> None:
    client = client_as("counter")
    opened = {
        "title": "Count", "hub": "EAST", "tolerance_kind": "none", "tolerance": "0", "submission": uuid4(),
        "bins": "east/shelf-b", "categories": "PARTS", "items": "bolt-m6, first",
    }  # fmt: skip
    assert client.post("/counts/new/", opened).status_code == 302
    session = CountSession.objects.get()
    assert session.hub.code == "East"
    assert sorted(session.items.values_list("sku", flat=True)) == ["Bolt-m6", "First"]
    address = f"/counts/{session.pk}/"
    scan = {"bin": "EAST/shelf-B", "code": "BOLT-M6", "scan": uuid4()}
    assert client.post(f"{address}scan/", scan).status_code == 302
    figure = {"bin": "SHELF-B", "sku": "first", "quantity": "2"}
    assert client.post(f"{address}record/", figure).status_code == 302
    assert "Bolt-m6" in client.get(address, {"bin": "shelf-B"}).content.decode()
    assert CountReading.objects.count() == 2
    # A code that could mean two items counts for neither.
    response = client.post(f"{address}scan/", scan | {"code": "QRA1X", "scan": uuid4()})
    assert response.status_code == 400
    assert "This code can mean First or Second." in response.content.decode()
    assert CountReading.objects.count() == 2


@pytest.fixture
def limited(mixed_case_items: dict[str, Item]) -> Any:
    """A manager who works at East only; First is put away at West."""
    Item.objects.filter(sku="First").update(putaway_bin=Bin.objects.get(hub__code="West"))
    user = people.add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", user, Hub.objects.get(code="East"))
    return user


@pytest.mark.parametrize("place", ["West/Shelf-B", "WEST/shelf-b", "West/NOWHERE", "west / nowhere"])
@pytest.mark.parametrize(
    ("address", "extra"),
    [
        ("/receive/", {"vendor": "Acme"}),
        ("/issue/", {}),
        ("/transfer/", {"to_hub": "East"}),
        ("/adjust/", {"reason": "LOST"}),
    ],
)
def test_no_form_tells_what_another_hub_holds(
    address: str, extra: dict[str, str], place: str, limited: Any, client_as: Any
) -> None:
    line = {"sku": "Second", "bin": place, "to_bin": place, "quantity": "1", "unit_cost": "1"}
    values = typed(line, hub="East", **extra)
    response = client_as(user=limited).post(address, values, headers={"accept": "application/json"})
    assert (response.status_code, response.json()["reason"]) == (403, "HUB_NOT_GRANTED")
    assert response.json()["details"]["hub"] == "West"


@pytest.mark.parametrize("sku", ["First", "Second"])
def test_no_form_tells_that_an_item_is_put_away_at_another_hub(
    sku: str, limited: Any, client_as: Any
) -> None:
    """One item has a put-away bin at another hub, one has none: the answer is the same."""
    values = typed({"sku": sku, "bin": "", "quantity": "1", "unit_cost": "1"}, hub="East", vendor="Acme")
    response = client_as(user=limited).post("/receive/", values, headers={"accept": "application/json"})
    assert (response.status_code, response.json()["reason"]) == (400, "UNKNOWN_BIN")
    assert "West" not in response.content.decode()


def test_a_bin_may_be_called_like_a_hub(limited: Any, client_as: Any) -> None:
    """A bin of the hub above takes precedence, whatever comes before its slash; a code without a slash names no hub."""
    for code in ("West/1", "West"):
        Bin.objects.create(hub=Hub.objects.get(code="East"), code=code)
    client = client_as(user=limited)
    for place in ("west/1", "west"):
        values = delivery("Second", bin_=place) | {"reference": f"Into {place}"}
        assert client.post("/receive/", values).status_code == 302
    assert set(Entry.objects.values_list("bin__code", flat=True)) == {"West/1", "West"}
    response = client.post("/receive/", delivery("Second", bin_="west-9"))
    assert response.status_code == 400


def test_a_reason_of_an_adjustment_is_a_code(
    mixed_case_items: dict[str, Item], act_as: Acts, client_as: Any
) -> None:
    client = client_as("manager")
    client.post("/receive/", delivery("First"))
    content = (
        "reference,effective_on,sku,hub_code,bin_code,quantity,reason\n"
        "A-1,2026-03-02,first,east,shelf-b,-1,Lost\nA-1,2026-03-02,FIRST,EAST,SHELF-B,-1,lost\n"
    )
    file = read_movements(Kind.ADJUSTMENT, content.encode())
    assert not file.errors
    import_adjustments(act_as("manager"), file=file)
    assert Posting.objects.get(kind=Kind.ADJUSTMENT).reason == "LOST"
    page = client.get("/ledger/entries/", {"reason": "lost"}).content.decode()
    assert "A-1" in page
