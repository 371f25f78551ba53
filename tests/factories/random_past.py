"""A random history with every kind of document (reversals, counts, backdated ones), for rules of any history.

Reorder points are set, changed and removed in between.
"""

from __future__ import annotations

import contextlib
import random
from datetime import date, timedelta
from decimal import Decimal

from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from inventory.actions.items import edit_item
from inventory.models import Item, Vendor
from ledger.models import Kind, Posting
from ledger.posting.drafts import Draft
from tests.factories.counts import approve, enter, hand_in, start
from tests.factories.documents import deliver, draft, line, post, receipt, reverse_posting
from tests.factories.master_data import MasterData

SKUS = ("BOLT", "OIL", "CABLE")
PLACES = {"BOLT": 0, "OIL": 2, "CABLE": 4}
FIRST_DAY = date(2026, 3, 1)
DAYS = 20


def post_at_random(act: Act, master_data: MasterData, *, seed: int, steps: int = 60) -> None:
    """Do `steps` random things; refusals are part of the history too."""
    chance, reordering = random.Random(seed), random.Random(seed)
    other, _is_new = Vendor.objects.get_or_create(code="BOLTCO", defaults={"name": "Boltco"})
    for _step in range(steps):
        with contextlib.suppress(Refusal):
            _do(act, master_data, chance, other)
        if reordering.random() < 0.25:
            _reorder(act, master_data, reordering)


def set_high_reorder_points(act: Act, master_data: MasterData) -> None:
    """Set a reorder point above any stock for every item, so that no report is empty."""
    for item in master_data.items.values():
        item.refresh_from_db()
        edit_item(act, item=item, version=item.version, reorder_point=Decimal(100_000))


def _do(act: Act, master_data: MasterData, chance: random.Random, other: Vendor) -> None:
    deed = chance.choice(["receive", "receive", "issue", "transfer", "adjust", "count", "take back"])
    day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
    if deed == "receive":
        lines = [
            line(
                master_data,
                *_place(master_data, chance),
                cost=f"{chance.randrange(500000) / 100000:.5f}",
                number=number,
            )
            for number in (1, 2)
        ]
        wanted = receipt(master_data, *lines, day=day)
        vendor = chance.choice([master_data.vendor, other])
        deliver(act, master_data, Draft(**{**_values(wanted), "vendor_id": vendor.pk}))
    elif deed in {"issue", "transfer", "adjust"}:
        kind = {"issue": Kind.ISSUE, "transfer": Kind.TRANSFER, "adjust": Kind.ADJUSTMENT}[deed]
        post(act, master_data, draft(master_data, kind, _move(master_data, chance, kind), day=day))
    elif deed == "count":
        sku, address, quantity = _place(master_data, chance)
        session = start(act, master_data, hub=address.partition("/")[0])
        enter(act, master_data, session, **{f"{sku} {address}": quantity})
        hand_in(act, session)
        approve(act, session)
    else:
        positions = list(Posting.objects.values_list("position", flat=True))
        if positions:
            reverse_posting(act, chance.choice(positions))


def _reorder(act: Act, master_data: MasterData, chance: random.Random) -> None:
    """Set or remove the reorder point of a hub or of all hubs."""
    item = Item.objects.get(sku=chance.choice(SKUS))
    point = chance.choice([None, Decimal(0), Decimal(chance.randrange(300))])
    if chance.random() < 0.5:
        edit_item(act, item=item, version=item.version, reorder_point=point)
    else:
        hub = chance.choice([master_data.north, master_data.south])
        edit_item(act, item=item, version=item.version, reorder_points={hub: point})


def _values(wanted: Draft) -> dict[str, object]:
    return {name: getattr(wanted, name) for name in wanted.__dataclass_fields__}


def _place(master_data: MasterData, chance: random.Random) -> tuple[str, str, str]:
    sku = chance.choice(SKUS)
    quantity = (
        Decimal(chance.randrange(1, 400)).scaleb(-PLACES[sku]) if PLACES[sku] else chance.randrange(1, 40)
    )
    return sku, chance.choice(sorted(master_data.bins)), str(quantity)


def _move(master_data: MasterData, chance: random.Random, kind: Kind) -> tuple[str, ...]:
    sku, address, quantity = _place(master_data, chance)
    if kind is Kind.TRANSFER:
        return sku, address, chance.choice(sorted(set(master_data.bins) - {address})), quantity
    if kind is Kind.ADJUSTMENT and chance.random() < 0.6:
        return sku, address, f"-{quantity}"
    return sku, address, quantity
