"""The `data` of an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Self

from django.utils.translation import gettext_lazy as _

from integrations.types.definition import Data, Hubs, documented, money

#: The fields that are at hubs: an endpoint gets them for its own hubs only.
AT_HUBS = ("putaway_bin", "reorder_points")


@dataclass(frozen=True, kw_only=True)
class HubPoint:
    """The reorder point of one hub."""

    hub_id: int
    hub: str = documented(_("Code of the hub."))
    quantity: Decimal = documented(_("Reorder point at this hub."))


@dataclass(frozen=True, kw_only=True)
class ItemState(Data):
    """An item as it is after the change."""

    putaway_hub_id: int | None
    sku: str = documented(_("SKU. It never changes."))
    name: str = documented(_("Name."))
    category: str = documented(_("Code of the category."))
    unit: str = documented(_("Unit of its quantities. It is fixed by the first ledger entry of the item."))
    decimals: int = documented(_("Decimal places of its quantities, 0 to 4. Fixed like the unit."))
    standard_cost: Decimal = money(_("Standard cost of one unit."))
    currency: str = money(_("Currency of the standard cost, as a code of three letters."))
    barcodes: tuple[str, ...] = documented(_("Other codes that scanners read for the item."))
    putaway_bin: str | None = documented(
        _("Bin where deliveries usually go, as HUB/BIN; null if there is none at the hubs of this endpoint.")
    )
    reorder_point: Decimal | None = documented(
        _("Reorder point of every hub without one of its own; null if there is none.")
    )
    reorder_points: tuple[HubPoint, ...] = documented(
        _("Reorder points of single hubs, of the hubs of this endpoint.")
    )
    is_archived: bool = documented(_("Whether the item is archived."))
    version: int = documented(_("Version of the item: it grows by one with each change."))

    def hubs(self) -> Hubs:
        """The hubs of its put-away bin and of its reorder points."""
        own = frozenset() if self.putaway_hub_id is None else frozenset({self.putaway_hub_id})
        return own | {point.hub_id for point in self.reorder_points}

    def at(self, hubs: Hubs) -> Self | None:
        """The item without its put-away bin and reorder points at other hubs."""
        if self.hubs() <= hubs:
            return self
        points = tuple(point for point in self.reorder_points if point.hub_id in hubs)
        if self.putaway_hub_id in hubs:
            return replace(self, reorder_points=points)
        return replace(self, reorder_points=points, putaway_bin=None, putaway_hub_id=None)


@dataclass(frozen=True, kw_only=True)
class ChangedItem(ItemState):
    """An item after an edit. `changed_at`: the hubs that a change of the put-away bin or of reorder points concerns."""

    changed_at: Mapping[str, Hubs] = field(default_factory=dict)
    changed: tuple[str, ...] = documented(_("Names of the fields above that the change concerns."))

    def hubs(self) -> Hubs:
        """The hubs that the item mentions now, and those that its change concerns."""
        return super().hubs().union(*self.changed_at.values())

    def at(self, hubs: Hubs) -> Self | None:
        """The same without what is at other hubs; None if the change concerns nothing else."""
        if self.hubs() <= hubs:
            return self
        changed_at = {name: own & hubs for name, own in self.changed_at.items() if own & hubs}
        changed = tuple(name for name in self.changed if name not in self.changed_at or name in changed_at)
        narrow = super().at(hubs)
        if not changed or narrow is None:
            return None
        return replace(narrow, changed=changed, changed_at=changed_at)
