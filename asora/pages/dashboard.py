"""The dashboard. Each figure links to a page with the same figure and is shown only to people who may open it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from audit.disclosure import sessions
from audit.events.models import Event
from audit.events.readers import whole
from audit.explorer.event_query import EventQuery
from integrations.overview import listing as overview
from inventory.models import Bin, Category, Hub, Item, Vendor
from inventory.queries import permitted_hubs
from ledger.counts.listings import COUNTS
from ledger.listings.postings import POSTINGS
from ledger.models import Posting, VerificationRun
from ledger.queries import history, stock
from ledger.reports.forms import EFFECTIVE
from ledger.reports.reorder_list import emptiest
from ledger.reports.scope import Scope
from plans.limits import usage_table

MOVEMENT_DAYS = 30
LATEST_POSTINGS = 8
MAX_COUNTS = 6
MAX_SHORT = 6
MAX_RULES = 8


@page()
def dashboard(request: AsoraRequest) -> HttpResponse:
    """The dashboard: only figures whose pages the reader may open."""
    act = request.act
    context: Values = {
        "position": positions.current() if act.actor.may(Permission.LEDGER_VIEW_STOCK) else None,
        "steps": _steps(act),
        "may_receive": act.actor.may(Permission.LEDGER_RECEIVE),
    }
    if act.actor.may(Permission.LEDGER_VIEW_STOCK):
        context |= _moved(act, unit=request.GET.get("unit", ""))
    if act.actor.may(Permission.LEDGER_REPORT):
        context |= _on_hand(act) | _to_reorder(act) | _proof()
    if act.actor.may(Permission.LEDGER_COUNT) or act.actor.may(Permission.LEDGER_APPROVE_COUNT):
        context |= _counts_due(act)
    if act.actor.may(Permission.AUDIT_VIEW):
        context |= _refusals(act)
    if act.actor.may(Permission.AUDIT_MANAGE_SUPPORT_ACCESS):
        context["access_waiting"] = sessions.waiting(act.actor)
    if act.actor.may(Permission.INTEGRATIONS_DISPATCH):
        context["endpoints"], context["endpoints_number"] = overview.panel()
    if act.actor.may(Permission.PLANS_VIEW_USAGE):
        context["usage"] = usage_table(act.tenant)
    return respond(request, "dashboard.html", context)


def _moved(act: Act, *, unit: str) -> Values:
    """Movement in one unit (the requested or the busiest one) and the latest postings, at hubs the actor may see."""
    hubs = list(permitted_hubs(act.actor).values_list("pk", flat=True))
    latest = list(POSTINGS.query(act, {}).order_by("-position")[:LATEST_POSTINGS])
    summaries = history.summaries((posting.position for posting in latest), hubs=hubs)
    movements = history.movement(hubs=hubs, last=act.today, days=MOVEMENT_DAYS)
    days = {"since": str(act.today - timedelta(days=MOVEMENT_DAYS - 1)), "until": str(act.today)}
    sees_report = act.actor.may(Permission.LEDGER_REPORT)
    evidence = "ledger:report" if sees_report else "ledger:posting-list"
    address = reverse(evidence, args=["inventory-movement"] if sees_report else [])
    return {
        "sees_stock": True,
        "movement": next((found for found in movements if found.unit == unit), next(iter(movements), None)),
        "moved_units": [found.unit for found in movements],
        "moved_url": f"{address}?{urlencode(({'by': EFFECTIVE} if sees_report else {}) | days)}",
        "last_moved_on": history.last_moved_on(hubs=hubs),
        "latest": [(posting, summaries.get(posting.position)) for posting in latest],
    }


def _on_hand(act: Act) -> Values:
    """Stock at the hubs the actor may see, by unit of measure, and its value."""
    hubs = list(permitted_hubs(act.actor).values_list("pk", flat=True))
    units = stock.units_on_hand(hubs=hubs)
    return {
        "sees_report": True,
        "units": [(unit.unit, unit.quantity) for unit in units],
        "items_on_hand": sum(unit.items for unit in units),
        "value": stock.value_on_hand(hubs=hubs) if act.actor.may(Permission.LEDGER_VIEW_VALUE) else None,
    }


def _to_reorder(act: Act) -> Values:
    """The current reorder list of the hubs that the actor works at."""
    hubs = tuple(permitted_hubs(act.actor).values_list("code", flat=True))
    short, count = emptiest(Scope(position=positions.current(), hubs=hubs), limit=MAX_SHORT)
    return {"short": short, "short_count": count}


def _proof() -> Values:
    """The last proof, and the number of positions since then."""
    proof = VerificationRun.objects.order_by("-finished_at", "-pk").first()
    return {"proof": proof, "unproved": positions.current() - proof.position if proof else 0}


def _counts_due(act: Act) -> Values:
    """Unfinished counts at the hubs that the actor works at, oldest first."""
    waiting = COUNTS.query(act, {})
    due = waiting.order_by("opened_at", "id")[:MAX_COUNTS]
    return {
        "sees_counts": True,
        "counts_due": list(due),
        "counts_number": waiting.count(),
        "may_count": act.actor.may(Permission.LEDGER_COUNT),
    }


def _refusals(act: Act) -> Values:
    """Refusals since the start of yesterday, by rule, most frequent first. Whole days, because lists filter by days."""
    since = act.today - timedelta(days=1)
    query = EventQuery(outcome=Event.Outcome.REFUSED.value, since=since)
    asked, refused = query.as_params(), query.rows(act.actor)
    rules = (
        whole(refused, act.actor)
        .values("code", "reason")
        .annotate(number=Count("id"))
        .order_by("-number", "code", "reason")
    )
    trail = reverse("audit:event-list")
    return {
        "sees_refusals": True,
        "refusals": [
            rule | {"url": f"{trail}?{urlencode(asked | {'code': rule['code'], 'reason': rule['reason']})}"}
            for rule in rules[:MAX_RULES]
        ],
        "refused_number": refused.count(),
        "refused_url": f"{trail}?{urlencode(asked)}",
    }


def _steps(act: Act) -> list[Values]:
    """The steps from an empty tenant to its first receipt, for actors who may do them; empty once they are done."""
    if not act.actor.may(Permission.INVENTORY_MANAGE) or Posting.objects.exists():
        return []
    steps: list[tuple[Any, Any, Any, str]] = [
        (_("Categories"), _("the kinds of items"), Category, "category"),
        (_("Hubs"), _("the places where stock is stored"), Hub, "hub"),
        (_("Bins"), _("the storage places inside a hub"), Bin, "bin"),
        (_("Vendors"), _("your suppliers"), Vendor, "vendor"),
        (_("Items"), _("what you stock, with its unit of measure"), Item, "item"),
    ]
    found: list[Values] = [
        {
            "label": label,
            "note": note,
            "is_done": model.objects.exists(),
            "url": reverse(f"inventory:{noun}-create"),
            "import_url": reverse(f"inventory:{noun}-import"),
        }
        for label, note, model, noun in steps
    ]
    if act.actor.may(Permission.LEDGER_RECEIVE):
        found.append(
            {
                "label": _("First delivery"),
                "note": _("receive it to start the ledger"),
                "is_done": False,
                "url": reverse("ledger:receive"),
                "import_url": reverse("ledger:receive-import"),
            }
        )
    upcoming = next((step for step in found if not step["is_done"]), None)
    return [step | {"is_next": step is upcoming} for step in found]
