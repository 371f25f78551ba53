"""Receiving: what a vendor delivered goes into bins (S1 §3, "Receiving Workflow"). One document, or a file of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asora.kernel.act import Act
from asora.kernel.door import action
from ledger.actions.documents import NETS, hubs_of, post_document
from ledger.files.actions import FileImport, hubs_of_file, post_file
from ledger.posting.csv_reader import MovementFile
from ledger.posting.drafts import Draft


@action("ledger.receipt.post", permission="ledger.receive", hubs=hubs_of, about="reference", nets=NETS)
def receive(act: Act, *, draft: Draft, hubs: Sequence[Any], reference: str = "") -> int:
    """Post one receipt; returns its position.

    `hubs`: the hubs of its bins, for the door's hub gate. Refusals: STATE_CONFLICT ALREADY_POSTED with the position
    of the first; VALIDATION_FAILED with `lines`: ITEM_ARCHIVED, BIN_ARCHIVED, HUB_ARCHIVED, QUANTITY_NOT_POSITIVE,
    QUANTITY_TOO_PRECISE, COST_NEGATIVE; at the document: VENDOR_INELIGIBLE, VENDOR_ARCHIVED, DATE_IN_FUTURE, NO_DATA.
    """
    return post_document(act, draft)


@action("ledger.receipt.import", permission="ledger.receive", hubs=hubs_of_file, about="name", nets=NETS)
def import_receipts(
    act: Act,
    *,
    file: MovementFile,
    name: str = "",
    skip_refused: bool = False,
    old_days: bool = False,
    another: int | None = None,
) -> FileImport:
    """Post a file of receipts, a posting per reference, all or nothing.

    `skip_refused`: leave out every posting that has a refused line, and say which. Refusals: VALIDATION_FAILED with
    every refused line and its rules: those of `receive`, and those of the file's reader.
    """
    return post_file(act, file, skip_refused=skip_refused, old_days=old_days, another=another)
