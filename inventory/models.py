"""Master data. Codes and SKUs never change; records are archived, never deleted."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from asora.kernel.append_only import AppendOnly
from asora.kernel.fields import KeyField

CODE_LENGTH = 40
NAME_LENGTH = 300
QUANTITY: dict[str, Any] = {"max_digits": 20, "decimal_places": 4}
MONEY: dict[str, Any] = {"max_digits": 26, "decimal_places": 6}

# The same shapes as in `inventory.rules`, enforced once more by the database.
CODE_SHAPE = r"^[A-Za-z0-9][A-Za-z0-9._&+-]*$"
BIN_CODE_SHAPE = r"^[A-Za-z0-9][A-Za-z0-9._&+/-]*$"


class MasterRecord(models.Model):
    """The base class of all master data: it can be archived, and an edit must start from the latest version.

    `shares_code`: an older record has an equal code (`kernel.text.fold_code`); both were created before codes were
    compared without case. New records are never marked. The unique indexes leave out exactly the marked rows, so
    look-ups have separate indexes.
    """

    shares_code = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    @property
    def is_archived(self) -> bool:
        """Returns True if the record is archived: nothing new may come in, remaining stock can still go out."""
        return self.archived_at is not None


ALONE, SHARED = models.Q(shares_code=False), models.Q(shares_code=True)


def one_of_a_code(model: str) -> list[models.BaseConstraint]:
    """The constraints of a code: its shape, and no two codes are equal."""
    return [
        models.UniqueConstraint(fields=["code_key"], condition=ALONE, name=f"inventory_{model}_code"),
        models.CheckConstraint(
            condition=models.Q(code__regex=CODE_SHAPE), name=f"inventory_{model}_code_shape"
        ),
    ]


class Category(MasterRecord):
    """A category of the category tree."""

    code = models.CharField(_("code"), max_length=CODE_LENGTH)
    code_key = KeyField()
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )

    class Meta:
        verbose_name = _("category")
        constraints = [
            *one_of_a_code("category"),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="inventory_category_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Hub(MasterRecord):
    """A place with bins: a warehouse, a shop, a van. People are granted single hubs (guardian), or all of them."""

    code = models.CharField(_("code"), max_length=CODE_LENGTH)
    code_key = KeyField()
    name = models.CharField(_("name"), max_length=NAME_LENGTH)

    class Meta:
        verbose_name = _("hub")
        constraints = one_of_a_code("hub")
        permissions = [("operate_hub", "Can work at this hub")]

    def __str__(self) -> str:
        return self.code


class HubUserObjectPermission(UserObjectPermissionBase):
    """Guardian's hub grants, with a real foreign key instead of a generic one."""

    content_object = models.ForeignKey(Hub, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class Bin(MasterRecord):
    """A storage place inside a hub."""

    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="bins", verbose_name=_("hub"))
    code = models.CharField(_("code"), max_length=CODE_LENGTH)
    code_key = KeyField()
    name = models.CharField(_("name"), max_length=NAME_LENGTH, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("bin")
        constraints = [
            models.UniqueConstraint(fields=["hub", "code_key"], condition=ALONE, name="inventory_bin_code"),
            models.CheckConstraint(
                condition=models.Q(code__regex=BIN_CODE_SHAPE), name="inventory_bin_code_shape"
            ),
        ]
        indexes = [models.Index(fields=["hub", "code_key"], name="inventory_bin_by_key")]

    def __str__(self) -> str:
        return self.code

    @property
    def address(self) -> str:
        """The address HUB/BIN."""
        return f"{self.hub.code}/{self.code}"


class Vendor(MasterRecord):
    """A vendor delivers stock. Deliveries of a vendor that is not eligible cannot be received."""

    code = models.CharField(_("code"), max_length=CODE_LENGTH)
    code_key = KeyField()
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    eligible = models.BooleanField(_("eligible"), default=True)

    class Meta:
        verbose_name = _("vendor")
        constraints = [*one_of_a_code("vendor")]

    def __str__(self) -> str:
        return self.code


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
