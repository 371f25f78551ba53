"""The ledger after a test has posted: balances of bins and hubs, cost layers, entries of a posting."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from ledger.models import BinBalance, CostLayer, Entry, HubBalance
from ledger.posting.writing import PROVISIONAL


def bins() -> dict[str, Decimal]:
    """`SKU HUB/BIN` to the quantity there, without empty bins."""
    rows = BinBalance.objects.exclude(quantity=0).select_related("item", "bin__hub")
    return {f"{row.item.sku} {row.bin.address}": row.quantity for row in rows}


def hubs() -> dict[str, tuple[Decimal, Decimal]]:
    """`SKU HUB` to quantity and value, without empty hubs."""
    rows = HubBalance.objects.exclude(quantity=0).select_related("item", "hub")
    return {f"{row.item.sku} {row.hub.code}": (row.quantity, row.value) for row in rows}


def layers(sku: str, hub: str) -> list[tuple[Decimal, Decimal]]:
    """What is left of each layer, oldest first: quantity and value."""
    rows = CostLayer.objects.filter(item__sku=sku, hub__code=hub, quantity_left__gt=0)
    return [(row.quantity_left, row.value_left) for row in rows.order_by("position", "line", "number")]


def entries(position: int) -> list[tuple[Decimal, Decimal]]:
    """Quantity and value of each line of a posting."""
    return list(Entry.objects.filter(posting=position).order_by("line").values_list("quantity", "value"))


def assert_books_agree() -> None:
    """Entries add up to the balances and layers to the hubs, and no value is left without stock."""
    summed = Entry.objects.values_list("item", "hub").annotate(Sum("quantity"), Sum("value"))
    at_hubs = {(item, hub): (quantity, value) for item, hub, quantity, value in summed}
    assert at_hubs == {
        (row.item_id, row.hub_id): (row.quantity, row.value) for row in HubBalance.objects.all()
    }
    in_bins = Entry.objects.values_list("item", "bin").annotate(Sum("quantity"))
    assert {(item, bin_): quantity for item, bin_, quantity in in_bins} == {
        (row.item_id, row.bin_id): row.quantity for row in BinBalance.objects.all()
    }
    assert not HubBalance.objects.filter(quantity=0).exclude(value=0).exists()
    assert not CostLayer.objects.filter(position__gte=PROVISIONAL).exists()
    left = CostLayer.objects.values_list("item", "hub").annotate(Sum("quantity_left"), Sum("value_left"))
    for item, hub, quantity, value in left:
        assert at_hubs[item, hub] == (quantity, value)
