"""A CSV of receipts, read into one draft per reference, with every line that cannot be read named.

Columns: reference, effective_on, vendor_code, sku, hub_code, bin_code, quantity, unit_cost, and optionally note. The
column names of a purchasing system's delivery file are understood too (see `ALIASES`): there, the stocked quantity is
what was received less what was rejected, and a line that does not add up is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from asora.kernel.importing import LineErrors, Row, decimal_of, read_table
from asora.kernel.refusals import Reason
from inventory.models import Bin, Hub, Item, Vendor
from ledger.drafts import Draft, DraftLine
from ledger.models import Kind

COLUMNS = ("reference", "effective_on", "vendor_code", "sku", "hub_code", "bin_code", "quantity", "unit_cost")
ALIASES = {"po_number": "reference", "received_on": "effective_on", "stocked_qty": "quantity"}
OPTIONAL = ("note", "po_line", "received_qty", "rejected_qty")
UNSUBMITTED = UUID(int=0)


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """A file as read: drafts in the order of their first lines, the lines that could not be read, and its digest."""

    sha256: str
    total: int
    drafts: Sequence[Draft]
    errors: LineErrors
    hubs: Sequence[Hub]
    reference_of: dict[int, str]


@dataclass(frozen=True, slots=True)
class _Known:
    """The master data that a file may name, by code."""

    items: dict[str, int]
    vendors: dict[str, int]
    hubs: dict[str, Hub]
    bins: dict[tuple[str, str], int]


@dataclass(slots=True)
class _Document:
    """The lines of one reference, while they are gathered."""

    first_line: int
    vendor_code: str
    effective_on: str
    vendor_id: int | None = None
    day: date | None = None
    note: str = ""
    lines: list[DraftLine] = field(default_factory=list)


def read_receipts(content: bytes) -> ReceiptFile:
    """Read a file of receipts.

    Refusals: VALIDATION_FAILED for a file that is not a table of these columns. Lines that are wrong in themselves are
    in `errors` (UNKNOWN_ITEM, UNKNOWN_HUB, UNKNOWN_BIN, UNKNOWN_VENDOR, VENDOR_DIFFERS, DATE_DIFFERS, INVALID_INPUT).
    """
    table = read_table(content, required=COLUMNS, optional=OPTIONAL, aliases=ALIASES)
    errors = LineErrors()
    known = _known(table.rows)
    documents: dict[str, _Document] = {}
    for row in table.rows:
        _gather(row, documents, known, errors)
    named = {row["hub_code"].strip() for row in table.rows}
    return ReceiptFile(
        sha256=table.sha256,
        total=len(table.rows),
        drafts=[_draft(reference, document) for reference, document in documents.items() if document.lines],
        errors=errors,
        hubs=[hub for code, hub in known.hubs.items() if code in named],
        reference_of={row.line: row["reference"].strip() for row in table.rows},
    )


def _known(rows: Sequence[Row]) -> _Known:
    skus = {row["sku"].strip() for row in rows}
    hubs = {hub.code: hub for hub in Hub.objects.filter(code__in={row["hub_code"].strip() for row in rows})}
    return _Known(
        items=dict(Item.objects.filter(sku__in=skus).values_list("sku", "id")),
        vendors=dict(
            Vendor.objects.filter(code__in={row["vendor_code"].strip() for row in rows}).values_list(
                "code", "id"
            )
        ),
        hubs=hubs,
        bins={
            (hub, code): id_
            for hub, code, id_ in Bin.objects.filter(hub__in=hubs.values()).values_list(
                "hub__code", "code", "id"
            )
        },
    )


def _gather(row: Row, documents: dict[str, _Document], known: _Known, errors: LineErrors) -> None:
    reference = row["reference"].strip()
    if not reference or len(reference) > 80:
        errors.add(row.line, "reference", Reason.INVALID_INPUT, _("A reference has 1 to 80 characters."))
        return
    vendor_id, day = _vendor(row, known, errors), _day(row, errors)
    if reference not in documents:
        documents[reference] = _Document(
            first_line=row.line,
            vendor_code=row["vendor_code"].strip(),
            effective_on=row["effective_on"].strip(),
            vendor_id=vendor_id,
            day=day,
            note=row["note"].strip(),
        )
    document = documents[reference]
    _compare(row, document, errors)
    if len(row["note"]) > 500:
        errors.add(row.line, "note", Reason.INVALID_INPUT, _("A note has at most 500 characters."))
    line = _line(row, known, errors)
    if line is not None:
        document.lines.append(line)


def _vendor(row: Row, known: _Known, errors: LineErrors) -> int | None:
    code = row["vendor_code"].strip()
    if code not in known.vendors:
        message = _("There is no vendor “%(code)s”.") % {"code": code[:40]}
        errors.add(row.line, "vendor_code", Reason.UNKNOWN_VENDOR, message)
    return known.vendors.get(code)


def _day(row: Row, errors: LineErrors) -> date | None:
    text = row["effective_on"].strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = _("“%(text)s” is not a date like 2026-01-31.") % {"text": text[:40]}
        errors.add(row.line, "effective_on", Reason.INVALID_INPUT, message)
        return None


def _compare(row: Row, document: _Document, errors: LineErrors) -> None:
    if row["vendor_code"].strip() != document.vendor_code:
        message = _("Line %(line)s of the same reference names another vendor.") % {
            "line": document.first_line
        }
        errors.add(row.line, "vendor_code", Reason.VENDOR_DIFFERS, message)
    if row["effective_on"].strip() != document.effective_on:
        message = _("Line %(line)s of the same reference names another day.") % {"line": document.first_line}
        errors.add(row.line, "effective_on", Reason.DATE_DIFFERS, message)


def _line(row: Row, known: _Known, errors: LineErrors) -> DraftLine | None:
    hub_code, bin_code, sku = row["hub_code"].strip(), row["bin_code"].strip(), row["sku"].strip()
    item_id = known.items.get(sku)
    bin_id = known.bins.get((hub_code, bin_code))
    if item_id is None:
        errors.add(row.line, "sku", Reason.UNKNOWN_ITEM, _("There is no item “%(sku)s”.") % {"sku": sku[:64]})
    if hub_code not in known.hubs:
        message = _("There is no hub “%(code)s”.") % {"code": hub_code[:40]}
        errors.add(row.line, "hub_code", Reason.UNKNOWN_HUB, message)
    elif bin_id is None:
        message = _("There is no bin “%(bin)s” in hub %(hub)s.") % {"bin": bin_code[:40], "hub": hub_code}
        errors.add(row.line, "bin_code", Reason.UNKNOWN_BIN, message)
    quantity = _number(row, "quantity", errors, most_digits=20, places=4)
    unit_cost = _number(row, "unit_cost", errors, most_digits=26, places=6)
    _check_stocked(row, quantity, errors)
    if item_id is None or bin_id is None or quantity is None or unit_cost is None:
        return None
    return DraftLine(number=row.line, item_id=item_id, bin_id=bin_id, quantity=quantity, unit_cost=unit_cost)


def _check_stocked(row: Row, quantity: Decimal | None, errors: LineErrors) -> None:
    if quantity is None or not (row["received_qty"] or row["rejected_qty"]):
        return
    received = _number(row, "received_qty", errors, most_digits=20, places=4)
    rejected = _number(row, "rejected_qty", errors, most_digits=20, places=4)
    if received is not None and rejected is not None and received - rejected != quantity:
        message = _("What was received less what was rejected is not what was stocked.")
        errors.add(row.line, "quantity", Reason.INVALID_INPUT, message)


def _number(row: Row, column: str, errors: LineErrors, *, most_digits: int, places: int) -> Decimal | None:
    try:
        return decimal_of(row[column], most_digits=most_digits, places=places)
    except ValueError as error:
        errors.add(row.line, column, Reason.INVALID_INPUT, error)
        return None


def _draft(reference: str, document: _Document) -> Draft:
    return Draft(
        kind=Kind.RECEIPT,
        submission=UNSUBMITTED,
        effective_on=document.day or date.min,
        lines=document.lines,
        reference=reference,
        vendor_id=document.vendor_id,
        note=document.note,
    )
