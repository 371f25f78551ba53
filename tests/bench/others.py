"""Line 7: the same receive, issue and on-hand work on Tryton and on django-hordak, on the same PostgreSQL server.

Each has a virtual environment under `.asora/bench`, filled from the package index by name, and a database of its own;
it works in a process of its own that stays warm, and times itself. Asora's side goes through the door: permission, hub,
ceiling, freeze, audit event. All of them must agree on the final stock.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import connection

from asora.kernel import positions
from inventory.models import Bin, Category, Hub, Item, Vendor
from ledger.actions.movements import issue
from ledger.actions.receiving import receive
from ledger.models import Kind
from ledger.posting.drafts import Draft, DraftLine
from ledger.reports.scope import Scope
from ledger.reports.stock_on_hand import STOCK_ON_HAND
from tests import database
from tests.bench import twin_tenants
from tests.bench.harness import RESULTS, Result, Size
from tests.bench.twin_tenants import DAY, Side

ITEMS, EACH, STOCKED, RECEIVED, ISSUED = 1000, 10, 100, 5, 3
GOAL = 1.0  # of their time: faster than both
HERE = Path(__file__).resolve().parent
WORKS = ("receive", "issue", "on_hand")
SAID = {
    "receive": "receipt of one line",
    "issue": "issue of one line",
    "on_hand": f"on hand of {ITEMS:,} items",
}


@dataclass(frozen=True, slots=True)
class Other:
    """Another product: its packages, its script, and which of its works are compared with which of ours."""

    name: str
    packages: tuple[str, ...]
    script: str
    compared: tuple[tuple[str, str, str], ...]  # our work, their work, and its description
    makes_its_database: bool = False


OTHERS = (
    Other(
        "Tryton",
        ("trytond", "trytond_stock", "psycopg[binary,pool]"),
        "others_tryton.py",
        (
            ("receive", "receive_move", "a bare move, done"),
            ("receive", "receive", "a supplier shipment, done"),
            ("issue", "issue_move", "a bare move, done"),
            ("issue", "issue", "a customer shipment, done"),
            ("on_hand", "on_hand", "products_by_location"),
        ),
        makes_its_database=True,
    ),
    Other(
        "django-hordak",
        ("django-hordak", "psycopg[binary]"),
        "others_hordak.py",
        (
            ("receive", "receive", "transfer_to"),
            ("issue", "issue", "transfer_to, below zero or not"),
            ("issue", "issue_checked", "transfer_to if with_balances suffices"),
            ("on_hand", "on_hand", "with_balances"),
        ),
    ),
)


class CannotRun(RuntimeError):
    """The other product could not be installed or started; the message is its output."""


def is_installed(other: Other) -> bool:
    """Whether its environment exists, so that nothing has to be downloaded."""
    return (_environment(other) / "ready").exists()


def measure(size: Size) -> Iterator[Result]:
    """A line for each work and each other product; one that cannot run has a line that says why."""
    for other in OTHERS:
        with twin_tenants.throw_away(_fill) as side:
            try:
                install(other)
                yield from _measured(other, Ours(side), size)
            except CannotRun as error:
                yield Result(f"{other.name}: not measured", math.nan, GOAL, True, str(error), {"wrong": []})


def install(other: Other) -> None:
    """Create its environment, once. Raises CannotRun."""
    if is_installed(other):
        return
    place = _environment(other)
    print(f"{other.name}: installing {' '.join(other.packages)}", file=sys.stderr, flush=True)
    venv.create(place, with_pip=True, clear=True)
    command = [_python(other), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *other.packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"pip: {_last_line(done.stderr)}")
    (place / "ready").touch()


class Ours:
    """Asora's side: the actions of the product, and its report of stock on hand."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.hubs = list(Hub.objects.all())
        self.bin = Bin.objects.get().pk
        self.vendor = Vendor.objects.get().pk
        items = list(Item.objects.order_by("sku").values_list("pk", "sku"))
        self.items, self.skus = [pk for pk, _sku in items], tuple(sku for _pk, sku in items)
        for start in range(0, ITEMS, 100):
            self._receive(range(start, start + 100), STOCKED)

    def run(self, work: str, lines: list[list[int]]) -> tuple[float, int | None]:
        """Do a work; returns the seconds, and the stock if that was requested."""
        result = None
        started = time.perf_counter()
        for line in lines or [[]]:
            result = getattr(self, work)(*line)
        return time.perf_counter() - started, result if work == "on_hand" else None

    def receive(self, place: int, quantity: int) -> None:
        """A receipt of one line through the action."""
        self._receive([place], quantity)

    def issue(self, place: int, quantity: int) -> None:
        """An issue of one line through the action."""
        draft = Draft(
            kind=Kind.ISSUE,
            submission=uuid4(),
            effective_on=DAY,
            lines=[self._line(1, place, quantity, None)],
            reference=f"WO-{place}",
        )
        issue(self.side.new_act(), draft=draft, hubs=self.hubs, reference=draft.reference)

    def on_hand(self) -> int:
        """The sum of all items, by the report."""
        scope = Scope(
            position=positions.current(), hubs=tuple(hub.code for hub in self.hubs), items=self.skus
        )
        return int(sum(row[-1] for row in STOCK_ON_HAND.stream(scope)))

    def _receive(self, places: Any, quantity: int) -> None:
        cost = Decimal("1.25")
        draft = Draft(
            kind=Kind.RECEIPT,
            submission=uuid4(),
            effective_on=DAY,
            lines=[self._line(number, place, quantity, cost) for number, place in enumerate(places, start=1)],
            reference=f"PO-{places[0]}",
            vendor_id=self.vendor,
        )
        receive(self.side.new_act(), draft=draft, hubs=self.hubs, reference=draft.reference)

    def _line(self, number: int, place: int, quantity: int, cost: Decimal | None) -> DraftLine:
        return DraftLine(number, self.items[place], self.bin, Decimal(quantity), cost)


class Theirs:
    """Another product in its process, with one request per line."""

    def __init__(self, other: Other, name: str) -> None:
        known = connection.settings_dict
        address = {key: str(known[key]) for key in ("USER", "HOST", "PORT", "PASSWORD")} | {"NAME": name}
        self._said = (RESULTS / f"{other.script}.log").open("w+")
        self._process = subprocess.Popen(
            [_python(other), "-P", str(HERE / other.script), json.dumps(address)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env={key: value for key, value in os.environ.items() if not key.startswith(("DJANGO", "PYTHON"))},
        )
        self._ask({"items": ITEMS})

    def run(self, work: str, lines: list[list[int]]) -> tuple[float, int | None]:
        """As `Ours.run`. Raises CannotRun."""
        answer = self._ask([work, lines or [[]]])
        return answer["seconds"], answer["result"]

    def close(self) -> None:
        """End the process by closing its input."""
        self._process.communicate(timeout=60)
        self._said.close()

    def _ask(self, asked: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self._said.seek(0)
            raise CannotRun(_last_line(self._said.read()))
        return json.loads(answer)


def _measured(other: Other, ours: Ours, size: Size) -> Iterator[Result]:
    name = f"asora_bench_{other.script.partition('.')[0]}_{os.getpid()}"
    with database._maintenance() as maintenance:
        if not other.makes_its_database:
            database._create(maintenance, name)
        try:
            theirs = Theirs(other, name)
            try:
                seconds, wrong = _turns(other, ours, theirs, size)
            finally:
                theirs.close()
        finally:
            database._drop(maintenance, name)
    for work, their_work, what in other.compared:
        mine, their = seconds["asora", work], seconds["other", their_work]
        yield Result(
            work=f"{SAID[work]}, against {other.name} ({what})",
            ratio=mine / their,
            goal=GOAL,
            is_at_most=True,
            detail=f"{mine * 1000:,.3g} ms against {their * 1000:,.3g} ms, {size.others_turns} turns each",
            figures={"seconds": [mine, their], "wrong": wrong},
        )


def _turns(
    other: Other, ours: Ours, theirs: Theirs, size: Size
) -> tuple[dict[tuple[str, str], float], list[str]]:
    """Median seconds of one document or one query, by side and work; and whether the stock differs."""
    sides: dict[str, tuple[Callable[..., tuple[float, int | None]], list[str]]] = {
        "asora": (ours.run, list(WORKS)),
        "other": (theirs.run, [theirs_work for _work, theirs_work, _what in other.compared]),
    }
    times: dict[tuple[str, str], list[float]] = {}
    moved, held = {"asora": 0, "other": 0}, {}
    for turn in range(-1, size.others_turns):
        places = [(turn + 1) * EACH % ITEMS + number for number in range(EACH)]
        for side in sides if turn % 2 else reversed(sides):
            run, works = sides[side]
            for work in works:
                quantity = RECEIVED if work.startswith("receive") else ISSUED
                lines = [] if work == "on_hand" else [[place, quantity] for place in places]
                took, result = run(work, lines)
                moved[side] += sum(each[1] for each in lines) * (1 if work.startswith("receive") else -1)
                held[side] = result if result is not None else held.get(side)
                if turn >= 0:
                    times.setdefault((side, work), []).append(took / max(len(lines), 1))
    wrong = [
        f"{other.name}: {side} holds {held[side]}, and should hold {ITEMS * STOCKED + moved[side]}"
        for side in sides
        if held[side] != ITEMS * STOCKED + moved[side]
    ]
    return {key: statistics.median(each) for key, each in times.items()}, wrong


def _fill() -> None:
    hub = Hub.objects.create(code="HUB", name="Hub")
    Bin.objects.create(hub=hub, code="STO")
    Vendor.objects.create(code="VENDOR", name="Vendor")
    category = Category.objects.create(code="PARTS", name="Parts")
    Item.objects.bulk_create(
        Item(sku=f"SKU-{n:04}", name=f"Item {n}", category=category, unit="pcs") for n in range(ITEMS)
    )


def _environment(other: Other) -> Path:
    return RESULTS / other.script.partition(".")[0]


def _python(other: Other) -> str:
    return str(_environment(other) / "bin" / "python")


def _last_line(text: str) -> str:
    return ([line.strip() for line in text.splitlines() if line.strip()] or ["it printed nothing"])[-1]
