"""Adjustments by two people: one requests an adjustment, another posts or declines it.

In the segregated role model every adjustment starts as a request, and the requester cannot post it, not even the
owner. In other role models a request is optional.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.csv.reading import LineErrors
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict
from asora.kernel.shapes import ReadOnlyValues, Values
from inventory.models import Hub
from ledger.actions.documents import CONSTRAINT_REFUSALS, hubs_of, post_document
from ledger.actions.movements import needs_four_eyes
from ledger.models import AdjustmentRequest, Kind
from ledger.posting import evidence
from ledger.posting.checks import check_lines, refuse_document
from ledger.posting.drafts import Draft, DraftLine
from ledger.posting.master_data import MasterData, master_data_of
from ledger.posting.questions import about_the_day, ask


def already_requested(request: AdjustmentRequest | None = None) -> StateConflict:
    """The refusal of a second submit of the same request."""
    return StateConflict(
        _("This adjustment has already been requested."),
        reason=Reason.ALREADY_POSTED,
        details={"request": str(request.pk)} if request else {},
    )


def _hubs_of_request(values: ReadOnlyValues) -> Iterable[Hub]:
    request: AdjustmentRequest | None = values.get("request")
    return request.hubs.all() if request else ()


@action(
    "ledger.request.create",
    permission=Permission.LEDGER_REQUEST_ADJUSTMENT,
    hubs=hubs_of,
    subject="reference",
    constraint_refusals={"ledger_adjustmentrequest_pkey": already_requested},
    done=gettext_lazy("requested adjustment {label}"),
    tried=gettext_lazy("tried to request adjustment {label}"),
)
def request_adjustment(
    act: Act, *, draft: Draft, hubs: Sequence[Hub], reference: str = ""
) -> AdjustmentRequest:
    """Request an adjustment; stock does not change. The draft's submission is the request's id, so it exists once.

    Stock is checked when the request is posted. Refusals: STATE_CONFLICT ALREADY_POSTED; VALIDATION_FAILED
    UNKNOWN_REASON, DATE_IN_FUTURE, NO_DATA; with `lines`: QUANTITY_ZERO, QUANTITY_TOO_PRECISE, COST_NEGATIVE.
    """
    act.reads(f"request:{draft.submission}")
    if earlier := AdjustmentRequest.objects.filter(pk=draft.submission).first():
        raise already_requested(earlier)
    master_data = master_data_of([draft])
    evidence.checked(act, [draft], master_data)
    refuse_document(draft, master_data, today=act.today)
    errors = LineErrors()
    check_lines(draft, master_data, errors)
    if errors:
        raise errors.refusal(total=len(draft.lines))
    ask(act, draft, list(about_the_day(act, draft)))
    request = AdjustmentRequest(
        id=draft.submission,
        reference=draft.reference,
        effective_on=draft.effective_on,
        reason=draft.reason,
        note=draft.note,
        lines=[_line_json(line, master_data) for line in draft.lines],
        requested_by=act.actor.ref,
    )
    request.save(force_insert=True)
    request.hubs.set(sorted({master_data.bins[line.bin_id].hub_id for line in draft.lines}))
    act.changed(request, after={"state": request.state, "reason": request.reason, "lines": len(draft.lines)})
    return request


@action(
    "ledger.request.post",
    permission=Permission.LEDGER_ADJUST,
    hubs=_hubs_of_request,
    subject="request",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("posted requested adjustment {label}"),
    tried=gettext_lazy("tried to post requested adjustment {label}"),
)
def post_request(
    act: Act, *, request: AdjustmentRequest, note: str = "", confirmed: frozenset[str] = frozenset()
) -> int:
    """Post a request as it is now; returns the position. `confirmed`: answers to `ledger.posting.questions`.

    Refusals: PERMISSION_DENIED FOUR_EYES (the requester, in the segregated role model); STATE_CONFLICT REQUEST_CLOSED;
    VALIDATION_FAILED as for an adjustment.
    """
    row = _open(act, request)
    if needs_four_eyes(act) and row.requested_by == act.actor.ref:
        raise own_request()
    row.posting_id = post_document(act, replace(draft_of(row), confirmed=confirmed))
    _close(act, row, AdjustmentRequest.State.POSTED, note)
    return row.posting_id


@action(
    "ledger.request.decline",
    permission=Permission.LEDGER_ADJUST,
    hubs=_hubs_of_request,
    subject="request",
    done=gettext_lazy("declined requested adjustment {label}"),
    tried=gettext_lazy("tried to decline requested adjustment {label}"),
)
def decline_request(act: Act, *, request: AdjustmentRequest, note: str = "") -> AdjustmentRequest:
    """Decline a request; stock does not change. Refusals: STATE_CONFLICT REQUEST_CLOSED."""
    row = _open(act, request)
    _close(act, row, AdjustmentRequest.State.DECLINED, note)
    return row


def own_request() -> PermissionDenied:
    """The refusal of a requester who tries to post their own request."""
    return PermissionDenied(
        _("You requested this adjustment, so someone else must post it."),
        reason=Reason.FOUR_EYES,
        details={
            "permission": Permission.LEDGER_ADJUST,
            "remedy": _("Ask another person who may adjust stock to post it."),
        },
    )


def draft_of(request: AdjustmentRequest) -> Draft:
    """The adjustment that a request asks for. Its id is the submission, so it is posted at most once."""
    return Draft(
        kind=Kind.ADJUSTMENT,
        submission=request.pk,
        effective_on=request.effective_on,
        lines=[_line(stored) for stored in request.lines],
        reference=request.reference,
        reason=request.reason,
        note=request.note,
    )


def _line_json(line: DraftLine, master_data: MasterData) -> Values:
    """A line as JSON: ids for posting, and the SKU and address as they were requested."""
    return {
        "number": line.number,
        "item": line.item_id,
        "sku": master_data.items[line.item_id].sku,
        "bin": line.bin_id,
        "address": master_data.bins[line.bin_id].address,
        "quantity": str(line.quantity),
        "unit_cost": None if line.unit_cost is None else str(line.unit_cost),
    }


def _line(stored: ReadOnlyValues) -> DraftLine:
    line = DraftLine(stored["number"], stored["item"], stored["bin"], Decimal(stored["quantity"]))
    return line if stored["unit_cost"] is None else replace(line, unit_cost=Decimal(stored["unit_cost"]))


def _open(act: Act, request: AdjustmentRequest) -> AdjustmentRequest:
    act.reads(request)
    row = AdjustmentRequest.objects.select_for_update().get(pk=request.pk)
    if row.state != AdjustmentRequest.State.REQUESTED:
        raise StateConflict(
            _("This request has already been decided."),
            reason=Reason.REQUEST_CLOSED,
            details={"state": row.state} | ({"position": row.posting_id} if row.posting_id else {}),
        )
    return row


def _close(act: Act, row: AdjustmentRequest, state: AdjustmentRequest.State, note: str) -> None:
    decided_at: datetime = timezone.now()
    row.state, row.decided_by, row.decided_at, row.decision_note = state, act.actor.ref, decided_at, note
    row.save(update_fields=["state", "decided_by", "decided_at", "decision_note", "posting"])
    act.changed(
        row,
        before={"state": AdjustmentRequest.State.REQUESTED.value},
        after={"state": state.value, "note": note},
    )
