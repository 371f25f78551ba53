"""Every report says what its entries say, in any scope, period and position, and reconciles with the ledger.

What is expected is reckoned here once more in Python, from the entries, row by row, and shares nothing with the SQL.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from django.utils.dateparse import parse_date
from guardian.shortcuts import assign_perm

from asora.kernel import positions
from asora.kernel.refusals import PermissionDenied, ValidationFailed
from inventory.actions.items import edit_item
from inventory.models import Item, ReorderRevision
from ledger.exports.actions import create_export
from ledger.exports.requests import ExportOrder
from ledger.models import Entry, Export
from ledger.reports import REPORTS
from ledger.reports.forms import ReportFilter
from ledger.reports.scope import Scope
from tests.factories.documents import BOTH_COSTINGS, deliver, line, receipt, with_costing
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.factories.random_past import FIRST_DAY, post_at_random
from tests.ledger.report_fixtures import HUBS, name_items

EVERY = pytest.mark.parametrize("slug", REPORTS)
ZERO = Decimal(0)
PERIODS = ["all", "recorded", "effective"]


@pytest.fixture
def past(master_data: MasterData, act_as: Callable[..., Any]) -> MasterData:
    name_items(master_data)
    for item in master_data.items.values():
        edit_item(act_as("owner"), item=item, version=1, reorder_point=Decimal(5000))
    post_at_random(act_as("owner"), master_data, seed=11, steps=45)
    bolt = Item.objects.get(sku="BOLT")
    plenty = {
        "reorder_point": Decimal(5000),
        "reorder_points": {master_data.north: None, master_data.south: None},
    }
    edit_item(act_as("owner"), item=bolt, version=bolt.version, **plenty)
    return master_data


def scope(by: str = "all", **narrower: Any) -> Scope:
    """The end of the past, or a period in its middle."""
    head = positions.current()
    values: dict[str, Any] = {"position": head, "hubs": HUBS} | narrower
    if by == "recorded":
        values |= {"after": head // 3, "position": 2 * head // 3}
    if by == "effective":
        values |= {"since": FIRST_DAY + dt.timedelta(days=5), "until": FIRST_DAY + dt.timedelta(days=12)}
    return Scope(**values)


def known(scope: Scope) -> Iterator[Entry]:
    """The entries at the scope's hubs that are known at its position."""
    rows = Entry.objects.filter(posting__lte=scope.position, hub__code__in=scope.hubs)
    return rows.select_related("item", "hub", "bin", "posting__vendor", "posting__reverses__vendor").order_by(
        "posting", "line"
    )


def is_before(entry: Entry, scope: Scope) -> bool:
    return entry.posting_id <= scope.after or bool(scope.since and entry.posting.effective_on < scope.since)


def is_within(entry: Entry, scope: Scope) -> bool:
    is_behind = bool(scope.until and entry.posting.effective_on > scope.until)
    return not is_before(entry, scope) and not is_behind


def told(entry: Entry) -> Any:
    """The document that a line is told of: what a reversal takes back."""
    return entry.posting.reverses or entry.posting


def places(entry: Entry, figure: Decimal) -> Decimal:
    return figure.quantize(Decimal(1).scaleb(-entry.item.decimals))


def movement(scope: Scope) -> list[tuple[Any, ...]]:
    names = ("opening", "receipt", "issue", "in", "out", "adjustment", "count", "closing")
    found: dict[tuple[str, ...], dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(names, ZERO))
    entries: dict[tuple[str, ...], Entry] = {}
    for entry in known(scope):
        key = (entry.item.sku, entry.item.name, entry.hub.code, entry.item.unit)
        entries[key] = entry
        line = found[key]
        if is_before(entry, scope):
            line["opening"] += entry.quantity
            line["closing"] += entry.quantity
        elif is_within(entry, scope):
            line["closing"] += entry.quantity
            if entry.kind == "transfer":
                is_in = (entry.quantity > 0) is not entry.is_reversal
                line["in" if is_in else "out"] += entry.quantity if is_in else -entry.quantity
            else:
                line[entry.kind] += -entry.quantity if entry.kind == "issue" else entry.quantity
    return [
        (*key, *(places(entries[key], figure) for figure in line.values()))
        for key, line in sorted(found.items(), key=lambda pair: (pair[0][0], pair[0][2]))
        if any(line.values())
    ]


def receiving(scope: Scope) -> list[tuple[Any, ...]]:
    return [
        (
            told(entry).vendor.code, told(entry).reference, entry.posting.effective_on, entry.posting_id, entry.line,
            entry.item.sku, entry.item.name, entry.hub.code, places(entry, entry.quantity), entry.unit_cost,
            entry.value,
        )
        for entry in known(scope)
        if entry.kind == "receipt" and is_within(entry, scope)
        if not scope.vendors or told(entry).vendor.code in scope.vendors
    ]  # fmt: skip


def shrink(scope: Scope) -> list[tuple[Any, ...]]:
    found: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [ZERO] * 4)
    entries: dict[tuple[str, ...], Entry] = {}
    for entry in known(scope):
        if entry.kind in {"adjustment", "count"} and entry.quantity and is_within(entry, scope):
            key = (entry.hub.code, told(entry).reason, entry.kind, entry.item.sku, entry.item.name)
            entries[key] = entry
            way = 0 if (entry.quantity > 0) is not entry.is_reversal else 1
            found[key][way] += -entry.quantity if way else entry.quantity
            found[key][2 + way] += -entry.value if way else entry.value
    return [
        (
            *key,
            places(entries[key], up),
            places(entries[key], down),
            value_up,
            value_down,
            value_up - value_down,
        )
        for key, (up, down, value_up, value_down) in sorted(found.items())
        if any((up, down, value_up, value_down))
    ]


def valuation(scope: Scope) -> list[tuple[Any, ...]]:
    last = {(entry.item.sku, entry.hub.code): entry for entry in known(scope)}
    return [
        (
            sku, entry.item.name, hub, entry.item.unit, places(entry, entry.hub_quantity),
            (entry.hub_value / entry.hub_quantity).quantize(Decimal("1e-6"), ROUND_HALF_EVEN), entry.hub_value,
        )
        for (sku, hub), entry in sorted(last.items())
        if entry.hub_quantity
    ]  # fmt: skip


def reordering(scope: Scope) -> list[tuple[Any, ...]]:
    held: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in known(scope):
        held[entry.item.sku, entry.hub.code] += entry.quantity
    points: dict[tuple[str, str], Decimal | None] = {}
    for said in ReorderRevision.objects.filter(position__lte=scope.position).order_by("position"):
        points[said.item.sku, said.hub.code if said.hub else ""] = said.quantity
    found = []
    for item in Item.objects.filter(revisions__position__lte=scope.position).distinct():
        own = {hub: points[item.sku, hub] for hub in scope.hubs if points.get((item.sku, hub)) is not None}
        places = {hub for hub in scope.hubs if (item.sku, hub) in held or hub in own}
        for hub in places or {""}:
            point, quantity = own.get(hub, points.get((item.sku, ""))), held.get((item.sku, hub), ZERO)
            if point is not None and quantity <= point:
                figures = (figure.quantize(Decimal(1).scaleb(-item.decimals)) for figure in
                           (quantity, point, point - quantity))  # fmt: skip
                found.append((item.sku, item.name, item.category.code, hub, item.unit, *figures))
    return sorted(found)


EXPECTED = {
    "reorder-list": reordering,
    "inventory-movement": movement,
    "receiving-summary": receiving,
    "shrink-adjustment": shrink,
    "inventory-valuation": valuation,
}


@pytest.mark.parametrize("by", PERIODS)
@pytest.mark.parametrize("slug", EXPECTED)
def test_says_what_the_entries_say(past, slug, by):
    report = REPORTS[slug]
    asked = scope(by) if report.has_period else Scope(position=positions.current() // 2, hubs=HUBS)
    rows = list(report.stream(asked))
    assert rows
    assert rows == EXPECTED[slug](asked)


@pytest.mark.parametrize("slug", EXPECTED)
def test_only_the_hubs_items_and_vendors_that_are_asked_for(past, slug):
    report = REPORTS[slug]
    north = scope(hubs=("NORTH",))
    assert list(report.stream(north)) == EXPECTED[slug](north)
    bolts = [row for row in EXPECTED[slug](scope()) if "BOLT" in row]
    assert list(report.stream(scope(items=("BOLT",)))) == bolts != []
    if report.has_vendors:
        boltco = scope(vendors=("BOLTCO",))
        assert list(report.stream(boltco)) == EXPECTED[slug](boltco) != []


@pytest.mark.parametrize("seed", [1, 2, 3])
@BOTH_COSTINGS
def test_reconcile_at_random_positions(master_data, act_as, seed, costing):
    name_items(master_data)
    post_at_random(with_costing(act_as("owner"), costing), master_data, seed=seed, steps=40)
    chance = random.Random(seed)
    for report in REPORTS.values():
        for by in PERIODS if report.has_period else ["all"]:
            for hubs in (HUBS, ("SOUTH",)):
                position = chance.randint(1, positions.current())
                asked = Scope(position=position, hubs=hubs) if by == "all" else scope(by, hubs=hubs)
                totals = report.totals(asked)
                reported = {total.unit: total.figures for total in totals if any(total.figures.values())}
                assert report.reckon(asked) == reported, (report.slug, asked)


def test_the_reports_agree_with_each_other(past):
    head = scope()
    movement_ = REPORTS["inventory-movement"].totals(head)
    stock = {total.unit: total.figures["quantity"] for total in REPORTS["stock-on-hand"].totals(head)}
    assert {total.unit: total.figures["closing"] for total in movement_ if total.figures["closing"]} == stock
    valued = {total.unit: total.figures["quantity"] for total in REPORTS["inventory-valuation"].totals(head)}
    assert valued == stock
    received = {total.unit: total.figures["quantity"] for total in REPORTS["receiving-summary"].totals(head)}
    assert {
        total.unit: total.figures["received"] for total in movement_ if total.unit in received
    } == received
    history = REPORTS["ledger-history"].totals(head)
    assert {total.unit: total.figures["quantity"] for total in history if total.figures["quantity"]} == stock
    assert sum(total.figures["value"] for total in history) == sum(
        total.figures["value"] for total in REPORTS["inventory-valuation"].totals(head)
    )


def test_a_half_is_rounded_to_even(master_data, act_as):
    """7 bolts for 0.000010 and 0.000011, and so on: PostgreSQL alone would round each half up."""
    name_items(master_data)
    for number, cost in enumerate(("0.000001", "0.000002", "0.000003"), start=1):
        deliver(
            act_as("owner"),
            master_data,
            receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "0.000000")),
        )
        deliver(
            act_as("owner"),
            master_data,
            receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", cost)),
        )
        asked = scope()
        assert list(REPORTS["inventory-valuation"].stream(asked)) == valuation(asked), number


# In the browser


@EVERY
def test_the_page_shows_it(past, client_as, slug):
    page = client_as("manager").get(f"/reports/{slug}/")
    assert page.status_code == 200
    rows = list(REPORTS[slug].stream(scope()))
    assert page.context["page"].count == len(rows)
    shown = page.context["page"].rows
    assert [tuple(row[name] for name in REPORTS[slug].header) for row in shown] == rows[: len(shown)]
    reckoned = client_as("manager").get(f"/reports/{slug}/?part=reckoning", headers={"HX-Request": "true"})
    assert b"Reconciled" in reckoned.content


@EVERY
def test_every_figure_opens_the_entries_behind_it(past, client_as, slug):
    """The lines that a figure leads to add up to it."""
    client = client_as("manager")
    since, until = FIRST_DAY + dt.timedelta(days=5), FIRST_DAY + dt.timedelta(days=12)
    for query in ("", f"?by=effective&since={since}&until={until}"):
        page = client.get(f"/reports/{slug}/{query}")
        for row, cells in page.context["rows"][:6]:
            for column, address in cells:
                if address.startswith("/ledger/entries/") and column.kind == "quantity":
                    lines = client.get(address).context["page"].rows
                    quantity = sum((entry.quantity for entry in lines), ZERO)
                    assert abs(quantity) == abs(row[column.name]), (address, column.name)
                elif address:
                    assert client.get(address).status_code == 200


CHARTED = pytest.mark.parametrize("slug", [slug for slug, report in REPORTS.items() if report.charts])


@CHARTED
@pytest.mark.parametrize("hubs", [HUBS, ("SOUTH",)])
def test_charts_add_up_to_the_totals_and_to_the_rows(past, slug, hubs):
    report, asked = REPORTS[slug], scope(hubs=hubs)
    totals, charted = report.summed(asked)
    rows = list(report.slice(asked, limit=10_000))
    assert [found.chart for found in charted] == list(report.charts)
    for found in charted:
        by_code: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows:
            by_code[row[found.chart.by]] += row[found.chart.amount]
        assert dict(found.figures) == by_code != {}
        assert sum(figure for _code, figure in found.figures) == sum(
            total.figures[found.chart.amount] for total in totals
        )
        assert [abs(figure) for _code, figure in found.figures] == sorted(
            (abs(figure) for _code, figure in found.figures), reverse=True
        )


@CHARTED
def test_a_bar_leads_to_the_page_that_says_the_same(past, client_as, slug):
    client, report = client_as("manager"), REPORTS[slug]
    charts = client.get(f"/reports/{slug}/?at={positions.current() - 1}").context["charts"]
    by = {str(chart.title): chart for chart in report.charts}
    for title, figures in charts:
        for _label, figure, address in figures:
            assert bool(address) is bool(by[str(title)].filter)
            if address:
                assert client.get(address).context["summed"][by[str(title)].amount] == figure


def test_charts_show_permitted_hubs_only(past, client_as):
    everything = dict(client_as("manager").get("/reports/inventory-valuation/").context["charts"])
    assert {label for label, _value, _url in everything["Value by hub"]} == {"NORTH", "SOUTH"}
    somebody = add_person("manager", name="southern", all_hubs=False)
    assign_perm("inventory.operate_hub", somebody, past.south)
    client = client_as(user=somebody)
    page = client.get("/reports/inventory-valuation/")
    assert "NORTH" not in page.content.decode()
    assert "Value by hub" not in dict(page.context["charts"])  # one bar says nothing
    fragment = client_as("manager").get("/reports/inventory-valuation/", headers={"HX-Request": "true"})
    assert b'<div id="charts" class="charts" hx-swap-oob="true">' in fragment.content


def test_a_period_by_days_recorded_becomes_positions(past, act_as):
    form = ReportFilter(
        {"since": "2026-01-01", "until": "2099-01-01"},
        act=act_as("manager"),
        report=REPORTS["inventory-movement"],
    )
    assert form.is_valid()
    asked = form.scope
    assert (asked.after, asked.position) == (0, positions.current())
    assert (asked.since, asked.until) == (None, None)
    today = dt.datetime.now(tz=dt.UTC).date()
    form = ReportFilter(
        {"since": str(today + dt.timedelta(days=1))},
        act=act_as("manager"),
        report=REPORTS["inventory-movement"],
    )
    assert form.is_valid()
    assert form.scope.after == positions.current()  # nothing yet


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-13-01", "since=x", "since=2026-03-09&until=2026-03-01", "by=neither", "vendor=NOBODY", "vendor=%00",
        "at=999999", "hub=NOWHERE", "item=NOTHING", "category=NOTHING", "after=x",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(past, client_as, query):
    answer = client_as("manager").get(
        f"/reports/receiving-summary/?{query}", headers={"accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("query", "typed"),
    [
        ("at=yesterday&item=BOLT&hub=NORTH", 'name="at" size="16" autocomplete="off" placeholder'),
        ("item=NOTHING&hub=NORTH", 'value="NOTHING"'),
    ],
)
def test_what_was_typed_stays_on_the_page_that_refuses_it(past, client_as, events, query, typed):
    page = client_as("manager").get(f"/reports/stock-on-hand/?{query}")
    text = page.content.decode()
    assert page.status_code == 400
    assert typed in text
    assert '<option value="NORTH" selected>' in text
    assert ('value="yesterday" aria-invalid="true"' in text) is ("yesterday" in query)
    assert 'name="at" value="yesterday"' not in text  # the filter goes on without it
    assert "Rule enforced" in text
    assert "Reconcile" not in text
    assert events(action="page.open")[-1].outcome == "refused"
    fragment = client_as("manager").get(f"/reports/stock-on-hand/?{query}", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Retarget"]) == (400, "#notices")
    assert b"<h1>Stock on hand" not in fragment.content


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("by", ["recorded", "effective"])
def test_the_ends_of_the_calendar(past, client_as, day, by):
    for name in ("since", "until"):
        assert (
            client_as("manager").get(f"/reports/inventory-movement/?by={by}&{name}={day}").status_code == 200
        )


@pytest.mark.parametrize("slug", [slug for slug, report in REPORTS.items() if report.permission])
def test_values_are_for_those_who_may_see_them(past, client_as, act_as, slug):
    viewer = client_as("viewer")
    answer = viewer.get(f"/reports/{slug}/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["details"]["permission"]) == (403, "ledger.view_value")
    assert slug not in viewer.get("/reports/").content.decode()
    act = act_as("viewer")
    with pytest.raises(PermissionDenied):
        create_export.submit(
            act, ExportOrder(act, REPORTS[slug], ReportFilter({}, act=act, report=REPORTS[slug]))
        )
    assert not Export.objects.exists()


@EVERY
def test_only_permitted_hubs(past, client_as, slug):
    somebody = add_person("manager", name="southern", all_hubs=False)
    assign_perm("inventory.operate_hub", somebody, past.south)
    client = client_as(user=somebody)
    page = client.get(f"/reports/{slug}/")
    assert {row["hub"] for row in page.context["page"].rows} - {""} == {"SOUTH"}
    assert client.get(f"/reports/{slug}/?hub=NORTH").status_code == 403


@EVERY
def test_exports_derive_again_to_the_same(past, act_as, client_as, slug):
    report, act = REPORTS[slug], act_as("manager")
    typed = {"by": "effective", "since": str(FIRST_DAY), "until": str(parse_date("2026-03-12"))}
    form = ReportFilter(typed if report.has_period else {}, act=act, report=report)
    export = create_export.submit(act, ExportOrder(act, report, form))
    assert Scope.of(export.parameters, position=export.position) == form.scope
    deliver(act_as("owner"), past, receipt(past, line(past, "OIL", "SOUTH/A-2", "2", "3"), day=FIRST_DAY))
    answer = client_as("manager").get(f"/exports/{export.pk}/download/")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).decode().splitlines()[0] == ",".join(report.header)


def test_an_export_of_nothing_is_refused(master_data, act_as):
    act = act_as("manager")
    for report in REPORTS.values():
        with pytest.raises(ValidationFailed) as refused:
            create_export.submit(act, ExportOrder(act, report, ReportFilter({}, act=act, report=report)))
        assert str(refused.value.reason) == "NO_DATA"
