"""Guessing the mapping of an unknown file: each column at most once, and only columns that exist."""

from __future__ import annotations

import pytest

from asora.files.columns import guess
from inventory.files.kinds import KINDS
from ledger.files.columns import columns_of

CASES = [
    (
        "receipt",
        "PO Number;Date;Supplier;Part number;Warehouse;Location;Qty;Price;Buyer",
        "reference effective_on vendor_code sku hub_code bin_code quantity unit_cost -",
    ),
    ("issue", "PO,DATE,Item Code,Site,Bin,QTY", "reference effective_on sku hub_code bin_code quantity"),
    (
        "transfer",
        "Document,Date,SKU,From warehouse,From bin,To warehouse,To bin,Quantity,Comments",
        "reference effective_on sku hub_code bin_code to_hub_code to_bin_code quantity note",
    ),
    (
        "adjustment",
        "reference,effective_on,sku,hub_code,bin_code,quantity,reason,Cost",
        "reference effective_on sku hub_code bin_code quantity reason unit_cost",
    ),
    (
        "items",
        "Part Number,Description,Category,UOM,Unit cost,Min. stock,EAN,Default bin",
        "sku name category_code unit standard_cost reorder_point barcodes putaway_bin",
    ),
    ("items", "Name,SKU,Description", "name sku -"),
    ("bins", "Warehouse,Bin,Description", "hub_code code name"),
    ("vendors", "Supplier,Supplier name,Approved", "code name eligible"),
    ("hubs", "Site,Description", "code name"),
    ("categories", "Category,Title,Parent", "code name parent_code"),
    ("hubs", "Désignation,=HYPERLINK(1)", "- -"),
    ("receipt", "sku,SKU,Sku", "sku - -"),
]


@pytest.mark.parametrize(("kind", "header", "wanted"), CASES, ids=[case[1][:30] for case in CASES])
def test_guesses(kind: str, header: str, wanted: str) -> None:
    written = header.split(";" if ";" in header else ",")
    columns = KINDS[kind].columns if kind in KINDS else columns_of(kind)
    found = guess(written, columns)
    assert [found.get(str(place), "-") for place in range(1, len(written) + 1)] == wanted.split()
