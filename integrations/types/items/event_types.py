"""The event types of items."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from integrations.types.definition import EventType
from integrations.types.items.fields import ChangedItem, HubPoint, ItemState

GROUP = _("Items")
SUBJECT = "items/<sku>"


def _example(**fields: Any) -> Values:
    usual: Values = {
        "putaway_hub_id": 1,
        "sku": "CH-101",
        "name": "Oak chair",
        "category": "CHAIRS",
        "unit": "pcs",
        "decimals": 0,
        "standard_cost": Decimal("14.200000"),
        "currency": "EUR",
        "barcodes": ("4006381333931",),
        "putaway_bin": "NORTH/A-1",
        "reorder_point": Decimal(12),
        "reorder_points": (HubPoint(hub_id=2, hub="VAN-2", quantity=Decimal(4)),),
        "is_archived": False,
        "version": 1,
    }
    return usual | fields


CREATED = EventType(
    name="inventory.item.created.v1",
    group=GROUP,
    title=_("Item created"),
    meaning=_("An item was added, by a person or by a file."),
    permission=Permission.INVENTORY_VIEW,
    subject=SUBJECT,
    example=ItemState(**_example()),
)
CHANGED = EventType(
    name="inventory.item.changed.v1",
    group=GROUP,
    title=_("Item changed"),
    meaning=_("An item was edited: for example its name, category, reorder point or barcodes."),
    permission=Permission.INVENTORY_VIEW,
    subject=SUBJECT,
    example=ChangedItem(
        **_example(name="Oak chair, waxed", reorder_point=Decimal(16), version=2),
        changed=("name", "reorder_point"),
    ),
)
ARCHIVED = EventType(
    name="inventory.item.archived.v1",
    group=GROUP,
    title=_("Item archived"),
    meaning=_("An item was archived: no more stock comes in, and it is no longer reordered."),
    permission=Permission.INVENTORY_VIEW,
    subject=SUBJECT,
    example=ItemState(**_example(is_archived=True, version=3)),
)
RESTORED = EventType(
    name="inventory.item.restored.v1",
    group=GROUP,
    title=_("Item restored"),
    meaning=_("An archived item was restored. Its reorder points apply again."),
    permission=Permission.INVENTORY_VIEW,
    subject=SUBJECT,
    example=ItemState(**_example(version=4)),
)
