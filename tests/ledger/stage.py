"""The small world that ledger tests play in: two hubs, a few bins, two vendors, three items; and short ways to post."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from asora.kernel.act import Act
from inventory.models import Bin, Category, Hub, Item, Vendor
from ledger.actions.receiving import receive
from ledger.models import Kind
from ledger.posting.drafts import Draft, DraftLine

DAY = date(2026, 3, 2)
#: The answer to "Post another?" of whoever sends a file for a test: yes, beside whatever there is.
ANOTHER = 10**18


@dataclass(frozen=True)
class Stage:
    """What is there before anything is posted."""

    north: Hub
    south: Hub
    bins: dict[str, Bin]
    vendor: Vendor
    banned: Vendor
    items: dict[str, Item]


def set_stage() -> Stage:
    """Insert the master data straight away: how it is made is inventory's business, not the ledger's."""
    north, south = (Hub.objects.create(code=code, name=code.title()) for code in ("NORTH", "SOUTH"))
    bins = {
        f"{hub.code}/{code}": Bin.objects.create(hub=hub, code=code)
        for hub in (north, south)
        for code in ("A-1", "A-2", "DOCK")
    }
    category = Category.objects.create(code="PARTS", name="Parts")
    items = {
        sku: Item.objects.create(sku=sku, name=name, category=category, unit=unit, decimals=decimals)
        for sku, name, unit, decimals in (
            ("BOLT", "Bolt M8", "pcs", 0),
            ("OIL", "Oil", "l", 2),
            ("CABLE", "Cable", "m", 4),
        )
    }
    return Stage(
        north=north,
        south=south,
        bins=bins,
        vendor=Vendor.objects.create(code="ACME", name="Acme"),
        banned=Vendor.objects.create(code="BANNED", name="Banned", eligible=False),
        items=items,
    )


def line(stage: Stage, sku: str, address: str, quantity: str, cost: str, *, number: int = 1) -> DraftLine:
    """One line of a draft, in the words of people."""
    return DraftLine(number, stage.items[sku].pk, stage.bins[address].pk, Decimal(quantity), Decimal(cost))


def receipt(stage: Stage, *lines: DraftLine, submission: UUID | None = None, day: date = DAY) -> Draft:
    """A draft of a delivery from Acme."""
    return Draft(
        kind=Kind.RECEIPT,
        submission=submission or uuid4(),
        effective_on=day,
        lines=lines,
        reference="PO-1",
        vendor_id=stage.vendor.pk,
    )


def deliver(act: Act, stage: Stage, draft: Draft) -> int:
    """Receive it through the door; returns its position."""
    hubs = {bin_.hub for bin_ in stage.bins.values() if bin_.pk in {line.bin_id for line in draft.lines}}
    return receive(act, draft=draft, hubs=list(hubs), reference=draft.reference)


def receipts_csv(*rows: str) -> bytes:
    """A file of receipts with the product's own header."""
    header = "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost"
    return "\n".join([header, *rows, ""]).encode()
