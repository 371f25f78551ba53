"""The histogram: each bar counts exactly the events that its address finds, counted in advance or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from guardian.shortcuts import assign_perm

from audit.events.models import Event
from audit.explorer import histogram as histograms
from audit.explorer import rollup
from audit.explorer.event_query import EventQuery
from audit.explorer.histogram import histogram
from audit.explorer.histogram_chart import chart_of
from tests.factories.people import add_person

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
OUTCOMES = ("allowed", "allowed", "refused")


@pytest.fixture
def trail(master_data: Any) -> Any:
    """200 events of forty days, at odd minutes: of each hub, of none and of unknown hubs. Returns the master data."""
    Event.objects.bulk_create(
        Event(
            number=1_000 + place,
            occurred_at=NOW - timedelta(hours=5 * place, minutes=7 * (place % 11)),
            hubs=[[], [master_data.north.pk], [master_data.south.pk], None][place % 4],
            action=("page.open", "list.download")[place % 2],
            outcome=OUTCOMES[place % 3],
            code="STATE_CONFLICT" if place % 3 == 2 else "",
            reason="STALE_FORM" if place % 3 == 2 else "",
            actor_type="user",
            actor_ref="u-1",
        )
        for place in range(200)
    )
    return master_data


QUERIES = (
    "since:2026-10-21",
    "outcome:refused",
    "action:page.open since:2026-10-15 until:2026-11-18",
    "actor:u-1",
    "reason:STALE_FORM",
    "hub:NORTH since:2026-10-21",
    "since:2026-11-19T09:10Z until:2026-11-20T11:20Z",
    "since:2026-11-20T07:10Z until:2026-11-20T07:40Z",
    "action:no.such",
)


def count_up_to(number: int) -> None:
    with_numbers = Event.objects.filter(number__isnull=False).order_by("number")
    from django.db import connection

    with connection.cursor() as cursor:
        first = with_numbers[0].number
        cursor.execute("UPDATE audit_counthead SET number = %s", [first - 1])
    rollup.add(first, number)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("counted", ["nothing", "half", "all"])
@pytest.mark.parametrize("role", ["owner", "limited"])
def test_every_bar_counts_what_its_address_finds(
    trail: Any, acacia: Any, act_as: Any, zone: str, counted: str, role: str
) -> None:
    acacia.time_zone = zone
    acacia.save(update_fields=["time_zone"])
    if counted != "nothing":
        count_up_to(1_199 if counted == "all" else 1_090)
    if role == "limited":
        person = add_person("manager", name="limited", all_hubs=False)
        assign_perm("inventory.operate_hub", person, trail.north)
        actor = act_as(user=person).actor
    else:
        actor = act_as(role).actor
    with time_machine.travel(NOW, tick=False):
        for text in QUERIES:
            query = EventQuery.parse(text)
            found = histogram(query, actor, zone=ZoneInfo(zone))
            matching = query.rows(actor)
            if not query.since and set(query.as_params()) <= {"outcome"}:
                matching = matching.filter(
                    occurred_at__gte=NOW.replace(hour=13, minute=0) - timedelta(days=30)
                )
            if found is None:
                assert not matching.exists(), text
                continue
            assert found.total == matching.count(), text
            assert len(found.bars) <= histograms.MAX_BARS + 1
            for bar in found.bars:
                assert bar.total == bar.query.rows(actor).count(), (text, bar.start)


def test_of_too_many_events_the_newest_are_counted_and_it_says_so(
    trail: Any, act_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histograms, "MAX_COUNTED", 20)
    monkeypatch.setattr(histograms, "MAX_UNCOUNTED", 20)
    owner = act_as("owner").actor
    with time_machine.travel(NOW, tick=False):
        for text in ("actor:u-1", "outcome:allowed since:2026-10-21"):
            found = histogram(EventQuery.parse(text), owner, zone=ZoneInfo("UTC"))
            assert found
            assert found.is_capped
            assert found.total == 21
            assert all(bar.total == bar.query.rows(owner).count() for bar in found.bars)


def test_the_page_draws_it_with_a_link_for_each_bar(trail: Any, client_as: Any) -> None:
    owner = client_as("owner")
    with time_machine.travel(NOW, tick=False):
        answer = owner.get("/audit/", {"action": "list.download", "since": "2026-10-21"})
        chart = answer.context["chart"]
        bar = next(bar for bar in chart.bars if bar.total)
        assert bar.url.replace("&", "&amp;") in answer.content.decode()
        followed = owner.get(bar.url)
        assert len(followed.context["page"].rows) == bar.total
        params = parse_qs(urlsplit(bar.url).query)
        assert params["action"] == ["list.download"], "a bar keeps the other filters"
        assert "events" in bar.text or "event" in bar.text


def test_no_drawing_without_events(acacia: Any, client_as: Any) -> None:
    answer = client_as("owner").get("/audit/")
    assert answer.context["chart"] is None
    assert "histogram" not in answer.content.decode()


def test_labels_are_days_or_hours_of_the_zone(trail: Any, act_as: Any) -> None:
    owner, zone = act_as("owner").actor, ZoneInfo("Asia/Kolkata")
    days = histogram(EventQuery.parse("since:2026-10-21 until:2026-11-20"), owner, zone=zone)
    hours = histogram(EventQuery.parse("since:2026-11-19 until:2026-11-19"), owner, zone=zone)
    assert days
    assert hours
    assert any(bar.label.startswith("Nov ") for bar in chart_of(days, zone=zone).bars)
    assert any(":30" in bar.label for bar in chart_of(hours, zone=zone).bars)
