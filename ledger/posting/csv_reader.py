"""A CSV of movements, read as one batch of drafts. Every line that cannot be read is reported. One reader, four kinds.

The lines of one reference are one document. Columns with the same meaning have the same name in all kinds (`SHAPES`).
The column names of a purchasing system's delivery file are understood too (`ALIASES`): there, the stocked quantity is
the received quantity less the rejected one (zero if not given), and a line that does not add up is refused. A line that
was rejected in full brings nothing into stock: such lines are in `rejected`, and are passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from asora.kernel import progress
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, Row, read_table
from asora.kernel.numbers import NumberRefused, decimal_of, refuse_ambiguous
from asora.kernel.refusals import Reason
from asora.kernel.text import fold_code
from inventory.models import Bin, Hub, Item, Vendor
from inventory.queries import Found, bins_by_address, by_code
from ledger.models import Kind
from ledger.posting.csv_columns import ALIASES, NUMBERS, PLACE, SHAPES, TO_PLACE, Shape
from ledger.posting.drafts import Draft, DraftLine
from ledger.posting.kinds import FROM_VENDORS, MOVING, REASONED

MAX_REFERENCE_LENGTH, MAX_NOTE_LENGTH, MAX_REASON_LENGTH = 80, 500, 60
UNSUBMITTED = UUID(int=0)
DIFFERS = {
    "vendor_code": Reason.VENDOR_DIFFERS,
    "effective_on": Reason.DATE_DIFFERS,
    "reason": Reason.REASON_DIFFERS,
}


@dataclass(frozen=True, slots=True)
class MovementFile:
    """A file as read: drafts in the order of their first lines, the lines that could not be read, and its digest.

    `rejected`: the lines of a delivery that were rejected in full. They are among the drafts' lines, with nothing to
    receive; posting the file passes them over.
    """

    kind: Kind
    sha256: str
    total: int
    drafts: Sequence[Draft]
    errors: LineErrors
    hubs: Sequence[Hub]
    reference_of: dict[int, str]
    rejected: frozenset[int] = frozenset()

    def concerned(self, *, lines: Collection[int] = ()) -> Iterator[str]:
        """The keys of the records that its lines name; `lines`: only of these, if any, then without its hubs."""
        if not lines:
            yield from (f"hub:{hub.pk}" for hub in self.hubs)
        for draft in self.drafts:
            if not lines or any(line.number in lines for line in draft.lines):
                yield from draft.concerned(lines=lines)


@dataclass(frozen=True, slots=True)
class _Known:
    """The master data that a file names, by code."""

    items: Found[Item]  # by SKU only: a value in the SKU column is never taken for a barcode
    vendors: Found[Vendor]
    hubs: Found[Hub]
    bins: Found[Bin]


@dataclass(slots=True)
class _Document:
    """The lines of one reference, while they are collected."""

    first: Row
    vendor_id: int | None
    day: date | None
    lines: list[DraftLine] = field(default_factory=list)


def read_movements(kind: Kind, content: bytes, mapping: Mapped | None = None) -> MovementFile:
    """Read a file of one kind of movement. `mapping`: the meaning of columns that its header does not name.

    Refusals: VALIDATION_FAILED for a file that is not a table of these columns. Lines that are wrong in themselves are
    in `errors`: UNKNOWN_ITEM, UNKNOWN_HUB, UNKNOWN_BIN, UNKNOWN_VENDOR, VENDOR_DIFFERS, DATE_DIFFERS, REASON_DIFFERS,
    INVALID_INPUT.
    """
    shape = SHAPES[kind]
    table = read_table(
        content, required=shape.columns, optional=shape.optional, aliases=ALIASES, mapping=mapping
    )
    known = _known(table.rows)
    reader = _Reader(kind, shape, known, table.proves_point(*NUMBERS))
    for row in progress.counted("checking", table.rows, total=len(table.rows)):
        reader.gather(row)
    named = dict.fromkeys(row[column] for row in table.rows for column in ("hub_code", "to_hub_code"))
    return MovementFile(
        kind=kind,
        sha256=table.sha256,
        total=len(table.rows),
        drafts=reader.drafts(),
        errors=reader.errors,
        hubs=list(dict.fromkeys(filter(None, map(known.hubs.get, named)))),
        reference_of={row.line: row["reference"].strip() for row in table.rows},
        rejected=frozenset(reader.rejected),
    )


def _known(rows: Sequence[Row]) -> _Known:
    def named(*columns: str) -> set[str]:
        return {row[column].strip() for row in rows for column in columns}

    places = {(row[hub], row[bin_]) for row in rows for hub, bin_ in (PLACE, TO_PLACE)}
    return _Known(
        items=by_code(Item.objects.only("sku", "sku_key", "decimals"), named("sku"), field="sku"),
        vendors=by_code(Vendor.objects.all(), named("vendor_code")),
        hubs=by_code(Hub.objects.all(), named("hub_code", "to_hub_code")),
        bins=bins_by_address(f"{hub}/{bin_}" for hub, bin_ in places),
    )


@dataclass(slots=True)
class _Reader:
    kind: Kind
    shape: Shape
    known: _Known
    is_point_proved: bool
    documents: dict[str, _Document] = field(default_factory=dict)
    errors: LineErrors = field(default_factory=LineErrors)
    rejected: set[int] = field(default_factory=set)

    def gather(self, row: Row) -> None:
        """Add one line to its document, and report what is wrong with it."""
        reference = row["reference"].strip()
        if not reference or len(reference) > MAX_REFERENCE_LENGTH:
            self._fault(row, "reference", Reason.INVALID_INPUT, _("A reference has 1 to 80 characters."))
            return
        vendor_id, day = self._vendor(row), self._day(row)
        document = self.documents.setdefault(reference, _Document(row, vendor_id, day))
        self._compare(row, document)
        self._check_texts(row)
        line = self._line(row)
        if line is not None:
            document.lines.append(line)

    def drafts(self) -> list[Draft]:
        """The collected documents, one draft per reference."""
        return [
            Draft(
                kind=self.kind,
                submission=UNSUBMITTED,
                effective_on=document.day or date.min,
                lines=document.lines,
                reference=reference,
                vendor_id=document.vendor_id,
                reason=self._reason(document.first),
                note=document.first["note"].strip(),
            )
            for reference, document in self.documents.items()
            if document.lines
        ]

    def _fault(self, row: Row, column: str, reason: Reason, message: object) -> None:
        self.errors.add(row.line, column, reason, message)

    def _vendor(self, row: Row) -> int | None:
        if self.kind not in FROM_VENDORS:
            return None
        code = row["vendor_code"].strip()
        vendor = self.known.vendors.get(code)
        if vendor is None:
            message = _("There is no vendor “%(code)s”.") % {"code": code[:40]}
            self._fault(row, "vendor_code", *self.known.vendors.missing(code, Reason.UNKNOWN_VENDOR, message))
        return vendor.pk if vendor else None

    def _day(self, row: Row) -> date | None:
        text = row["effective_on"].strip()
        try:
            return date.fromisoformat(text)
        except ValueError:
            message = _("“%(text)s” is not a date like 2026-01-31.") % {"text": text[:40]}
            self._fault(row, "effective_on", Reason.INVALID_INPUT, message)
            return None

    def _compare(self, row: Row, document: _Document) -> None:
        for column in self.shape.document:
            is_code = column == "vendor_code" or (column == "reason" and self.kind in REASONED)
            alike = fold_code if is_code else str.strip
            if alike(row[column]) != alike(document.first[column]):
                message = _("This differs from line %(line)s of the same reference.") % {
                    "line": document.first.line
                }
                self._fault(row, column, DIFFERS[column], message)

    def _reason(self, row: Row) -> str:
        """For an adjustment, a code of the list, always in capitals; for an issue, any text."""
        return fold_code(row["reason"]).upper() if self.kind in REASONED else row["reason"].strip()

    def _check_texts(self, row: Row) -> None:
        if len(row["note"]) > MAX_NOTE_LENGTH:
            self._fault(row, "note", Reason.INVALID_INPUT, _("A note has at most 500 characters."))
        if len(row["reason"].strip()) > MAX_REASON_LENGTH:
            self._fault(row, "reason", Reason.INVALID_INPUT, _("A reason has at most 60 characters."))
        if self.kind in REASONED and not row["reason"].strip():
            self._fault(row, "reason", Reason.INVALID_INPUT, _("An adjustment needs a reason."))

    def _line(self, row: Row) -> DraftLine | None:
        sku = row["sku"].strip()
        item = self.known.items.get(sku)
        if item is None:
            message = _("There is no item “%(sku)s”.") % {"sku": sku[:64]}
            self._fault(row, "sku", *self.known.items.missing(sku, Reason.UNKNOWN_ITEM, message))
        decimals = item.decimals if item else None
        bin_id = self._bin(row, *PLACE)
        to_bin_id = self._bin(row, *TO_PLACE) if self.kind in MOVING else None
        quantity = self._quantity(row, "quantity", decimals)
        unit_cost = self._unit_cost(row)
        self._check_stocked(row, quantity, decimals)
        if row.line in self.errors or item is None or bin_id is None or quantity is None:
            return None
        return DraftLine(row.line, item.pk, bin_id, quantity, unit_cost, to_bin_id)

    def _bin(self, row: Row, hub_column: str, bin_column: str) -> int | None:
        hub_code, bin_code = row[hub_column].strip(), row[bin_column].strip()
        if self.known.hubs.get(hub_code) is None:
            message = _("There is no hub “%(code)s”.") % {"code": hub_code[:40]}
            fault = self.known.hubs.missing(hub_code, Reason.UNKNOWN_HUB, message)
            self._fault(row, hub_column, *fault)
            return None
        address = f"{hub_code}/{bin_code}"
        bin_ = self.known.bins.get(address)
        if bin_ is None:
            message = _("There is no bin “%(bin)s” in hub %(hub)s.") % {"bin": bin_code[:40], "hub": hub_code}
            self._fault(row, bin_column, *self.known.bins.missing(address, Reason.UNKNOWN_BIN, message))
        return bin_.pk if bin_ else None

    def _unit_cost(self, row: Row) -> Decimal | None:
        if "unit_cost" not in self.shape.columns and not row["unit_cost"].strip():
            return None
        return self._number(row, "unit_cost", most_digits=26, places=6, is_point_clear=self.is_point_proved)

    def _check_stocked(self, row: Row, quantity: Decimal | None, decimals: int | None) -> None:
        """Check that a delivery adds up, if it names the received quantity. A missing rejected quantity is zero."""
        if not (row["received_qty"] or row["rejected_qty"]):
            return
        received = self._quantity(row, "received_qty", decimals)
        rejected = self._quantity(row, "rejected_qty", decimals) if row["rejected_qty"] else Decimal(0)
        if quantity is None or received is None or rejected is None:
            return
        for column, number in (("received_qty", received), ("rejected_qty", rejected)):
            if number < 0:
                self._fault(row, column, Reason.INVALID_INPUT, _("This cannot be negative."))
        if received - rejected != quantity:
            message = _("The received quantity less the rejected quantity must be the stocked quantity.")
            self._fault(row, "quantity", Reason.INVALID_INPUT, message)
        elif received == rejected > 0:
            self.rejected.add(row.line)

    def _quantity(self, row: Row, column: str, decimals: int | None) -> Decimal | None:
        # "1.000" of an item that is counted in whole pieces may mean a thousand, whatever the rest of the file shows.
        is_clear = self.is_point_proved and decimals != 0
        return self._number(row, column, most_digits=20, places=4, is_point_clear=is_clear)

    def _number(
        self, row: Row, column: str, *, most_digits: int, places: int, is_point_clear: bool
    ) -> Decimal | None:
        try:
            number = decimal_of(row[column], most_digits=most_digits, places=places)
            if not is_point_clear:
                refuse_ambiguous(number)
        except NumberRefused as refused:
            self._fault(row, column, refused.reason, refused)
            return None
        return number
