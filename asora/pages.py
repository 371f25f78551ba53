"""The two pages that belong to no single context: the dashboard, and the search over everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Max
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.request_ids import SHAPE
from audit.models import Event
from inventory.models import Bin, Category, Hub, Item, Vendor
from inventory.queries import permitted_hubs
from inventory.queries import search as find_records
from ledger.listings import POSTINGS
from ledger.models import CountSession, Posting, VerificationRun
from ledger.queries import history, stock
from ledger.reports import REPORTS
from ledger.reports.reorder_list import emptiest
from ledger.reports.scope import Scope
from plans.limits import usage_table

MOVEMENT_DAYS = 30
LATEST_POSTINGS = 8
MOST_COUNTS = 6
MOST_SHORT = 6
MOST_HITS = 8
LONGEST_SEARCH = 200


@page()
def dashboard(request: AsoraRequest) -> HttpResponse:
    """What a reader may know at a glance; each figure leads to its evidence."""
    act = request.act
    context: dict[str, Any] = {
        "position": positions.current() if act.actor.may("ledger.view_stock") else None,
        "steps": _steps(act),
        "may_receive": act.actor.may("ledger.receive"),
    }
    if act.actor.may("ledger.view_stock"):
        context |= _stock(act)
    if act.actor.may("ledger.report"):
        context |= _to_reorder(act)
        context |= {
            "sees_health": True,
            "proof": VerificationRun.objects.order_by("-finished_at", "-pk").first(),
        }
    if act.actor.may("ledger.count") or act.actor.may("ledger.approve_count"):
        context |= _counts_due(act)
    if act.actor.may("audit.view"):
        context |= _refusals()
    if act.actor.may("plans.view_usage"):
        context["usage"] = usage_table(act.tenant)
    return respond(request, "dashboard.html", context)


def _stock(act: Act) -> dict[str, Any]:
    """On hand, movement, what is short, and what was posted last, at the hubs that the actor works at."""
    hubs = list(permitted_hubs(act.actor).values_list("pk", flat=True))
    latest = list(POSTINGS.query(act, {}).order_by("-position")[:LATEST_POSTINGS])
    summaries = history.summaries((posting.position for posting in latest), hubs=hubs)
    movement = history.movement(hubs=hubs, last=act.today, days=MOVEMENT_DAYS)
    units = stock.units_on_hand(hubs=hubs)
    return {
        "sees_stock": True,
        "may_report": act.actor.may("ledger.report"),
        "units": units,
        "units_total": sum(unit.quantity for unit in units),
        "items_on_hand": sum(unit.items for unit in units),
        "value": stock.value_on_hand(hubs=hubs) if act.actor.may("ledger.view_value") else None,
        "movement": movement,
        "has_movement": any(day["up"] or day["down"] for day in movement),
        "last_moved_on": history.last_moved_on(hubs=hubs),
        "latest": [(posting, summaries.get(posting.position)) for posting in latest],
    }


def _to_reorder(act: Act) -> dict[str, Any]:
    """What the reorder list says now of the hubs that the actor works at."""
    hubs = tuple(permitted_hubs(act.actor).values_list("code", flat=True))
    short, count = emptiest(Scope(position=positions.current(), hubs=hubs), limit=MOST_SHORT)
    return {"sees_reorder": True, "short": short, "short_count": count}


def _counts_due(act: Act) -> dict[str, Any]:
    """Counts that wait for somebody, at the hubs that the actor works at, oldest first."""
    waiting = CountSession.objects.filter(hub__in=permitted_hubs(act.actor), closed_at=None)
    due = waiting.select_related("hub").order_by("opened_at", "id")[:MOST_COUNTS]
    return {"sees_counts": True, "counts_due": list(due), "may_count": act.actor.may("ledger.count")}


def _refusals() -> dict[str, Any]:
    """What was refused since a day ago, by rule, most first."""
    since = timezone.now() - timedelta(days=1)
    rows = (
        Event.objects.filter(outcome=Event.Outcome.REFUSED, occurred_at__gte=since)
        .values("code", "reason")
        .annotate(number=Count("id"), latest=Max("occurred_at"))
        .order_by("-number", "code", "reason")
    )
    return {"sees_refusals": True, "refusals": list(rows), "refused_since": since.date()}


def _steps(act: Act) -> list[dict[str, Any]]:
    """The way from an empty tenant to its first receipt, for those who may go it; empty once it is gone."""
    if not act.actor.may("inventory.manage") or Posting.objects.exists():
        return []
    steps: list[tuple[Any, Any, Any, str]] = [
        (_("Categories"), _("what kinds of things you keep"), Category, "category"),
        (_("Hubs"), _("the places that hold stock"), Hub, "hub"),
        (_("Bins"), _("where in a hub it lies"), Bin, "bin"),
        (_("Vendors"), _("who delivers"), Vendor, "vendor"),
        (_("Items"), _("what is kept, and how it is counted"), Item, "item"),
    ]
    found: list[dict[str, Any]] = [
        {
            "label": label,
            "note": note,
            "is_done": model.objects.exists(),
            "url": reverse(f"inventory:{noun}-create"),
            "import_url": reverse(f"inventory:{noun}-import"),
        }
        for label, note, model, noun in steps
    ]
    if act.actor.may("ledger.receive"):
        found.append(
            {
                "label": _("First delivery"),
                "note": _("receive it, and the ledger begins"),
                "is_done": False,
                "url": reverse("ledger:receive"),
                "import_url": reverse("ledger:receive-import"),
            }
        )
    upcoming = next((step for step in found if not step["is_done"]), None)
    return [step | {"is_next": step is upcoming} for step in found]


@page()
def search(request: AsoraRequest) -> HttpResponse | HttpResponseRedirect:
    """SKU, name, barcode, bin, vendor, reference, position, request id. The only hit is opened straight away."""
    text = request.GET.get("q", "").strip()
    groups = _found(request.act, text) if text and len(text) <= LONGEST_SEARCH and "\x00" not in text else []
    hits = [hit for group in groups for hit in group["hits"]]
    if len(hits) == 1:
        return redirect(hits[0]["url"])
    return respond(request, "search.html", {"q": text[:LONGEST_SEARCH], "groups": groups})


def _found(act: Act, text: str) -> list[dict[str, Any]]:
    """Hits grouped by what they are, at most eight of each; only what the actor may open."""
    records = find_records(act, text)
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
        _group(_("Ledger"), "scroll-text", _documents(act, text)),
        _group(
            _("Reports"),
            "table-2",
            [
                {"code": "", "name": report.title, "url": reverse("ledger:report", args=[report.slug])}
                for report in REPORTS.values()
                if act.actor.may("ledger.report") and text.lower() in str(report.title).lower()
            ],
        ),
        _group(_("Audit trail"), "shield-check", _requests(act, text)),
    ]
    return [group for group in groups if group["hits"]]


def _group(label: Any, icon: str, hits: list[dict[str, Any]]) -> dict[str, Any]:
    return {"label": label, "icon": icon, "hits": hits[:MOST_HITS]}


def _hit(noun: str, code: str, name: str, record: Any) -> dict[str, Any]:
    url = reverse(f"inventory:{noun}-detail", args=[code])
    return {"code": code, "name": name, "is_archived": record.is_archived, "url": url}


def _documents(act: Act, text: str) -> list[dict[str, Any]]:
    """Documents by position (12407, 12,407, #12407), by reference or its beginning, or by request id."""
    if not act.actor.may("ledger.view_stock"):
        return []
    rows = POSTINGS.query(act, {}).order_by("-position")
    digits = text.removeprefix("#").replace(",", "")
    found = list(rows.filter(request_id=text)[:MOST_HITS]) if SHAPE.match(text) else []
    if digits.isascii() and digits.isdigit() and len(digits) < 19:
        found += list(rows.filter(position=int(digits)))
    found += list(rows.filter(reference__startswith=text)[:MOST_HITS])
    return [
        {
            "code": f"{posting.position:,}",
            "name": f"{posting.get_kind_display()} {posting.reference}".strip(),
            "day": posting.effective_on,
            "url": reverse("ledger:posting-detail", args=[posting.position]),
        }
        for posting in dict.fromkeys(found)
    ]


def _requests(act: Act, text: str) -> list[dict[str, Any]]:
    """The trail of one request."""
    if not SHAPE.match(text) or not act.actor.may("audit.view"):
        return []
    number = Event.objects.filter(request_id=text).count()
    if not number:
        return []
    name = _("%(number)s events of this request") % {"number": number}
    return [{"code": text, "name": name, "url": f"{reverse('audit:event-list')}?request={text}"}]
