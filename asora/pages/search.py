"""The search over everything, which belongs to no single context."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.accounts.models import SignInAttempt
from asora.jobs.models import Job
from asora.kernel.act import Act
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.request_ids import SHAPE
from asora.kernel.shapes import StrOrPromise, Values
from audit.events.following import caused_by
from audit.explorer.event_query import EventQuery
from inventory.queries import search as find_records
from ledger.listings.postings import POSTINGS
from ledger.reports import REPORTS
from ledger.views.records_of_request import readable_exports

MAX_HITS = 8
MAX_SEARCH = 200


@page()
def search(request: AsoraRequest) -> HttpResponse | HttpResponseRedirect:
    """Search by SKU, name, barcode, bin, vendor, reference, position or request id. A single hit is opened at once.

    For readers of the audit trail, a request id opens the page of the request, which shows everything that it made.
    """
    text = request.GET.get("q", "").strip()
    if _has_events(request.act, text):
        return redirect("audit:request-detail", request_id=text)
    groups = _found(request.act, text) if text and len(text) <= MAX_SEARCH and "\x00" not in text else []
    hits = [hit for group in groups for hit in group["hits"]]
    if len(hits) == 1:
        return redirect(hits[0]["url"])
    return respond(request, "search.html", {"q": text[:MAX_SEARCH], "groups": groups})


def _found(act: Act, text: str) -> list[Values]:
    """Hits grouped by kind, at most eight of each kind, and only those that the actor may open."""
    records = find_records(act, text)
    # A job does the work of a request later, under a request id of its own.
    requests = caused_by(text) if SHAPE.match(text) else []
    groups = [
        _group(_("Items"), "package", [_hit("item", item.sku, item.name, item) for item in records.items]),
        _group(_("Hubs"), "warehouse", [_hit("hub", hub.code, hub.name, hub) for hub in records.hubs]),
        _group(
            _("Bins"),
            "archive",
            [
                {
                    "code": place.address,
                    "name": place.name,
                    "is_archived": place.is_archived,
                    "url": reverse("inventory:bin-detail", args=[place.hub.code, place.code]),
                }
                for place in records.bins
            ],
        ),
        _group(
            _("Vendors"),
            "truck",
            [_hit("vendor", vendor.code, vendor.name, vendor) for vendor in records.vendors],
        ),
        _group(_("Ledger"), "scroll-text", _documents(act, text, requests)),
        _group(_("Exports"), "download", _exports(act, requests)),
        _group(_("Jobs"), "loader", _jobs(act, requests)),
        _group(
            _("Reports"),
            "table-2",
            [
                {"code": "", "name": report.title, "url": reverse("ledger:report", args=[report.slug])}
                for report in REPORTS.values()
                if act.actor.may(Permission.LEDGER_REPORT) and text.lower() in str(report.title).lower()
            ],
        ),
        _group(_("Sign-ins"), "log-in", _attempts(act, text)),
    ]
    return [group for group in groups if group["hits"]]


def _group(label: StrOrPromise, icon: str, hits: list[Values]) -> Values:
    return {"label": label, "icon": icon, "hits": hits[:MAX_HITS]}


def _hit(noun: str, code: str, name: str, record: Any) -> Values:
    url = reverse(f"inventory:{noun}-detail", args=[code])
    return {"code": code, "name": name, "is_archived": record.is_archived, "url": url}


def _documents(act: Act, text: str, requests: list[str]) -> list[Values]:
    """Documents by position (12407, 12,407, #12407), by reference or the start of one, or by request."""
    if not act.actor.may(Permission.LEDGER_VIEW_STOCK):
        return []
    rows = POSTINGS.query(act, {}).order_by("-position")
    digits = text.removeprefix("#").replace(",", "")
    found = list(rows.filter(request_id__in=requests)[:MAX_HITS]) if requests else []
    if digits.isascii() and digits.isdigit() and len(digits) < 19:
        found += list(rows.filter(position=int(digits)))
    found += list(rows.filter(reference__startswith=text)[:MAX_HITS])
    return [
        {
            "code": f"{posting.position:,}",
            "name": f"{posting.get_kind_display()} {posting.reference}".strip(),
            "day": posting.effective_on,
            "url": reverse("ledger:posting-detail", args=[posting.position]),
        }
        for posting in dict.fromkeys(found)
    ]


def _exports(act: Act, requests: list[str]) -> list[Values]:
    """The exports of one request that the actor may download."""
    return [
        {"code": "", "name": export.file_name, "url": reverse("ledger:export-download", args=[export.pk])}
        for export in readable_exports(act, requests)[:MAX_HITS]
    ]


def _jobs(act: Act, requests: list[str]) -> list[Values]:
    """The actor's own jobs that one request enqueued. A job's page shows its result, including a refusal."""
    own = (
        Job.objects.filter(actor_ref=act.actor.ref, request_id__in=requests)
        if requests
        else Job.objects.none()
    )
    return [
        {"code": job.get_state_display(), "name": job.label, "url": reverse("jobs:detail", args=[job.pk])}
        for job in own.order_by("-created_at", "-pk")[:MAX_HITS]
    ]


def _has_events(act: Act, text: str) -> bool:
    """Returns True if the reader may see an event of the request with this id, or of what it caused."""
    if not SHAPE.match(text) or not act.actor.may(Permission.AUDIT_VIEW):
        return False
    return EventQuery(request=text).rows(act.actor).exists()


def _attempts(act: Act, text: str) -> list[Values]:
    """The sign-in attempt of one request, which may have no event."""
    if not SHAPE.match(text) or not act.actor.may(Permission.AUDIT_VIEW):
        return []
    found = SignInAttempt.objects.filter(request_id=text).first()
    if found is None:
        return []
    return [
        {"code": text, "name": found.get_kind_display(), "url": f"{reverse('accounts:attempts')}?q={text}"}
    ]
