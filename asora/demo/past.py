"""The demo's past apart from trade, so that every page has something to show: refusals, exports, counts and more.

Created only where the clock can be moved: a month of exports, or a formerly eligible vendor, needs a past of months.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils import timezone

from asora.accounts.models import User
from asora.accounts.sign_in.queries import actor_of
from asora.demo.story import Chapter, Story
from asora.jobs.actions import request_job
from asora.kernel.act import new_act
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from inventory.actions.items import edit_item
from inventory.actions.vendors import create_vendor, set_vendor_eligibility
from inventory.models import Bin, Hub, Item, Vendor
from ledger.actions.movements import issue
from ledger.actions.receiving import receive
from ledger.actions.reversing import reverse, reverse_batch
from ledger.adjustments.actions.requests import decline_request, post_request
from ledger.counts.actions.approval import approve_count
from ledger.counts.actions.counting import record_counts, submit_count
from ledger.counts.actions.opening import open_count
from ledger.counts.figures import Figure
from ledger.exports.actions import create_export
from ledger.exports.requests import EXPORT_JOB, ExportRequest
from ledger.files.actions import import_receipts
from ledger.files.forms import MovementUpload
from ledger.models import BinBalance, CountSession, Kind, Posting
from ledger.posting.drafts import DraftLine
from ledger.proof.actions import record_verification
from ledger.proof.verification import verify
from ledger.reports import REPORTS
from ledger.reports.forms import EFFECTIVE, ReportFilter
from plans.models import Tenant

FORMER = "HALVORSEN"  # a vendor until the middle of the past
HEADER = "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost"


def chapters(story: Story) -> Iterator[Chapter]:
    """All chapters apart from trade, each on its day."""

    def at(percent: int, hour: int, tell: Any, *given: Any) -> Chapter:
        day = story.today - timedelta(days=story.days - percent * story.days // 100)
        # Nothing happens today: all chapters are in the past.
        day = min(day, story.today - timedelta(days=1))
        return Chapter(day, hour, partial(tell, story, day, *given))

    yield at(14, 9, _import, "AUTUMN", 3)
    yield at(15, 9, _import_what_is_wrong)
    yield at(22, 13, _ask_for_too_much)
    yield at(25, 16, _count, "B", "whole")
    yield at(30, 11, _overstep)
    yield at(38, 11, _reverse_an_issue)
    yield at(45, 17, _prove)
    yield at(50, 9, _end_eligibility)
    yield at(51, 8, _deliver_all_the_same)
    yield at(55, 10, _rename)
    yield at(58, 9, _import, "RETURNED", 2)
    yield at(59, 9, _take_back_import, "RETURNED")
    yield at(64, 14, _ask, ("FOUND-1", "FOUND", "3"), post_request, "Seen it on the shelf.")
    yield at(72, 14, _ask, ("LOST-1", "LOST", "-2"), decline_request, "It stood at the dock.")
    yield at(80, 16, _count, "A", "whole")
    yield at(88, 11, _overstep)
    yield at(93, 16, _count, "B", "handed in")
    yield at(97, 14, _ask, ("DAMAGED-9", "DAMAGED", "-1"), None, "")
    for percent in range(18, 100, 16):
        yield at(percent, 18, _export)
    yield at(99, 9, _exceed_the_plan)


def leave_a_job(tenant: Tenant) -> None:
    """Enqueue an export of the whole history for the owner, so that the page of jobs has a job to show."""
    owner = User.objects.get(role="owner")
    act, report = new_act(tenant, actor_of(owner), route="manage.py serve"), REPORTS["ledger-history"]
    wanted = ExportRequest(act, report, ReportFilter({}, act=act, report=report))
    if arguments := wanted.as_job(most=0):
        request_job(act, kind=EXPORT_JOB, label=wanted.file_name, arguments=arguments)


def _import(story: Story, day: date, name: str, documents: int) -> None:
    """Import a file of deliveries in the format of a purchasing system."""
    rows = []
    for number in range(documents):
        for item in _items(story, 3):
            bin_ = item.putaway_bin
            assert bin_ is not None  # noqa: S101 - every demo item has one
            cost = item.standard_cost.quantize(Decimal("0.0001"))
            where = f"{bin_.hub.code},{bin_.code}"
            rows.append(
                f"{name}-{number},{day},ALDER,{item.sku},{where},{story.chance.randint(10, 60)},{cost}"
            )
    content = "\n".join([HEADER, *rows, ""]).encode()
    upload = MovementUpload(Kind.RECEIPT, content, name=f"{name.lower()}.csv")
    import_receipts.submit(story.act(Permission.LEDGER_RECEIVE), upload)


def _import_what_is_wrong(story: Story, day: date) -> None:
    """Import a file with two wrong lines, which is refused as a whole."""
    hub = story.demo.hubs[0][0]
    rows = [f"LATE-1,{day},ALDER,NO-SUCH-SKU,{hub},A-1,5,1", f"LATE-1,{day},QUICKFIX,CH-1100,{hub},A-1,0,1"]
    content = "\n".join([HEADER, *rows, ""]).encode()
    with contextlib.suppress(Refusal):
        upload = MovementUpload(Kind.RECEIPT, content, name="late.csv")
        import_receipts.submit(story.act(Permission.LEDGER_RECEIVE), upload)


def _take_back_import(story: Story, _day: date, name: str) -> None:
    """Reverse the import of a wrong file."""
    batch = Posting.objects.filter(reference=f"{name}-0").values_list("batch", flat=True).first()
    if batch is not None:
        note = "Sent to us by mistake."
        reverse_batch(
            story.act(Permission.LEDGER_REVERSE), batch=batch, submission=story.key(f"back-{name}"), note=note
        )


def _ask_for_too_much(story: Story, day: date) -> None:
    """Try to issue more than there is."""
    lines = story.some_of("bin__code__gt", "", most=1, share=Decimal(1))
    lines = [DraftLine(1, line.item_id, line.bin_id, line.quantity + 500) for line in lines]
    with contextlib.suppress(Refusal):
        draft = story.draft(Kind.ISSUE, "SO-BIG", day, lines)
        issue(story.act(Permission.LEDGER_ISSUE), draft=draft, hubs=story.hubs_of(lines), reference="SO-BIG")


def _overstep(story: Story, day: date) -> None:
    """Let everybody try something that their role does not allow: receive, or create a vendor."""
    lines = story.some_of("bin__code__gt", "", most=1, share=Decimal("0.1"))
    for user in User.objects.order_by("email"):
        with contextlib.suppress(Refusal):
            if not user.has_perm(Permission.LEDGER_RECEIVE):
                draft = story.draft(Kind.RECEIPT, f"PO-{user.role}-{day}", day, lines)
                receive(story.act_of(user), draft=draft, hubs=story.hubs_of(lines), reference=draft.reference)
            elif not user.has_perm(Permission.INVENTORY_MANAGE):
                create_vendor(story.act_of(user), code="PETERSEN", name="Petersen and Sons")


def _count(story: Story, _day: date, aisle: str, until: str) -> None:
    """Count an aisle and hand it in; unless `until` ends it there, another person approves it."""
    hub = Hub.objects.get(code=story.demo.hubs[0][0])
    bins = list(Bin.objects.filter(hub=hub, code__startswith=f"{aisle}-"))
    if not bins:  # the shop has only one aisle
        aisle, bins = "A", list(Bin.objects.filter(hub=hub, code__startswith="A-"))
    title = f"Aisle {aisle}, {hub.name}, {_day:%B}"
    opener = story.act(Permission.LEDGER_COUNT)
    session = open_count(opener, submission=story.key(title), hub=hub, title=title, bins=bins)
    lines = list(session.lines.select_related("item", "bin").order_by("pk"))
    if not lines:
        return
    there = {
        (row.item_id, row.bin_id): row.quantity
        for row in BinBalance.objects.filter(bin__in=bins, quantity__gt=0)
    }
    figures = []
    for number, line in enumerate(lines, start=1):
        expected = there.get((line.item_id, line.bin_id), Decimal(0))
        off = story.chance.choice((-2, -1, 1, 3)) if number % 7 == 3 else 0
        figures.append(Figure(number, line.item, line.bin, max(expected + off, Decimal(0))))
    counter = story.act(Permission.LEDGER_COUNT, other_than=opener)
    record_counts(counter, session=session, figures=figures)
    submit_count(counter, session=session)
    if until == "whole":
        seen = CountSession.objects.get(pk=session.pk)
        approver = story.act(Permission.LEDGER_APPROVE_COUNT, other_than=counter)
        approve_count(approver, session=seen, accepted=[line.pk for line in lines], seen=seen.version)


def _reverse_an_issue(story: Story, _day: date) -> None:
    """Reverse an issue after a customer sent everything back."""
    posting = Posting.objects.filter(kind=Kind.ISSUE, reversed_by=None).order_by("-position").first()
    if posting is not None:
        submission, note = story.key("returned"), "The customer sent it back unopened."
        reverse(story.act(Permission.LEDGER_REVERSE), posting=posting, submission=submission, note=note)


def _prove(story: Story, _day: date) -> None:
    """Prove the ledger."""
    record_verification(story.act(Permission.LEDGER_REPORT), started_at=timezone.now(), checks=list(verify()))


def _end_eligibility(story: Story, _day: date) -> None:
    """End a vendor's eligibility."""
    vendor = Vendor.objects.get(code=FORMER)
    act = story.act(Permission.INVENTORY_VENDOR_ELIGIBILITY)
    set_vendor_eligibility(act, vendor=vendor, version=vendor.version, eligible=False)


def _deliver_all_the_same(story: Story, day: date) -> None:
    """Try to receive from the vendor that is no longer eligible."""
    (item,) = _items(story, 1)
    lines = [DraftLine(1, item.pk, item.putaway_bin_id or 0, Decimal(12), item.standard_cost)]
    vendor = Vendor.objects.get(code=FORMER)
    with contextlib.suppress(Refusal):
        draft = story.draft(Kind.RECEIPT, "PO-HALVORSEN", day, lines, vendor_id=vendor.pk)
        receive(
            story.act(Permission.LEDGER_RECEIVE),
            draft=draft,
            hubs=story.hubs_of(lines),
            reference=draft.reference,
        )


def _rename(story: Story, _day: date) -> None:
    """Rename an item, and raise its reorder point."""
    (item,) = _items(story, 1)
    edit_item(
        story.act(Permission.INVENTORY_MANAGE),
        item=item,
        version=item.version,
        name=f"{item.name} (new packaging)",
        reorder_point=(item.reorder_point or Decimal(10)) + 10,
    )


def _ask(story: Story, day: date, wanted: tuple[str, str, str], decides: Any, note: str) -> None:
    """Request an adjustment; then post it, decline it, or leave it open."""
    reference, reason, quantity = wanted
    lines = story.some_of("bin__code__gt", "", most=1, share=Decimal("0.1"))
    lines = [DraftLine(1, line.item_id, line.bin_id, Decimal(quantity)) for line in lines]
    story.ask_for(reference, day, lines, reason=reason, decides=decides, note=note)


def _export(story: Story, day: date) -> None:
    """Export the current stock, and the movement of the last four weeks."""
    _exported(story, "stock-on-hand", {}, "csv")
    since = {"by": EFFECTIVE, "since": str(day - timedelta(days=28)), "until": str(day)}
    _exported(story, "inventory-movement", since, "xlsx")


def _exceed_the_plan(story: Story, _day: date) -> None:
    """Try one export too many for the free plan."""
    if story.tenant.plan == "free":
        for hub in Hub.objects.values_list("code", flat=True):
            for sku in Item.objects.order_by("sku").values_list("sku", flat=True)[:6]:
                _exported(story, "ledger-history", {"hub": hub, "item": sku}, "csv")


def _exported(story: Story, slug: str, typed: dict[str, str], extension: str) -> None:
    act, report = story.act(Permission.LEDGER_EXPORT), REPORTS[slug]
    form = ReportFilter(typed, act=act, report=report)
    with contextlib.suppress(Refusal):
        create_export.submit(act, ExportRequest(act, report, form, extension=extension))


def _items(story: Story, number: int) -> list[Item]:
    items = list(Item.objects.select_related("putaway_bin__hub").order_by("sku"))
    return story.chance.sample(items, k=number)
