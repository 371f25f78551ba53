"""The dashboard: real figures, each for those who may know it, and the way from nothing to the first delivery."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm

from inventory.models import Bin, Category, Hub, Item, Vendor
from ledger.models import CountSession
from ledger.queries import history
from tests.ledger.books import fill, name_items
from tests.ledger.stage import deliver, line, receipt, set_stage
from tests.people import add_person


@pytest.fixture
def books(acacia, act_as):
    """A small ledger with three deliveries."""
    stage = set_stage()
    name_items(stage)
    fill(act_as("owner"), stage)
    return stage


def test_figures(books, client_as):
    shown = client_as("owner").get("/").context
    assert shown["value"] == Decimal(60)
    assert shown["units_total"] == Decimal("23.5")
    assert [(unit.unit, unit.quantity, unit.items) for unit in shown["units"]] == [
        ("pcs", 22, 1),
        ("l", Decimal("1.5"), 1),
    ]
    assert len(shown["latest"]) == 3
    assert shown["proof"] is None
    assert {row["resource"]: row["usage"] for row in shown["usage"]}["items"] == 3


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("owner", {"value", "units", "sees_health", "refusals", "usage"}),
        ("manager", {"value", "units", "sees_health", "refusals"}),
        ("receiver", {"units"}),
        ("viewer", {"units", "sees_health"}),
        ("counter", set()),
    ],
)
def test_each_sees_what_their_role_may(books, client_as, role, seen):
    context = client_as(role).get("/").context
    found = {
        name
        for name in ("value", "units", "sees_health", "refusals", "usage")
        if name in context and context[name] is not None
    }
    assert found == seen


def test_permitted_hubs_only(books, client_as):
    user = add_person("manager", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", user, books.north)
    shown = client_as(user=user).get("/").context
    assert (shown["value"], shown["units_total"], len(shown["latest"])) == (40, 15, 2)


def test_movement(books, act_as):
    today = dt.date(2026, 3, 10)
    hubs = [books.north.pk, books.south.pk]
    series = history.movement(hubs=hubs, last=today, days=30)
    assert len(series) == 30
    assert series[-1]["day"] == today
    moved = {day["day"]: (day["up"], day["down"]) for day in series if day["up"] or day["down"]}
    assert moved == {dt.date(2026, 3, 2): (Decimal("16.5"), 0), dt.date(2026, 3, 9): (7, 0)}
    assert history.last_moved_on(hubs=hubs) == dt.date(2026, 3, 9)
    assert history.last_moved_on(hubs=[]) is None


def test_chart_of_a_day_that_just_was(books, client_as, act_as):
    act = act_as("owner")
    deliver(act, books, receipt(books, line(books, "BOLT", "NORTH/A-1", "4", "1"), day=act.today))
    page = client_as("viewer").get("/").content.decode()
    assert '<figure class="chart">' in page


def test_refusals_of_the_last_day_by_rule(books, client_as):
    client = client_as("viewer")
    for _number in range(2):
        client.get("/exports/")
    shown = client_as("owner").get("/").context["refusals"]
    assert [(row["reason"], row["number"]) for row in shown] == [("ROLE_LACKS_PERMISSION", 2)]


def test_the_way_from_nothing_to_the_first_delivery(acacia, client_as, act_as):
    client = client_as("owner")

    def state():
        steps = client.get("/").context["steps"]
        return [step["is_done"] for step in steps], [
            number for number, step in enumerate(steps) if step["is_next"]
        ]

    assert state() == ([False] * 6, [0])
    category = Category.objects.create(code="ALL", name="All")
    hub = Hub.objects.create(code="H", name="Hub")
    assert state() == ([True, True, False, False, False, False], [2])
    Bin.objects.create(hub=hub, code="B")
    Vendor.objects.create(code="V", name="Vendor")
    Item.objects.create(sku="S", name="Thing", category=category, unit="EA")
    assert state() == ([True] * 5 + [False], [5])
    assert client_as("viewer").get("/").context["steps"] == []


def test_the_checklist_goes_with_the_first_posting(books, client_as):
    assert client_as("owner").get("/").context["steps"] == []


@pytest.mark.parametrize(("role", "sees"), [("counter", True), ("manager", True), ("viewer", False)])
def test_counts_due(books, client_as, role, sees):
    CountSession.objects.create(submission=uuid4(), hub=books.north, title="Aisle A", opened_by="u-1")
    done = {"state": "cancelled", "closed_at": timezone.now(), "closed_by": "u-1"}
    CountSession.objects.create(submission=uuid4(), hub=books.north, title="Aisle B", opened_by="u-1", **done)
    page = client_as(role).get("/").content.decode()
    assert ("Aisle A" in page) is sees
    assert "Aisle B" not in page
