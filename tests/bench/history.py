"""Line 5: any page of a history costs what its first one costs, however long the history and however deep the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django_tenants.utils import tenant_context

from asora.kernel.listing import Listing, Page, pack_key
from inventory.models import Hub
from ledger.listings.postings import ENTRIES, POSTINGS
from ledger.queries.asof import as_of
from tests.bench import large
from tests.bench.harness import Result, Size, interleaved
from tests.bench.large import Ledger

GOAL = 2.0
DEPTHS = {"a quarter down": 0.75, "half down": 0.5, "nearly at the end": 0.05}
ROUNDS = 5  # pages are quick, so each is read more often than a report


@dataclass(frozen=True, slots=True)
class History:
    """A list of the product, with the filters of a page."""

    name: str
    listing: Listing
    filters: Mapping[str, Any]


def measure(size: Size) -> Iterator[Result]:
    """A line per history; the ratio is that of its slowest page."""
    with large.ledgers(size) as both, tenant_context(both.large.tenant):
        for history in _histories():
            yield _measured(history, both.large, size)


def _histories() -> list[History]:
    hub = Hub.objects.get(code="HUB-3")
    return [
        History("hot item", ENTRIES, {"item": "SKU-00000"}),
        History("ordinary item", ENTRIES, {"item": "SKU-02500"}),
        History("bin", ENTRIES, {"bin": "HUB-3/B-050"}),
        History("hot item at a hub", ENTRIES, {"item": "SKU-00000", "hub": hub}),
        History("hub", ENTRIES, {"hub": hub}),
        History("all postings", POSTINGS, {}),
        History("postings of the hot item", POSTINGS, {"item": "SKU-00000"}),
        History("issues", POSTINGS, {"kind": "issue"}),
    ]


def _measured(history: History, ledger: Ledger, size: Size) -> Result:
    works: dict[str, Callable[[], Page]] = {"page one": _page(history, ledger)}
    for name, share in DEPTHS.items():
        works[name] = _page(history, ledger, after=_key(history, ledger, ledger.at(share)))
    works["half down, backwards"] = _page(history, ledger, before=_key(history, ledger, ledger.at(0.5)))
    works["as of the middle"] = _page(history, ledger, at=as_of(ledger.act, str(ledger.at(0.5))))
    wrong = [fault for name, work in works.items() for fault in _faults(history, name, work(), ledger)]
    turns = size.reading_turns * ROUNDS
    seconds = interleaved(works, turns=turns, warm_up=2)
    first = seconds.pop("page one")
    slowest = max(seconds, key=lambda name: seconds[name])
    return Result(
        work=f"history of {size.entries:,} entries, {history.name}: slowest page to page one",
        ratio=seconds[slowest] / first,
        goal=GOAL,
        is_at_most=True,
        detail=f"{seconds[slowest] * 1000:,.3g} ms ({slowest}) against {first * 1000:,.3g} ms, {turns} turns each",
        figures={"seconds": {"page one": first, **seconds}, "wrong": wrong},
    )


def _page(
    history: History, ledger: Ledger, *, after: str = "", before: str = "", at: Any = None
) -> Callable[[], Page]:
    filters = {**history.filters, "at": at}

    def read() -> Page:
        connection.set_tenant(ledger.tenant)
        return history.listing.page(ledger.act, filters, after=after, before=before)

    return read


def _key(history: History, ledger: Ledger, position: int) -> str:
    """The key of a row at a position, as the link of the page before has it."""
    values = [position, 1][: len(history.listing.order)]
    return pack_key(ledger.act, values, purpose=history.listing._purpose)


def _faults(history: History, name: str, page: Page, ledger: Ledger) -> Iterator[str]:
    """Faults of a page: empty, out of order, or of another time."""
    positions = [row.pk[0] if isinstance(row.pk, tuple) else row.pk for row in page.rows]
    middle = ledger.at(0.5)
    if not positions:
        # In a small ledger, an ordinary item has not moved yet at such an early position.
        if ledger.entries >= large.KEPT_FROM:
            yield f"{history.name}, {name}: empty"
    elif positions != sorted(positions, reverse=True):
        yield f"{history.name}, {name}: out of order"
    elif name == "half down, backwards" and positions[-1] < middle:
        yield f"{history.name}, {name}: rows from after the key"
    elif (name in DEPTHS and positions[0] > ledger.at(DEPTHS[name])) or (
        name == "as of the middle" and positions[0] > middle
    ):
        yield f"{history.name}, {name}: rows from before the key"
