"""Cycle counts in the browser: the list, a new count, and the sheet where people count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.accounts.people.queries import names
from asora.kernel.act import Act
from asora.kernel.gates import invalid_form, lacking
from asora.kernel.lists import list_csv, wants_csv
from asora.kernel.pages import (
    AsoraRequest,
    load,
    page,
    refused_form,
    respond,
    wants_fragment,
    wants_json,
)
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, Refusal
from asora.kernel.shapes import Values
from inventory.queries import items_by_code, permitted_hubs
from ledger.counts.actions.counting import record_counts, scan_one, submit_count
from ledger.counts.actions.opening import open_count
from ledger.counts.actions.review_checks import needs_other_eyes
from ledger.counts.forms import FigureForm, OpenCountForm, ScanForm, bin_of
from ledger.counts.listings import COUNTS
from ledger.counts.queries.figures import figures_of
from ledger.counts.queries.scopes import Overlap, overlaps_of
from ledger.counts.queries.sheets import bins_of, progress_of, sheet_of, uncounted_lines
from ledger.models import BinBalance, CountSession

SHOWN_FIGURE = 40  # characters of a refused figure
MAY_LOOK = (Permission.LEDGER_COUNT, Permission.LEDGER_APPROVE_COUNT, Permission.LEDGER_REPORT)


@page()
def count_list(request: AsoraRequest) -> HttpResponseBase:
    """The counts to do; and how accurate stock is, for people who may see stock. Refusals: PERMISSION_DENIED."""
    act = request.act
    if not any(act.actor.may(permission) for permission in MAY_LOOK):
        raise lacking(act, Permission.LEDGER_COUNT)
    if wants_csv(request):
        return list_csv(request, COUNTS)
    form = COUNTS.form(request)
    if not form.is_valid():
        raise invalid_form(form)
    shown = COUNTS.page(
        act, form.cleaned_data, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    progress = progress_of(session.pk for session in shown.rows)
    people = names()
    context: Values = {
        "rows": [
            (session, progress.get(session.pk), people.get(session.assignee, ""), _address(act, session))
            for session in shown.rows
        ],
        "is_filtered": any(form.cleaned_data.values()),
        "may_count": act.actor.may(Permission.LEDGER_COUNT),
        "sees_value": act.actor.may(Permission.LEDGER_VIEW_VALUE),
        "currency": act.tenant.currency,
        "figures": _figures(act),
    }
    context |= {"page": shown, "filter_form": form}
    return respond(request, "ledger/counts/list.html", context, fragment="ledger/counts/_list.html")


def _address(act: Act, session: CountSession) -> str:
    """The page that this reader gets from the list: the sheet, the review, the posting, or none."""
    if act.actor.may(Permission.LEDGER_COUNT) and (
        session.is_counting or not act.actor.may(Permission.LEDGER_APPROVE_COUNT)
    ):
        return reverse("ledger:count-sheet", args=[session.pk])
    if act.actor.may(Permission.LEDGER_APPROVE_COUNT):
        return reverse("ledger:count-review", args=[session.pk])
    if session.posting_id and act.actor.may(Permission.LEDGER_VIEW_STOCK):
        return reverse("ledger:posting-detail", args=[session.posting_id])
    return ""


def _figures(act: Act) -> list[Any]:
    if not act.actor.may(Permission.LEDGER_VIEW_STOCK):
        return []
    return list(figures_of(hubs=permitted_hubs(act.actor).values_list("pk", flat=True)))


@page(permission=Permission.LEDGER_COUNT, methods=["GET", "POST"], tries="ledger.count.open")
def count_open(request: AsoraRequest) -> HttpResponseBase:
    """Open a count. Refusals: those of `open_count`, each at its field."""
    people = names()
    template = "ledger/counts/open.html"
    if request.method != "POST":
        initial = {"hub": request.GET.get("hub", ""), "title": _("Cycle count"), "tolerance": "0"}
        form = OpenCountForm(act=request.act, people=people, initial=initial)
        return respond(request, template, {"form": form})
    form = OpenCountForm(request.POST, act=request.act, people=people)
    try:
        session = open_count.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, {"opened": refusal.details.get("count")})
    messages.success(request, _("Count %(count)s is open.") % {"count": session})
    if overlaps := overlaps_of(session):
        messages.warning(request, overlap_notice(overlaps))
    return redirect("ledger:count-sheet", count=session.pk)


def overlap_notice(overlaps: Sequence[Overlap]) -> str:
    """The message that other open counts cover the same places."""
    names = [
        ngettext("%(count)s (%(lines)s line)", "%(count)s (%(lines)s lines)", overlap.lines)
        % {"count": overlap.session, "lines": f"{overlap.lines:,}"}
        if overlap.lines
        else str(overlap.session)
        for overlap in overlaps[:5]
    ]
    return ngettext(
        "Another open count covers the same places: %(counts)s. Where both count an item in a bin, the later "
        "figure is used.",
        "Other open counts cover the same places: %(counts)s. Where several count an item in a bin, the latest "
        "figure is used.",
        len(overlaps),
    ) % {"counts": ", ".join(names)}


@page(permission=Permission.LEDGER_COUNT, is_form=True)
def count_sheet(request: AsoraRequest, count: int) -> HttpResponse:
    """The sheet where people count: their own figures of one bin. Refusals: ROUTE_NOT_FOUND, PERMISSION_DENIED."""
    session = load_count(request, count, permission=Permission.LEDGER_COUNT)
    return _sheet(request, session, bin_code=request.GET.get("bin", ""), opened=request.GET.get("item", ""))


@page(permission=Permission.LEDGER_COUNT, methods=["POST"], tries="ledger.count.scan")
def count_scan(request: AsoraRequest, count: int) -> HttpResponseBase:
    """One scan: it chooses a bin, counts a whole item, or opens the line of one with decimals."""
    session = load_count(request, count, permission=Permission.LEDGER_COUNT)
    code, chosen = request.POST.get("code", "").strip(), request.POST.get("bin", "")
    found_bin, items = bin_of(session, code), items_by_code([code])
    # The form refuses a code that could mean two items.
    item, is_item = items.get(code), items.get(code) is not None or items.is_ambiguous(code)
    if found_bin is not None and (not is_item or not chosen):
        return _done(request, session, bin_code=found_bin.code)
    if item is not None and item.decimals and bin_of(session, chosen) is not None:
        return _done(request, session, bin_code=chosen, opened=item.sku)
    form = ScanForm(request.POST, session=session)
    try:
        scan_one.submit(request.act, form)
    except Refusal as refusal:
        return _refused(request, session, refusal, bin_code=chosen, fault=_fault(refusal))
    return _done(request, session, bin_code=chosen, counted=form.item.sku if form.item else "")


@page(permission=Permission.LEDGER_COUNT, methods=["POST"], tries="ledger.count.record")
def count_record(request: AsoraRequest, count: int) -> HttpResponseBase:
    """Save the figure of one line. Refusals: those of `record_counts`."""
    session = load_count(request, count, permission=Permission.LEDGER_COUNT)
    form = FigureForm(request.POST, session=session)
    chosen = request.POST.get("bin", "")
    try:
        record_counts.submit(request.act, form)
    except Refusal as refusal:
        opened, fault = request.POST.get("sku", ""), _fault(refusal)
        refused = (
            {"sku": opened, "typed": request.POST.get("quantity", "")[:SHOWN_FIGURE]} | fault
            if fault
            else None
        )
        return _refused(request, session, refusal, bin_code=chosen, opened=opened, refused=refused)
    return _done(request, session, bin_code=chosen, counted=request.POST.get("sku", ""))


@page(permission=Permission.LEDGER_COUNT, methods=["POST"], tries="ledger.count.submit")
def count_submit(request: AsoraRequest, count: int) -> HttpResponseBase:
    """Hand the count in. Refusals: those of `submit_count`."""
    session = load_count(request, count, permission=Permission.LEDGER_COUNT)
    without = {line.pk for line in uncounted_lines(session)} if "leave_out" in request.POST else set()
    try:
        submit_count(request.act, session=session, without=without)
    except Refusal as refusal:
        return _refused(request, session, refusal, bin_code=request.POST.get("bin", ""))
    messages.success(request, _("Count %(count)s was handed in.") % {"count": session})
    # A person who counted may not always approve, and should not be redirected to a refusal.
    if request.act.actor.may(Permission.LEDGER_APPROVE_COUNT) and not needs_other_eyes(request.act):
        return redirect("ledger:count-review", count=session.pk)
    return redirect("ledger:count-sheet", count=session.pk)


def load_count(request: AsoraRequest, count: int, *, permission: Permission) -> CountSession:
    """Load a count for a person with this permission who works at its hub."""
    rows = CountSession.objects.select_related("hub")
    return load(request, rows, permission=permission, hub=lambda session: session.hub, pk=count)


def _done(
    request: AsoraRequest, session: CountSession, *, bin_code: str, opened: str = "", counted: str = ""
) -> HttpResponseBase:
    """The sheet again: as a fragment, or without scripts by a redirect."""
    if wants_fragment(request):
        return _sheet(request, session, bin_code=bin_code, opened=opened, counted=counted)
    where = urlencode({name: value for name, value in (("bin", bin_code), ("item", opened)) if value})
    return redirect(f"{reverse('ledger:count-sheet', args=[session.pk])}?{where}")


def _refused(
    request: AsoraRequest,
    session: CountSession,
    refusal: Refusal,
    *,
    bin_code: str,
    opened: str = "",
    fault: dict[str, str] | None = None,
    refused: dict[str, str] | None = None,
) -> HttpResponse:
    if wants_json(request):
        raise refusal
    return _sheet(
        request, session, bin_code=bin_code, opened=opened, refusal=refusal, fault=fault, refused=refused
    )


def _fault(refusal: Refusal) -> dict[str, str]:
    """What is wrong with one figure: reason and message; empty if the refusal is about more than the figure."""
    if refusal.code != "VALIDATION_FAILED":
        return {}
    groups = [*refusal.details.get("lines", {}).values(), *refusal.details.get("fields", {}).values()]
    whole = {"reason": str(refusal.reason), "message": refusal.message}
    return next((entry for entries in groups for entry in entries), whole)


def _sheet(
    request: AsoraRequest,
    session: CountSession,
    *,
    bin_code: str,
    opened: str = "",
    counted: str = "",
    refusal: Refusal | None = None,
    fault: dict[str, str] | None = None,
    refused: dict[str, str] | None = None,
) -> HttpResponse:
    act = request.act
    session.refresh_from_db()
    bins = bins_of(session, person=act.actor.ref)
    chosen = bin_of(session, bin_code)
    lines = sheet_of(session, bin_code=chosen.code, person=act.actor.ref) if chosen else []
    items = items_by_code([opened, counted])
    item = items.get(opened)
    expected = _expected(act, session, chosen.pk if chosen else None)
    context = {
        "session": session,
        "bins": bins,
        "chosen": chosen,
        "lines": [(line, expected.get(line.sku)) for line in lines],
        "shows_expected": bool(expected),
        "opened": item.sku if item else "",
        "is_new": item is not None and item.sku not in {line.sku for line in lines},
        "item": item,
        "counted": items.get(counted),
        "progress": progress_of([session.pk]).get(session.pk),
        "uncounted": uncounted_lines(session) if refusal and refusal.reason is Reason.NOT_COUNTED else [],
        "refusal": refusal,
        "fault": fault,
        "refused": refused,
        "scan": uuid4(),
        "may_review": act.actor.may(Permission.LEDGER_APPROVE_COUNT),
        "people": names(),
    }
    status = refusal.status if refusal else 200
    return respond(
        request, "ledger/counts/sheet.html", context, fragment="ledger/counts/_counted.html", status=status
    )


def _expected(act: Act, session: CountSession, bin_id: int | None) -> Values:
    """SKU to the quantity in the bin now: only if the count is not blind and the person may see stock."""
    if session.is_blind or bin_id is None or not act.actor.may(Permission.LEDGER_VIEW_STOCK):
        return {}
    return dict(BinBalance.objects.filter(bin=bin_id).values_list("item__sku", "quantity"))
