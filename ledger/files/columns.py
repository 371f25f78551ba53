"""The columns of files of movements, as their pages explain them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from asora.files.columns import FileColumn
from ledger.models import Kind
from ledger.posting.csv_reader import SHAPES

MEANINGS: Mapping[str, Any] = {
    "reference": gettext_lazy(
        "The number of the document. Lines with the same reference are posted together."
    ),
    "effective_on": gettext_lazy(
        "The date of the movement, like 2026-01-31. The same in all lines of a reference."
    ),
    "vendor_code": gettext_lazy("The code of the vendor. The same in all lines of a reference."),
    "sku": gettext_lazy("The SKU of the item."),
    "hub_code": gettext_lazy("The code of the hub."),
    "bin_code": gettext_lazy("The code of the bin, without the hub."),
    "to_hub_code": gettext_lazy("The code of the hub that the stock goes to."),
    "to_bin_code": gettext_lazy("The code of the bin that the stock goes to, without the hub."),
    "quantity": gettext_lazy("In the item's unit, with a point for decimals: 12 or 1.25."),
    "unit_cost": gettext_lazy("The cost of one unit, up to 6 decimal places."),
    "reason": gettext_lazy("The reason, up to 60 characters. The same in all lines of a reference."),
    "note": gettext_lazy("A note, up to 500 characters."),
    "po_line": gettext_lazy("The line of the purchase order. It is not stored."),
    "received_qty": gettext_lazy("The received quantity. Received less rejected must be the quantity."),
    "rejected_qty": gettext_lazy(
        "The rejected quantity; empty means 0. A line that was rejected in full is skipped."
    ),
}
REASON = gettext_lazy(
    "A code from the list of reasons. The same in all lines of a reference. Use OPENING for stock that was there "
    "before the first posting; it needs a unit_cost."
)
ADDED = gettext_lazy("The change in the item's unit: 5 adds stock, -2 removes it.")
EXAMPLES: Mapping[str, str] = {
    Kind.RECEIPT.value: "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"
    "PO-1007,2026-03-02,ALDER,CH-101,NORTH,A-1,40,14.20",
    Kind.ISSUE.value: "reference,effective_on,sku,hub_code,bin_code,quantity\nSO-2031,2026-03-02,CH-101,NORTH,A-1,2",
    Kind.TRANSFER.value: "reference,effective_on,sku,hub_code,bin_code,to_hub_code,to_bin_code,quantity\n"
    "MV-88,2026-03-02,CH-101,NORTH,A-1,VAN-2,A-1,10",
    Kind.ADJUSTMENT.value: "reference,effective_on,sku,hub_code,bin_code,quantity,reason\n"
    "ADJ-12,2026-03-02,CH-101,NORTH,A-1,-1,LOST",
}


def columns_of(kind: str) -> Sequence[FileColumn]:
    """The columns of the files of one kind."""
    shape = SHAPES[Kind(kind)]
    meanings = {**MEANINGS, "quantity": ADDED, "reason": REASON} if kind == Kind.ADJUSTMENT else MEANINGS
    needed = [FileColumn(name, meanings[name]) for name in shape.columns]
    return [*needed, *(FileColumn(name, meanings[name], is_needed=False) for name in shape.optional)]
