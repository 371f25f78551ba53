"""Receiving: what a vendor delivered goes into bins (S1 §3, "Receiving Workflow"). One document, or a file of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.door import action
from asora.kernel.importing import LineErrors
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from ledger import postings, rules
from ledger.drafts import Draft
from ledger.imports.receipts import ReceiptFile
from ledger.postings import Posted
from ledger.world import World, world_of


def already_posted(position: int | None = None) -> StateConflict:
    """The refusal of a second submit, with the position of the first."""
    return StateConflict(
        _("This was posted already."),
        reason=Reason.ALREADY_POSTED,
        details={"position": position} if position else {},
    )


def _hubs_of_draft(values: Mapping[str, Any]) -> Iterable[Any]:
    hubs: Iterable[Any] = values.get("hubs", ())
    return hubs


def _hubs_of_file(values: Mapping[str, Any]) -> Iterable[Any]:
    file: ReceiptFile | None = values.get("file")
    return file.hubs if file else ()


@action(
    "ledger.receipt.post",
    permission="ledger.receive",
    hubs=_hubs_of_draft,
    about="reference",
    nets={"ledger_posting_submission_key": already_posted},
)
def receive(act: Act, *, draft: Draft, hubs: Sequence[Any], reference: str = "") -> int:
    """Post one receipt; returns its position.

    `hubs`: the hubs of its bins, for the door's hub gate. Refusals: STATE_CONFLICT ALREADY_POSTED with the position
    of the first; VALIDATION_FAILED with `lines`: ITEM_ARCHIVED, BIN_ARCHIVED, HUB_ARCHIVED, QUANTITY_NOT_POSITIVE,
    QUANTITY_TOO_PRECISE, COST_NEGATIVE; at the document: VENDOR_INELIGIBLE, VENDOR_ARCHIVED, DATE_IN_FUTURE, NO_DATA.
    """
    world = world_of([draft])
    if position := world.submitted.get(draft.submission):
        raise already_posted(position)
    _refuse_document(act, draft, world)
    errors = LineErrors()
    judge_lines(draft, world, errors)
    if errors:
        raise errors.refusal(total=len(draft.lines))
    posted = postings.post(act, [draft], world)
    _say(act, [draft], posted, world)
    return posted.positions[0]


@dataclass(frozen=True, slots=True)
class ReceiptImport:
    """What came of a file: how much was posted, and how much was there already or left out."""

    postings: int
    lines: int
    quantity: Decimal
    value: Decimal
    already_posted: int
    left_out: LineErrors
    left_out_postings: int
    positions: Sequence[int]


@action("ledger.receipt.import", permission="ledger.receive", hubs=_hubs_of_file, about="name")
def import_receipts(
    act: Act, *, file: ReceiptFile, name: str = "", skip_refused: bool = False
) -> ReceiptImport:
    """Post a file of receipts, a posting per reference, all or nothing.

    A reference of this very file that is posted already is left alone, so that the same file posts once.
    `skip_refused`: leave out every posting that has a refused line, and say which. Refusals: VALIDATION_FAILED with
    every refused line and its rules: those of `receive`, and those of `read_receipts`.
    """
    namespace = uuid5(NAMESPACE_URL, f"asora:{act.tenant.schema_name}:{file.sha256}")
    drafts = [
        replace(draft, submission=uuid5(namespace, draft.reference), batch=namespace) for draft in file.drafts
    ]
    world = world_of(drafts)
    errors = LineErrors(dict(file.errors.lines))
    for draft in drafts:
        judge_document(act, draft, world, errors)
        judge_lines(draft, world, errors)
    if errors and not skip_refused:
        raise errors.refusal(total=file.total)
    left_out = {file.reference_of[line] for line in errors.lines}
    accepted = [draft for draft in drafts if draft.reference not in left_out]
    done = [draft for draft in accepted if draft.submission in world.submitted]
    fresh = [draft for draft in accepted if draft.submission not in world.submitted]
    posted = postings.post(act, fresh, world)
    act.found(
        sha256=file.sha256,
        already_posted=len(done),
        left_out={"postings": len(left_out), "lines": len(errors.lines), "reasons": errors.counts()},
    )
    _say(act, fresh, posted, world)
    if not fresh:
        act.noop(_("Everything in this file was posted before."))
    return ReceiptImport(
        postings=len(fresh),
        lines=posted.lines,
        quantity=posted.quantity,
        value=posted.value,
        already_posted=len(done),
        left_out=errors,
        left_out_postings=len(left_out),
        positions=posted.positions,
    )


def _say(act: Act, drafts: Sequence[Draft], posted: Posted, world: World) -> None:
    """What the event says of the postings: totals, never the lines, which the ledger has."""
    act.found(
        postings=len(drafts),
        lines=posted.lines,
        quantity=posted.quantity,
        value=posted.value,
        references=[draft.reference for draft in drafts[:20]],
        vendors=sorted({world.vendors[draft.vendor_id].code for draft in drafts if draft.vendor_id})[:20],
    )


def _refuse_document(act: Act, draft: Draft, world: World) -> None:
    if not draft.lines:
        raise ValidationFailed(_("A receipt has at least one line."), reason=Reason.NO_DATA)
    for field, reason, message in _document_faults(act, draft, world):
        raise ValidationFailed.at_field(field, message, reason=reason)


def judge_document(act: Act, draft: Draft, world: World, errors: LineErrors) -> None:
    """Name what is wrong with a document at each of its lines."""
    for field, reason, message in _document_faults(act, draft, world):
        for line in draft.lines:
            errors.add(line.number, field, reason, message)


def _document_faults(act: Act, draft: Draft, world: World) -> Iterable[tuple[str, Reason, str]]:
    # A draft without a vendor was named by whoever read it, at each of its lines.
    vendor = world.vendors[draft.vendor_id] if draft.vendor_id is not None else None
    if vendor is None:
        pass
    elif vendor.is_archived:
        yield "vendor", Reason.VENDOR_ARCHIVED, _("Vendor %(code)s is archived.") % {"code": vendor.code}
    elif not vendor.is_eligible:
        yield (
            "vendor",
            Reason.VENDOR_INELIGIBLE,
            _("Vendor %(code)s is not eligible: nothing can be received from it.") % {"code": vendor.code},
        )
    if draft.effective_on > act.today:
        yield (
            "effective_on",
            Reason.DATE_IN_FUTURE,
            _("%(day)s is after today, %(today)s.") % {"day": draft.effective_on, "today": act.today},
        )


def judge_lines(draft: Draft, world: World, errors: LineErrors) -> None:
    """Name what is wrong with each line by itself, by the world as it is under the lock."""
    for line in draft.lines:
        item = world.items[line.item_id]
        bin_ = world.bins[line.bin_id]
        if item.is_archived:
            message = _("Item %(sku)s is archived: nothing can come in.") % {"sku": item.sku}
            errors.add(line.number, "sku", Reason.ITEM_ARCHIVED, message)
        if bin_.is_hub_archived:
            message = _("The hub of %(bin)s is archived.") % {"bin": bin_.address}
            errors.add(line.number, "bin", Reason.HUB_ARCHIVED, message)
        elif bin_.is_archived:
            message = _("Bin %(bin)s is archived: nothing can come in.") % {"bin": bin_.address}
            errors.add(line.number, "bin", Reason.BIN_ARCHIVED, message)
        if line.quantity <= 0:
            errors.add(
                line.number,
                "quantity",
                Reason.QUANTITY_NOT_POSITIVE,
                _("The quantity must be more than zero."),
            )
        elif not rules.fits(line.quantity, decimals=item.decimals):
            message = _("%(sku)s is counted with %(places)s decimal places.") % {
                "sku": item.sku,
                "places": item.decimals,
            }
            errors.add(line.number, "quantity", Reason.QUANTITY_TOO_PRECISE, message)
        if line.unit_cost < 0:
            errors.add(line.number, "unit_cost", Reason.COST_NEGATIVE, _("A cost cannot be negative."))
