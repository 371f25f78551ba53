"""One rule of equality: equal codes cannot be created twice, are found in any spelling, and mean one record."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from asora.kernel.refusals import Reason, ValidationFailed
from inventory.actions import scan_codes
from inventory.actions.bins import create_bin
from inventory.actions.items import create_item, edit_item
from inventory.files.actions import import_bins, import_categories, import_hubs, import_items, import_vendors
from inventory.models import Barcode, Bin, Category, Hub, Item, Vendor
from inventory.queries import find_item, items_by_code, shared_codes
from plans.models import Tenant
from tests.factories.items import default_category
from tests.fixture_types import Acts
from tests.inventory.nouns import NOUNS
from tests.inventory.test_races import TRIES, reasons

FULL_WIDTH = "\uff2e\uff35\uff34"  # NUT


@pytest.fixture
def mixed_case_records(acacia: Tenant) -> None:
    """One of each, in letters of both cases."""
    category = Category.objects.create(code="Nuts", name="Nuts")
    hub = Hub.objects.create(code="East", name="Eastgate")
    place = Bin.objects.create(hub=hub, code="Shelf-B")
    Vendor.objects.create(code="Alder", name="Alder")
    item = Item.objects.create(sku="Nut-8", name="Nut", category=category, unit="EA", putaway_bin=place)
    Barcode.objects.create(code="qrA1x", item=item)


def pair() -> tuple[Item, Item]:
    """Two items that a scan of `qrA1x` could mean, as the migration leaves them."""
    first = Item.objects.get(sku="Nut-8")
    second = Item.objects.create(sku="Nut-9", name="Other", category=first.category, unit="EA")
    Barcode.objects.create(code="QRa1X", item=second, shares_code=True)
    return first, second


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
def test_an_equal_code_is_not_made_again(noun: Any, acacia: Tenant, act_as: Acts) -> None:
    act = act_as("manager")
    noun.make(act, "Nut-8")
    for code in ("nut-8", "NUT-8", " nut-8 "):
        with pytest.raises(ValidationFailed) as refused:
            noun.make(act, code)
        assert refused.value.reason is (Reason.SKU_TAKEN if noun.name == "item" else Reason.CODE_TAKEN)
    assert noun.model.objects.filter(**{f"{noun.code}_key": "NUT-8"}).count() == 1


@pytest.mark.parametrize(
    ("import_file", "content"),
    [
        (import_categories, "code,name,parent_code\nnuts,Nuts,\nbolts,Bolts,NUTS\n"),
        (import_hubs, "code,name\neast,Eastgate\nwest,West\n"),
        (import_bins, "hub_code,code\nEAST,shelf-b\neast,SHELF-C\n"),
        (import_vendors, "code,name,eligible\nALDER,Alder,true\nbeech,Beech,true\n"),
        (
            import_items,
            (
                "sku,name,category_code,unit,standard_cost,reorder_point,putaway_bin,barcodes\n"
                "nut-8,Nut,NUTS,EA,0,,east/shelf-b,QRA1X\nnut-10,Ten,nuts,EA,0,,EAST/SHELF-B,\n"
            ),
        ),
    ],
    ids=["categories", "hubs", "bins", "vendors", "items"],
)
def test_a_file_means_what_exists_in_any_spelling(
    import_file: Any, content: str, mixed_case_records: None, act_as: Acts
) -> None:
    done = import_file(act_as("owner"), content=content.encode())
    assert (done.created, done.unchanged) == (1, 1)


def test_a_barcode_is_of_one_item_whatever_its_case(mixed_case_records: None, act_as: Acts) -> None:
    act = act_as("manager")
    new = {"sku": "Nut-9", "name": "Nine", "category": default_category(), "unit": "EA"}
    for barcodes in (["QRa1X"], ["nUT-8"]):
        with pytest.raises(ValidationFailed) as refused:
            create_item(act, **new, barcodes=barcodes)
        assert refused.value.reason is Reason.BARCODE_TAKEN
    with pytest.raises(ValidationFailed) as refused:
        create_item(act, **(new | {"sku": "QRA1X"}))
    assert refused.value.reason is Reason.BARCODE_TAKEN
    item = create_item(act, **new, barcodes=["Own", "OWN", "nut-9"])
    assert sorted(item.barcodes.values_list("code", flat=True)) == ["Own", "nut-9"]
    lines = (
        "sku,name,category_code,unit,standard_cost,reorder_point,barcodes\n"
        "A,A,GOODS,EA,0,,tag\nB,B,GOODS,EA,0,,TAG\nC,C,GOODS,EA,0,,a\nD,D,GOODS,EA,0,,OWN\n"
    )
    with pytest.raises(ValidationFailed) as refused:
        import_items(act, content=lines.encode())
    output = {line: entries[0]["reason"] for line, entries in refused.value.details["lines"].items()}
    assert output == {"3": "BARCODE_TAKEN", "4": "BARCODE_TAKEN", "5": "BARCODE_TAKEN"}


def test_an_item_may_spell_its_barcode_otherwise(mixed_case_records: None, act_as: Acts) -> None:
    item = Item.objects.get(sku="Nut-8")
    edit_item(act_as("manager"), item=item, version=1, barcodes=["QRA1X"])
    assert list(item.barcodes.values_list("code", "key")) == [("QRA1X", "qra1x")]


@pytest.mark.parametrize(
    "address",
    [
        "/items/nut-8/",
        "/items/NUT-8/edit/",
        "/hubs/EAST/",
        "/bins/east/shelf-b/",
        "/vendors/ALDER/",
        "/categories/nuts/",
        "/ledger/items/nut-8/stock/",
        "/ledger/items/nut-8/history/",
        "/ledger/hubs/east/stock/",
        "/ledger/bins/EAST/SHELF-B/stock/",
        "/labels/?kind=items&codes=NUT-8,QRA1X",
        "/labels/?kind=bins&codes=east/shelf-b&hub=EAST",
        "/receive/scan/?code=QRA1X",
        "/receive/scan/?code=%EF%BC%AEut-8",
        "/bins/?hub=east",
        "/items/?category=NUTS",
        "/counts/?hub=east",
        "/ledger/?hub=east&item=nut-8&bin=east/shelf-b&vendor=alder",
        "/ledger/entries/?hub=east&bin=shelf-b",
        "/reports/stock-on-hand/?hub=east&item=NUT-8&category=nuts",
        "/bins/new/?hub=east",
        "/receive/?hub=east&vendor=alder",
    ],
)
def test_an_address_means_what_exists_in_any_spelling(
    address: str, mixed_case_records: None, client_as: Any
) -> None:
    assert client_as("owner").get(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/bins/?hub=east",
        "/bins/new/?hub=east",
        "/counts/?hub=east",
        "/ledger/?hub=east",
        "/receive/?hub=east",
    ],
)
def test_a_choice_is_shown_as_chosen_in_any_spelling(
    address: str, mixed_case_records: None, client_as: Any
) -> None:
    assert '<option value="East" selected>' in client_as("owner").get(address).content.decode()


@pytest.mark.parametrize("typed", ["nut-8", "NUT", "qra1x", "QRA1X", FULL_WIDTH])
def test_search_and_lists_find_it_in_any_spelling(
    typed: str, mixed_case_records: None, client_as: Any
) -> None:
    client = client_as("owner")
    assert client.get("/search/", {"q": typed})["Location"] == "/items/Nut-8/"
    assert "/items/Nut-8/" in client.get("/items/", {"q": typed}).content.decode()


def test_forms_take_it_in_any_spelling(mixed_case_records: None, client_as: Any) -> None:
    client = client_as("owner")
    form = {"sku": "Nut-10", "name": "Ten", "category": "NUTS", "unit": "EA", "decimals": 0}
    assert client.post("/items/new/", form | {"putaway_bin": "east/shelf-b"}).status_code == 302
    assert Item.objects.get(sku="Nut-10").putaway_bin == Bin.objects.get()
    assert client.post("/bins/new/", {"hub": "EAST", "code": "C-1", "name": ""}).status_code == 302


def test_what_could_mean_two_items_is_refused(mixed_case_records: None, client_as: Any) -> None:
    first, second = pair()
    for code in ("qrA1x", "QRa1X", "qra1x"):
        assert items_by_code([code]).get(code) is None
        with pytest.raises(ValidationFailed) as refused:
            find_item(code)
        assert refused.value.reason is Reason.CODE_AMBIGUOUS
        assert "Nut-8 or Nut-9" in refused.value.message
        client = client_as("owner")
        assert client.get("/receive/scan/", {"code": code}).status_code == 400
        assert client.get("/labels/", {"kind": "items", "codes": code}).status_code == 400
        assert client.get("/ledger/entries/", {"item": code}).status_code == 400
    assert (find_item("nut-8"), find_item("NUT-9")) == (first, second)


def test_the_barcode_that_is_another_items_sku_is_refused(mixed_case_records: None, client_as: Any) -> None:
    first, second = pair()
    Barcode.objects.create(code="nut-8", item=second, shares_code=True)
    with pytest.raises(ValidationFailed):
        find_item("Nut-8")
    # Its pages are there, so that the people who manage items can resolve it.
    for address in ("/items/Nut-8/", "/ledger/items/Nut-8/stock/", "/ledger/items/Nut-8/history/"):
        assert client_as("owner").get(address).status_code == 200
    assert first.pk != second.pk


def test_shared_codes_are_listed_until_one_item_has_them(
    mixed_case_records: None, act_as: Acts, client_as: Any
) -> None:
    client = client_as("manager")
    assert "Every code belongs to exactly one record." in client.get("/codes/shared/").content.decode()
    assert "/codes/shared/" not in client.get("/items/").content.decode()
    first, second = pair()
    page = client.get("/codes/shared/").content.decode()
    for output in ("qrA1x", "QRa1X", "/items/Nut-8/", "/items/Nut-9/"):
        assert output in page
    assert "1 code belongs to more than one item" in client.get("/items/").content.decode()
    assert "/codes/shared/" not in client_as("viewer").get("/items/").content.decode()
    assert client_as("viewer").get("/codes/shared/").status_code == 403
    edit_item(
        act_as("manager"), item=first, version=1, name="Renamed", barcodes=["qrA1x"]
    )  # nothing is forced
    edit_item(act_as("manager"), item=first, version=2, barcodes=[])
    assert find_item("qra1x") == second
    assert shared_codes(act_as("manager")) == []
    assert not Barcode.objects.get().shares_code  # the index guards it again


def test_two_codes_from_before_have_their_own_spelling_only(
    mixed_case_records: None, act_as: Acts, client_as: Any
) -> None:
    Hub.objects.create(code="EAST", name="Old", shares_code=True)
    client = client_as("owner")
    assert "Eastgate" in client.get("/hubs/East/").content.decode()
    assert "Old" in client.get("/hubs/EAST/").content.decode()
    content = b"hub_code,code\neast,Z-1\n"
    with pytest.raises(ValidationFailed) as refused:
        import_bins(act_as("owner"), content=content)
    assert refused.value.reason is Reason.CODE_AMBIGUOUS
    assert import_bins(act_as("owner"), content=content.replace(b"east", b"EAST")).created == 1
    assert Bin.objects.get(code="Z-1").hub.name == "Old"
    assert client.get("/bins/?hub=east").status_code == 400
    assert "EAST" in client.get("/codes/shared/").content.decode()


def test_equal_codes_at_the_same_moment(committed_tenant: Any, act_as: Acts, threads: Any) -> None:
    committed_tenant(plan="enterprise")
    for noun in NOUNS.values():
        noun.given()  # the category or hub that it needs
        acts = [act_as("manager") for _ in range(3)]
        codes = ["Race-1", "RACE-1", "race-1"]

        def make(which: int, noun: Any = noun, acts: Any = acts, codes: Any = codes) -> Any:
            return noun.make(acts[which], codes[which])

        taken = Reason.SKU_TAKEN if noun.name == "item" else Reason.CODE_TAKEN
        assert reasons(threads(3, make)) == [taken] * 2
        assert noun.model.objects.filter(**{f"{noun.code}_key": "race-1"}).count() == 1


def test_equal_barcodes_at_the_same_moment(committed_tenant: Any, act_as: Acts, threads: Any) -> None:
    committed_tenant(plan="enterprise")
    category = default_category()
    for number in range(TRIES):
        items = [
            create_item(act_as("manager"), sku=f"{side}-{number}", name="N", category=category, unit="EA")
            for side in "AB"
        ]
        acts = [act_as("manager"), act_as("manager")]
        codes = [f"qrA{number}x", f"QRa{number}X"]

        def give(which: int, items: Any = items, acts: Any = acts, codes: Any = codes) -> Item:
            return edit_item(acts[which], item=items[which], version=1, barcodes=[codes[which]])

        assert reasons(threads(2, give)) == [Reason.BARCODE_TAKEN]
    assert Barcode.objects.count() == TRIES


def test_equal_skus_and_barcodes_at_the_same_moment(
    committed_tenant: Any, act_as: Acts, threads: Any
) -> None:
    committed_tenant(plan="enterprise")
    category = default_category()
    for number in range(TRIES):
        acts = [act_as("manager") for _ in range(3)]
        new = [
            {"sku": f"Code-{number}"},
            {"sku": f"code-{number}"},
            {"sku": f"C-{number}", "barcodes": [f"CODE-{number}"]},
        ]

        def make(which: int, acts: Any = acts, new: Any = new) -> Item:
            return create_item(acts[which], name="N", category=category, unit="EA", **new[which])

        refused = reasons(threads(3, make))
        assert len(refused) == 2
        assert set(refused) <= {Reason.SKU_TAKEN, Reason.BARCODE_TAKEN}
        assert len(items_by_code([f"code-{number}"])._claims[f"code-{number}"]) == 1


def test_the_index_is_the_net_below_the_check(
    mixed_case_records: None, act_as: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_codes, "require_free", lambda item, codes: None)
    monkeypatch.setattr(scan_codes, "require_free_sku", lambda sku: None)
    new = {"name": "Nine", "category": default_category(), "unit": "EA"}
    for values, reason in (
        ({"sku": "nUT-8"}, Reason.SKU_TAKEN),
        ({"sku": "Nut-9", "barcodes": ["QRA1X"]}, Reason.BARCODE_TAKEN),
    ):
        with pytest.raises(ValidationFailed) as refused:
            create_item(act_as("manager"), **new, **values)
        assert refused.value.reason is reason


@pytest.mark.parametrize("code", ["A/..", "A/../B", "A/./B", "A/.", "A/Edit", "A/NEW"])
def test_a_code_that_an_address_cannot_say_is_refused(
    code: str, mixed_case_records: None, act_as: Acts
) -> None:
    hub = Hub.objects.get()
    with pytest.raises(ValidationFailed):
        create_bin(act_as("owner"), hub=hub, code=code)
    with pytest.raises(ValidationFailed):
        import_bins(act_as("owner"), content=f"hub_code,code\nEast,{code}\n".encode())
    assert Bin.objects.count() == 1


@pytest.mark.parametrize("code", ["A/..", "A/../B", "A/./B", "A/.", "A/../../Shelf-B", "A/.../B"])
def test_a_bin_from_before_has_an_address_that_works(
    code: str, mixed_case_records: None, client_as: Any, act_as: Acts
) -> None:
    Bin.objects.create(hub=Hub.objects.get(), code=code, name="From before")
    address = reverse("inventory:bin-detail", args=["East", code], urlconf="asora.urls_tenant")
    # What a browser makes of it: nothing, since no segment of it is one or two dots.
    assert not {".", ".."} & set(address.split("/"))
    client = client_as("owner")
    assert "From before" in client.get(address).content.decode()
    assert client.get(f"/ledger{address}stock/").status_code == 200
    assert client.get("/search/", {"q": f"East/{code}"})["Location"] == address
    assert address in client.get("/bins/").content.decode()
    assert client.post(f"{address}edit/", {"version": 1, "name": "Renamed"})["Location"] == address
    # A file that lists it says nothing new.
    line = f"hub_code,code,name\nEast,{code},Renamed\n"
    assert import_bins(act_as("owner"), content=line.encode()).unchanged == 1
