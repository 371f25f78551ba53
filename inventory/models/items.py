"""Items, their barcodes and their reorder points."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from asora.kernel.fields import KeyField
from inventory.models.records import (
    ALONE,
    CODE_SHAPE,
    MONEY,
    NAME_LENGTH,
    QUANTITY,
    SHARED,
    Bin,
    Category,
    Hub,
    MasterRecord,
)


class Item(MasterRecord):
    """An item that is stocked. Its SKU never changes; its unit and decimals are fixed by its first ledger entry."""

    sku = models.CharField(_("SKU"), max_length=64)
    sku_key = KeyField(of="sku")
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="items", verbose_name=_("category")
    )
    unit = models.CharField(_("unit"), max_length=12)
    decimals = models.PositiveSmallIntegerField(
        _("decimal places"), default=0, validators=[MaxValueValidator(4)]
    )
    standard_cost = models.DecimalField(
        _("standard cost"), **MONEY, default=0, validators=[MinValueValidator(0)]
    )
    putaway_bin = models.ForeignKey(
        Bin, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("put-away bin")
    )
    reorder_point = models.DecimalField(
        _("reorder point"), **QUANTITY, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    # Derived from the ledger: set by the first posting. From then on unit and decimals cannot change.
    is_moved = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("item")
        constraints = [
            models.UniqueConstraint(fields=["sku_key"], condition=ALONE, name="inventory_item_sku"),
            models.CheckConstraint(
                condition=models.Q(sku__regex=CODE_SHAPE), name="inventory_item_sku_shape"
            ),
            models.CheckConstraint(condition=models.Q(decimals__lte=4), name="inventory_item_decimals"),
            models.CheckConstraint(
                condition=models.Q(standard_cost__gte=0), name="inventory_item_standard_cost"
            ),
            models.CheckConstraint(
                condition=models.Q(reorder_point__isnull=True) | models.Q(reorder_point__gte=0),
                name="inventory_item_reorder_point",
            ),
        ]
        indexes = [
            models.Index(fields=["sku_key"], name="inventory_item_by_key"),
            models.Index(fields=["sku_key"], condition=SHARED, name="inventory_item_shared"),
        ]

    def __str__(self) -> str:
        return self.sku


class Barcode(models.Model):
    """Another code that scanners read for an item. Each barcode belongs to one item and is no other item's SKU.

    The second rule concerns two tables, so a lock enforces it (`actions.scan_codes`). `shares_code`: as in
    `MasterRecord`, and also if the code equals another item's SKU.
    """

    code = models.CharField(max_length=64)
    key = KeyField()
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="barcodes")
    shares_code = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=ALONE, name="inventory_barcode_key"),
        ]
        indexes = [
            models.Index(fields=["key"], name="inventory_barcode_by_key"),
            models.Index(fields=["key"], condition=SHARED, name="inventory_barcode_shared"),
        ]

    def __str__(self) -> str:
        return self.code


class ReorderPoint(models.Model):
    """The reorder point of an item at one hub, where it differs from the item's own."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="hub_reorder_points")
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(**QUANTITY, validators=[MinValueValidator(0)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "hub"], name="inventory_reorderpoint_one"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0), name="inventory_reorderpoint_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} at {self.hub_id}: {self.quantity}"
