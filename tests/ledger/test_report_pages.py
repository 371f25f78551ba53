"""Pages of reports: figures that open their entries, charts, and questions that are refused."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel import positions
from ledger.reports import REPORTS
from tests.factories.people import add_person
from tests.factories.random_past import FIRST_DAY
from tests.ledger.expected_reports import EVERY, ZERO, scope
from tests.ledger.report_fixtures import HUBS


@EVERY
def test_the_page_shows_it(past, client_as, slug):
    page = client_as("manager").get(f"/reports/{slug}/")
    assert page.status_code == 200
    rows = list(REPORTS[slug].stream(scope()))
    assert page.context["page"].count == len(rows)
    shown = page.context["page"].rows
    assert [tuple(row[name] for name in REPORTS[slug].header) for row in shown] == rows[: len(shown)]
    answer = client_as("manager").get(f"/reports/{slug}/?part=reconciliation", headers={"HX-Request": "true"})
    assert b"Reconciled" in answer.content


@EVERY
def test_every_figure_opens_the_entries_behind_it(past, client_as, slug):
    """The lines behind a figure add up to it."""
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
    assert "Value by hub" not in dict(page.context["charts"])  # a single bar is not shown
    fragment = client_as("manager").get("/reports/inventory-valuation/", headers={"HX-Request": "true"})
    assert b'<div id="charts" class="charts" hx-swap-oob="true">' in fragment.content


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
