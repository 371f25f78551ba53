"""Master data. Codes and SKUs never change; nothing is deleted, it is archived."""

from inventory.models.items import Barcode, Item, ReorderPoint
from inventory.models.records import (
    CODE_LENGTH,
    MONEY,
    NAME_LENGTH,
    QUANTITY,
    Bin,
    Category,
    Hub,
    HubUserObjectPermission,
    MasterRecord,
    Vendor,
)
from inventory.models.revisions import ItemRevision, ReorderRevision

__all__ = [
    "CODE_LENGTH",
    "MONEY",
    "NAME_LENGTH",
    "QUANTITY",
    "Barcode",
    "Bin",
    "Category",
    "Hub",
    "HubUserObjectPermission",
    "Item",
    "ItemRevision",
    "MasterRecord",
    "ReorderPoint",
    "ReorderRevision",
    "Vendor",
]
