"""Steps of random histories, as hypothesis draws them, and the wish that each becomes when it is done.

A step never names a record: it picks by number from the records that exist when it is done. So any part of a history
is a valid history, and hypothesis can shrink it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.ledger.model.batches import File
from tests.ledger.model.postings import Ledger

HUBS = ["NORTH", "SOUTH"]
PLACES = [(hub, bin_) for hub in HUBS for bin_ in ("A-1", "A-2")]
DECIMALS = {"BOLT": 0, "OIL": 2, "CABLE": 4}
STANDARD = {"BOLT": Decimal("1.25"), "OIL": Decimal(0), "CABLE": Decimal("0.333333")}


def one_of(*choices: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """One of these, with weights. Hypothesis's own `one_of` would flatten nested alternatives."""
    weighted = [choice for times, choice in choices for _ in range(times)]
    return st.integers(0, len(weighted) - 1).flatmap(lambda number: weighted[number])


def numbers(*texts: str) -> st.SearchStrategy[Decimal]:
    """One of these numbers."""
    return st.sampled_from(texts).map(Decimal)


RIGHT = {  # amounts that an item can have; anything else is refused
    "BOLT": numbers("1", "2", "3", "7", "10"),
    "OIL": numbers("0.5", "1", "1.25", "2", "7.5"),
    "CABLE": numbers("0.3333", "1", "2.5", "0.0001", "12"),
}
MOST = {"BOLT": Decimal(10), "OIL": Decimal("7.5"), "CABLE": Decimal(12)}
PLENTY = {"BOLT": numbers("20", "13"), "OIL": numbers("12.25", "30"), "CABLE": numbers("25.3333", "14")}
strange = numbers("0", "-1", "0.5", "0.00001", "0.0001", "1000")
skus = st.sampled_from(list(DECIMALS))
places = st.sampled_from(PLACES)
none = st.none()
mostly = st.sampled_from([True, True, True, True, True, False])
rarely = st.sampled_from([False] * 7 + [True])
picks = st.sampled_from([0, 0, 0, 0, 1, 2, 3, 5, 8])  # counted backwards from the latest


@dataclass
class Past:
    """The records that a step can pick from."""

    ledger: Ledger
    wishes: list[Any] = field(default_factory=list)
    files: list[File] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The number of the next wish, used as its submission."""
        return len(self.wishes)


@dataclass(frozen=True)
class Step:
    """One step. `wish` turns it into a wish, or None if there is no record for it yet."""

    name: str
    wish: Callable[[Past], Any]

    def __repr__(self) -> str:
        return self.name


def pick(found: Sequence[Any], number: int) -> Any:
    """One of these, counted backwards from the latest; None if there are none."""
    return found[-1 - number % len(found)] if found else None


@cache
def quantities_of(sku: str) -> st.SearchStrategy[Decimal]:
    """A quantity of an item; rarely an invalid one."""
    return st.integers(0, 19).flatmap(lambda one: strange if one == 13 else RIGHT[sku])
