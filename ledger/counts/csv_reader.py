"""A CSV of counted stock, hub by hub. Every line that cannot be read is reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from asora.kernel.csv.reading import LineErrors, Row, first_duplicates, read_table
from asora.kernel.numbers import NumberRefused, decimal_of, refuse_ambiguous
from asora.kernel.refusals import Reason
from asora.kernel.text import fold_code
from inventory.models import Hub, Item
from inventory.queries import address_key, bins_by_address, by_code
from ledger.counts.figures import Figure

COLUMNS = ("hub_code", "bin_code", "sku", "counted_qty")


@dataclass(frozen=True, slots=True)
class CountFile:
    """A file as read: its digest, and the counted quantities of each hub, by the hub's code."""

    sha256: str
    hubs: Sequence[tuple[Hub, Sequence[Figure]]]


def read_counts(content: bytes) -> CountFile:
    """Read a file of counts. All or nothing.

    Refusals: VALIDATION_FAILED for a file that is not such a table, or with every wrong line: UNKNOWN_HUB,
    UNKNOWN_BIN, UNKNOWN_ITEM, INVALID_INPUT, DUPLICATE_ROW.
    """
    table = read_table(content, required=COLUMNS)
    is_point_proved = table.proves_point("counted_qty")
    errors = LineErrors()
    hubs = by_code(Hub.objects.all(), (row["hub_code"] for row in table.rows))
    bins = bins_by_address(map(_address, table.rows))
    items = by_code(Item.objects.all(), (row["sku"] for row in table.rows), field="sku")
    found: dict[Hub, list[Figure]] = {}
    keys = ((row.line, f"{address_key(_address(row))}\n{fold_code(row['sku'])}") for row in table.rows)
    for line, earlier in first_duplicates(keys).items():
        message = _("Already counted in line %(line)s.") % {"line": earlier}
        errors.add(line, "sku", Reason.DUPLICATE_ROW, message)
    for row in table.rows:
        hub, item = hubs.get(row["hub_code"]), items.get(row["sku"])
        bin_ = bins.get(_address(row)) if hub else None
        if hub is None:
            fault = hubs.missing(row["hub_code"], Reason.UNKNOWN_HUB, _("No hub has this code."))
            errors.add(row.line, "hub_code", *fault)
        elif bin_ is None:
            message = _("This hub has no bin with this code.")
            errors.add(row.line, "bin_code", *bins.missing(_address(row), Reason.UNKNOWN_BIN, message))
        if item is None:
            fault = items.missing(row["sku"], Reason.UNKNOWN_ITEM, _("No item has this SKU."))
            errors.add(row.line, "sku", *fault)
        is_point_clear = is_point_proved and (item is None or item.decimals > 0)
        quantity = _quantity(row, errors, is_point_clear=is_point_clear)
        if bin_ is not None and item is not None and quantity is not None:
            found.setdefault(bin_.hub, []).append(Figure(row.line, item, bin_, quantity))
    if errors:
        raise errors.refusal(total=len(table.rows))
    return CountFile(sha256=table.sha256, hubs=sorted(found.items(), key=lambda hub: hub[0].code))


def _address(row: Row) -> str:
    return f"{row['hub_code']}/{row['bin_code']}"


def _quantity(row: Row, errors: LineErrors, *, is_point_clear: bool) -> Decimal | None:
    try:
        number = decimal_of(row["counted_qty"], most_digits=20, places=4)
        if not is_point_clear:
            refuse_ambiguous(number)
    except NumberRefused as refused:
        errors.add(row.line, "counted_qty", refused.reason, refused)
        return None
    return number
