"""Line 3: the import of a real file of receipts with all checks, against multi-row SQL for the same rows.

The product reads the file, checks every line and leaves out the deliveries with a refused line. The SQL by hand gets
the rest as values in memory: it reads no file and checks nothing.
"""

from __future__ import annotations

import contextlib
import csv
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from asora.embedded import REPOSITORY
from inventory.models import Bin, Category, Hub, Item, Vendor
from ledger.files.actions import import_receipts
from ledger.files.forms import MovementUpload
from ledger.files.outcome import FileImport
from ledger.models import Kind
from ledger.posting.checks import is_long_ago
from ledger.posting.csv_reader import read_movements
from tests.bench import by_hand, twin_tenants
from tests.bench.harness import Result, Size, side_by_side
from tests.bench.twin_tenants import Side

GOAL = 3.0
DATA = Path(os.environ.get("ASORA_DATA", REPOSITORY.parent / "shared" / "data")) / "adventureworks"
Table = list[dict[str, str]]


@dataclass(frozen=True)
class Input:
    """Master data, a file of receipts, and its name in the table."""

    name: str
    hubs: Table
    bins: Table
    vendors: Table
    items: Table
    receipts: bytes


def measure(size: Size) -> Iterator[Result]:
    """Each turn of each side imports into a new tenant."""
    given = _read(DATA, size.import_lines) if DATA.is_dir() else _made_up(size.import_lines)
    with contextlib.ExitStack() as tenants:
        imports = _Imports(given, tenants)
        times = side_by_side(
            asora=imports.through_the_door, by_hand=imports.as_sql, turns=size.import_turns, warm_up=1
        )
        done = imports.done
        yield Result(
            work=f"import of {done.lines:,} lines in {done.postings:,} postings, all checks",
            ratio=times.ratio,
            goal=GOAL,
            is_at_most=True,
            detail=f"{times.detail()}; {given.name}",
            figures={
                "asora": list(times.asora),
                "by_hand": list(times.by_hand),
                "wrong": twin_tenants.differences(imports.sides["asora"], imports.sides["by_hand"]),
                "left_out_lines": len(done.left_out.lines),
                "value": str(done.value),
            },
        )


class _Imports:
    """The turns of both sides. The first import shows which deliveries are left out; the SQL gets the others."""

    def __init__(self, given: Input, tenants: contextlib.ExitStack) -> None:
        self.sides: dict[str, Side] = {}
        self._given = given
        self._tenants = tenants
        self.done = self._import(self._fresh("first"))
        self._file = read_movements(Kind.RECEIPT, given.receipts)
        left_out = {self._file.reference_of[line] for line in self.done.left_out.lines}
        self._drafts = [draft for draft in self._file.drafts if draft.reference not in left_out]
        self._left_out = {
            "postings": self.done.left_out_postings,
            "lines": len(self.done.left_out.lines),
            "reasons": self.done.left_out.counts(),
        }

    @property
    def _confirmed(self) -> list[dict[str, Any]]:
        """The confirmation that the old days of the file are right, as the product got it."""
        today = self.sides["first"].new_act().today
        days = [
            day.isoformat() for draft in self._drafts if is_long_ago(day := draft.effective_on, today=today)
        ]
        what = {"reason": "DATE_LONG_AGO", "documents": len(days)}
        return [what | {"first": min(days), "last": max(days)}] if days else []

    def through_the_door(self, _turn: int) -> Callable[[], object]:
        """The product's way, from the bytes of the file."""
        side = self._fresh("asora")
        return lambda: self._import(side)

    def as_sql(self, _turn: int) -> Callable[[], object]:
        """The way of the SQL by hand, from values."""
        side = self._fresh("by_hand")
        act = side.new_act()
        return lambda: by_hand.import_receipts(
            side.plain, act, self._file, self._drafts, left_out=self._left_out, confirmed=self._confirmed
        )

    def _fresh(self, name: str) -> Side:
        """A new tenant for this turn, bound; all are dropped at the end, untimed."""
        side = self._tenants.enter_context(twin_tenants.throw_away(lambda: _fill(self._given)))
        connection.set_tenant(side.tenant)
        self.sides[name] = side
        return side

    def _import(self, side: Side) -> FileImport:
        upload = MovementUpload(
            Kind.RECEIPT, self._given.receipts, name="receipts.csv", skip_refused=True, old_days=True
        )
        return import_receipts.submit(side.new_act(), upload.refuses_rejected())


def _read(folder: Path, lines: int | None) -> Input:
    receipts = (folder / "receipts.csv").read_bytes().splitlines(keepends=True)
    return Input(
        name="AdventureWorks",
        receipts=b"".join(receipts if lines is None else receipts[: lines + 1]),
        **{name: _table(folder / f"{name}.csv") for name in ("hubs", "bins", "vendors", "items")},
    )


def _table(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _made_up(lines: int | None) -> Input:
    """Data with the shape of the real file: 3,730 deliveries, 8,195 lines, 265 bins, and 650 lines to be refused."""
    chance = random.Random("receipts")
    hubs = [{"code": f"LOC-{n:02}", "name": f"Location {n}"} for n in range(14)]
    bins = [{"hub_code": hub["code"], "code": f"B-{n}"} for hub in hubs for n in range(55)]
    vendors = [{"code": f"VENDOR{n:04}", "name": f"Vendor {n}", "eligible": str(n > 3)} for n in range(104)]
    items = [{"sku": f"IT-{n:04}", "name": f"Item {n}", "unit": "EA"} for n in range(504)]
    sizes = [3 if n < 735 else 2 for n in range(3_730)]  # 8,195 lines
    deliveries = [(size, chance.choice(vendors[4:])) for size in sizes]
    deliveries += [(2, chance.choice(vendors[:4])) for _ in range(325)]
    chance.shuffle(deliveries)
    rows = [
        f"PO-{number:05},2014-05-{1 + number % 28:02},{vendor['code']},IT-{place:04},{bins[place]['hub_code']},"
        f"{bins[place]['code']},{chance.randint(1, 550)}.00,{chance.randint(100, 9_000) / 100}"
        for number, (size, vendor) in enumerate(deliveries)
        for place in chance.sample(range(265), size)
    ]
    header = "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost"
    receipts = "\n".join([header, *rows[:lines], ""]).encode()
    return Input("a made-up file of the same shape", hubs, bins, vendors, items, receipts)


def _fill(given: Input) -> None:
    """Insert the master data directly: their import is another line of the table."""
    hubs = Hub.objects.bulk_create(Hub(code=row["code"], name=row["name"]) for row in given.hubs)
    hub_of = {hub.code: hub for hub in hubs}
    Bin.objects.bulk_create(Bin(hub=hub_of[row["hub_code"]], code=row["code"]) for row in given.bins)
    Vendor.objects.bulk_create(
        Vendor(code=row["code"], name=row["name"], eligible=row["eligible"].lower() == "true")
        for row in given.vendors
    )
    category = Category.objects.create(code="PARTS", name="Parts")
    Item.objects.bulk_create(
        Item(sku=row["sku"], name=row["name"], category=category, unit=row["unit"]) for row in given.items
    )
