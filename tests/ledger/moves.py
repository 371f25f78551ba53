"""Short ways to issue, transfer, adjust and take back on the stage of ledger tests, and to look at what came of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db.models import Sum

from asora.kernel.act import Act
from inventory.models import Bin
from ledger.actions.movements import adjust, issue, transfer
from ledger.actions.reversing import reverse
from ledger.files.actions import import_adjustments, import_issues, import_receipts, import_transfers
from ledger.files.forms import MovementUpload
from ledger.files.outcome import FileImport
from ledger.models import BinBalance, CostLayer, Entry, HubBalance, Kind, Posting
from ledger.posting.drafts import Draft, DraftLine
from ledger.posting.writing import PROVISIONAL
from tests.ledger.stage import ANOTHER, DAY, Stage, deliver, receipt
from tests.ledger.stage import line as priced

D = Decimal
BOTH = pytest.mark.parametrize("costing", ["average", "fifo"])
Move = tuple[str, str, str]  # SKU, address, quantity
ACTIONS = {Kind.ISSUE: issue, Kind.TRANSFER: transfer, Kind.ADJUSTMENT: adjust}
IMPORTS = {
    Kind.RECEIPT: import_receipts,
    Kind.ISSUE: import_issues,
    Kind.TRANSFER: import_transfers,
    Kind.ADJUSTMENT: import_adjustments,
}
HEADERS = {
    Kind.RECEIPT: "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost",
    Kind.ISSUE: "reference,effective_on,sku,hub_code,bin_code,quantity",
    Kind.TRANSFER: "reference,effective_on,sku,hub_code,bin_code,to_hub_code,to_bin_code,quantity",
    Kind.ADJUSTMENT: "reference,effective_on,sku,hub_code,bin_code,quantity,reason",
}


def keep_books(act: Act, costing: str) -> Act:
    """The act in a tenant of that costing; the tenant is the test's own instance and never saved."""
    act.tenant.costing = costing
    return act


def receive(act: Act, stage: Stage, *moves: tuple[str, str, str, str]) -> int:
    """Deliver `(sku, address, quantity, cost)`."""
    lines = [priced(stage, *move, number=number) for number, move in enumerate(moves, start=1)]
    return deliver(act, stage, receipt(stage, *lines))


def draft(
    stage: Stage,
    kind: Kind,
    *moves: tuple[str, ...],
    submission: UUID | None = None,
    day: date = DAY,
    reason: str = "",
) -> Draft:
    """A document of `(sku, address, quantity)`, of `(sku, from, to, quantity)` for transfers."""
    lines = []
    for number, (sku, address, *rest) in enumerate(moves, start=1):
        to = stage.bins[rest[0]].pk if kind is Kind.TRANSFER else None
        line = DraftLine(number, stage.items[sku].pk, stage.bins[address].pk, Decimal(rest[-1]), to_bin_id=to)
        lines.append(line)
    return Draft(
        kind=kind,
        submission=submission or uuid4(),
        effective_on=day,
        lines=lines,
        reference="DOC-1",
        reason=reason or ("DAMAGED" if kind is Kind.ADJUSTMENT else ""),
    )


def hubs_of(stage: Stage, wanted: Draft) -> list[object]:
    """The hubs that a draft touches, as a form would name them."""
    touched = {bin_ for line in wanted.lines for bin_ in line.bins}
    return list({bin_.hub for bin_ in Bin.objects.select_related("hub").filter(pk__in=touched)})


def post(act: Act, stage: Stage, wanted: Draft) -> int:
    """Post it through the door; returns its position."""
    return ACTIONS[wanted.kind](act, draft=wanted, hubs=hubs_of(stage, wanted), reference=wanted.reference)


def do(act: Act, stage: Stage, kind: Kind, *moves: tuple[str, ...]) -> int:
    """Issue, transfer or adjust these."""
    return post(act, stage, draft(stage, kind, *moves))


def take_back(act: Act, position: int) -> int:
    """Reverse a posting."""
    return reverse(act, posting=Posting.objects.get(position=position), submission=uuid4())


def load(act: Act, kind: Kind, *rows: str, skip_refused: bool = False, another: int = ANOTHER) -> FileImport:
    """Import these lines through the door."""
    content = "\n".join([HEADERS[kind], *rows, ""]).encode()
    upload = MovementUpload(kind, content, name="moves.csv", skip_refused=skip_refused, another=another)
    return IMPORTS[kind].submit(act, upload)


def bins() -> dict[str, Decimal]:
    """`SKU HUB/BIN` to what lies there; empty ones are left out."""
    rows = BinBalance.objects.exclude(quantity=0).select_related("item", "bin__hub")
    return {f"{row.item.sku} {row.bin.address}": row.quantity for row in rows}


def hubs() -> dict[str, tuple[Decimal, Decimal]]:
    """`SKU HUB` to quantity and value; empty ones are left out."""
    rows = HubBalance.objects.exclude(quantity=0).select_related("item", "hub")
    return {f"{row.item.sku} {row.hub.code}": (row.quantity, row.value) for row in rows}


def layers(sku: str, hub: str) -> list[tuple[Decimal, Decimal]]:
    """What is left of each layer, oldest first: quantity and value."""
    rows = CostLayer.objects.filter(item__sku=sku, hub__code=hub, quantity_left__gt=0)
    return [(row.quantity_left, row.value_left) for row in rows.order_by("position", "line", "number")]


def entries(position: int) -> list[tuple[Decimal, Decimal]]:
    """Quantity and value of each line of a posting."""
    return list(Entry.objects.filter(posting=position).order_by("line").values_list("quantity", "value"))


def assert_books_agree() -> None:
    """Of any books: entries sum to the balances, layers to the hubs, and nothing is left over."""
    summed = Entry.objects.values_list("item", "hub").annotate(Sum("quantity"), Sum("value"))
    at_hubs = {(item, hub): (quantity, value) for item, hub, quantity, value in summed}
    assert at_hubs == {
        (row.item_id, row.hub_id): (row.quantity, row.value) for row in HubBalance.objects.all()
    }
    in_bins = Entry.objects.values_list("item", "bin").annotate(Sum("quantity"))
    assert {(item, bin_): quantity for item, bin_, quantity in in_bins} == {
        (row.item_id, row.bin_id): row.quantity for row in BinBalance.objects.all()
    }
    assert not HubBalance.objects.filter(quantity=0).exclude(value=0).exists()
    assert not CostLayer.objects.filter(position__gte=PROVISIONAL).exists()
    left = CostLayer.objects.values_list("item", "hub").annotate(Sum("quantity_left"), Sum("value_left"))
    for item, hub, quantity, value in left:
        assert at_hubs[item, hub] == (quantity, value)
