"""Every report computed from the entries alone, line by line, to compare the SQL with."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from asora.kernel import positions
from inventory.models import Item, ReorderRevision
from ledger.models import Entry
from ledger.reports import REPORTS
from ledger.reports.scope import Scope
from tests.factories.random_past import FIRST_DAY
from tests.ledger.report_fixtures import HUBS

EVERY = pytest.mark.parametrize("slug", REPORTS)


ZERO = Decimal(0)


PERIODS = ["all", "recorded", "effective"]


def scope(by: str = "all", **narrower: Any) -> Scope:
    """The end of the history, or a period in the middle."""
    head = positions.current()
    values: dict[str, Any] = {"position": head, "hubs": HUBS} | narrower
    if by == "recorded":
        values |= {"after": head // 3, "position": 2 * head // 3}
    if by == "effective":
        values |= {"since": FIRST_DAY + dt.timedelta(days=5), "until": FIRST_DAY + dt.timedelta(days=12)}
    return Scope(**values)


def known(scope: Scope) -> Iterator[Entry]:
    """The entries at the scope's hubs up to its position."""
    rows = Entry.objects.filter(posting__lte=scope.position, hub__code__in=scope.hubs)
    return rows.select_related("item", "hub", "bin", "posting__vendor", "posting__reverses__vendor").order_by(
        "posting", "line"
    )


def is_before(entry: Entry, scope: Scope) -> bool:
    return entry.posting_id <= scope.after or bool(scope.since and entry.posting.effective_on < scope.since)


def is_within(entry: Entry, scope: Scope) -> bool:
    is_behind = bool(scope.until and entry.posting.effective_on > scope.until)
    return not is_before(entry, scope) and not is_behind


def original(entry: Entry) -> Any:
    """The document of a line; for a reversal, its original."""
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
            original(entry).vendor.code, original(entry).reference, entry.posting.effective_on, entry.posting_id,
            entry.line,
            entry.item.sku, entry.item.name, entry.hub.code, places(entry, entry.quantity), entry.unit_cost,
            entry.value,
        )
        for entry in known(scope)
        if entry.kind == "receipt" and is_within(entry, scope)
        if not scope.vendors or original(entry).vendor.code in scope.vendors
    ]  # fmt: skip


def shrink(scope: Scope) -> list[tuple[Any, ...]]:
    found: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [ZERO] * 4)
    entries: dict[tuple[str, ...], Entry] = {}
    for entry in known(scope):
        if entry.kind in {"adjustment", "count"} and entry.quantity and is_within(entry, scope):
            key = (entry.hub.code, original(entry).reason, entry.kind, entry.item.sku, entry.item.name)
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
    for message in ReorderRevision.objects.filter(position__lte=scope.position).order_by("position"):
        points[message.item.sku, message.hub.code if message.hub else ""] = message.quantity
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
