"""Finds the request that a customer means when nobody knows its id: refused ones first. Only inside a tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from asora.kernel.act import Act
from asora.kernel.text import fold_code
from audit.events.models import Event
from integrations.dispatch.models import Dispatch
from ledger.models import Entry, Posting
from support.evidence.facts import EventFact
from support.evidence.reading import facts_of

STOPPED = (Event.Outcome.REFUSED, Event.Outcome.FAILED)
#: Rows of the ledger and of dispatches whose requests are looked at.
MAX_ROWS = 500
EXPORTS = ("ledger.export.create", "ledger.export.download", "ledger.export.prove")


class Kind(StrEnum):
    """Where candidates are looked for."""

    REQUESTS = "requests"  # all of what people did
    LEDGER = "ledger"  # documents that moved the stock of an item, bin or hub
    EXPORTS = "exports"
    DISPATCHES = "dispatches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is known about the request. Empty values do not limit.

    `person`: a pseudonym. `since`, `until`: the period, without its end. `item`, `hub`, `bin`: their codes.
    `integration`: the name of an endpoint.
    """

    kinds: tuple[Kind, ...] = (Kind.REQUESTS,)
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    action: str = ""
    code: str = ""
    item: str = ""
    hub: str = ""
    bin: str = ""
    integration: str = ""


def candidates(within: Act, sought: Sought, *, limit: int = 20) -> list[EventFact]:
    """The events that decided the requests that may be meant, one for each request, at most `limit`.

    Refused and failed ones first, each part newest first. Looks of support and what only reads are left out.
    """
    found = list(_events(sought, limit))
    return facts_of(within, found)


def _events(sought: Sought, limit: int) -> Iterator[Event]:
    known: set[str] = set()
    parts = [_of_kind(kind, sought) for kind in sought.kinds]
    for only in (Q(outcome__in=STOPPED), Q(outcome=Event.Outcome.ALLOWED)):
        merged = [
            event
            for part in parts
            for event in part.filter(only).order_by("-occurred_at", "-id")[: 5 * limit]
        ]
        for event in sorted(merged, key=lambda one: (one.occurred_at, one.pk), reverse=True):
            if event.request_id not in known:
                known.add(event.request_id)
                yield event
            if len(known) >= limit:
                return


def _of_kind(kind: Kind, sought: Sought) -> QuerySet[Event]:
    rows = Event.objects.exclude(actor_type="support")
    match kind:
        case Kind.REQUESTS:
            return _within_period(rows, sought)
        case Kind.EXPORTS:
            return _within_period(rows.filter(action__in=EXPORTS), sought)
        case Kind.DISPATCHES:
            is_own = Q(request_id__in=_requests(_dispatches(sought)))
            refused = Q(action__startswith="integrations.", outcome__in=STOPPED)
            refused = refused & Q(resource_label=sought.integration) if sought.integration else refused
            return _within_period(rows.filter(is_own | refused), sought)
        case Kind.LEDGER:
            return _by_person(rows.filter(request_id__in=_requests(_postings(sought))), sought)


def _requests(rows: QuerySet[Dispatch] | QuerySet[Posting]) -> Iterable[str]:
    return list(dict.fromkeys(rows.values_list("request_id", flat=True)[:MAX_ROWS]))


def _postings(sought: Sought) -> QuerySet[Posting]:
    """The documents that moved the stock in question, newest first."""
    entries = Entry.objects.all()
    if sought.item:
        entries = entries.filter(item__sku_key=fold_code(sought.item))
    if sought.hub:
        entries = entries.filter(hub__code_key=fold_code(sought.hub))
    if sought.bin:
        entries = entries.filter(bin__code_key=fold_code(sought.bin))
    rows = Posting.objects.filter(pk__in=entries.values("posting_id"))
    if sought.since is not None:
        rows = rows.filter(recorded_at__gte=sought.since)
    if sought.until is not None:
        rows = rows.filter(recorded_at__lt=sought.until)
    return rows.order_by("-position")


def _dispatches(sought: Sought) -> QuerySet[Dispatch]:
    rows = Dispatch.objects.all()
    if sought.integration:
        rows = rows.filter(endpoint__name_key=fold_code(sought.integration))
    if sought.since is not None:
        rows = rows.filter(started_at__gte=sought.since)
    if sought.until is not None:
        rows = rows.filter(started_at__lt=sought.until)
    return rows.order_by("-started_at", "-id")


def _within_period(rows: QuerySet[Event], sought: Sought) -> QuerySet[Event]:
    if sought.since is not None:
        rows = rows.filter(occurred_at__gte=sought.since)
    if sought.until is not None:
        rows = rows.filter(occurred_at__lt=sought.until)
    return _by_person(rows, sought)


def _by_person(rows: QuerySet[Event], sought: Sought) -> QuerySet[Event]:
    if sought.person:
        rows = rows.filter(actor_ref=sought.person)
    if sought.action:
        rows = rows.filter(action=sought.action)
    if sought.code:
        rows = rows.filter(code=sought.code)
    return rows
