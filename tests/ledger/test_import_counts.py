"""Loading counts.csv through the product's actions, compared with an independent calculation."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from ledger.models import BinBalance, CountSession, Entry, HubBalance, Kind, Posting
from ledger.proof.verification import verify
from tests.ledger.test_load_dataset import DATA, load, needs_data

Key = tuple[str, str]


def import_counts(
    slug: str, capsys: pytest.CaptureFixture[str], path: Path
) -> tuple[int, dict[str, Any], str]:
    """Run the command; returns its exit status, the totals of its last line, and its stderr."""
    status = 0
    try:
        call_command("import_counts", str(path), "--tenant", slug)
    except SystemExit as stopped:
        status = int(str(stopped.code))
    output = capsys.readouterr()
    return status, json.loads(output.out.strip().splitlines()[-1]), output.err


@needs_data
@pytest.mark.parametrize("costing", ["average", "fifo"])
def test_adventureworks(
    committed_tenant: Callable[..., Any], capsys: pytest.CaptureFixture[str], costing: str
) -> None:
    """1,069 lines, exact to the last unit; hub values agree with an independent calculation."""
    tenant = committed_tenant(plan="enterprise", costing=costing)
    load(tenant.slug, capsys, "--skip-refused")

    status, totals, _said = import_counts(tenant.slug, capsys, DATA / "counts.csv")

    assert status == 0
    assert (totals["lines"], totals["variances"]) == (1069, 1069)
    assert (totals["units_up"], totals["units_down"]) == ("289901", "-2072640")
    assert totals["sessions"] == totals["approved"] == Posting.objects.filter(kind=Kind.COUNT).count()
    above = BinBalance.objects.filter(quantity__gt=0)
    assert above.count() == 1065
    assert sum(balance.quantity for balance in above) == 335974

    expected = {key: worth for key, worth in independent_values(costing).items() if worth}
    found = {
        (balance.hub.code, balance.item.sku): balance.value
        for balance in HubBalance.objects.select_related("hub", "item").filter(value__gt=0)
    }
    assert found == expected
    assert not [check.says for check in verify() if check.broken]

    status, totals, _said = import_counts(tenant.slug, capsys, DATA / "counts.csv")
    assert (status, totals["already_posted"], totals["approved"]) == (0, totals["sessions"], 0)
    assert Entry.objects.filter(kind=Kind.COUNT).count() == 1069


def test_refuses_the_whole_file(
    committed_tenant: Callable[..., Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Every wrong line is named, and no count is opened."""
    tenant = committed_tenant()
    path = tmp_path / "counts.csv"
    path.write_text("hub_code,bin_code,sku,counted_qty\nNOWHERE,A,NONE,x\n")
    status, totals, output = import_counts(tenant.slug, capsys, path)
    assert status == 2
    assert totals["refused"] == {"code": "VALIDATION_FAILED", "reason": "INVALID_INPUT"}
    assert {"UNKNOWN_HUB", "UNKNOWN_ITEM", "INVALID_INPUT"} <= set(output.replace(":", " ").split())
    assert not CountSession.objects.exists()


def read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def six(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)


def accepted_receipts() -> list[dict[str, str]]:
    """The receipts of purchase orders that have no refused line, in the order of the orders' first lines."""
    banned = {vendor["code"] for vendor in read("vendors.csv") if vendor["eligible"] == "false"}
    orders: dict[str, list[dict[str, str]]] = {}
    for row in read("receipts.csv"):
        orders.setdefault(row["po_number"], []).append(row)
    return [
        row
        for rows in orders.values()
        if not any(row["vendor_code"] in banned or Decimal(row["stocked_qty"]) <= 0 for row in rows)
        for row in rows
    ]


def independent_values(costing: str) -> dict[Key, Decimal]:
    """(hub, sku) to value after receipts and counts, from the files alone."""
    value: dict[Key, Decimal] = defaultdict(Decimal)
    units: dict[Key, Decimal] = defaultdict(Decimal)
    in_bin: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    layers: dict[Key, list[list[Decimal]]] = defaultdict(list)  # quantity left, value left
    cost = {row["sku"]: Decimal(row["standard_cost"]) for row in read("items.csv")}
    for row in accepted_receipts():
        key, quantity = (row["hub_code"], row["sku"]), Decimal(row["stocked_qty"])
        cost[row["sku"]] = Decimal(row["unit_cost"])
        worth = six(quantity * cost[row["sku"]])
        units[key] += quantity
        value[key] += worth
        layers[key].append([quantity, worth])
        in_bin[row["hub_code"], row["bin_code"], row["sku"]] += quantity

    variances = sorted(
        (row["hub_code"], row["bin_code"], row["sku"], Decimal(row["counted_qty"]))
        for row in read("counts.csv")
    )
    average = {key: six(value[key] / units[key]) for key in units if units[key]}
    changes = [(hub, sku, counted - in_bin[hub, bin_, sku]) for hub, bin_, sku, counted in variances]
    for hub, sku, change in [*(c for c in changes if c[2] > 0), *(c for c in changes if c[2] < 0)]:
        key = hub, sku
        if change > 0:
            worth = six(change * average.get(key, cost[sku]))
            layers[key].append([change, worth])
        elif costing == "average":
            share = value[key] if -change == units[key] else six(value[key] * -change / units[key])
            worth = -share
        else:
            worth = -consume(layers[key], -change)
        units[key] += change
        value[key] += worth
    return dict(value)


def consume(layers: list[list[Decimal]], quantity: Decimal) -> Decimal:
    """First in, first out."""
    worth = Decimal(0)
    while quantity:
        layer = layers[0]
        taken = min(quantity, layer[0])
        share = layer[1] if taken == layer[0] else six(layer[1] * taken / layer[0])
        layer[0] -= taken
        layer[1] -= share
        worth += share
        quantity -= taken
        if not layer[0]:
            layers.pop(0)
    return worth
