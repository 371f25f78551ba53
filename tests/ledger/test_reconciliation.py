"""The reports agree with each other, item by item and hub by hub, at any position and in any period.

What cannot be compared, and why:

- A period by effective date leaves out documents with other dates; stock on hand and valuation show everything up to a
  position. So they are only compared with movement up to a position.
- Movement and shrink have no vendors, so receiving is compared with them over all vendors, and with ledger history
  vendor by vendor: both list a reversal under the vendor of its original.
- Movement has no values. Values are compared between valuation, receiving, shrink and ledger history.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from asora.kernel import positions
from inventory.models import Hub
from ledger.models import Posting
from ledger.reports import REPORTS
from ledger.reports.scope import Scope
from plans.models import Tenant
from tests.conftest import throwaway_tenants
from tests.factories.documents import BOTH_COSTINGS, with_costing
from tests.factories.random_past import post_at_random
from tests.ledger.report_fixtures import name_items
from tests.ledger.test_load_dataset import DATA, needs_data

ZERO = Decimal(0)
PLUS = ("received", "transferred_in", "adjusted", "counted")
MINUS = ("issued", "transferred_out")
MOVED = PLUS + MINUS
Place = tuple[str, str]  # SKU, hub
Figures = Mapping[Place, Decimal]


def rows_of(slug: str, scope: Scope) -> list[dict[str, Any]]:
    report = REPORTS[slug]
    return [dict(zip(report.header, row, strict=True)) for row in report.stream(scope)]


def summed(rows: Sequence[Mapping[str, Any]], figure: str, *, minus: str = "") -> Figures:
    """A figure by item and hub, without zeros."""
    found: dict[Place, Decimal] = defaultdict(Decimal)
    for row in rows:
        found[row["sku"], row["hub"]] += row[figure] - (row[minus] if minus else ZERO)
    return {place: figure for place, figure in found.items() if figure}


def of_kind(rows: Sequence[Mapping[str, Any]], *kinds: str) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["kind"] in kinds]


def added(*figures: Figures) -> Figures:
    places = {place for each in figures for place in each}
    sums = {place: sum((each.get(place, ZERO) for each in figures), ZERO) for place in places}
    return {place: figure for place, figure in sums.items() if figure}


def agree_on_what_there_is(scope: Scope) -> None:
    """Movement, stock on hand, valuation and history agree at a position."""
    movement, history, valuation = (
        rows_of(slug, scope) for slug in ("inventory-movement", "ledger-history", "inventory-valuation")
    )
    closing = summed(movement, "closing")
    assert summed(movement, "opening") == {}
    assert closing == summed(rows_of("stock-on-hand", scope), "quantity")
    assert closing == summed(valuation, "quantity")
    assert closing == summed(history, "quantity")
    assert summed(valuation, "value") == summed(history, "value")


def agree_on_what_happened(scope: Scope) -> None:
    """Movement, receiving, shrink and history agree in a period of either kind."""
    movement, history, shrink, received = (
        rows_of(slug, scope)
        for slug in ("inventory-movement", "ledger-history", "shrink-adjustment", "receiving-summary")
    )
    for row in movement:
        moved = sum((row[name] for name in PLUS), ZERO) - sum((row[name] for name in MINUS), ZERO)
        assert row["opening"] + moved == row["closing"], row
    assert summed(movement, "received") == summed(received, "quantity")
    assert summed(received, "value") == summed(of_kind(history, "receipt"), "value")
    for kind, name in (("adjustment", "adjusted"), ("count", "counted")):
        lines = of_kind(shrink, kind)
        assert summed(movement, name) == summed(lines, "quantity_up", minus="quantity_down")
        assert summed(lines, "net_value") == summed(of_kind(history, kind), "value")
        assert summed(lines, "value_up", minus="value_down") == summed(lines, "net_value")
    assert summed(movement, "issued") == {
        place: -figure for place, figure in summed(of_kind(history, "issue"), "quantity").items()
    }
    assert summed(movement, "transferred_in", minus="transferred_out") == summed(
        of_kind(history, "transfer"), "quantity"
    )


def agree_on_each_vendor(scope: Scope) -> None:
    """Receiving and history agree, vendor by vendor."""
    everybody = rows_of("receiving-summary", scope)
    for vendor in {row["vendor"] for row in everybody}:
        asked = replace(scope, vendors=(vendor,))
        received, history = rows_of("receiving-summary", asked), rows_of("ledger-history", asked)
        assert {row["kind"] for row in history} == {"receipt"}
        assert {row["vendor"] for row in history} == {vendor}
        for figure in ("quantity", "value"):
            theirs = summed([row for row in everybody if row["vendor"] == vendor], figure)
            assert summed(received, figure) == summed(history, figure) == theirs


def follow_each_other(first: Scope, second: Scope, whole: Scope) -> None:
    """The figures of two adjacent periods add up to those of one period over both."""
    parts = [rows_of("inventory-movement", scope) for scope in (first, second)]
    together = rows_of("inventory-movement", whole)
    for name in MOVED:
        assert added(*(summed(part, name) for part in parts)) == summed(together, name), name
    assert summed(parts[0], "opening") == summed(together, "opening")
    assert summed(parts[0], "closing") == summed(parts[1], "opening")
    assert summed(parts[1], "closing") == summed(together, "closing")


def add_up_over_hubs(scope: Scope) -> None:
    """The figures of single hubs add up to those of all hubs, and transfers out equal transfers in."""
    for slug in (
        "inventory-movement",
        "receiving-summary",
        "shrink-adjustment",
        "ledger-history",
        "stock-on-hand",
    ):
        alone = [row for hub in scope.hubs for row in rows_of(slug, replace(scope, hubs=(hub,)))]
        together = rows_of(slug, scope)
        assert sorted(map(str, alone)) == sorted(map(str, together)), slug
    between: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of("inventory-movement", replace(scope, hubs=every_hub())):
        between[row["sku"]] += row["transferred_in"] - row["transferred_out"]
    assert not any(between.values())


def every_hub() -> tuple[str, ...]:
    return tuple(Hub.objects.order_by("code").values_list("code", flat=True))


def agree(chance: random.Random, hubs: tuple[str, ...]) -> None:
    """All checks above, at random positions and in random periods."""
    head = positions.current()
    start, middle, end = sorted(chance.sample(range(1, head + 1), 3))
    for position in (start, middle, head):
        agree_on_what_there_is(Scope(position=position, hubs=hubs))
    scopes = [Scope(position=end, hubs=hubs, after=after) for after in (start, middle)]
    first, whole = replace(scopes[0], position=middle), scopes[0]
    follow_each_other(first, scopes[1], whole)
    days = sorted(Posting.objects.values_list("effective_on", flat=True).distinct())
    begin, until = sorted([chance.choice(days), chance.choice(days)])
    turn = begin + (until - begin) / 2
    by_day = Scope(position=head, hubs=hubs, since=begin, until=until)
    if turn < until:
        after_turn = turn + dt.timedelta(days=1)
        follow_each_other(replace(by_day, until=turn), replace(by_day, since=after_turn), by_day)
    for scope in (first, whole, Scope(position=head, hubs=hubs), by_day):
        agree_on_what_happened(scope)
    agree_on_each_vendor(whole)
    agree_on_each_vendor(by_day)
    add_up_over_hubs(whole)
    add_up_over_hubs(by_day)


@pytest.mark.parametrize("seed", [1])
@BOTH_COSTINGS
def test_random_histories(master_data: Any, act_as: Callable[..., Any], seed: int, costing: str) -> None:
    name_items(master_data)
    post_at_random(with_costing(act_as("owner"), costing), master_data, seed=seed, steps=110)
    chance = random.Random(f"{seed} {costing}")
    assert {row["kind"] for row in rows_of("ledger-history", Scope(positions.current(), every_hub()))} == {
        "receipt", "issue", "transfer", "adjustment", "count",
    }  # fmt: skip
    for hubs in (every_hub(), every_hub(), ("SOUTH",), ("NORTH",)):
        agree(chance, hubs)


@pytest.fixture(scope="module")
def adventureworks(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """All receipts of the data set that are accepted, and the count of every bin."""
    with django_db_blocker.unblock(), throwaway_tenants() as make:
        tenant = make(plan="enterprise")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            call_command("load_dataset", str(DATA), "--tenant", tenant.slug, "--skip-refused")
            call_command("import_counts", str(DATA / "counts.csv"), "--tenant", tenant.slug)
        yield tenant


@needs_data
@pytest.mark.parametrize("seed", range(3))
def test_adventureworks(adventureworks: Tenant, seed: int) -> None:
    connection.set_tenant(adventureworks)
    chance = random.Random(seed)
    agree(chance, every_hub())
    agree(chance, tuple(sorted(chance.sample(every_hub(), 4))))


@needs_data
def test_adventureworks_comes_to_its_control_totals(adventureworks: Tenant) -> None:
    """The control totals in the data's README, computed from the reports."""
    connection.set_tenant(adventureworks)
    head = Scope(position=positions.current(), hubs=every_hub())
    received, shrink = rows_of("receiving-summary", head), rows_of("shrink-adjustment", head)
    assert len(received) == 8195
    assert sum(row["quantity"] for row in received) == 2_118_713
    assert sum(row["value"] for row in received) == Decimal("58639335.258")
    assert sum(row["quantity_up"] for row in shrink) == 289_901
    assert sum(row["quantity_down"] for row in shrink) == 2_072_640
    stock = rows_of("stock-on-hand", head)
    assert (len(stock), sum(row["quantity"] for row in stock)) == (1065, 335_974)
    assert sum(row["quantity"] for row in rows_of("inventory-valuation", head)) == 335_974
