"""Scan codes: the SKUs and barcodes of a tenant. Each scan code belongs to one item.

Unique indexes prevent two equal SKUs and two equal barcodes. A barcode must also not be another item's SKU; that rule
concerns two tables, so every action that adds a scan code takes one lock before it checks and keeps it until commit.
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
    """The refusal SKU_TAKEN: another item has an equal SKU."""
    return ValidationFailed.at_field(
        "sku", _("This SKU is already in use. Choose another one."), reason=Reason.SKU_TAKEN
    )


def barcode_taken() -> ValidationFailed:
    """The refusal BARCODE_TAKEN: another item has one of the barcodes."""
    return ValidationFailed.at_field(
        "barcodes", _("One of these barcodes already belongs to another item."), reason=Reason.BARCODE_TAKEN
    )


CONSTRAINT_REFUSALS = {"inventory_item_sku": sku_taken, "inventory_barcode_key": barcode_taken}


def lock(act: Act) -> None:
    """Lock the scan codes of this tenant until the transaction ends."""
    records.advisory_lock(act, SCAN_CODES)


def require_free_sku(sku: str) -> None:
    """Refuse a new item's SKU that is another item's SKU or barcode. Call it after `lock`."""
    if Item.objects.filter(sku_key=sku).exists():
        raise sku_taken()
    if Barcode.objects.filter(key=sku).exists():
        message = _("This code is already the barcode of another item.")
        raise ValidationFailed.at_field("sku", message, reason=Reason.BARCODE_TAKEN)


def require_free(item: Item, codes: Collection[str]) -> None:
    """Refuse barcodes that are another item's SKU or barcode. Call it after `lock`."""
    is_barcode = Barcode.objects.exclude(item_id=item.pk).filter(key__in=codes).exists()
    if is_barcode or Item.objects.exclude(pk=item.pk).filter(sku_key__in=codes).exists():
        raise barcode_taken()


def save(item: Item, *, added: Sequence[str], removed: Sequence[str] = ()) -> None:
    """Save the changes of an item's barcodes."""
    if removed:
        item.barcodes.filter(code__in=removed).delete()
        _settle(removed)
    Barcode.objects.bulk_create(Barcode(code=code, item=item) for code in added)


def _settle(codes: Iterable[str]) -> None:
    """Put codes that two items shared back under the unique index once only one item has them."""
    for key in {fold_code(code) for code in codes}:
        left = list(Barcode.objects.filter(key=key).order_by("shares_code", "pk"))
        items = {barcode.item_id for barcode in left} | set(
            Item.objects.filter(sku_key=key).values_list("pk", flat=True)
        )
        if left and len(items) == 1 and left[0].shares_code:
            left[0].shares_code = False
            left[0].save(update_fields=["shares_code"])
