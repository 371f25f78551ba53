"""The columns of files of movements. Columns with the same meaning have the same name in all kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.models import Kind
from ledger.posting.kinds import MOVEMENTS, Direction, Movement, ReasonRule

ALIASES = {"po_number": "reference", "received_on": "effective_on", "stocked_qty": "quantity"}
#: The columns of faults that have another name than their column, as on forms.
CELLS_OF: Mapping[str, str] = {"vendor": "vendor_code", "bin": "bin_code", "to_bin": "to_bin_code"}
PLACE = ("hub_code", "bin_code")
TO_PLACE = ("to_hub_code", "to_bin_code")
NUMBERS = ("quantity", "unit_cost", "received_qty", "rejected_qty")


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of one kind of file; `document` columns must agree within a reference."""

    columns: tuple[str, ...]
    optional: tuple[str, ...]
    document: tuple[str, ...]


def _shape(movement: Movement) -> Shape:
    vendor = ("vendor_code",) if movement.has_vendor else ()
    to_place = TO_PLACE if movement.direction is Direction.BETWEEN else ()
    cost = ("unit_cost",) if movement.needs_cost else ()
    may_cost = ("unit_cost",) if movement.direction is Direction.SIGNED else ()
    listed = ("reason",) if movement.reason is ReasonRule.LISTED else ()
    text = ("reason",) if movement.reason is ReasonRule.TEXT else ()
    purchase = ("po_line", "received_qty", "rejected_qty") if movement.has_vendor else ()
    return Shape(
        columns=("reference", "effective_on", *vendor, "sku", *PLACE, *to_place, "quantity", *cost, *listed),
        optional=("note", *text, *may_cost, *purchase),
        document=("effective_on", *vendor, *listed, *text),
    )


SHAPES: Mapping[Kind, Shape] = {kind: _shape(movement) for kind, movement in MOVEMENTS.items()}
