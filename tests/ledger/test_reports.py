"""Every report agrees with its entries, in any scope, period and position, and reconciles with the ledger.

What is expected is computed here once more in Python, from the entries, row by row, and shares nothing with the SQL."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from django.utils.dateparse import parse_date
from guardian.shortcuts import assign_perm

from asora.kernel import positions
from asora.kernel.refusals import PermissionDenied, ValidationFailed
from ledger.exports.actions import create_export
from ledger.exports.requests import ExportRequest
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.forms import ReportFilter
from ledger.reports.scope import Scope
from tests.factories.documents import BOTH_COSTINGS, deliver, line, receipt, with_costing
from tests.factories.people import add_person
from tests.factories.random_past import FIRST_DAY, post_at_random
from tests.ledger.expected_reports import EVERY, EXPECTED, PERIODS, scope, valuation
from tests.ledger.report_fixtures import HUBS, name_items


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
                assert report.cross_check(asked) == reported, (report.slug, asked)


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
    """7 bolts for 0.000010 and 0.000011, and so on: PostgreSQL's round would round each half up."""
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


@pytest.mark.parametrize("slug", [slug for slug, report in REPORTS.items() if report.permission])
def test_values_are_for_those_who_may_see_them(past, client_as, act_as, slug):
    viewer = client_as("viewer")
    answer = viewer.get(f"/reports/{slug}/", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["details"]["permission"]) == (403, "ledger.view_value")
    assert slug not in viewer.get("/reports/").content.decode()
    act = act_as("viewer")
    with pytest.raises(PermissionDenied):
        create_export.submit(
            act, ExportRequest(act, REPORTS[slug], ReportFilter({}, act=act, report=REPORTS[slug]))
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
    export = create_export.submit(act, ExportRequest(act, report, form))
    assert Scope.of(export.parameters, position=export.position) == form.scope
    deliver(act_as("owner"), past, receipt(past, line(past, "OIL", "SOUTH/A-2", "2", "3"), day=FIRST_DAY))
    answer = client_as("manager").get(f"/exports/{export.pk}/download/")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).decode().splitlines()[0] == ",".join(report.header)


def test_an_export_of_nothing_is_refused(master_data, act_as):
    act = act_as("manager")
    for report in REPORTS.values():
        with pytest.raises(ValidationFailed) as refused:
            create_export.submit(act, ExportRequest(act, report, ReportFilter({}, act=act, report=report)))
        assert str(refused.value.reason) == "NO_DATA"
