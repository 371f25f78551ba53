"""The four verification checks of an onboarding, as rehearsals inside the tenant: create, receive, reconcile, export.

All four run in one transaction that is rolled back: the new item is received, and the received stock is reconciled and
exported. So the checks work even in a tenant without stock, and leave no data behind.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.gates import invalid_form
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PlanLimitExceeded, Reason, Refusal, ValidationFailed
from asora.kernel.rehearsal import rehearsal
from asora.kernel.remedies import remedy_of
from asora.kernel.shapes import Values
from inventory.actions.items import create_item
from inventory.models import Bin, Category, Item, Vendor
from ledger.actions.receiving import receive
from ledger.exports.actions import create_export
from ledger.exports.requests import ExportRequest
from ledger.models import Entry, Kind, Posting
from ledger.posting.drafts import Draft, DraftLine
from ledger.reports import REPORTS
from ledger.reports.forms import ReportFilter
from plans.limits import usage_table

PERMISSIONS = (
    Permission.INVENTORY_MANAGE,
    Permission.INVENTORY_OPERATE_HUB,
    Permission.LEDGER_RECEIVE,
    Permission.LEDGER_VIEW_STOCK,
    Permission.LEDGER_REPORT,
    Permission.LEDGER_EXPORT,
)
NAMES = ("item", "receipt", "stock", "export")
QUANTITY, UNIT_COST = Decimal(3), Decimal("1.25")
REPORT = REPORTS["stock-on-hand"]


@dataclass(slots=True)
class Check:
    """The result of one check: green, or red with the refusal; `facts`: the compared counts."""

    name: str
    is_green: bool = False
    facts: list[tuple[str, str]] = field(default_factory=list)
    code: str = ""
    reason: str = ""
    message: str = ""
    remedy: str = ""

    def as_json(self) -> Values:
        """The form in which an onboarding stores it."""
        return asdict(self)

    def refused(self, refusal: Refusal) -> None:
        """Turn red, with the rule that refused."""
        self.is_green = False
        self.code, self.reason, self.message = refusal.code, str(refusal.reason), refusal.message
        lines = refusal.details.get("lines", {})
        if first := next((entry for entries in lines.values() for entry in entries), None):
            self.message, self.reason = first["message"], first["reason"]
        self.remedy = str(refusal.details.get("remedy", remedy_of(self.reason).text))


def run(act: Act) -> list[Check]:
    """Run all four checks in the bound tenant, one after the other, even if one of them turns red."""
    before = _counts()
    checks = {name: Check(name) for name in NAMES}
    with rehearsal():
        steps: dict[str, Callable[[Act, Check], None]] = {
            "item": _create_item,
            "receipt": _receive,
            "stock": _reconcile,
            "export": _export,
        }
        for name, step in steps.items():
            with _outcome_in(checks[name]):
                step(act, checks[name])
    if _counts() != before:
        raise RuntimeError("a rehearsal has left something behind")
    return list(checks.values())


@contextmanager
def _outcome_in(check: Check) -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        check.refused(refusal)
    else:
        check.is_green = True


def _counts() -> tuple[int, ...]:
    return Item.objects.count(), Posting.objects.count(), Entry.objects.count(), positions.current()


def _create_item(act: Act, check: Check) -> None:
    category = _first(Category.objects.filter(archived_at=None), _("There is no active category."))
    before = Item.objects.count()
    try:
        item = create_item.rehearse(
            act, sku=_unused_sku(), name="Rehearsal", category=category, unit="EA", standard_cost=UNIT_COST
        )
    except PlanLimitExceeded:
        # The ceiling is checked last, so everything else about the item was accepted. The imported items fill the plan.
        newest = _first(Item.objects.filter(archived_at=None).order_by("-pk"), _("There is no active item."))
        check.facts = [
            (str(_("Items")), f"{before:,}"),
            (str(_("One more")), str(_("refused only because the plan is full"))),
            (str(_("Newest item")), newest.sku),
            (str(_("Its revisions")), f"{newest.revisions.count():,}"),
            (str(_("Ceiling")), _ceiling(act, "items")),
        ]
        return
    check.facts = [
        (str(_("Category")), category.code),
        (str(_("Items before")), f"{before:,}"),
        (str(_("Items including the test item")), f"{Item.objects.count():,}"),
        (str(_("Its first revision")), f"{item.revisions.count():,}"),
        (str(_("Ceiling")), _ceiling(act, "items")),
    ]


def _receive(act: Act, check: Check) -> None:
    vendors = Vendor.objects.filter(archived_at=None)
    vendor = vendors.filter(eligible=True).order_by("pk").first()
    vendor = vendor or _first(vendors, _("There is no active vendor."))
    places = Bin.objects.filter(archived_at=None, hub__archived_at=None).select_related("hub")
    place = _first(places, _("There is no active bin."))
    # The newest item is the test item, if it could be created.
    item = _first(Item.objects.filter(archived_at=None).order_by("-pk"), _("There is no item to receive."))
    before = Posting.objects.count(), Entry.objects.count(), positions.current()
    draft = Draft(
        kind=Kind.RECEIPT,
        submission=uuid4(),
        effective_on=act.today,
        lines=(DraftLine(1, item.pk, place.pk, QUANTITY, unit_cost=UNIT_COST),),
        reference="REHEARSAL",
        vendor_id=vendor.pk,
    )
    position = receive.rehearse(act, draft=draft, hubs=[place.hub], reference=draft.reference)
    entries = Entry.objects.filter(posting=position)
    after = Posting.objects.count(), Entry.objects.count(), positions.current()
    if (after[0] - before[0], after[1] - before[1], entries.count()) != (1, 1, 1):
        raise ValidationFailed(_("Receiving did not write one posting with one entry."))
    check.facts = [
        (str(_("Vendor")), vendor.code),
        (str(_("Into bin")), place.address),
        (str(_("Postings")), f"{before[0]:,} → {after[0]:,}"),
        (str(_("Ledger entries")), f"{before[1]:,} → {after[1]:,}"),
        (str(_("Position")), f"{before[2]:,} → {after[2]:,}"),
    ]


def _reconcile(act: Act, check: Check) -> None:
    scope = _everything(act).scope
    totals = REPORT.totals(scope)
    reported = {total.unit: total.figures for total in totals if any(total.figures.values())}
    cross_checked = REPORT.cross_check(scope)
    rows = sum(total.rows for total in totals)
    check.facts = [
        (str(_("Lines of the report")), f"{rows:,}"),
        (str(_("Ledger entries added up")), f"{Entry.objects.count():,}"),
        (str(_("Units compared")), f"{len(cross_checked):,}"),
        (
            str(_("Differences")),
            f"{sum(reported.get(u) != cross_checked.get(u) for u in {*reported, *cross_checked}):,}",
        ),
    ]
    if not rows:
        raise ValidationFailed(
            _("There is no stock to reconcile, because nothing could be received."), reason=NO_DATA
        )
    if reported != cross_checked:
        raise ValidationFailed(_("The report and the ledger differ."))


def _export(act: Act, check: Check) -> None:
    asked = ExportRequest(act, REPORT, _everything(act))
    if not asked.is_valid():
        raise asked.refusal()
    export = create_export.rehearse(act, **asked.values())
    check.facts = [
        (str(_("File")), export.file_name),
        (str(_("Lines")), f"{export.rows:,}"),
        ("SHA-256", f"{export.file_sha256[:16]}…"),
        (str(_("Exports this month (UTC)")), _ceiling(act, "exports")),
    ]


NO_DATA = Reason.NO_DATA


def _everything(act: Act) -> ReportFilter:
    form = ReportFilter({}, act=act)
    if not form.is_valid():
        raise invalid_form(form)
    return form


def _ceiling(act: Act, resource: str) -> str:
    """How much of a ceiling the check would have used: `101 of 5,000`."""
    row = next(row for row in usage_table(act.tenant) if row["resource"] == resource)
    if row["limit"] is None:
        return _("%(usage)s, no ceiling") % {"usage": f"{row['usage']:,}"}
    return _("%(usage)s of %(limit)s") % {"usage": f"{row['usage']:,}", "limit": f"{row['limit']:,}"}


def _unused_sku() -> str:
    return f"REHEARSAL-{secrets.token_hex(6).upper()}"


def _first(rows: Any, message: str) -> Any:
    found = rows.first() if rows.ordered else rows.order_by("pk").first()
    if found is None:
        raise ValidationFailed(message, reason=Reason.UNKNOWN_PARENT)
    return found
