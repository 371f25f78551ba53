"""The columns of a kind of file, and a guess which columns of an uploaded file they match."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Names that other programs use for our columns; compared without case, spaces, symbols and accents.
OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "sku": (
        "part number", "part no", "part", "item number", "item no", "item code", "item", "product code",
        "product number", "product id", "product", "article number", "article", "material", "stock code",
    ),
    "name": ("description", "item name", "product name", "item description", "title", "desc"),
    "category_code": ("category", "product category", "group", "product group", "family", "class"),
    "unit": ("uom", "unit of measure", "units", "measure"),
    "standard_cost": ("cost", "price", "unit cost", "unit price", "standard price", "cost price"),
    "reorder_point": ("reorder at", "reorder level", "minimum", "min stock", "min", "safety stock"),
    "decimals": ("decimal places", "precision"),
    "putaway_bin": ("default bin", "default location", "putaway", "bin", "location"),
    "barcodes": ("barcode", "ean", "upc", "gtin", "scan code"),
    "hub_code": ("hub", "warehouse", "warehouse code", "site", "from warehouse", "depot", "store"),
    "bin_code": ("bin", "location", "bin location", "from location", "from bin", "shelf", "slot"),
    "to_hub_code": ("to hub", "to warehouse", "to site", "destination warehouse"),
    "to_bin_code": ("to bin", "to location", "destination", "destination bin"),
    "vendor_code": ("vendor", "supplier", "supplier code", "vendor number", "supplier number", "vendor id"),
    "quantity": ("qty", "amount", "count", "pieces", "pcs", "received", "stocked qty", "quantity received"),
    "unit_cost": ("cost", "price", "unit price", "cost price", "cost per unit"),
    "effective_on": ("date", "received on", "delivery date", "posting date", "day", "effective date"),
    "reference": (
        "po", "po number", "purchase order", "order", "order number", "document", "document number", "ref",
        "delivery note", "number",
    ),
    "reason": ("reason code", "why"),
    "note": ("notes", "comment", "comments", "remark", "remarks"),
    "parent_code": ("parent", "below", "parent category", "parent id"),
    "eligible": ("approved", "active", "deliveries", "is eligible"),
    "received_qty": ("received quantity",),
    "rejected_qty": ("rejected", "rejected quantity", "scrapped"),
    "po_line": ("line", "line number"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileColumn:
    """One column of a kind of file. `meaning`: explains it on the page. `also`: more names in files of this kind."""

    name: str
    meaning: Any
    is_needed: bool = True
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All its possible names, the most likely first."""
        return (self.name, *self.also, *OTHER_NAMES.get(self.name, ()))


def guess(written: Sequence[str], wanted: Sequence[FileColumn]) -> dict[str, str]:
    """A mapping of a file's columns to ours by name: each at most once, required columns and likely names first."""
    plain = [_plain(name) for name in written]
    found: dict[str, str] = {}
    taken: set[int] = set()
    longest = max((len(column.names) for column in wanted), default=0)
    in_turn = sorted(wanted, key=lambda column: not column.is_needed)
    for turn in range(longest):
        for column in in_turn:
            if column.name in found.values() or turn >= len(column.names):
                continue
            name = _plain(column.names[turn])
            place = next((here for here, one in enumerate(plain) if one == name and here not in taken), None)
            if place is not None:
                taken.add(place)
                found[str(place + 1)] = column.name
    return found


def _plain(name: str) -> str:
    spelt = unicodedata.normalize("NFKD", name[:200]).casefold()
    return "".join(sign for sign in spelt if sign.isalnum())
