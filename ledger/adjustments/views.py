"""Adjustment requests and the list of reasons in the browser."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.gates import hub_not_granted
from asora.kernel.lists import list_csv, list_page, wants_csv
from asora.kernel.pages import AsoraRequest, load, page, respond, wants_json
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from ledger.actions.movements import needs_four_eyes
from ledger.adjustments.actions.reasons import add_reason, archive_reason, rename_reason, restore_reason
from ledger.adjustments.actions.requests import decline_request, post_request
from ledger.adjustments.forms import DecisionForm, PostingForm, ReasonForm
from ledger.adjustments.listings import REQUESTS
from ledger.models import AdjustmentReason, AdjustmentRequest, BinBalance


@page(permission=Permission.LEDGER_VIEW_STOCK)
def request_list(request: AsoraRequest) -> HttpResponseBase:
    """Requested adjustments, newest first: those that wait for a decision, unless the filter says otherwise."""
    if wants_csv(request):
        return list_csv(request, REQUESTS)
    return list_page(
        request,
        REQUESTS,
        template="ledger/requests.html",
        fragment="ledger/_request_table.html",
        context={
            "may_request": request.act.actor.may(Permission.LEDGER_REQUEST_ADJUSTMENT),
            "is_filtered": bool(request.GET.get("state")),
        },
    )


@page(permission=Permission.LEDGER_VIEW_STOCK, is_form=True)
def request_detail(request: AsoraRequest, asked: str) -> HttpResponse:
    """One request: its lines, the stock in their bins now, and the decision."""
    return _detail(request, _load(request, asked, Permission.LEDGER_VIEW_STOCK))


@page(permission=Permission.LEDGER_ADJUST, methods=["POST"], tries="ledger.request.post")
def request_post(request: AsoraRequest, asked: str) -> HttpResponse:
    """Post a request. Refusals: those of `post_request`, on the request's page."""
    found = _load(request, asked, Permission.LEDGER_ADJUST)
    try:
        position = post_request.submit(request.act, PostingForm(request.POST, request=found))
    except Refusal as refusal:
        return _detail(request, found, refusal=refusal)
    messages.success(
        request, _("Posted. Position %(position)s is now in the ledger.") % {"position": position}
    )
    return redirect("ledger:posting-detail", position=position)


@page(permission=Permission.LEDGER_ADJUST, methods=["POST"], tries="ledger.request.decline")
def request_decline(request: AsoraRequest, asked: str) -> HttpResponse:
    """Decline a request."""
    found = _load(request, asked, Permission.LEDGER_ADJUST)
    try:
        decline_request.submit(request.act, DecisionForm(request.POST, request=found))
    except Refusal as refusal:
        return _detail(request, found, refusal=refusal)
    messages.success(request, _("Declined. Stock did not change."))
    return redirect("ledger:request-detail", asked=found.pk)


@page(permission=Permission.LEDGER_REQUEST_ADJUSTMENT, is_form=True)
def reason_list(request: AsoraRequest) -> HttpResponse:
    """The reasons for which stock may be adjusted."""
    return _reasons(request, ReasonForm())


@page(permission=Permission.INVENTORY_MANAGE, methods=["POST"], tries="ledger.reason.add")
def reason_add(request: AsoraRequest) -> HttpResponse:
    """Add a reason."""
    form = ReasonForm(request.POST)
    try:
        reason = add_reason.submit(request.act, form)
    except Refusal as refusal:
        return _reasons(request, form, refusal=refusal)
    messages.success(request, _("Reason %(reason)s was added.") % {"reason": reason})
    return redirect("ledger:reason-list")


@page(permission=Permission.INVENTORY_MANAGE, methods=["POST"], tries="ledger.reason.rename")
def reason_rename(request: AsoraRequest, code: str) -> HttpResponse:
    """Change the name of a reason."""
    reason = load(request, AdjustmentReason, permission=Permission.INVENTORY_MANAGE, code=code)
    rename_reason.submit(request.act, ReasonForm(request.POST, reason=reason))
    messages.success(request, _("Reason %(reason)s was renamed.") % {"reason": reason})
    return redirect("ledger:reason-list")


@page(permission=Permission.INVENTORY_MANAGE, methods=["POST"], tries="ledger.reason.archive")
def reason_archive(request: AsoraRequest, code: str) -> HttpResponse:
    """Stop offering a reason."""
    reason = load(request, AdjustmentReason, permission=Permission.INVENTORY_MANAGE, code=code)
    archive_reason(request.act, reason=reason)
    messages.success(request, _("Reason %(reason)s was archived.") % {"reason": reason})
    return redirect("ledger:reason-list")


@page(permission=Permission.INVENTORY_MANAGE, methods=["POST"], tries="ledger.reason.restore")
def reason_restore(request: AsoraRequest, code: str) -> HttpResponse:
    """Offer an archived reason again."""
    reason = load(request, AdjustmentReason, permission=Permission.INVENTORY_MANAGE, code=code)
    restore_reason(request.act, reason=reason)
    messages.success(request, _("Reason %(reason)s was restored.") % {"reason": reason})
    return redirect("ledger:reason-list")


def _load(request: AsoraRequest, asked: str, permission: Permission) -> AdjustmentRequest:
    found = load(request, AdjustmentRequest, permission=permission, pk=asked)
    for hub in found.hubs.order_by("code"):
        if not request.act.actor.may(Permission.INVENTORY_OPERATE_HUB, hub):
            raise hub_not_granted(hub)
    return found


def _detail(
    request: AsoraRequest, asked: AdjustmentRequest, *, refusal: Refusal | None = None
) -> HttpResponse:
    if refusal is not None and wants_json(request):
        raise refusal
    asked.refresh_from_db()
    reason = AdjustmentReason.objects.filter(code=asked.reason).first()
    is_own = asked.requested_by == request.act.actor.ref
    context = {
        "asked": asked,
        "reason": reason,
        "lines": _lines(asked, refusal),
        "refusal": refusal,
        "form": DecisionForm(request=asked),
        "is_open": asked.state == AdjustmentRequest.State.REQUESTED,
        "decides": request.act.actor.may(Permission.LEDGER_ADJUST),
        "is_barred": is_own and needs_four_eyes(request.act),
        "sees_value": request.act.actor.may(Permission.LEDGER_VIEW_VALUE),
        "sees_items": request.act.actor.may(Permission.INVENTORY_VIEW),
    }
    return respond(request, "ledger/request.html", context, status=refusal.status if refusal else 200)


def _lines(asked: AdjustmentRequest, refusal: Refusal | None) -> list[Values]:
    """The lines with the stock in their bins now, and the refusals of each."""
    keys = {(line["item"], line["bin"]) for line in asked.lines}
    balances = BinBalance.objects.filter(
        item__in=[item for item, _bin in keys], bin__in=[bin_ for _item, bin_ in keys]
    )
    on_hand = {(row.item_id, row.bin_id): row.quantity for row in balances}
    refused = refusal.details.get("lines", {}) if refusal else {}
    return [
        line
        | {
            "on_hand": on_hand.get((line["item"], line["bin"]), 0),
            "refusals": refused.get(str(line["number"]), []),
        }
        for line in asked.lines
    ]


def _reasons(request: AsoraRequest, form: ReasonForm, *, refusal: Refusal | None = None) -> HttpResponse:
    if refusal is not None:
        if wants_json(request):
            raise refusal
        for name, entries in refusal.details.get("fields", {}).items():
            for entry in entries:
                if entry["message"] not in form.errors.get(name, []):
                    form.add_error(name if name in form.fields else None, entry["message"])
    context = {
        "reasons": AdjustmentReason.objects.order_by(F("archived_at").asc(nulls_first=True), "name"),
        "form": form,
        "refusal": refusal,
        "manages": request.act.actor.may(Permission.INVENTORY_MANAGE),
    }
    return respond(request, "ledger/reasons.html", context, status=refusal.status if refusal else 200)
