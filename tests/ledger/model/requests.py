"""Requested adjustments: stock does not change until somebody posts them, with the stock of that moment."""

from __future__ import annotations

from dataclasses import dataclass

from tests.ledger.model.postings import Document, Ledger, check, post
from tests.ledger.model.refusals import Faults, Refused


@dataclass
class Request:
    """A requested adjustment; `state`: requested, posted or declined."""

    document: Document
    state: str = "requested"


@dataclass(frozen=True)
class Asking:
    """A request for an adjustment."""

    document: Document


@dataclass(frozen=True)
class Decision:
    """Somebody posts a request, or declines it."""

    request: int
    posts: bool


def ask(ledger: Ledger, wish: Asking) -> int:
    """Request an adjustment; stock is checked when it is posted. Returns its number."""
    if any(request.document.submission == wish.document.submission for request in ledger.requests):
        raise Refused("STATE_CONFLICT", "ALREADY_POSTED")
    faults = Faults()
    check(ledger, wish.document, faults)
    faults.refuse()
    ledger.requests.append(Request(wish.document))
    return len(ledger.requests) - 1


def decide(ledger: Ledger, wish: Decision) -> int | None:
    """Post or decline a request, once; returns the number of the posting."""
    request = ledger.requests[wish.request]
    if request.state != "requested":
        raise Refused("STATE_CONFLICT", "REQUEST_CLOSED")
    request.state = "posted" if wish.posts else "declined"
    return post(ledger, request.document) if wish.posts else None
