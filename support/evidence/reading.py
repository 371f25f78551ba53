"""Reads evidence of one tenant: events of its trail, and attempts to sign in. Only inside `access.reading.inside`.

Every event comes with the hash of its canonical row and the seal over it, so that a reference to it can be checked
again at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from asora.accounts.models import SignInAttempt
from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.request_ids import SHAPE
from audit.events.following import caused_by
from audit.events.models import Event
from audit.events.vocabulary import sentence
from audit.seals import event_rows
from support.evidence import facts, seals
from support.evidence.facts import ATTEMPT, EVENT, EventFact
from support.words import LOOK

MAX_EVENTS = 200
#: Columns of an attempt that support's database role may read.
OF_ATTEMPT = ("ref", "at", "kind", "request_id", "route", "reason", "person", "session_ref")
#: The actions that an attempt records: a sign-in, or a request after the session had ended.
SIGN_IN, LATE = "accounts.sign_in", "accounts.session.late"


def event(within: Act, record: UUID) -> EventFact | None:
    """One event by its id; None if the tenant's trail has none."""
    return next(iter(facts_of(within, Event.objects.filter(pk=record))), None)


def events_of_request(within: Act, request_id: str) -> list[EventFact]:
    """The events of a request and of the requests that it caused, oldest first, at most `MAX_EVENTS`.

    Looks of support are left out: they are no evidence of what the tenant did.
    """
    if not SHAPE.match(request_id):
        return []
    rows = Event.objects.filter(request_id__in=caused_by(request_id)).exclude(action=LOOK)
    return facts_of(within, rows.order_by("occurred_at", "id")[:MAX_EVENTS])


def attempts_of(
    within: Act,
    *,
    request_id: str = "",
    person: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
) -> list[EventFact]:
    """Attempts to sign in, newest first: of a request, or of a person in a period. They are not sealed.

    `person`: a pseudonym. Without a request and without a person, nothing is found.
    """
    if not request_id and not person:
        return []
    rows = SignInAttempt.objects.only(*OF_ATTEMPT)
    if request_id:
        rows = rows.filter(request_id=request_id)
    if person:
        rows = rows.filter(person=person)
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    return [_of_attempt(within, attempt) for attempt in rows.order_by("-at", "-id")[:limit]]


def attempt(within: Act, ref: str) -> EventFact | None:
    """One attempt by its reference; None if it is no longer stored."""
    found = SignInAttempt.objects.only(*OF_ATTEMPT).filter(ref=ref).first()
    return None if found is None else _of_attempt(within, found)


def facts_of(within: Act, rows: QuerySet[Event] | Sequence[Event]) -> list[EventFact]:
    """These events as facts, in the same order. Two more queries for all of them."""
    events = list(rows)
    covering = seals.covering({event.number for event in events if event.number is not None})
    formats = {
        event.pk: covering[event.number].row_format if event.number in covering else event_rows.CURRENT
        for event in events
    }
    hashes = _hashes(formats)
    return [
        _of_event(
            within,
            event,
            event_hash=hashes[event.pk],
            row_format=formats[event.pk],
            seal=covering[event.number].place if event.number in covering else None,
        )
        for event in events
        if event.pk in hashes
    ]


def _hashes(formats: dict[UUID, int]) -> dict[UUID, str]:
    """SHA-256 of the canonical rows of some events, each in its format."""
    return {
        key: facts.digest(row)
        for row_format in sorted(set(formats.values()))
        for key, row in event_rows.rows_of(_in_format(formats, row_format), row_format=row_format).items()
    }


def _in_format(formats: dict[UUID, int], row_format: int) -> Iterable[UUID]:
    return [key for key, own in formats.items() if own == row_format]


def _of_event(
    within: Act, event: Event, *, event_hash: str, row_format: int, seal: facts.SealPlace | None
) -> EventFact:
    positions = None
    if event.first_position is not None and event.last_position is not None:
        positions = (event.first_position, event.last_position)
    return EventFact(
        kind=EVENT.value,
        schema=binding.schema_name(),
        access=UUID(within.actor.session_ref),
        record=str(event.pk),
        request_id=event.request_id,
        occurred_at=event.occurred_at,
        action=event.action,
        outcome=event.outcome,
        sentence=sentence(action=event.action, outcome=event.outcome, label=event.resource_label),
        number=event.number,
        event_hash=event_hash,
        row_format=row_format,
        seal=seal,
        cause_id=event.cause_id,
        actor_type=event.actor_type,
        actor_ref=event.actor_ref,
        session_ref=event.session_ref,
        route=event.route,
        http_status=event.http_status,
        code=event.code,
        reason=event.reason,
        rule=event.rule_id,
        message=event.message,
        resource_type=event.resource_type,
        resource_id=event.resource_id,
        resource_label=event.resource_label,
        facts=facts.bounded(event.facts),
        positions=positions,
        export_ref=event.export_ref,
        dispatch_ref=event.dispatch_ref,
        hubs=None if event.hubs is None else tuple(event.hubs),
        release=event.release,
        **facts.of_ladder(event.decision),
    )


def _of_attempt(within: Act, found: SignInAttempt) -> EventFact:
    outcome = "refused" if found.reason else "allowed"
    action = LATE if found.kind == SignInAttempt.Kind.LATE else SIGN_IN
    return EventFact(
        kind=ATTEMPT.value,
        schema=binding.schema_name(),
        access=UUID(within.actor.session_ref),
        record=found.ref,
        request_id=found.request_id,
        occurred_at=found.at,
        action=action,
        outcome=outcome,
        sentence=sentence(action=action, outcome=outcome, label=""),
        actor_ref=found.person,
        session_ref=found.session_ref,
        route=found.route,
        code="AUTH_REQUIRED" if found.reason else "",
        reason=found.reason,
        details={"kind": found.kind},
    )
