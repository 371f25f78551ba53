"""What scanners read: SKUs and barcodes of a tenant, of which each names one item.

Unique indexes keep SKUs apart, and barcodes; that a barcode is no other item's SKU concerns two tables, so everything
that adds a scan code holds one lock from before it looks until it commits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.text import fold_code
from inventory.actions import records
from inventory.models import Barcode, Item

SCAN_CODES = "scan codes"


def sku_taken() -> ValidationFailed:
    """Another item has an equal SKU."""
    return ValidationFailed.at_field("sku", _("This SKU is taken."), reason=Reason.SKU_TAKEN)


def barcode_taken() -> ValidationFailed:
    """Another item is read by this barcode."""
    return ValidationFailed.at_field(
        "barcodes", _("Another item is read by one of these barcodes."), reason=Reason.BARCODE_TAKEN
    )


NETS = {"inventory_item_sku": sku_taken, "inventory_barcode_key": barcode_taken}


def lock(act: Act) -> None:
    """Let nobody else of this tenant add a scan code until this transaction ends."""
    records.hold(act, SCAN_CODES)


def require_free_sku(sku: str) -> None:
    """Refuse the SKU of a new item that a scanner reads as another one. Call it while holding the lock."""
    if Item.objects.filter(sku_key=sku).exists():
        raise sku_taken()
    if Barcode.objects.filter(key=sku).exists():
        message = _("This is the barcode of another item.")
        raise ValidationFailed.at_field("sku", message, reason=Reason.BARCODE_TAKEN)


def require_free(item: Item, codes: Collection[str]) -> None:
    """Refuse barcodes that a scanner reads as another item. Call it while holding the lock."""
    is_barcode = Barcode.objects.exclude(item_id=item.pk).filter(key__in=codes).exists()
    if is_barcode or Item.objects.exclude(pk=item.pk).filter(sku_key__in=codes).exists():
        raise barcode_taken()


def keep(item: Item, *, added: Sequence[str], removed: Sequence[str] = ()) -> None:
    """Write what changed in an item's barcodes."""
    if removed:
        item.barcodes.filter(code__in=removed).delete()
        _settle(removed)
    Barcode.objects.bulk_create(Barcode(code=code, item=item) for code in added)


def _settle(codes: Iterable[str]) -> None:
    """Of codes that two items shared and one of them has given up: the index guards them again."""
    for key in {fold_code(code) for code in codes}:
        left = list(Barcode.objects.filter(key=key).order_by("shares_code", "pk"))
        items = {barcode.item_id for barcode in left} | set(
            Item.objects.filter(sku_key=key).values_list("pk", flat=True)
        )
        if left and len(items) == 1 and left[0].shares_code:
            left[0].shares_code = False
            left[0].save(update_fields=["shares_code"])
