"""A ring of bins through several hubs, and workers ("hands") that pass stock around it in both directions at once.

Every hand posts single transfers, documents of many lines and files, and reverses some of them. Code that locks in a
wrong order would deadlock with a hand of the other direction. No stock may be lost or created.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from asora.kernel.act import Act
from asora.kernel.models import Head
from asora.kernel.refusals import Reason, Refusal, StateConflict, ValidationFailed
from asora.kernel.request_ids import new_request_id
from audit.events.models import Event
from inventory.actions.items import create_item
from inventory.models import Bin, Category, Hub, Item, ItemRevision, Vendor
from ledger.actions.movements import transfer
from ledger.actions.receiving import receive
from ledger.actions.reversing import reverse, reverse_batch
from ledger.files.actions import import_transfers
from ledger.files.forms import MovementUpload
from ledger.models import BinBalance, Entry, HubBalance, Kind, Posting
from ledger.posting.drafts import Draft, DraftLine
from ledger.proof.verification import verify
from tests.factories.documents import DAY

HUBS, BINS = 4, 3
ITEMS = {"BOLT": 0, "OIL": 2, "CABLE": 4}
COSTS = [Decimal(cost) for cost in ("0.333333", "1", "2.718281", "0.000001", "99.99")]
HEADER = "reference,effective_on,sku,hub_code,bin_code,to_hub_code,to_bin_code,quantity"

# Reasons that a hand may be refused for, because others were faster; any other reason is a fault.
EXPECTED = {Reason.INSUFFICIENT_STOCK, Reason.COST_CONSUMED, Reason.ALREADY_REVERSED}
Totals = dict[str, tuple[Decimal, Decimal]]


@dataclass(frozen=True)
class Ring:
    """The bins in ring order (neighbours are in different hubs), and the items that go round."""

    bins: Sequence[Bin]
    items: Sequence[Item]
    vendor: Vendor
    hubs: Sequence[Hub]

    def step(self, start: int, direction: int) -> tuple[Bin, Bin]:
        """A bin and its neighbour."""
        return self.bins[start % len(self.bins)], self.bins[(start + direction) % len(self.bins)]


@dataclass
class Hand:
    """One worker that passes stock on, with its results. `direction`: 1 or -1 around the ring."""

    ring: Ring
    act: Act
    chance: random.Random
    direction: int
    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    batches: list[UUID] = field(default_factory=list)

    def go_on(self, *, until: float) -> None:
        """Do one thing after the other until that moment (`time.monotonic`)."""
        ways: Mapping[str, Callable[[], object]] = {
            "single": self.single,
            "document": self.document,
            "file": self.file,
            "reversal": self.take_back,
            "batch reversal": self.take_batch_back,
        }
        while time.monotonic() < until:
            way = self.chance.choices(list(ways), weights=[6, 4, 2, 2, 1])[0]
            try:
                ways[way]()
                self.done[way] += 1
            except (ValidationFailed, StateConflict) as refusal:
                self._told(way, refusal)
            except Exception as error:  # noqa: BLE001 (this test looks for unexpected errors)
                self.faults.append(f"{way}: {error!r}")

    def single(self) -> None:
        """Transfer one line to the neighbour."""
        self._transfer([self._line(1, self.chance.randrange(len(self.ring.bins)))])

    def document(self) -> None:
        """Transfer several lines, each from the bin where the last one went: stock is passed on within the document."""
        start = self.chance.randrange(len(self.ring.bins))
        count = self.chance.randint(2, 6)
        self._transfer([self._line(n + 1, start + n * self.direction) for n in range(count)])

    def file(self) -> None:
        """Import several documents in random order as one batch; often leaving out refused ones."""
        rows = []
        own = self.chance.getrandbits(60)  # repeated references would be asked about
        for number in range(self.chance.randint(2, 8)):
            for _ in range(self.chance.randint(1, 2)):
                line = self._line(1, self.chance.randrange(len(self.ring.bins)))
                source, target = (self._bin(bin_) for bin_ in line.bins)
                sku = next(item.sku for item in self.ring.items if item.pk == line.item_id)
                rows.append(
                    f"R-{own}-{number},{DAY},{sku},{source.hub.code},{source.code},{target.hub.code},{target.code},"
                    f"{line.quantity}"
                )
        content = "\n".join([HEADER, *rows, ""]).encode()
        skips = self.chance.random() < 0.7
        upload = MovementUpload(Kind.TRANSFER, content, name="ring.csv", skip_refused=skips)
        done = import_transfers.submit(self._act(), upload)
        if done.postings:
            self.batches.append(done.batch)

    def take_back(self) -> None:
        """Reverse a recent transfer."""
        if self.positions:
            posting = Posting.objects.get(position=self.positions.pop())
            reverse(self._act(), posting=posting, submission=self._uuid())

    def take_batch_back(self) -> None:
        """Reverse the last file."""
        if self.batches:
            reverse_batch(self._act(), batch=self.batches.pop(), submission=self._uuid())

    def _transfer(self, lines: list[DraftLine]) -> None:
        draft = Draft(kind=Kind.TRANSFER, submission=self._uuid(), effective_on=DAY, lines=lines)
        self.positions.append(transfer(self._act(), draft=draft, hubs=self.ring.hubs))

    def _line(self, number: int, start: int) -> DraftLine:
        source, target = self.ring.step(start, self.direction)
        item = self.chance.choice(self.ring.items)
        # Sometimes all of the stock: the last unit out takes all the value that is left.
        quantity = Decimal(self.chance.choice([1, 1, 2, 3, 7, 20]))
        if item.decimals and self.chance.random() < 0.5:
            quantity += Decimal(self.chance.randint(1, 99)) / 100
        return DraftLine(number, item.pk, source.pk, quantity, to_bin_id=target.pk)

    def _bin(self, key: int) -> Bin:
        return next(bin_ for bin_ in self.ring.bins if bin_.pk == key)

    def _act(self) -> Act:
        return replace(self.act, request_id=new_request_id(self.act.tenant.slug))

    def _uuid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128))

    def _told(self, way: str, refusal: Refusal) -> None:
        self.done[f"{way} refused"] += 1
        lines = refusal.details.get("lines", {}).values()
        reasons = {entry["reason"] for entries in lines for entry in entries} or {str(refusal.reason)}
        if not reasons <= EXPECTED:
            self.faults.append(f"{way}: {sorted(reasons)}")


def make_ring(owner: Act, *, bins: int = BINS) -> Ring:
    """Create hubs, bins and items, and deliver into every bin. Revisions of items take positions too."""
    hubs = [Hub.objects.create(code=f"HUB-{n}", name=f"Hub {n}") for n in range(HUBS)]
    # Neighbours of the ring are in different hubs, and the ring order differs from the key order.
    placed = [Bin.objects.create(hub=hub, code=f"B-{n}") for hub in hubs for n in range(bins)]
    ring = [placed[hub * bins + n] for n in range(bins) for hub in (2, 0, 3, 1)]
    category = Category.objects.create(code="PARTS", name="Parts")
    items = [
        create_item(owner, sku=sku, name=sku.title(), category=category, unit="pcs", decimals=decimals)
        for sku, decimals in ITEMS.items()
    ]
    vendor = Vendor.objects.create(code="ACME", name="Acme")
    made = Ring(ring, items, vendor, hubs)
    for number, bin_ in enumerate(ring):
        lines = [
            DraftLine(n + 1, item.pk, bin_.pk, Decimal(30 + number), COSTS[(number + n) % len(COSTS)])
            for n, item in enumerate(items)
        ]
        draft = Draft(
            Kind.RECEIPT, UUID(int=number + 1), DAY, lines, reference=f"PO-{number}", vendor_id=vendor.pk
        )
        receive(owner, draft=draft, hubs=hubs, reference=draft.reference)
    return made


def totals() -> Totals:
    """Quantity and value of each item in all hubs together."""
    rows = HubBalance.objects.values_list("item__sku").annotate(Sum("quantity"), Sum("value"))
    return {sku: (quantity, value) for sku, quantity, value in rows}


def faults_of(before: Totals, hands: Iterable[Hand]) -> list[str]:
    """All faults after the hands have stopped; empty if there are none."""
    hands = list(hands)
    found = [fault for hand in hands for fault in hand.faults]
    if (after := totals()) != before:
        found.append(f"not conserved: {before} became {after}")
    in_bins = dict(BinBalance.objects.values_list("item__sku").annotate(Sum("quantity")))
    if in_bins != {sku: quantity for sku, (quantity, _) in before.items()}:
        found.append(f"not conserved in bins: {in_bins}")
    moved = Entry.objects.exclude(kind=Kind.RECEIPT).values_list("posting", "item")
    uneven = moved.annotate(q=Sum("quantity"), v=Sum("value")).exclude(q=0, v=0)
    found += [f"position {position} does not sum to zero" for position, _, _, _ in uneven[:3]]
    taken = [
        *Posting.objects.values_list("pk", flat=True),
        *ItemRevision.objects.values_list("position", flat=True),
    ]
    if sorted(taken) != list(range(1, Head.objects.get().position + 1)):
        found.append("positions have a gap, or one was taken twice")
    found += [f"verify: {check.says}: {check.example}" for check in verify() if check.broken]
    return found + _events_astray()


def postings_of(hands: Iterable[Hand]) -> Counter[str]:
    """How often each kind of posting was done and refused, by all hands together."""
    done: Counter[str] = Counter()
    for hand in hands:
        done.update(hand.done)
    return done


def deadlocks() -> int:
    """How many deadlocks PostgreSQL has resolved in this database. With sorted locks there must be none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def _events_astray() -> list[str]:
    """Check that each position has exactly one posting and one allowed event that names it."""
    allowed = Event.objects.filter(
        outcome="allowed", action__startswith="ledger.", first_position__isnull=False
    )
    reported: Counter[int] = Counter()
    for first, last in allowed.values_list("first_position", "last_position"):
        reported.update(range(first, last + 1))
    written = Counter(Posting.objects.values_list("pk", flat=True))
    return (
        []
        if reported == written
        else [f"events and postings differ at {list((reported - written) + (written - reported))[:3]}"]
    )
