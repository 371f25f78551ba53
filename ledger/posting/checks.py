"""Checks whether a draft may be posted, against master data under the lock: the document, then each of its lines.

Pure functions. These checks need no balance; the journal checks the order of postings and the stock in a bin.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from asora.kernel.csv.reading import LineErrors
from asora.kernel.refusals import Reason, ValidationFailed
from ledger.models import OPENING
from ledger.posting import rules
from ledger.posting.drafts import Draft, DraftLine
from ledger.posting.kinds import ADJUSTING, BRINGING, REASONED, SENT
from ledger.posting.master_data import BinFacts, MasterData

Fault = tuple[str, Reason, str]
LONG_AGO = 10  # years


def refuse_document(draft: Draft, master_data: MasterData, *, today: date) -> None:
    """Refuse a document that cannot be posted, regardless of what its lines contain.

    Refusals: VALIDATION_FAILED NO_DATA, UNKNOWN_REASON, VENDOR_ARCHIVED, VENDOR_INELIGIBLE, DATE_IN_FUTURE, each at
    its field.
    """
    if not draft.lines:
        raise ValidationFailed(_("Enter at least one line."), reason=Reason.NO_DATA)
    for field, reason, message in _document_faults(draft, master_data, today):
        raise ValidationFailed.at_field(field, message, reason=reason)


def check_document(
    draft: Draft, master_data: MasterData, errors: LineErrors, *, today: date, old_days: bool
) -> None:
    """Add what is wrong with a document to each of its lines, as a file needs it.

    `old_days`: whether a day more than ten years back was confirmed. A form asks about it (`ledger.posting.questions`).
    """
    # A day that could not be read was reported by the reader of the file.
    if not old_days and draft.effective_on != date.min and is_long_ago(draft.effective_on, today=today):
        for line in draft.lines:
            errors.add(line.number, "effective_on", Reason.DATE_LONG_AGO, long_ago(draft.effective_on))
    for field, reason, message in _document_faults(draft, master_data, today):
        for line in draft.lines:
            errors.add(line.number, field, reason, message)


def is_long_ago(day: date, *, today: date) -> bool:
    """Whether a day is more than ten years back: more likely a typing error (26 for 2026) than intended."""
    # 29 February is compared as it is, so years without it need no substitute.
    return (day.year + LONG_AGO, day.month, day.day) < (today.year, today.month, today.day)


def long_ago(day: date) -> str:
    """The message about such a day."""
    return _("%(day)s is more than ten years ago.") % {"day": day.isoformat()}


def check_lines(draft: Draft, master_data: MasterData, errors: LineErrors) -> None:
    """Add what is wrong with each line by itself to `errors`."""
    for line in draft.lines:
        for field, reason, message in _line_faults(draft, line, master_data):
            errors.add(line.number, field, reason, message)


def _document_faults(draft: Draft, master_data: MasterData, today: date) -> Iterator[Fault]:
    if draft.reason == OPENING and not draft.opens:
        message = _("%(reason)s is reserved for opening stock, which is entered as an adjustment.") % {
            "reason": OPENING
        }
        yield "reason", Reason.NAME_RESERVED, message
    elif draft.kind in REASONED and not draft.opens and draft.reason not in master_data.reasons:
        yield "reason", Reason.UNKNOWN_REASON, _("This reason is not in the list of adjustment reasons.")
    # A missing vendor was reported by the reader, at each line.
    vendor = master_data.vendors[draft.vendor_id] if draft.vendor_id is not None else None
    if vendor is not None and vendor.is_archived:
        yield "vendor", Reason.VENDOR_ARCHIVED, _("Vendor %(code)s is archived.") % {"code": vendor.code}
    elif vendor is not None and not vendor.is_eligible:
        message = _("Vendor %(code)s is not eligible, so nothing can be received from it.") % {
            "code": vendor.code
        }
        yield "vendor", Reason.VENDOR_INELIGIBLE, message
    if draft.effective_on > today:
        message = _("%(day)s is in the future; today is %(today)s.") % {
            "day": draft.effective_on,
            "today": today,
        }
        yield "effective_on", Reason.DATE_IN_FUTURE, message


def _line_faults(draft: Draft, line: DraftLine, master_data: MasterData) -> Iterator[Fault]:
    item = master_data.items[line.item_id]
    if draft.kind in BRINGING:
        if item.is_archived:
            message = _("Item %(sku)s is archived, so it cannot be received.") % {"sku": item.sku}
            yield "sku", Reason.ITEM_ARCHIVED, message
        yield from _closed(master_data.bins[line.bin_id], "bin")
    if line.to_bin_id is not None:
        yield from _closed(master_data.bins[line.to_bin_id], "to_bin")
        if line.to_bin_id == line.bin_id:
            yield "to_bin", Reason.SAME_BIN, _("The stock is already in this bin. Choose another one.")
    if draft.opens:
        place = master_data.bins[line.bin_id]
        hub = place.address.partition("/")[0]
        yield from master_data.opened.faults(draft, line, (line.item_id, place.hub_id), sku=item.sku, hub=hub)
    yield from _quantity_faults(draft, line, decimals=item.decimals, sku=item.sku)
    if line.unit_cost is not None and line.unit_cost < 0:
        yield "unit_cost", Reason.COST_NEGATIVE, _("A cost cannot be negative.")


def _closed(bin_: BinFacts, field: str) -> Iterator[Fault]:
    if bin_.is_hub_archived:
        yield (
            field,
            Reason.HUB_ARCHIVED,
            _("The hub of %(bin)s is archived. Choose another bin.") % {"bin": bin_.address},
        )
    elif bin_.is_archived:
        message = _("Bin %(bin)s is archived. Choose another bin.") % {"bin": bin_.address}
        yield field, Reason.BIN_ARCHIVED, message


def _quantity_faults(draft: Draft, line: DraftLine, *, decimals: int, sku: str) -> Iterator[Fault]:
    if draft.kind in ADJUSTING and line.quantity == 0 and not draft.opens:
        yield "quantity", Reason.QUANTITY_ZERO, _("Enter a change other than zero.")
    elif draft.kind in SENT - ADJUSTING and line.quantity <= 0:
        yield "quantity", Reason.QUANTITY_NOT_POSITIVE, _("The quantity must be more than zero.")
    elif not rules.fits(_counted(line), decimals=decimals):
        message = _("%(sku)s is counted with %(places)s decimal places.") % {"sku": sku, "places": decimals}
        yield "quantity", Reason.QUANTITY_TOO_PRECISE, message


def _counted(line: DraftLine) -> Decimal:
    return line.counted.quantity if line.counted else line.quantity
