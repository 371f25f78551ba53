"""Documents that tests post through the door: receipts, issues, transfers, adjustments, their reversals and files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from asora.kernel.act import Act
from inventory.models import Bin
from ledger.actions.movements import adjust, issue, transfer
from ledger.actions.receiving import receive as receive_draft
from ledger.actions.reversing import reverse
from ledger.files.actions import import_adjustments, import_issues, import_receipts, import_transfers
from ledger.files.forms import MovementUpload
from ledger.files.outcome import FileImport
from ledger.models import Kind, Posting
from ledger.posting.drafts import Draft, DraftLine
from tests.factories.master_data import MasterData

DAY = date(2026, 3, 2)
#: The answer to "Post another?" for files of tests: yes, whatever is posted already.
ANOTHER = 10**18
D = Decimal
BOTH_COSTINGS = pytest.mark.parametrize("costing", ["average", "fifo"])
Move = tuple[str, str, str]  # SKU, address, quantity
ACTIONS = {Kind.ISSUE: issue, Kind.TRANSFER: transfer, Kind.ADJUSTMENT: adjust}
IMPORTS = {
    Kind.RECEIPT: import_receipts,
    Kind.ISSUE: import_issues,
    Kind.TRANSFER: import_transfers,
    Kind.ADJUSTMENT: import_adjustments,
}
HEADERS = {
    Kind.RECEIPT: "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost",
    Kind.ISSUE: "reference,effective_on,sku,hub_code,bin_code,quantity",
    Kind.TRANSFER: "reference,effective_on,sku,hub_code,bin_code,to_hub_code,to_bin_code,quantity",
    Kind.ADJUSTMENT: "reference,effective_on,sku,hub_code,bin_code,quantity,reason",
}


def line(
    master_data: MasterData, sku: str, address: str, quantity: str, cost: str, *, number: int = 1
) -> DraftLine:
    """One line of a draft, by SKU and HUB/BIN."""
    return DraftLine(
        number, master_data.items[sku].pk, master_data.bins[address].pk, Decimal(quantity), Decimal(cost)
    )


def receipt(
    master_data: MasterData, *lines: DraftLine, submission: UUID | None = None, day: date = DAY
) -> Draft:
    """A draft of a delivery from Acme."""
    return Draft(
        kind=Kind.RECEIPT,
        submission=submission or uuid4(),
        effective_on=day,
        lines=lines,
        reference="PO-1",
        vendor_id=master_data.vendor.pk,
    )


def deliver(act: Act, master_data: MasterData, draft: Draft) -> int:
    """Post a delivery through the door; returns its position."""
    hubs = {
        bin_.hub for bin_ in master_data.bins.values() if bin_.pk in {line.bin_id for line in draft.lines}
    }
    return receive_draft(act, draft=draft, hubs=list(hubs), reference=draft.reference)


def receipts_csv(*rows: str) -> bytes:
    """A file of receipts with the product's own header."""
    header = "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost"
    return "\n".join([header, *rows, ""]).encode()


def with_costing(act: Act, costing: str) -> Act:
    """Set the costing of the act's tenant, on the test's own instance, which is never saved."""
    act.tenant.costing = costing
    return act


def receive(act: Act, master_data: MasterData, *moves: tuple[str, str, str, str]) -> int:
    """Deliver `(sku, address, quantity, cost)`."""
    lines = [line(master_data, *move, number=number) for number, move in enumerate(moves, start=1)]
    return deliver(act, master_data, receipt(master_data, *lines))


def draft(
    master_data: MasterData,
    kind: Kind,
    *moves: tuple[str, ...],
    submission: UUID | None = None,
    day: date = DAY,
    reason: str = "",
) -> Draft:
    """A document of `(sku, address, quantity)` lines, or `(sku, from, to, quantity)` for transfers."""
    lines = []
    for number, (sku, address, *rest) in enumerate(moves, start=1):
        to = master_data.bins[rest[0]].pk if kind is Kind.TRANSFER else None
        item, bin_ = master_data.items[sku], master_data.bins[address]
        lines.append(DraftLine(number, item.pk, bin_.pk, Decimal(rest[-1]), to_bin_id=to))
    return Draft(
        kind=kind,
        submission=submission or uuid4(),
        effective_on=day,
        lines=lines,
        reference="DOC-1",
        reason=reason or ("DAMAGED" if kind is Kind.ADJUSTMENT else ""),
    )


def hubs_of(master_data: MasterData, wanted: Draft) -> list[object]:
    """The hubs of a draft, as a form would name them."""
    touched = {bin_ for line in wanted.lines for bin_ in line.bins}
    return list({bin_.hub for bin_ in Bin.objects.select_related("hub").filter(pk__in=touched)})


def post(act: Act, master_data: MasterData, wanted: Draft) -> int:
    """Post a draft through the door; returns its position."""
    return ACTIONS[wanted.kind](
        act, draft=wanted, hubs=hubs_of(master_data, wanted), reference=wanted.reference
    )


def post_movement(act: Act, master_data: MasterData, kind: Kind, *moves: tuple[str, ...]) -> int:
    """Issue, transfer or adjust; returns the position."""
    return post(act, master_data, draft(master_data, kind, *moves))


def reverse_posting(act: Act, position: int) -> int:
    """Reverse a posting."""
    return reverse(act, posting=Posting.objects.get(position=position), submission=uuid4())


def import_rows(
    act: Act, kind: Kind, *rows: str, skip_refused: bool = False, another: int = ANOTHER
) -> FileImport:
    """Import these lines through the door."""
    content = "\n".join([HEADERS[kind], *rows, ""]).encode()
    upload = MovementUpload(kind, content, name="moves.csv", skip_refused=skip_refused, another=another)
    return IMPORTS[kind].submit(act, upload)
