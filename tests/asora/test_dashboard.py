"""The dashboard: correct figures, only for people who may see them, and the steps to the first delivery."""

from __future__ import annotations

import datetime as dt
import html
import re
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from guardian.shortcuts import assign_perm

from inventory.actions.items import edit_item
from inventory.models import Bin, Category, Hub, Item, Vendor
from ledger.actions.reversing import reverse
from ledger.models import CountSession, Kind, Posting
from ledger.queries import history
from plans.models import Tenant, TenantFreeze
from tests.factories.documents import deliver, draft, line, post, receipt
from tests.factories.master_data import make_master_data
from tests.factories.people import add_person
from tests.ledger.report_fixtures import name_items, post_three_deliveries


@pytest.fixture
def stocked(acacia, act_as):
    """A small ledger with three deliveries."""
    master_data = make_master_data()
    name_items(master_data)
    post_three_deliveries(act_as("owner"), master_data)
    return master_data


def test_figures(stocked, client_as):
    shown = client_as("owner").get("/").context
    assert shown["value"] == Decimal(60)
    assert (shown["units"], shown["items_on_hand"]) == ([("pcs", 22), ("l", Decimal("1.5"))], 2)
    assert len(shown["latest"]) == 3
    assert shown["proof"] is None
    assert {row["resource"]: row["usage"] for row in shown["usage"]}["items"] == 3


SEEN = ("value", "units", "short", "proof", "movement", "counts_due", "refusals", "usage")
OF_REPORTS = {"units", "short", "proof"}


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("owner", set(SEEN)),
        ("manager", set(SEEN) - {"usage"}),
        ("receiver", {"movement"}),
        ("viewer", OF_REPORTS | {"movement"}),
        ("counter", {"counts_due"}),
    ],
)
def test_each_sees_what_their_role_may_open(stocked, client_as, role, seen):
    """People see a tile exactly if they may open the page behind it."""
    client = client_as(role)
    page = client.get("/")
    context = page.context
    assert {
        name for name in SEEN if name in context and (name != "value" or context[name] is not None)
    } == seen
    main = page.content.decode().split("<main")[1]
    for address in sorted(set(re.findall(r'href="(/[^"#]*)"', main))):
        assert client.get(html.unescape(address)).status_code == 200, address


def test_permitted_hubs_only(stocked, client_as):
    user = add_person("manager", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", user, stocked.north)
    shown = client_as(user=user).get("/").context
    assert (shown["value"], shown["units"], len(shown["latest"])) == (40, [("pcs", 15)], 2)


def test_units_of_different_kinds_are_never_added_up(stocked, client_as):
    """The second delivery has 5 pcs and 1.5 l."""
    client = client_as("owner")
    latest = client.get("/").context["latest"]
    assert [summary.quantities for _posting, summary in latest] == [
        [("pcs", 7)],
        [("l", Decimal("1.5")), ("pcs", 5)],
        [("pcs", 10)],
    ]
    position = latest[1][0].position
    for url in ("/", "/ledger/", f"/ledger/{position}/"):
        text = client.get(url).content.decode()
        assert not re.search(r">[+]?(6\.5|23\.5)<", text), url
    assert client.get(f"/ledger/{position}/").context["quantities"] == [("l", Decimal("1.5")), ("pcs", 5)]


def test_movement(stocked, act_as):
    today = dt.date(2026, 3, 10)
    hubs = [stocked.north.pk, stocked.south.pk]
    pieces, litres = history.movement(hubs=hubs, last=today, days=30)
    assert (pieces.unit, litres.unit) == ("pcs", "l")
    assert (len(pieces.days), pieces.days[-1]["day"]) == (30, today)
    moved = {day["day"]: (day["up"], day["down"]) for day in pieces.days if day["up"] or day["down"]}
    assert moved == {dt.date(2026, 3, 2): (15, 0), dt.date(2026, 3, 9): (7, 0)}
    assert (pieces.received, litres.received, litres.issued) == (22, Decimal("1.5"), 0)
    assert history.last_moved_on(hubs=hubs) == dt.date(2026, 3, 9)
    assert history.last_moved_on(hubs=[]) is None


@pytest.fixture
def busy(stocked, act_as):
    """A bit of everything, today."""
    act = act_as("owner")
    day = act.today
    lines = (
        line(stocked, "BOLT", "NORTH/A-1", "4", "1"),
        line(stocked, "OIL", "SOUTH/A-1", "3", "1", number=2),
    )
    deliver(act, stocked, receipt(stocked, *lines, day=day))
    post(act, stocked, draft(stocked, Kind.ISSUE, ("BOLT", "NORTH/A-1", "2"), day=day))
    post(act, stocked, draft(stocked, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "3"), day=day))
    edit_item(act, item=Item.objects.get(sku="OIL"), version=1, reorder_point=Decimal(9))
    CountSession.objects.create(submission=uuid4(), hub=stocked.north, title="Aisle A", opened_by="u-1")
    return stocked


def opened(client, page, figure):
    """The context of the page behind a tile."""
    text = page.content.decode()
    address = re.search(rf'<a class="stat" href="([^"]+)"><span class="stat-label">{figure}<', text)[1]
    return client.get(html.unescape(address)).context


def test_it_says_whose_days_are_drawn(acacia, stocked, client_as):
    Tenant.objects.filter(pk=acacia.pk).update(time_zone="Pacific/Auckland")
    assert "Days in Pacific/Auckland" in client_as("owner").get("/").content.decode()


@pytest.mark.parametrize("hub", ["", "NORTH"])
def test_every_figure_is_what_the_page_behind_it_shows(busy, client_as, hub):
    if hub:
        user = add_person("manager", name="northern", all_hubs=False)
        assign_perm("inventory.operate_hub", user, busy.north)
    client = client_as(user=user) if hub else client_as("manager")
    page = client.get("/")
    shown = page.context
    assert opened(client, page, "On-hand value")["summed"]["value"] == shown["value"]
    on_hand = opened(client, page, "Units on hand")
    assert {total.unit: total.figures["quantity"] for total in on_hand["totals"]} == dict(shown["units"])
    assert len({row["sku"] for row in on_hand["page"].rows}) == shown["items_on_hand"]
    assert opened(client, page, "To reorder")["page"].count == shown["short_count"] == 1
    assert opened(client, page, "Ledger")["latest"] == shown["proof"]
    assert client.get("/counts/").context["page"].count == shown["counts_number"] == 1


def test_the_chart_is_what_the_report_behind_it_shows(busy, act_as, client_as):
    client = client_as("manager")
    # A posting that is reversed on the same day is shown in the ledger only.
    act = act_as("owner")
    wrong = deliver(act, busy, receipt(busy, line(busy, "BOLT", "NORTH/A-1", "900", "1"), day=act.today))
    reverse(act, posting=Posting.objects.get(pk=wrong), submission=uuid4())
    post(act, busy, draft(busy, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-1"), day=act.today, reason="FOUND"))
    for unit, figures in {"pcs": (4, 2, -1, 0), "l": (3, 0, 0, 0)}.items():
        shown = client.get("/", {"unit": unit}).context
        assert shown["moved_units"] == ["pcs", "l"]
        moved = shown["movement"]
        assert (moved.unit, moved.received, moved.issued, moved.adjusted, moved.counted) == (unit, *figures)
        assert (moved.days[-1]["up"], moved.days[-1]["down"]) == (figures[0], figures[1] - figures[2])
        totals = client.get(shown["moved_url"]).context["totals"]
        (reported,) = (total.figures for total in totals if total.unit == unit)
        assert tuple(reported[name] for name in ("received", "issued", "adjusted", "counted")) == figures
    assert client.get("/", {"unit": "nonsense"}).context["movement"].unit == "pcs"
    chart = client.get("/").content.decode()
    assert '<figure class="chart">' in chart


def test_refusals_by_rule_lead_to_exactly_those(stocked, client_as):
    client, owner = client_as("viewer"), client_as("owner")
    for _number in range(2):
        client.get("/exports/")
    shown = owner.get("/").context
    (rule,) = shown["refusals"]
    assert (rule["reason"], rule["number"]) == ("ROLE_LACKS_PERMISSION", 2)
    for rule in shown["refusals"]:
        listed = owner.get(rule["url"]).context["page"]
        assert listed.count == rule["number"]
        assert {(event.code, event.reason) for event in listed.rows} == {(rule["code"], rule["reason"])}
    assert owner.get(shown["refused_url"]).context["page"].count == shown["refused_number"]


def test_refusals_of_the_day_before_yesterday_are_not_news(stocked, client_as):
    client_as("viewer").get("/exports/")
    assert client_as("owner").get("/").context["refused_number"] == 1
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)):
        assert client_as("owner").get("/").context["refused_number"] == 0


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


def test_the_checklist_goes_with_the_first_posting(stocked, client_as):
    assert client_as("owner").get("/").context["steps"] == []


@pytest.mark.parametrize(("role", "sees"), [("counter", True), ("manager", True), ("viewer", False)])
def test_counts_due(stocked, client_as, role, sees):
    CountSession.objects.create(submission=uuid4(), hub=stocked.north, title="Aisle A", opened_by="u-1")
    done = {"state": "cancelled", "closed_at": timezone.now(), "closed_by": "u-1"}
    CountSession.objects.create(
        submission=uuid4(), hub=stocked.north, title="Aisle B", opened_by="u-1", **done
    )
    page = client_as(role).get("/").content.decode()
    assert ("Aisle A" in page) is sees
    assert "Aisle B" not in page


@pytest.mark.parametrize("role", ["owner", "viewer", "counter"])
def test_an_empty_tenant(acacia, client_as, role):
    page = client_as(role).get("/")
    assert page.status_code == 200
    assert ("Set up your inventory" in page.content.decode()) is (role == "owner")


def test_a_frozen_tenant_is_not_asked_to_receive(stocked, client_as):
    client = client_as("owner")
    receive = 'class="button button-primary" href="/receive/"'
    assert receive in client.get("/").content.decode()
    TenantFreeze.objects.create(tenant=connection.tenant, reason="audit", frozen_by="o-1")
    page = client.get("/")
    assert receive not in page.content.decode()
    assert page.context["units"] == [("pcs", 22), ("l", Decimal("1.5"))]
