"""Kinds of requests, each with what can stand in its way: a request and its obstacles are drawn by a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.utils import timezone

from asora.accounts.people.actions.people import change_role, deactivate_user
from inventory.actions.bins import create_bin, edit_bin, restore_bin
from inventory.actions.categories import archive_category, create_category
from inventory.actions.hubs import archive_hub, create_hub
from inventory.actions.items import create_item, restore_item
from inventory.actions.vendors import create_vendor, edit_vendor, set_vendor_eligibility
from inventory.models import Bin, Category, Hub, Item, Vendor
from ledger.actions.movements import adjust, issue, transfer
from ledger.actions.receiving import receive
from ledger.actions.reversing import reverse
from ledger.adjustments.actions.requests import request_adjustment
from ledger.counts.actions.opening import open_count
from ledger.models import AdjustmentReason, Kind, Posting
from tests.audit.refusals.world import PLACES, SKUS, TOMORROW, World, a_code
from tests.factories import documents

Attempt = Callable[[Any], Any]
DOCUMENTS = {Kind.ISSUE: issue, Kind.TRANSFER: transfer, Kind.ADJUSTMENT: adjust}


class Draw:
    """One request: who sends it, and what is in its way."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.master_data = world, world.master_data
        self.chance = random.Random(seed)
        roles = [*["owner"] * 4, *["manager"] * 6, "receiver", "limited", "limited", "viewer"]
        self.role = self.chance.choice(roles)
        self.obstacles = 0

    def some(self, one_in: int = 3) -> bool:
        """Whether something drawn is in the way."""
        drawn = self.chance.randrange(one_in) == 0
        self.obstacles += drawn
        return drawn

    def make(self) -> Attempt:
        """Prepare a request and what is in its way. Returns the call that is made as somebody."""
        kind = self.chance.choice(KINDS)
        attempt = kind(self)
        if self.some(5):
            self.world.freeze()
        if self.some(12):
            self.world.restrict(self.role)
        return attempt


def _document(draw: Draw, kind: Kind, lines: list[tuple[str, ...]], **values: Any) -> Attempt:
    draft = replace(documents.draft(draw.master_data, kind, *lines), reference=a_code(draw.chance), **values)
    if draw.some(12):
        draft = replace(draft, effective_on=timezone.now().date() + TOMORROW)
    elif draw.some(10):
        draft = replace(draft, effective_on=draft.effective_on.replace(year=2001), confirmed=frozenset())
    hubs = documents.hubs_of(draw.master_data, draft)
    return lambda act: DOCUMENTS[kind](act, draft=draft, hubs=hubs, reference=draft.reference)


def _archive_some(draw: Draw, *places: str, skus: tuple[str, ...] = ()) -> None:
    for place in places:
        if draw.some(4):
            draw.world.archive(draw.master_data.bins[place])
        if draw.some(10):
            draw.world.archive(draw.master_data.bins[place].hub)
    for sku in skus:
        if draw.some(5):
            draw.world.archive(draw.master_data.items[sku])


def receipts(draw: Draw) -> Attempt:
    skus = tuple(draw.chance.sample(SKUS, draw.chance.randint(1, 3)))
    places = [draw.chance.choice(PLACES) for _ in skus]
    _archive_some(draw, *places, skus=skus)
    vendor = draw.master_data.vendor
    if draw.some(5):
        Vendor.objects.filter(pk=vendor.pk).update(eligible=False)
    if draw.some(6):
        draw.world.archive(vendor)
    lines = [
        documents.line(
            draw.master_data, sku, place, draw.chance.choice(["3", "3", "3", "0"]), "2", number=number
        )
        for number, (sku, place) in enumerate(zip(skus, places, strict=True), start=1)
    ]
    draft = replace(
        documents.receipt(draw.master_data, *lines, submission=uuid4()), reference=a_code(draw.chance)
    )
    if draw.some(12) and all(line.quantity for line in lines):
        _once_before(draw, draft)
    hubs = documents.hubs_of(draw.master_data, draft)
    return lambda act: receive(act, draft=draft, hubs=hubs, reference=draft.reference)


def _once_before(draw: Draw, draft: Any) -> None:
    """The same document was posted before: it is sent twice."""
    for model in (Item, Bin, Hub, Vendor):
        model.objects.update(archived_at=None)
    Vendor.objects.filter(pk=draw.master_data.vendor.pk).update(eligible=True)
    receive(
        draw.world.owner,
        draft=draft,
        hubs=documents.hubs_of(draw.master_data, draft),
        reference=draft.reference,
    )


def issues(draw: Draw) -> Attempt:
    places = draw.chance.sample(PLACES, draw.chance.randint(1, 3))
    lines = [(draw.chance.choice(SKUS), place, str(draw.chance.choice([2, 5, 6, 40]))) for place in places]
    return _document(draw, Kind.ISSUE, lines)


def transfers(draw: Draw) -> Attempt:
    start, end = draw.chance.choice(PLACES), draw.chance.choice(PLACES)
    _archive_some(draw, end)
    return _document(
        draw, Kind.TRANSFER, [(draw.chance.choice(SKUS), start, end, str(draw.chance.choice([2, 7])))]
    )


def adjustments(draw: Draw) -> Attempt:
    reason = draw.chance.choice(["DAMAGED", "DAMAGED", "NEW-ONE"])
    if draw.some(3):
        AdjustmentReason.objects.filter(code=reason).update(archived_at=timezone.now())
    place = draw.chance.choice(PLACES)
    _archive_some(draw, place)
    quantity = draw.chance.choice(["-2", "-9", "4", "0"])
    return _document(draw, Kind.ADJUSTMENT, [(draw.chance.choice(SKUS), place, quantity)], reason=reason)


def requests(draw: Draw) -> Attempt:
    lines = [(draw.chance.choice(SKUS), draw.chance.choice(PLACES), "-1")]
    draft = documents.draft(
        draw.master_data, Kind.ADJUSTMENT, *lines, reason=draw.chance.choice(["DAMAGED", "OTHER-ONE"])
    )
    hubs = documents.hubs_of(draw.master_data, draft)
    return lambda act: request_adjustment(act, draft=draft, hubs=hubs, reference=draft.reference)


def vendors(draw: Draw) -> Attempt:
    if draw.some(2):
        draw.world.fill("vendors")
    code = "ACME" if draw.some(6) else a_code(draw.chance)
    return lambda act: create_vendor(act, code=code, name="Somebody", eligible=False)


def categories(draw: Draw) -> Attempt:
    parent = Category.objects.get(code="PARTS")
    if draw.some(2):
        draw.world.fill("categories")
    if draw.some(2):
        draw.world.archive(parent)
    return lambda act: create_category(act, code=a_code(draw.chance), name="Some", parent=parent)


def hubs(draw: Draw) -> Attempt:
    if draw.some(2):
        draw.world.fill("hubs")
    return lambda act: create_hub(act, code=a_code(draw.chance), name="Some")


def bins(draw: Draw) -> Attempt:
    hub = draw.chance.choice([draw.master_data.north, draw.master_data.south])
    if draw.some(2):
        draw.world.fill("bins")
    if draw.some(3):
        draw.world.archive(hub)
    return lambda act: create_bin(act, hub=hub, code=a_code(draw.chance))


def items(draw: Draw) -> Attempt:
    category, place = Category.objects.get(code="PARTS"), draw.master_data.bins[draw.chance.choice(PLACES)]
    if draw.some(4):
        draw.world.fill("items")
    if draw.some(3):
        draw.world.archive(category)
    if draw.some(3):
        draw.world.archive(place)
    sku = "BOLT" if draw.some(8) else a_code(draw.chance)
    return lambda act: create_item(
        act, sku=sku, name="Some", category=category, unit="pcs", putaway_bin=place
    )


def edits(draw: Draw) -> Attempt:
    edit, record, values = draw.chance.choice(
        [
            (edit_vendor, draw.master_data.vendor, {"name": "Other"}),
            (set_vendor_eligibility, draw.master_data.vendor, {"eligible": False}),
            (edit_bin, draw.master_data.bins["SOUTH/A-1"], {"name": "Other"}),
        ]
    )
    if draw.some(2):
        draw.world.archive(record)
    noun, version = record._meta.model_name, 7 if draw.some(5) else 1
    return lambda act: edit(act, **{noun: record}, version=version, **values)


def endings(draw: Draw) -> Attempt:
    if draw.some(2):
        category = Category.objects.get(code="PARTS")
        return lambda act: archive_category(act, category=category)
    hub = draw.master_data.south
    if draw.some(3):
        draw.world.archive(hub)
    return lambda act: archive_hub(act, hub=hub)


def restorations(draw: Draw) -> Attempt:
    if draw.some(2):
        item = draw.master_data.items["OIL"]
        draw.world.archive(*([item] if draw.some(1) else []))
        if draw.some(2):
            draw.world.archive(item.category)
        return lambda act: restore_item(act, item=item)
    place = draw.master_data.bins["SOUTH/A-2"]
    if draw.some(2):
        draw.world.archive(place)
    if draw.some(2):
        draw.world.archive(place.hub)
    return lambda act: restore_bin(act, bin=place)


def reversals(draw: Draw) -> Attempt:
    place = draw.chance.choice(PLACES)
    position = documents.receive(draw.world.owner, draw.master_data, ("BOLT", place, "3", "2"))
    if draw.some(2):
        documents.post_movement(draw.world.owner, draw.master_data, Kind.ISSUE, ("BOLT", place, "8"))
    elif draw.some(2):
        documents.reverse_posting(draw.world.owner, position)
    posting = Posting.objects.get(pk=position)
    return lambda act: reverse(act, posting=posting, submission=uuid4())


def people(draw: Draw) -> Attempt:
    person = draw.world.act(draw.chance.choice(["owner", "owner", "viewer"])).actor.account
    seen = "manager" if draw.some(5) else person.role
    if draw.some(3):
        return lambda act: deactivate_user(act, person=person)
    return lambda act: change_role(act, person=person, role="counter", seen=seen)


def counts(draw: Draw) -> Attempt:
    hub = draw.chance.choice([draw.master_data.north, draw.master_data.south])
    other = draw.master_data.bins["NORTH/A-1"]
    chosen = [other] if draw.some(3) else []
    return lambda act: open_count(act, submission=uuid4(), hub=hub, title="Some", bins=chosen)


KINDS: list[Callable[[Draw], Attempt]] = [
    receipts, receipts, issues, issues, transfers, adjustments, requests, vendors, categories, hubs, bins, items,
    edits, endings, restorations, reversals, people, counts,
]  # fmt: skip
