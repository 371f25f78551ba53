"""Every place where a number is typed reads it the same way: forms, files, counts, costs, tolerances, master data."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from asora.kernel.refusals import ValidationFailed
from inventory.files.actions import import_items
from inventory.models import Item
from ledger.counts.csv_reader import read_counts
from ledger.models import CountReading, CountSession, Kind, Posting
from ledger.posting.csv_reader import read_movements
from tests.factories.counts import start
from tests.factories.documents import receipts_csv
from tests.factories.master_data import MasterData
from tests.headers import JSON
from tests.ledger.test_document_pages import typed

#: Texts that are never accepted as numbers, and a word from the message.
REFUSED = [
    ("1E5", "exponent"),
    ("5.9E+12", "exponent"),
    ("1_000", "between"),
    ("1,000", "commas"),
    ("\u0663", "digits"),
]
EITHER = "can be read as 1 or as 1000"


def messages(answer: Any) -> str:
    """All messages of a refusal, of its fields and lines."""
    assert answer.status_code == 400, answer.content
    details = answer.json()["details"]
    entries = [*details.get("fields", {}).values(), *details.get("lines", {}).values()]
    return " ".join(entry["message"] for listed in entries for entry in listed)


def receipt_form(quantity: str, cost: str = "1", sku: str = "BOLT") -> dict[str, str]:
    line = {"sku": sku, "bin": "A-1", "quantity": quantity, "unit_cost": cost}
    return typed(line, vendor="ACME")


def open_form(tolerance: str, kind: str = "units") -> dict[str, str]:
    return {
        "title": "Bolts", "hub": "NORTH", "tolerance_kind": kind, "tolerance": tolerance,
        "submission": "01900000-0000-7000-8000-000000000001",
    }  # fmt: skip


def item_form(point: str, *, decimals: str = "0", cost: str = "1") -> dict[str, str]:
    return {
        "sku": "NUT", "name": "Nut", "category": "PARTS", "unit": "pcs", "decimals": decimals,
        "standard_cost": cost, "reorder_point": point,
    }  # fmt: skip


@pytest.fixture
def places(master_data: MasterData, act_as: Callable, client_as: Callable) -> dict[str, Callable[[str], str]]:
    """Each way to enter a number, with the messages that it gives."""
    client = client_as("manager")
    session = start(act_as("manager"), master_data)

    def of_file(read: Callable[[], Any]) -> str:
        try:
            answer = read()
        except ValidationFailed as refusal:
            lines = refusal.details["lines"]
        else:
            lines = answer.errors.lines
        return " ".join(entry["message"] for entries in lines.values() for entry in entries)

    def movement(row: str) -> str:
        return of_file(lambda: read_movements(Kind.RECEIPT, receipts_csv(row)))

    def count_file(figure: str) -> str:
        text = f'hub_code,bin_code,sku,counted_qty\nNORTH,A-1,BOLT,"{figure}"\n'
        return of_file(lambda: read_counts(text.encode()))

    def items(cost: str, point: str) -> str:
        header = "sku,name,category_code,unit,standard_cost,reorder_point"
        row = f'{header}\nNUT,Nut,PARTS,pcs,"{cost}","{point}"\n'.encode()
        return of_file(lambda: import_items(act_as("manager"), content=row))

    def post(url: str, values: dict[str, str]) -> str:
        return messages(client.post(url, values, headers=JSON))

    record = f"/counts/{session.pk}/record/"
    return {
        "quantity of a form": lambda text: post("/receive/", receipt_form(text)),
        "quantity of a file": lambda text: movement(f'PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,"{text}",1'),
        "counted": lambda text: post(record, {"sku": "BOLT", "bin": "A-1", "quantity": text}),
        "counted in a file": count_file,
        "tolerance": lambda text: post("/counts/new/", open_form(text)),
        "reorder point of a form": lambda text: post("/items/new/", item_form(text)),
        "reorder point of a file": lambda text: items("1", text),
        "cost of a form": lambda text: post("/receive/", receipt_form("1", text)),
        "cost of a file": lambda text: movement(f'PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,1,"{text}"'),
        "standard cost of a form": lambda text: post("/items/new/", item_form("1", cost=text)),
        "standard cost of a file": lambda text: items(text, "1"),
    }


def test_what_is_no_number_is_none_anywhere(places: dict[str, Callable[[str], str]]) -> None:
    """Each place refuses it, and says what to write."""
    for name, said_of in places.items():
        for text, word in REFUSED:
            assert word in said_of(text), (name, text)
    assert not Posting.objects.exists()
    assert not CountReading.objects.exists()
    assert not Item.objects.filter(sku="NUT").exists()


def test_a_thousand_is_never_guessed(places: dict[str, Callable[[str], str]]) -> None:
    """Not for whole pieces; nor for costs in a file that does not show what its points mean."""
    for name, said_of in places.items():
        if name in {"cost of a form", "standard cost of a form"}:
            continue  # in forms the point is the decimal sign, and a cost has decimals
        assert EITHER in said_of("1.000"), name


def test_forms_take_the_point_where_a_unit_has_decimals(master_data: MasterData, client_as: Callable) -> None:
    """ "1.000" litres are one litre, and a cost of "2.500" is two and a half."""
    answer = client_as("manager").post("/receive/", receipt_form("1.000", "2.500", sku="OIL"), headers=JSON)
    assert answer.status_code == 302
    (entry,) = Posting.objects.get().entries.all()
    assert (entry.quantity, entry.unit_cost) == (Decimal(1), Decimal("2.5"))


def test_a_file_that_shows_its_decimal_sign_is_read_by_it(master_data: MasterData) -> None:
    """One unambiguous figure decides for the file, except for items without decimals."""
    oil = "PO-1,2026-03-02,ACME,OIL,NORTH,A-1,1.000,2.500"
    unclear = read_movements(Kind.RECEIPT, receipts_csv(oil))
    assert [entry["reason"] for entry in unclear.errors.lines[2]] == ["NUMBER_AMBIGUOUS"] * 2
    shown = read_movements(Kind.RECEIPT, receipts_csv(oil, "PO-2,2026-03-02,ACME,BOLT,NORTH,A-1,3,1.25"))
    assert not shown.errors
    (line,) = shown.drafts[0].lines
    assert (line.quantity, line.unit_cost) == (Decimal(1), Decimal("2.5"))
    mixed = read_movements(
        Kind.RECEIPT,
        receipts_csv(oil, 'PO-2,2026-03-02,ACME,BOLT,NORTH,A-1,3,"1,25"', oil.replace("1.000", "0.5")),
    )
    assert {entry["reason"] for entry in mixed.errors.lines[2]} == {"NUMBER_AMBIGUOUS"}
    bolts = read_movements(Kind.RECEIPT, receipts_csv("PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,1.000,2.50"))
    assert [entry["reason"] for entry in bolts.errors.lines[2]] == ["NUMBER_AMBIGUOUS"]


def test_a_real_minus_is_read(master_data: MasterData, act_as: Callable, client_as: Callable) -> None:
    """The minus sign that Asora prints, in a form and in a file of adjustments."""
    client = client_as("manager")
    client.post("/receive/", receipt_form("10"))
    line = {"sku": "BOLT", "bin": "A-1", "quantity": "\u22124", "unit_cost": ""}
    assert client.post("/adjust/", typed(line, reason="LOST")).status_code == 302
    header = "reference,effective_on,sku,hub_code,bin_code,quantity,reason"
    text = f"{header}\nADJ-2,2026-03-02,BOLT,NORTH,A-1,\u22121,LOST\n"
    client.post("/adjust/import/", {"text": text, "import": "1"})
    quantities = [
        entry.quantity for posting in Posting.objects.order_by("position") for entry in posting.entries.all()
    ]
    assert quantities == [10, -4, -1]


def test_a_count_reads_what_a_page_prints(
    master_data: MasterData, act_as: Callable, client_as: Callable
) -> None:
    """The figure of an item with decimals, exactly as typed."""
    session = start(act_as("manager"), master_data)
    client = client_as("counter")
    values = {"sku": "OIL", "bin": "A-1", "quantity": "1.500"}
    assert client.post(f"/counts/{session.pk}/record/", values, headers=JSON).status_code in {200, 302}
    assert CountReading.objects.get().quantity == Decimal("1.5")
    assert CountSession.objects.get().state == "counting"
