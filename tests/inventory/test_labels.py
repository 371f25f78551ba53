"""Labels have codes that scan fields read, and show nothing of hubs where the person does not work."""

from __future__ import annotations

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel.qr import qr_code
from inventory.forms.labels import MAX_COPIES
from inventory.models import Bin
from tests.factories.people import add_person

URL = "/labels/"


def labels(client, **query):
    answer = client.get(URL, query)
    assert answer.status_code == 200
    return [(label["code"], label["note"]) for label in answer.context["labels"]]


def refused(client, **query):
    answer = client.get(URL, query, headers={"accept": "application/json"})
    body = answer.json()
    (entries,) = body["details"]["fields"].values()
    return answer.status_code, body["code"], entries[0]["reason"]


def test_of_items_by_sku_or_barcode_in_the_order_asked(master_data, client_as):
    master_data.items["OIL"].barcodes.create(code="4006381333931")
    client = client_as("viewer")
    assert labels(client, kind="items", codes="cable, 4006381333931\nBOLT") == [
        ("CABLE", "m"), ("OIL", "l"), ("BOLT", "pcs"),
    ]  # fmt: skip
    page = client.get(URL, {"kind": "items", "codes": "BOLT"}).content.decode()
    assert qr_code("BOLT") in page


def test_of_bins_by_address_or_of_a_whole_hub(master_data, client_as):
    client = client_as("counter")
    assert labels(client, kind="bins", codes="NORTH/A-1") == [("A-1", "NORTH")]
    assert labels(client, kind="bins", hub="SOUTH") == [("A-1", "SOUTH"), ("A-2", "SOUTH"), ("DOCK", "SOUTH")]
    assert len(labels(client, kind="bins", hub="SOUTH", codes="SOUTH/A-1", copies="3")) == 9
    assert qr_code("SOUTH/A-1") in client.get(URL, {"kind": "bins", "hub": "SOUTH"}).content.decode()


def test_what_a_label_says_is_understood_where_it_is_scanned(master_data, client_as):
    client = client_as("owner")
    (label,) = client.get(URL, {"kind": "items", "codes": "BOLT"}).context["labels"]
    assert client.get("/receive/scan/", {"code": label["code"]}).json()["sku"] == "BOLT"


def test_other_hubs_stay_unknown(master_data, client_as):
    southern = add_person("manager", name="southern", all_hubs=False)
    assign_perm("inventory.operate_hub", southern, master_data.south)
    client = client_as(user=southern)
    assert refused(client, kind="bins", codes="NORTH/A-1") == (400, "VALIDATION_FAILED", "UNKNOWN_BIN")
    assert refused(client, kind="bins", hub="NORTH") == (400, "VALIDATION_FAILED", "UNKNOWN_HUB")
    assert "NORTH" not in client.get(URL).content.decode()


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"kind": "items", "codes": "NOBODY"}, "UNKNOWN_ITEM"),
        ({"kind": "bins", "codes": "A-1"}, "UNKNOWN_BIN"),
        ({"kind": "items"}, "NO_DATA"),
        ({"kind": "items", "codes": " , "}, "NO_DATA"),
        ({"kind": "people"}, "INVALID_CHOICE"),
        ({"kind": "items", "codes": "BOLT", "copies": "0"}, "MIN_VALUE"),
        ({"kind": "items", "codes": "BOLT", "copies": "99999999999999999999"}, "MAX_VALUE"),
        ({"kind": "items", "codes": "BOLT\x00"}, "NULL_CHARACTERS_NOT_ALLOWED"),
        ({"kind": "items", "codes": "B" * 20_001}, "MAX_LENGTH"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(master_data, client_as, query, reason):
    assert refused(client_as("viewer"), **query) == (400, "VALIDATION_FAILED", reason)


def test_not_more_than_a_printer_takes(master_data, client_as):
    Bin.objects.bulk_create(Bin(hub=master_data.north, code=f"X-{number}") for number in range(20))
    asked = {"kind": "bins", "hub": "NORTH", "copies": str(MAX_COPIES)}
    assert refused(client_as("viewer"), **asked) == (400, "VALIDATION_FAILED", "TOO_LARGE")


def test_archived_bins_are_not_among_those_of_a_hub(master_data, client_as):
    Bin.objects.filter(pk=master_data.bins["SOUTH/DOCK"].pk).update(archived_at="2026-03-01T00:00:00Z")
    assert ("DOCK", "SOUTH") not in labels(client_as("viewer"), kind="bins", hub="SOUTH")
