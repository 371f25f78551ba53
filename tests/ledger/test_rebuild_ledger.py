"""Rebuilding derived figures: wrong ones are corrected, right ones are not written, entries never change."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.refusals import PermissionDenied
from ledger.models import BinBalance, CostLayer, DailyMovement, HubBalance, Kind, VerificationRun
from ledger.proof.actions import rebuild
from ledger.proof.verification import verify
from plans.models import Tenant
from tests.factories.documents import post_movement, receive, reverse_posting, with_costing

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


def test_mends_every_lie(stocked, events):
    BinBalance.objects.filter(bin=stocked.bins["NORTH/A-1"]).update(quantity=3)
    BinBalance.objects.filter(bin=stocked.bins["NORTH/DOCK"]).delete()
    BinBalance.objects.create(item=stocked.items["CABLE"], bin=stocked.bins["NORTH/DOCK"], quantity=8)
    HubBalance.objects.filter(hub=stocked.south).update(value=1)
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


def test_mends_cost_layers(master_data, acacia, act_as):
    """FIFO: missing, changed and extra layers, including those of a transfer and a reversal."""
    Tenant.objects.filter(pk=acacia.pk).update(costing="fifo")
    act = with_costing(act_as("owner", tenant=acacia), "fifo")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "2.5"))
    receive(act, master_data, ("BOLT", "NORTH/A-1", "7", "3"))
    moved = post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "12"))
    issued = post_movement(act, master_data, Kind.ISSUE, ("BOLT", "SOUTH/A-1", "11"))
    reverse_posting(act, issued)
    kept = CostLayer.objects.order_by("position", "line", "number").values_list(*LAYER)
    before = list(kept)
    assert len(before) == 4
    assert not {"layers", "layer_uses"} & broken()

    CostLayer.objects.filter(position=moved).delete()
    CostLayer.objects.filter(unit_cost=3).update(quantity_left=0, value_left=0)
    CostLayer.objects.create(
        item=master_data.items["OIL"], hub=master_data.north, position=999, line=1, unit_cost=1, quantity=1, value=1,
        quantity_left=1, value_left=1,
    )  # fmt: skip
    assert {"layers", "layer_uses"} <= broken()
    changed = rebuild(by_system())
    assert (changed["stray_layers"], changed["cost_layers"]) == (1, 3)
    assert list(kept.all()) == before
    assert not {"layers", "layer_uses"} & broken()


@pytest.mark.parametrize(("cost", "carried_cost"), [("0.000002", "0.000002"), ("0.000007", "0.000008")])
def test_prices_a_carried_layer_as_posting_did(master_data, acacia, act_as, cost, carried_cost):
    """0.4 units at 0.000002 are worth 0.000001, so the unit cost is 0.0000025: a half is rounded to even."""
    Tenant.objects.filter(pk=acacia.pk).update(costing="fifo")
    act = with_costing(act_as("owner", tenant=acacia), "fifo")
    receive(act, master_data, ("OIL", "NORTH/A-1", "0.4", cost))
    moved = post_movement(act, master_data, Kind.TRANSFER, ("OIL", "NORTH/A-1", "SOUTH/A-1", "0.4"))
    carried = CostLayer.objects.filter(position=moved)
    assert carried.get().unit_cost == Decimal(carried_cost)
    assert "layer_uses" not in broken()
    assert rebuild(by_system())["cost_layers"] == 0

    carried.update(unit_cost=1)
    assert "layer_uses" in broken()
    assert rebuild(by_system())["cost_layers"] == 1
    assert carried.get().unit_cost == Decimal(carried_cost)


def test_leaves_the_truth_alone(stocked, events):
    assert not any(rebuild(by_system()).values())
    assert events(action="ledger.derived.rebuild")[0].outcome == "noop"


def test_no_role_may(stocked, act_as, events):
    with pytest.raises(PermissionDenied):
        rebuild(act_as("owner"))
    assert events(action="ledger.derived.rebuild")[0].outcome == "refused"


def rebuild_by_command(*options):
    try:
        call_command("rebuild_ledger", *options, tenant="acacia")
    finally:
        connection.set_tenant(Tenant.objects.get(slug="acacia"))


def test_command(stocked, capsys, events):
    HubBalance.objects.filter(hub=stocked.south).update(value=1)
    was = broken()
    rebuild_by_command("--overwrite")
    output = capsys.readouterr()
    assert "hub balances: 2 rows were wrong" in output.out
    assert "The proof of the ledger of acacia failed." in output.err
    assert broken() == set()
    [event] = events(action="ledger.derived.rebuild")
    assert set(event.facts["broken"]) == was, "afterwards everything holds, so the event says what did not"
    assert not VerificationRun.objects.latest("finished_at").is_proved


@pytest.mark.parametrize(
    ("is_terminal", "typed", "goes_on"),
    [(False, "acacia\n", False), (True, "", False), (True, "y\n", False), (True, "acacia\n", True)],
)
def test_command_asks_before_it_overwrites_the_witness(
    stocked, monkeypatch, events, is_terminal, typed, goes_on
):
    """Derived figures are the only evidence that an entry was changed, until they are rebuilt from it."""
    HubBalance.objects.filter(hub=stocked.south).update(value=1)
    terminal = io.StringIO(typed)
    terminal.isatty = lambda: is_terminal
    monkeypatch.setattr("sys.stdin", terminal)
    if goes_on:
        rebuild_by_command()
    else:
        with pytest.raises(CommandError, match="Nothing was changed") as caught:
            rebuild_by_command()
        assert caught.value.returncode == 2
    assert bool(broken()) is not goes_on
    assert len(events(action="ledger.derived.rebuild")) == goes_on


def test_command_asks_nothing_where_everything_holds(stocked, capsys):
    rebuild_by_command()
    output = capsys.readouterr()
    assert output.err == ""
    assert "hub balances: 0 rows were wrong" in output.out
