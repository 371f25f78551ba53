"""Adjustments that are asked for first: nothing moves until somebody posts them, as things are then."""

from __future__ import annotations

from dataclasses import dataclass

from tests.ledger.model.postings import Document, Ledger, judge, post
from tests.ledger.model.refusals import Faults, Refused


@dataclass
class Request:
    """An adjustment that was asked for; `state`: requested, posted or declined."""

    document: Document
    state: str = "requested"


@dataclass(frozen=True)
class Asking:
    """Somebody asks for an adjustment."""

    document: Document


@dataclass(frozen=True)
class Decision:
    """Somebody posts a request, or declines it."""

    request: int
    posts: bool


def ask(ledger: Ledger, wish: Asking) -> int:
    """What is wrong in itself cannot be asked for; what is there is looked at later. Returns its number."""
    if any(request.document.submission == wish.document.submission for request in ledger.requests):
        raise Refused("STATE_CONFLICT", "ALREADY_POSTED")
    faults = Faults()
    judge(ledger, wish.document, faults)
    faults.refuse()
    ledger.requests.append(Request(wish.document))
    return len(ledger.requests) - 1


def decide(ledger: Ledger, wish: Decision) -> int | None:
    """Post or decline it, once; returns the number of the posting."""
    request = ledger.requests[wish.request]
    if request.state != "requested":
        raise Refused("STATE_CONFLICT", "REQUEST_CLOSED")
    request.state = "posted" if wish.posts else "declined"
    return post(ledger, request.document) if wish.posts else None
