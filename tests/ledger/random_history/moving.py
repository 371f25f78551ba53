"""Steps that move stock: documents, their reversals, and requested adjustments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.ledger.model.postings import Document, Line
from tests.ledger.model.requests import Asking, Decision
from tests.ledger.model.stock import Stock
from tests.ledger.random_history.steps import (
    MOST,
    PLACES,
    PLENTY,
    Past,
    Step,
    none,
    numbers,
    one_of,
    pick,
    picks,
    places,
    quantities_of,
    skus,
)

costs = numbers("0", "1", "2.5", "0.333333", "9.999999", "0.000001", "0.000002", "100")


@cache
def changes_of(sku: str) -> st.SearchStrategy[Decimal]:
    """A change up or down."""
    return st.tuples(quantities_of(sku), st.booleans()).map(lambda pair: pair[0] if pair[1] else -pair[0])


def lines(
    quantity: Callable[[str], st.SearchStrategy[Decimal]],
    cost: st.SearchStrategy[Any],
    to: st.SearchStrategy[Any],
) -> st.SearchStrategy[Line]:
    """One line of a document."""
    of = {sku: st.builds(Line, st.just(sku), places, quantity(sku), cost, to) for sku in PLENTY}
    return skus.flatmap(of.__getitem__)


@cache
def plenty_of(sku: str) -> st.SearchStrategy[Decimal]:
    """A larger quantity, so that later steps have stock; rarely one that is refused."""
    return one_of((3, PLENTY[sku]), (1, quantities_of(sku)))


LINES = {
    "receipt": lines(plenty_of, costs, none),
    "issue": lines(quantities_of, none, none),
    "transfer": lines(quantities_of, none, places),
    "adjustment": lines(changes_of, none, none),
}


@cache
def documents_of(kind: str, *, most: int = 3) -> st.SearchStrategy[Document]:
    """A document of some lines."""
    several = st.lists(LINES[kind], min_size=1, max_size=most)
    return several.map(
        lambda found: Document(kind, tuple(replace(line, number=n) for n, line in enumerate(found, start=1)))
    )


kinds = st.sampled_from(["receipt", "receipt", "issue", "transfer", "transfer", "adjustment"])
documents = kinds.flatmap(documents_of)


def aimed(line: Line, kind: str, stock: Stock) -> Line:
    """The same line at a place that has stock to take; otherwise nearly all lines would be refused.

    The largest quantity becomes all of the stock there.
    """
    goes_out = kind in {"issue", "transfer"} or line.quantity < 0
    held = [place for place in PLACES if stock.bins.get((line.item, place))]
    if goes_out and held and line.place not in held:
        line = replace(line, place=held[line.number % len(held)])
    there = stock.bins.get((line.item, line.place))
    if kind in {"issue", "transfer"} and there and line.quantity == MOST[line.item]:
        line = replace(line, quantity=there)
    if line.to == line.place and line.quantity != 1:
        line = replace(line, to=PLACES[PLACES.index(line.place) - line.number % 3 - 1])
    return line


def post(document: Document) -> Step:
    def wish(past: Past) -> Document:
        lines = tuple(aimed(line, document.kind, past.ledger.stock) for line in document.lines)
        return replace(document, lines=lines, submission=past.number)

    return Step(f"post {document}", wish)


def again(number: int) -> Step:
    return Step(f"again {number}", lambda past: pick(past.wishes, number))


def reverse(number: int) -> Step:
    def wish(past: Past) -> Document | None:
        count = len(past.ledger.postings)
        at = count - 1 - number % count if count else None
        return None if at is None else Document("reversal", reverses=at, submission=past.number)

    return Step(f"reverse {number}", wish)


def drain(number: int) -> Step:
    """Issue all stock of a bin: the last unit takes all the value, and a count may come too late."""

    def wish(past: Past) -> Document | None:
        held = [(key, quantity) for key, quantity in past.ledger.stock.bins.items() if quantity]
        found = pick(held, number)
        if found is None:
            return None
        (item, place), quantity = found
        return Document("issue", (Line(item, place, quantity),), submission=past.number)

    return Step(f"drain {number}", wish)


def _ask(document: Document) -> Step:
    return Step(f"ask {document}", lambda past: Asking(replace(document, submission=past.number)))


def _decide(number: int, posts: bool) -> Step:
    def wish(past: Past) -> Decision | None:
        count = len(past.ledger.requests)
        return Decision(count - 1 - number % count, posts) if count else None

    return Step(f"decide {number} {posts}", wish)


movements = one_of(
    (6, documents.map(post)),
    (1, st.builds(drain, picks)),
    (1, st.builds(again, picks)),
    (1, st.builds(reverse, picks)),
)
requests = one_of(
    (2, documents_of("adjustment").map(_ask)),
    (2, st.builds(_decide, picks, st.just(True))),
    (1, st.builds(_decide, picks, st.just(False))),
)
