"""Importing files of movements: one action per kind, one posting per reference, as one batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.door import Action
from asora.kernel.permissions import Permission
from ledger.actions.documents import CONSTRAINT_REFUSALS
from ledger.actions.movements import refuse_alone
from ledger.files.file_posting import ImportOptions, hubs_of_file, post_file
from ledger.files.outcome import FileImport
from ledger.models import Kind
from ledger.posting.csv_reader import MovementFile


@action(
    "ledger.receipt.import",
    permission=Permission.LEDGER_RECEIVE,
    hubs=hubs_of_file,
    subject="name",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("imported receipts"),
    tried=gettext_lazy("tried to import receipts"),
)
def import_receipts(
    act: Act,
    *,
    file: MovementFile,
    **options: Unpack[ImportOptions],
) -> FileImport:
    """Post a file of receipts, a posting per reference, all or nothing.

    Refusals: VALIDATION_FAILED with every refused line and its rules: those of `receive`, and those of the reader.
    """
    return post_file(act, file, **options)


@action(
    "ledger.issue.import",
    permission=Permission.LEDGER_ISSUE,
    hubs=hubs_of_file,
    subject="name",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("imported issues"),
    tried=gettext_lazy("tried to import issues"),
)
def import_issues(
    act: Act,
    *,
    file: MovementFile,
    **options: Unpack[ImportOptions],
) -> FileImport:
    """Post a file of issues, a posting per reference, all or nothing. Refusals: those of `issue`, and the reader's."""
    return post_file(act, file, **options)


@action(
    "ledger.transfer.import",
    permission=Permission.LEDGER_TRANSFER,
    hubs=hubs_of_file,
    subject="name",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("imported transfers"),
    tried=gettext_lazy("tried to import transfers"),
)
def import_transfers(
    act: Act,
    *,
    file: MovementFile,
    **options: Unpack[ImportOptions],
) -> FileImport:
    """Post a file of transfers, all or nothing. Refusals: those of `transfer`, and the reader's."""
    return post_file(act, file, **options)


@action(
    "ledger.adjustment.import",
    permission=Permission.LEDGER_ADJUST,
    hubs=hubs_of_file,
    subject="name",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("imported adjustments"),
    tried=gettext_lazy("tried to import adjustments"),
)
def import_adjustments(
    act: Act,
    *,
    file: MovementFile,
    **options: Unpack[ImportOptions],
) -> FileImport:
    """Post a file of adjustments, all or nothing. Refusals: those of `adjust`, and the reader's."""
    refuse_alone(act)
    return post_file(act, file, **options)


#: The import of each kind of movement.
IMPORTS: Mapping[Kind, Action[..., FileImport]] = {
    Kind.RECEIPT: import_receipts,
    Kind.ISSUE: import_issues,
    Kind.TRANSFER: import_transfers,
    Kind.ADJUSTMENT: import_adjustments,
}
