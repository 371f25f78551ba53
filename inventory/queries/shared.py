"""Equal codes that were created before codes were compared without case. People have to resolve them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from asora.kernel.act import Act
from asora.kernel.shapes import Rows
from inventory.models import Barcode, Bin, Category, Item, MasterRecord, Vendor
from inventory.queries.records import permitted_bins, permitted_hubs


@dataclass(frozen=True, slots=True)
class Claim:
    """One record with a shared code: the record's spelling, and whether the code is a barcode, which can be removed."""

    record: MasterRecord
    spelling: str
    is_barcode: bool = False

    @property
    def noun(self) -> str:
        """The noun of the record in route names."""
        return str(self.record._meta.model_name)

    @property
    def kind(self) -> str:
        """The role of the code, in words: barcode, SKU, or the noun of the record."""
        if isinstance(self.record, Item):
            return gettext("barcode") if self.is_barcode else gettext("SKU")
        return str(self.record._meta.verbose_name)

    @property
    def key(self) -> tuple[str, ...]:
        """The arguments of the record's route."""
        if isinstance(self.record, Bin):
            return self.record.hub.code, self.record.code
        return (self.record.sku if isinstance(self.record, Item) else str(self.record),)


@dataclass(frozen=True, slots=True)
class SharedCode:
    """A code that belongs to more than one record, and those records."""

    claims: Sequence[Claim]

    @property
    def can_be_freed(self) -> bool:
        """Returns True if one of them is a barcode, which can be removed from its item."""
        return any(claim.is_barcode for claim in self.claims)


def shared_scan_codes() -> list[SharedCode]:
    """The SKUs and barcodes that a scanner could read as two items, by key."""
    marked = set(Barcode.objects.filter(shares_code=True).values_list("key", flat=True))
    marked |= set(Item.objects.filter(shares_code=True).values_list("sku_key", flat=True))
    if not marked:
        return []
    claims: dict[str, list[Claim]] = {}
    for item in Item.objects.filter(sku_key__in=marked).order_by("pk"):
        claims.setdefault(item.sku_key, []).append(Claim(item, item.sku))
    for barcode in Barcode.objects.filter(key__in=marked).select_related("item").order_by("pk"):
        claims.setdefault(barcode.key, []).append(Claim(barcode.item, barcode.code, is_barcode=True))
    # Two spellings of one item's own barcode are no problem.
    return [
        SharedCode(of_key)
        for _key, of_key in sorted(claims.items())
        if len({claim.record.pk for claim in of_key}) > 1
    ]


def shared_codes(act: Act) -> list[SharedCode]:
    """All shared codes: of items first, then of hubs and bins where the actor works, vendors and categories."""
    found = shared_scan_codes()
    sources: tuple[Rows, ...] = (
        permitted_hubs(act.actor),
        permitted_bins(act.actor),
        Vendor.objects.all(),
        Category.objects.all(),
    )
    for rows in sources:
        for marked in rows.filter(shares_code=True).order_by("code_key", "pk"):
            equal = rows.filter(code_key=marked.code)
            equal = equal.filter(hub=marked.hub) if isinstance(marked, Bin) else equal
            pair = [Claim(record, record.code) for record in equal.order_by("pk")]
            if pair[0].record.pk != marked.pk and pair[1].record.pk == marked.pk:  # once for each code
                found.append(SharedCode(pair))
    return found
