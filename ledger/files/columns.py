"""The columns of files of movements, as their pages explain them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy

from asora.files.columns import FileColumn
from asora.kernel.shapes import ReadOnlyValues
from ledger.models import Kind
from ledger.posting.csv_columns import SHAPES
from ledger.posting.kinds import ADJUSTING, REASONED

MEANINGS: ReadOnlyValues = {
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


def columns_of(kind: str) -> Sequence[FileColumn]:
    """The columns of the files of one kind."""
    shape = SHAPES[Kind(kind)]
    meanings = dict(MEANINGS)
    if Kind(kind) in ADJUSTING:
        meanings["quantity"] = ADDED
    if Kind(kind) in REASONED:
        meanings["reason"] = REASON
    needed = [FileColumn(name, meanings[name]) for name in shape.columns]
    return [*needed, *(FileColumn(name, meanings[name], is_needed=False) for name in shape.optional)]
