"""Every page reads a day in the tenant's time zone, even if the day has 23 or 25 hours.

The tests cannot set the database's clock, but recorded moments never go back: with the tenant's head at a future
moment, the next posting is recorded at that moment.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection

from asora.kernel import days, positions
from asora.kernel.refusals import ValidationFailed
from audit.events.models import Event
from audit.explorer.event_query import EventQuery
from ledger.exports.actions import create_export
from ledger.exports.requests import ExportRequest
from ledger.queries.asof import as_of
from ledger.reports import REPORTS
from ledger.reports.forms import ReportFilter
from plans.models import Tenant
from tests.factories.documents import deliver, line, receipt

MOVEMENT = REPORTS["inventory-movement"]
LATER = "2031-12-01T12:00Z"
BERLIN, AUCKLAND = "Europe/Berlin", "Pacific/Auckland"
#: A day, and the moments (UTC) of a last posting before it, of two within, and of the first one after it.
DAYS = [
    (BERLIN, "2031-05-02", ["05-01T21:59:59.9", "05-01T22:00", "05-02T21:59:59.9", "05-02T22:00"]),
    (
        BERLIN,
        "2031-03-30",
        ["03-29T22:59:59.9", "03-29T23:00", "03-30T21:59:59.9", "03-30T22:00"],
    ),  # 23 hours
    (
        BERLIN,
        "2031-10-26",
        ["10-25T21:59:59.9", "10-25T22:00", "10-26T22:59:59.9", "10-26T23:00"],
    ),  # 25 hours
    (AUCKLAND, "2031-07-01", ["06-30T11:59:59.9", "06-30T12:00", "07-01T11:59:59.9", "07-01T12:00"]),
    ("America/Havana", "2031-03-09", ["03-09T04:59:59.9", "03-09T05:00", "03-10T03:59:59.9", "03-10T04:00"]),
    ("UTC", "2031-05-02", ["05-01T23:59:59.9", "05-02T00:00", "05-02T23:59:59.9", "05-03T00:00"]),
]


def live_in(zone: str) -> None:
    """Put the bound tenant into a time zone, for the requests of a client too."""
    Tenant.objects.filter(pk=connection.tenant.pk).update(time_zone=zone)
    connection.tenant.time_zone = zone


def record_at(act, master_data, moment: str) -> int:
    """Receive one piece, recorded at a moment of 2031; returns its position."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_head SET recorded_at = %s", [f"2031-{moment}Z"])
    return deliver(act, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1")))


@pytest.mark.parametrize(("zone", "day", "moments"), DAYS)
def test_one_day_is_what_was_recorded_on_it_there(master_data, act_as, client_as, zone, day, moments):
    live_in(zone)
    act = act_as("owner")
    before, first, last, after = (record_at(act, master_data, moment) for moment in moments)
    day_before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    with time_machine.travel(LATER, tick=False):
        client = client_as("owner")
        assert (as_of(act, day_before).position, as_of(act, day).position) == (before, last)
        form = ReportFilter({"since": day, "until": day}, act=act, report=MOVEMENT)
        assert form.is_valid()
        assert (form.scope.after, form.scope.position) == (before, last)
        page = client.get("/reports/inventory-movement/", {"since": day, "until": day})
        ((row, _addresses),) = page.context["rows"]
        assert [row[name] for name in ("opening", "received", "closing")] == [1, 2, 3]
        assert f"Days in {zone}" in page.content.decode()
        # Every page that has an "as of" bar means the same day.
        for address in (
            "/ledger/",
            "/ledger/entries/",
            "/ledger/items/BOLT/stock/",
            "/ledger/hubs/NORTH/stock/",
        ):
            page = client.get(address, {"at": day})
            assert page.context["as_of"].position == last, address
        assert last == first + 1 == after - 1


def test_an_export_of_a_day_holds_that_day(master_data, act_as):
    """An export stores positions, so the meaning of a day is fixed when the export is made."""
    live_in(BERLIN)
    act = act_as("owner")
    _zone, day, moments = DAYS[0]
    _before, first, last, _after = (record_at(act, master_data, moment) for moment in moments)
    with time_machine.travel(LATER, tick=False):
        form = ReportFilter({"since": day, "until": day}, act=act, report=MOVEMENT)
        export = create_export.submit(act, ExportRequest(act, MOVEMENT, form))
    assert export.position == last
    assert export.parameters["after"] == first - 1
    assert {"since", "until"}.isdisjoint(export.parameters)
    live_in("Pacific/Kiritimati")  # even if the time zone changes later
    again = ExportRequest(
        act, MOVEMENT, ReportFilter({"at": str(last), "later": str(first - 1)}, act=act, report=MOVEMENT)
    )
    assert create_export.submit(act, again).pk == export.pk


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        (AUCKLAND, "2031-06-01T13:00Z", "2031-06-02"),  # UTC's today is yesterday there
        ("America/Los_Angeles", "2031-06-02T03:00Z", "2031-06-01"),  # and tomorrow here
    ],
)
def test_as_of_today_is_today_there(stocked, act_as, client_as, zone, now, today):
    live_in(zone)
    act = act_as("owner")
    tomorrow = (date.fromisoformat(today) + timedelta(days=1)).isoformat()
    with time_machine.travel(now, tick=False):
        assert as_of(act, today).position == positions.current()
        assert client_as("owner").get("/reports/stock-on-hand/", {"at": today}).status_code == 200
        with pytest.raises(ValidationFailed) as refused:
            as_of(act, tomorrow)
        assert str(refused.value.reason) == "DATE_IN_FUTURE"


@pytest.mark.parametrize(("zone", "day", "moments"), DAYS)
def test_the_trail_means_the_same_days(acacia, act_as, zone, day, moments):
    live_in(zone)
    act = act_as("owner")
    for moment in moments:
        Event.objects.create(
            occurred_at=datetime.fromisoformat(f"2031-{moment}").replace(tzinfo=UTC),
            action="page.open", outcome="allowed", actor_type="user", actor_ref="x", request_id=moment,
        )  # fmt: skip
    day_ = date.fromisoformat(day)
    found = EventQuery(since=day_, until=day_).rows(act.actor).order_by("occurred_at")
    assert list(found.values_list("request_id", flat=True)) == moments[1:3]


def test_every_day_has_a_beginning_and_an_end_everywhere():
    """Also if midnight is skipped or comes twice, if a whole day is missing, and at the ends of the calendar."""
    hours = {
        ("Europe/Berlin", "2026-03-29"): 23, ("Europe/Berlin", "2026-10-25"): 25, ("America/Havana", "2026-03-08"): 23,
        ("America/Havana", "2026-11-01"): 25, ("Africa/Cairo", "2026-04-24"): 23, ("Pacific/Apia", "2011-12-30"): 0,
        ("Australia/Lord_Howe", "2026-04-05"): 24.5, ("Asia/Kathmandu", "2026-04-05"): 24,
    }  # fmt: skip
    for (zone, text), expected in hours.items():
        day = date.fromisoformat(text)
        start = days.start_of(day, ZoneInfo(zone)).astimezone(UTC)
        end = days.end_of(day, ZoneInfo(zone)).astimezone(UTC)
        assert (end - start) / timedelta(hours=1) == expected, (zone, text)
        assert end == days.start_of(day + timedelta(days=1), ZoneInfo(zone)).astimezone(UTC)


def test_every_page_that_asks_for_a_day_says_whose(stocked, client_as):
    live_in(AUCKLAND)
    client = client_as("owner")
    for address in ("/ledger/", "/ledger/entries/", "/audit/", "/reports/inventory-movement/"):
        assert "Days in Pacific/Auckland" in client.get(address).content.decode(), address
    for address in ("/receive/", "/issue/", "/transfer/", "/adjust/", "/counts/new/"):
        assert "Time zone: Pacific/Auckland." in client.get(address).content.decode(), address
    for address in ("/exports/", "/settings/plan/"):
        assert "(UTC)" in client.get(address).content.decode(), address


def test_a_day_is_written_one_way(stocked, client_as):
    """An ambiguous date (day or month first) is not guessed."""
    for text in ("01/02/2026", "1.2.2026", "2026-1", "26-01-02", "Jan 2 2026"):
        answer = client_as("owner").get("/ledger/", {"since": text}, headers={"accept": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED"), text
