"""Master data for tests that move stock: two hubs with three bins each, two vendors and three items."""

from __future__ import annotations

from dataclasses import dataclass

from inventory.models import Bin, Category, Hub, Item, Vendor


@dataclass(frozen=True)
class MasterData:
    """The master data, before anything is posted."""

    north: Hub
    south: Hub
    bins: dict[str, Bin]
    vendor: Vendor
    banned: Vendor
    items: dict[str, Item]


def make_master_data() -> MasterData:
    """Insert the master data directly: creating it is tested in inventory."""
    north, south = (Hub.objects.create(code=code, name=code.title()) for code in ("NORTH", "SOUTH"))
    bins = {
        f"{hub.code}/{code}": Bin.objects.create(hub=hub, code=code)
        for hub in (north, south)
        for code in ("A-1", "A-2", "DOCK")
    }
    category = Category.objects.create(code="PARTS", name="Parts")
    items = {
        sku: Item.objects.create(sku=sku, name=name, category=category, unit=unit, decimals=decimals)
        for sku, name, unit, decimals in (
            ("BOLT", "Bolt M8", "pcs", 0),
            ("OIL", "Oil", "l", 2),
            ("CABLE", "Cable", "m", 4),
        )
    }
    return MasterData(
        north=north,
        south=south,
        bins=bins,
        vendor=Vendor.objects.create(code="ACME", name="Acme"),
        banned=Vendor.objects.create(code="BANNED", name="Banned", eligible=False),
        items=items,
    )


def find_master_data() -> MasterData:
    """The master data that `make_master_data` inserted earlier."""
    return MasterData(
        north=Hub.objects.get(code="NORTH"),
        south=Hub.objects.get(code="SOUTH"),
        bins={f"{bin_.hub.code}/{bin_.code}": bin_ for bin_ in Bin.objects.select_related("hub")},
        vendor=Vendor.objects.get(code="ACME"),
        banned=Vendor.objects.get(code="BANNED"),
        items={item.sku: item for item in Item.objects.all()},
    )
