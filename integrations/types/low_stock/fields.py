"""The `data` of low stock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from integrations.types.definition import Data, Hubs, documented


@dataclass(frozen=True, kw_only=True)
class LowStock(Data):
    """An item at a hub that fell to its reorder point or below it."""

    hub_id: int
    position: int = documented(_("Position in the ledger of the posting that took the stock."))
    sku: str = documented(_("SKU of the item. It never changes."))
    name: str = documented(_("Name of the item when this was recorded."))
    unit: str = documented(_("Unit of the quantities."))
    hub: str = documented(_("Code of the hub."))
    quantity: Decimal = documented(_("Quantity at the hub after the posting."))
    quantity_before: Decimal = documented(
        _("Quantity at the hub before the posting: above the reorder point.")
    )
    reorder_point: Decimal = documented(
        _("Reorder point that applied: that of the hub if it has one, otherwise that of the item.")
    )
    shortfall: Decimal = documented(_("Reorder point less quantity."))

    def hubs(self) -> Hubs:
        """The hub whose stock is low."""
        return frozenset({self.hub_id})
