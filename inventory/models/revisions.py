"""What an item was called and when it was reordered, from a position on: append-only, for reports of the past."""

from __future__ import annotations

from django.db import models

from asora.kernel.append_only import AppendOnly
from inventory.models.items import Item
from inventory.models.records import CODE_LENGTH, NAME_LENGTH, QUANTITY, Hub


class ItemRevision(AppendOnly):
    """The name and category of an item from a position on.

    Together with `ReorderRevision` at the same positions, this makes reports about the past repeatable.
    """

    position = models.BigIntegerField(primary_key=True)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="revisions")
    name = models.CharField(max_length=NAME_LENGTH)
    category_code = models.CharField(max_length=CODE_LENGTH)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["item", "-position"], name="inventory_revision_latest")]

    def __str__(self) -> str:
        return f"{self.item_id} from {self.position}"


class ReorderRevision(AppendOnly):
    """A reorder point from a position on. The position is that of a revision of the item.

    Without a hub it is the item's own, which applies to every hub without one. Without a quantity there is no reorder
    point from this position on. Unit and decimals are those of that time: an item that never moved can still change
    them, and may already be on a reorder list. Position 0 marks the points known when these revisions were introduced;
    they also apply to every earlier position.
    """

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="reorder_revisions", db_index=False)
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    position = models.BigIntegerField()
    quantity = models.DecimalField(**QUANTITY, null=True)
    unit = models.CharField(max_length=12)
    decimals = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            # Its index also finds the point in force: the last one of (item, hub) at or before a position.
            models.UniqueConstraint(
                fields=["item", "hub", "position"],
                name="inventory_reorderrevision_one",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(position__gte=0), name="inventory_reorderrevision_position"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__isnull=True) | models.Q(quantity__gte=0),
                name="inventory_reorderrevision_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} at {self.hub_id or 'each hub'} from {self.position}: {self.quantity}"
