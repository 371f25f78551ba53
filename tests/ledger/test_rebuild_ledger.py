"""Rebuilding what is derived: every lie is mended, the truth is left alone, and entries are never touched."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection

from asora.kernel.act import new_act, system
from asora.kernel.refusals import PermissionDenied
from ledger.actions.rebuilding import rebuild
from ledger.models import BinBalance, CostLayer, DailyMovement, HubBalance, Kind
from ledger.verification import verify
from plans.models import Tenant
from tests.ledger.moves import do, keep_books, receive, take_back

LAYER = (
    "item",
    "hub",
    "position",
    "line",
    "number",
    "unit_cost",
    "quantity",
    "value",
    "quantity_left",
    "value_left",
)


def by_system():
    return new_act(connection.tenant, system(connection.schema_name, "rebuild_ledger", "ledger.rebuild"))


def broken() -> set[str]:
    return {check.name for check in verify() if check.broken}


def test_mends_every_lie(books, events):
    BinBalance.objects.filter(bin=books.bins["NORTH/A-1"]).update(quantity=3)
    BinBalance.objects.filter(bin=books.bins["NORTH/DOCK"]).delete()
    BinBalance.objects.create(item=books.items["CABLE"], bin=books.bins["NORTH/DOCK"], quantity=8)
    HubBalance.objects.filter(hub=books.south).update(value=1)
    DailyMovement.objects.all().delete()
    assert broken()
    assert rebuild(by_system()) == {
        "hub_balances": 2,
        "bin_balances": 3,
        "daily_movements": 3,
        "stray_layers": 0,
        "cost_layers": 0,
    }
    assert broken() == set()
    assert not HubBalance.objects.filter(value__lt=0).exists()
    (event,) = events(action="ledger.derived.rebuild")
    assert (event.outcome, event.facts["bin_balances"]) == ("allowed", 3)


def test_mends_cost_layers(stage, acacia, act_as):
    """First in, first out: lost, changed and invented layers, those of a transfer and a reversal among them."""
    Tenant.objects.filter(pk=acacia.pk).update(costing="fifo")
    act = keep_books(act_as("owner", tenant=acacia), "fifo")
    receive(act, stage, ("BOLT", "NORTH/A-1", "10", "2.5"))
    receive(act, stage, ("BOLT", "NORTH/A-1", "7", "3"))
    moved = do(act, stage, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "12"))
    issued = do(act, stage, Kind.ISSUE, ("BOLT", "SOUTH/A-1", "11"))
    take_back(act, issued)
    kept = CostLayer.objects.order_by("position", "line", "number").values_list(*LAYER)
    before = list(kept)
    assert len(before) == 4
    assert not {"layers", "layer_uses"} & broken()

    CostLayer.objects.filter(position=moved).delete()
    CostLayer.objects.filter(unit_cost=3).update(quantity_left=0, value_left=0)
    CostLayer.objects.create(
        item=stage.items["OIL"], hub=stage.north, position=999, line=1, unit_cost=1, quantity=1, value=1,
        quantity_left=1, value_left=1,
    )  # fmt: skip
    assert {"layers", "layer_uses"} <= broken()
    changed = rebuild(by_system())
    assert (changed["stray_layers"], changed["cost_layers"]) == (1, 3)
    assert list(kept.all()) == before
    assert not {"layers", "layer_uses"} & broken()


@pytest.mark.parametrize(("cost", "carried_cost"), [("0.000002", "0.000002"), ("0.000007", "0.000008")])
def test_prices_a_carried_layer_as_posting_did(stage, acacia, act_as, cost, carried_cost):
    """0.4 at 0.000002 is 0.000001, so a unit of what is moved costs 0.0000025: a half goes to the even neighbour."""
    Tenant.objects.filter(pk=acacia.pk).update(costing="fifo")
    act = keep_books(act_as("owner", tenant=acacia), "fifo")
    receive(act, stage, ("OIL", "NORTH/A-1", "0.4", cost))
    moved = do(act, stage, Kind.TRANSFER, ("OIL", "NORTH/A-1", "SOUTH/A-1", "0.4"))
    carried = CostLayer.objects.filter(position=moved)
    assert carried.get().unit_cost == Decimal(carried_cost)
    assert "layer_uses" not in broken()
    assert rebuild(by_system())["cost_layers"] == 0

    carried.update(unit_cost=1)
    assert "layer_uses" in broken()
    assert rebuild(by_system())["cost_layers"] == 1
    assert carried.get().unit_cost == Decimal(carried_cost)


def test_leaves_the_truth_alone(books, events):
    assert not any(rebuild(by_system()).values())
    assert events(action="ledger.derived.rebuild")[0].outcome == "noop"


def test_no_role_may(books, act_as, events):
    with pytest.raises(PermissionDenied):
        rebuild(act_as("owner"))
    assert events(action="ledger.derived.rebuild")[0].outcome == "refused"


def test_command(books, capsys):
    HubBalance.objects.filter(hub=books.south).update(value=1)
    call_command("rebuild_ledger", tenant="acacia")
    assert "hub balances: 2 rows were wrong" in capsys.readouterr().out
    connection.set_tenant(Tenant.objects.get(slug="acacia"))
    assert broken() == set()
