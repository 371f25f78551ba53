"""The event type of low stock."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from integrations.types.definition import EventType
from integrations.types.low_stock.fields import LowStock

LOW = EventType(
    name="inventory.stock.low.v1",
    group=_("Stock"),
    title=_("Stock low"),
    meaning=_(
        "A posting took the stock of an item at a hub from above its reorder point to the point or below it. It is "
        "sent once for each time that this happens, not for every posting while the stock is low."
    ),
    permission=Permission.LEDGER_VIEW_STOCK,
    subject="items/<sku>",
    example=LowStock(
        hub_id=1,
        position=1208,
        sku="CH-101",
        name="Oak chair",
        unit="pcs",
        hub="NORTH",
        quantity=Decimal(10),
        quantity_before=Decimal(14),
        reorder_point=Decimal(12),
        shortfall=Decimal(2),
    ),
)
