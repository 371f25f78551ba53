"""Files of movements that were sent: what kinds there are, and checking or importing one.

`check_file` and `import_file` take an act and an upload and need no request: whoever does long work in the background
calls them as the page does. What they return or raise is what the page shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.files.columns import FileColumn
from asora.files.models import Upload
from asora.kernel.act import Act
from asora.kernel.csv.reading import LineErrors
from asora.kernel.door import Action
from ledger.files.actions import import_adjustments, import_issues, import_receipts, import_transfers
from ledger.files.file_posting import MOST_SHOWN, FileImport, ImportedDocument
from ledger.files.forms import MovementUpload
from ledger.models import Kind
from ledger.posting.csv_reader import SHAPES

#: By the word that an upload of this kind has, which is the kind of its movements.
ACTIONS: Mapping[str, Action[..., FileImport]] = {
    Kind.RECEIPT.value: import_receipts,
    Kind.ISSUE.value: import_issues,
    Kind.TRANSFER.value: import_transfers,
    Kind.ADJUSTMENT.value: import_adjustments,
}
MEANINGS: Mapping[str, Any] = {
    "reference": gettext_lazy("Names the document: lines of one reference are posted together."),
    "effective_on": gettext_lazy("When it happened, like 2026-01-31; the same in all lines of a reference."),
    "vendor_code": gettext_lazy("Who delivered; the same in all lines of a reference."),
    "sku": gettext_lazy("The item."),
    "hub_code": gettext_lazy("The hub where it is."),
    "bin_code": gettext_lazy("The bin, without its hub."),
    "to_hub_code": gettext_lazy("The hub where it goes."),
    "to_bin_code": gettext_lazy("The bin where it goes, without its hub."),
    "quantity": gettext_lazy("In the item's unit, with a point for decimals: 12 or 1.25."),
    "unit_cost": gettext_lazy("What one unit costs, up to 6 decimal places."),
    "reason": gettext_lazy("A code of the list of reasons; the same in all lines of a reference."),
    "note": gettext_lazy("Anything worth knowing, up to 500 characters."),
    "po_line": gettext_lazy("The line of the order. Not kept."),
    "received_qty": gettext_lazy("What was received; less what was rejected it must be the quantity."),
    "rejected_qty": gettext_lazy(
        "What was sent back; empty is 0. A line that was rejected as a whole is passed over."
    ),
}
REASON = gettext_lazy(
    "A code of the list of reasons, the same in all lines of a reference; or OPENING for stock that was there before "
    "anything was posted, which needs a unit_cost."
)
ADDED = gettext_lazy("What is added, or with a minus what is taken away, in the item's unit.")
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


def check_file(act: Act, upload: Upload, **options: Any) -> FileImport:
    """What importing a file would do: every gate and rule, nothing kept but the event of a refusal.

    `options`: those of `import_file`. Refusals: those of the import of its kind: VALIDATION_FAILED with `columns` (its
    header needs a mapping), `fields` (its mapping is wrong) or `lines`; PERMISSION_DENIED; STATE_CONFLICT
    FREEZE_ACTIVE.
    """
    return ACTIONS[upload.kind].check(act, _movements(upload, **options))


def import_file(act: Act, upload: Upload, **options: Any) -> FileImport:
    """Post a file, a posting per reference: all of it or nothing, and nothing that is in the ledger already.

    `options`: `skip_refused`: leave out every document that has a refused line; `old_days`: days more than ten years
    back are confirmed; `another`: the newest posting beside which documents of its reference are other ones. Refusals:
    those of `check_file`.
    """
    return ACTIONS[upload.kind].submit(act, _movements(upload, **options))


def as_json(done: FileImport) -> dict[str, Any]:
    """What became of a file, as a job keeps it: of positions the ends, of refused lines the first."""
    positions = list(done.positions)
    first = dict(sorted(done.left_out.lines.items())[:MOST_SHOWN])
    told = {
        name: getattr(done, name) for name in ("postings", "lines", "already_posted", "left_out_postings")
    }
    return told | {
        "quantity": str(done.quantity),
        "quantities": _as_texts(done.quantities),
        "value": str(done.value),
        "positions": [positions[0], positions[-1]] if positions else [],
        "batch": str(done.batch),
        "left_out": first,
        "documents": [_document_as_json(document) for document in done.documents],
        "references": done.references,
        "reasons": dict(done.reasons),
        "passed_over": list(done.passed_over)[:MOST_SHOWN],
        "passed_over_lines": done.passed_over_lines,
        "is_sent_before": done.is_sent_before,
        "another": done.another,
    }


def _document_as_json(document: ImportedDocument) -> dict[str, Any]:
    day, value = document.effective_on, document.value
    return asdict(document) | {
        "effective_on": day.isoformat() if day else None,
        "quantities": _as_texts(document.quantities),
        "value": None if value is None else str(value),
    }


def _as_texts(per_unit: Sequence[tuple[str, Decimal]]) -> list[tuple[str, str]]:
    return [(unit, str(quantity)) for unit, quantity in per_unit]


def _as_figures(per_unit: Sequence[tuple[str, str]]) -> list[tuple[str, Decimal]]:
    return [(unit, Decimal(quantity)) for unit, quantity in per_unit]


def from_json(told: Mapping[str, Any]) -> FileImport:
    """What `as_json` told."""
    return FileImport(
        **{
            **told,
            "quantity": Decimal(told["quantity"]),
            "quantities": _as_figures(told["quantities"]),
            "value": Decimal(told["value"]),
            "batch": UUID(told["batch"]),
            "left_out": LineErrors({int(line): faults for line, faults in told["left_out"].items()}),
            "documents": [_document_from_json(document) for document in told["documents"]],
        }
    )


def _document_from_json(told: Mapping[str, Any]) -> ImportedDocument:
    day, value = told["effective_on"], told["value"]
    return ImportedDocument(
        **{
            **told,
            "effective_on": date.fromisoformat(day) if day else None,
            "quantities": _as_figures(told["quantities"]),
            "value": None if value is None else Decimal(value),
        }
    )


def _movements(upload: Upload, **options: Any) -> MovementUpload:
    return MovementUpload(
        Kind(upload.kind),
        upload.as_sent,
        name=upload.name or _("pasted text"),
        mapping=upload.mapping,
        **options,
    )
