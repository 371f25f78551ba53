"""The pages: what they show to whom, forms that keep all input, imports that are checked first."""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.events.models import Event
from inventory.actions.items import create_item, edit_item
from inventory.models import Bin, Category, Item, Vendor
from plans.models import Tenant
from tests.factories.items import default_category, default_hub
from tests.inventory.nouns import NOUNS, Noun

NEW_ITEM = {
    "sku": "CH-1",
    "name": "Chain",
    "category": "GOODS",
    "unit": "EA",
    "decimals": "0",
    "standard_cost": "14.20",
    "reorder_point": "40",
    "barcodes": "111\n112",
    "putaway_bin": "north/a-1",
}


@pytest.fixture(autouse=True)
def one_bin(acacia: Tenant) -> None:
    """GOODS, NORTH and its bin A-1."""
    default_category()
    Bin.objects.create(hub=default_hub(), code="A-1")


def test_an_item_is_made_and_changed_in_the_browser(client_as: Any) -> None:
    browser = client_as("manager")
    hub = default_hub()
    made = browser.post("/items/new/", NEW_ITEM | {f"reorder_point_{hub.pk}": "5"})
    assert (made.status_code, made["Location"]) == (302, "/items/CH-1/")
    item = Item.objects.get()
    assert (item.standard_cost, item.putaway_bin.code, item.barcodes.count()) == (Decimal("14.20"), "A-1", 2)
    assert item.hub_reorder_points.get().quantity == 5
    form = browser.get("/items/CH-1/edit/").context["form"]
    typed = {name: "" if value is None else value for name, value in form.initial.items()}
    assert browser.post("/items/CH-1/edit/", typed).status_code == 302
    assert Event.objects.order_by("-occurred_at")[0].outcome == "noop"
    assert browser.post("/items/CH-1/edit/", typed | {"name": "Chain 11"}).status_code == 302
    assert "Chain 11" in browser.get("/items/ch-1/").content.decode()


def test_nothing_typed_is_lost_when_it_is_refused(client_as: Any) -> None:
    browser = client_as("manager")
    wrong = NEW_ITEM | {
        "sku": "new",
        "name": "Kept as typed",
        "putaway_bin": "NORTH/Z-9",
        "standard_cost": "1,5",
    }
    answer = browser.post("/items/new/", wrong)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Kept as typed" in page
    fields = Event.objects.order_by("-occurred_at")[0].decision[-1]["fields"]
    assert {name: entries[0]["reason"] for name, entries in fields.items()} == {
        "sku": "NAME_RESERVED",
        "putaway_bin": "UNKNOWN_BIN",
        "standard_cost": "INVALID_INPUT",
    }


def test_a_stale_form_shows_what_changed_and_keeps_what_was_typed(client_as: Any, act_as: Any) -> None:
    item = create_item(act_as("manager"), sku="S", name="First", category=default_category(), unit="EA")
    edit_item(act_as("owner"), item=item, version=1, name="Of the owner")
    typed = {"version": 1, "name": "Typed by me", "category": "GOODS", "unit": "EA", "decimals": 0}
    answer = client_as("manager").post("/items/S/edit/", typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Typed by me" in page
    assert "Of the owner" in page
    assert "STALE_FORM" in page


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
def test_the_viewer_looks_and_does_not_touch(noun: Noun, client_as: Any, act_as: Any) -> None:
    noun.make(act_as("manager"), "REC-1")
    viewer, plain = client_as("viewer"), "/".join(noun.url.split("/")[:2]) + "/"
    assert viewer.get(plain).status_code == 200
    detail = viewer.get(f"{noun.url}REC-1/").content.decode()
    assert "/archive/" not in detail
    for path in (f"{plain}new/", f"{plain}import/", f"{noun.url}REC-1/edit/"):
        assert viewer.get(path).status_code == 403
    assert viewer.post(f"{noun.url}REC-1/archive/").status_code == 403
    assert client_as().get(plain).status_code == 401


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
def test_archive_and_restore_by_button(noun: Noun, client_as: Any, act_as: Any) -> None:
    record = noun.make(act_as("manager"), "REC-1")
    browser = client_as("manager")
    assert browser.get(f"{noun.url}REC-1/archive/").status_code == 404
    for button, is_archived in (("archive", True), ("restore", False)):
        assert browser.post(f"{noun.url}REC-1/{button}/").status_code == 302
        record.refresh_from_db()
        assert record.is_archived is is_archived


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
def test_every_form_opens(noun: Noun, client_as: Any, act_as: Any) -> None:
    noun.make(act_as("manager"), "REC-1")
    browser, plain = client_as("manager"), "/".join(noun.url.split("/")[:2]) + "/"
    for path in (f"{plain}new/", f"{plain}import/", f"{noun.url}REC-1/edit/"):
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize("query", ["q=%00", "q=" + "x" * 201, "state=none", "category=NOPE", "after=broken"])
def test_a_filter_that_makes_no_sense_is_refused_cleanly(query: str, client_as: Any) -> None:
    assert client_as("viewer").get(f"/items/?{query}").status_code == 400


@pytest.mark.parametrize(
    "path", ["/items/%00/", "/items/nope/", "/hubs/x/", "/bins/NORTH/x/", "/vendors/%F0%9F%9A%B2/"]
)
def test_what_is_not_here_is_not_found(path: str, client_as: Any) -> None:
    assert client_as("viewer").get(f"/{path}/").status_code == 404


def test_items_are_found_by_word_category_and_barcode(client_as: Any, act_as: Any) -> None:
    below = Category.objects.create(code="BELOW", name="Below", parent=default_category())
    for sku, name, barcodes in (
        ("A-1", "Red chain", ["999"]),
        ("B-2", "Blue chain 100%", []),
        ("C-3", "Bell", []),
    ):
        create_item(act_as("manager"), sku=sku, name=name, category=below, unit="EA", barcodes=barcodes)
    browser = client_as("viewer")

    def found(query: str) -> list[str]:
        return [row.sku for row in browser.get(f"/items/?{query}").context["page"].rows]

    assert found("q=CHAIN") == ["A-1", "B-2"]
    assert found("q=chain+red") == ["A-1"]
    assert found("q=999") == ["A-1"]
    assert found("q=100%25") == ["B-2"]
    assert found("q=_") == []
    assert found("category=GOODS") == ["A-1", "B-2", "C-3"]
    assert browser.get("/items/?q=bell&format=csv").content.decode().splitlines()[1].startswith("C-3,Bell")


def test_eligibility_is_decided_by_those_who_may(client_as: Any) -> None:
    vendor = Vendor.objects.create(code="V", name="V")
    assert client_as("receiver").post("/vendors/V/eligibility/", {"version": 1}).status_code == 403
    assert client_as("manager").post("/vendors/V/eligibility/", {"version": 1}).status_code == 302
    vendor.refresh_from_db()
    assert not vendor.eligible
    assert (
        client_as("manager").post("/vendors/V/eligibility/", {"version": 1, "eligible": "on"}).status_code
        == 409
    )


def test_counters_see_no_stock_and_receivers_no_cost(client_as: Any, act_as: Any) -> None:
    create_item(
        act_as("manager"),
        sku="S",
        name="S",
        category=default_category(),
        unit="EA",
        standard_cost=Decimal("123.45"),
    )
    assert "/stock/" not in client_as("counter").get("/items/S/").content.decode()
    assert "123.45" not in client_as("receiver").get("/items/S/").content.decode()
    assert "123.45" in client_as("manager").get("/items/S/").content.decode()


def test_a_file_is_checked_and_then_imported_without_choosing_it_again(client_as: Any) -> None:
    browser = client_as("manager")
    upload = SimpleUploadedFile("vendors.csv", b"code,name,eligible\r\nV-1,One,yes\r\n")
    checked = browser.post("/vendors/import/", {"file": upload, "check": "1"})
    assert (checked.status_code, checked.context["outcome"].created) == (200, 1)
    assert not Vendor.objects.exists()
    upload = re.search(r'name="upload" value="([0-9a-f-]{36})"', checked.content.decode())
    assert upload
    done = browser.post("/vendors/import/", {"upload": upload[1], "import": "1"})
    assert (done.status_code, done["Location"]) == (302, "/vendors/")
    event = Event.objects.get(action="inventory.vendor.import")
    assert event.facts["sha256"] == checked.context["outcome"].sha256


@pytest.mark.parametrize("check", [{"check": "1"}, {}])
def test_a_refused_file_names_its_lines(check: dict[str, str], client_as: Any) -> None:
    form = {"text": "code,name,eligible\nV-1,One,yes\nV-1,<b>Two</b>,perhaps\n"}
    answer = client_as("manager").post("/vendors/import/", form | check)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "DUPLICATE_ROW" in page
    assert "<b>Two" not in page
    assert page.count("perhaps") == 2  # at its line, and in the field where it was pasted
    event = Event.objects.get(action="inventory.vendor.import")
    assert (event.outcome, "rehearsal" in event.facts) == ("refused", bool(check))
    assert event.facts["sha256"] == hashlib.sha256(form["text"].encode()).hexdigest()
    assert not Vendor.objects.filter(code__startswith="V-").exists()


def test_a_file_that_is_too_large_or_none_at_all(client_as: Any, settings: Any) -> None:
    settings.ASORA_IMPORT_MAX_BYTES = 100
    browser = client_as("manager")
    assert (
        browser.post("/vendors/import/", {"file": SimpleUploadedFile("v.csv", b"x" * 101)}).status_code == 400
    )
    assert Event.objects.order_by("-occurred_at")[0].reason == "TOO_LARGE"
    assert browser.post("/vendors/import/", {"upload": "no id at all"}).status_code == 404
    assert browser.post("/vendors/import/", {"check": "1"}).status_code == 400


def test_the_same_refusal_as_json(client_as: Any) -> None:
    answer = client_as("manager").post("/items/new/", {"sku": "new"}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    assert answer.json()["details"]["fields"]["sku"][0]["reason"] == "NAME_RESERVED"


@pytest.mark.parametrize(("role", "is_shown"), [("viewer", True), ("receiver", True), ("counter", False)])
def test_hubs_and_bins_lead_to_what_they_hold(client_as: Any, role: str, is_shown: bool) -> None:
    """Inventory knows only the ledger's URLs; people who may not see stock get no link."""
    client = client_as(role)
    for page, contents in (
        ("/bins/NORTH/A-1/", "/ledger/bins/NORTH/A-1/stock/"),
        ("/hubs/NORTH/", "/ledger/hubs/NORTH/stock/"),
    ):
        assert (f'hx-get="{contents}"' in client.get(page).content.decode()) == is_shown
        assert (client.get(contents).status_code == 200) == is_shown
