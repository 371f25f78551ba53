"""Access sessions of support, as the tenant's own trail tells them.

A session is a row of the public host. Its events are copied to the trail of the tenant that it concerns: the request,
the start if it had to be approved first, and the end. Together with the tenant's decisions they give its state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, UUIDField
from django.db.models.functions import Cast
from django.utils import timezone

from asora.kernel.actors import Actor
from audit.disclosure.models import AccessDecision, AccessPolicy
from audit.disclosure.rules import LAPSES_AFTER, Course, State, state_of
from audit.events import readers
from audit.events.models import Event

SESSION = "support.accesssession"
REQUESTED, STARTED, ENDED = "support.access.request", "support.access.start", "support.access.end"
SUPPORT = "support"
Reasons = Callable[[Collection[UUID]], Mapping[UUID, str]]


@dataclass(frozen=True, slots=True)
class AccessSession:
    """One session: who asked, for which ticket, and its state."""

    id: UUID
    agent: str
    ticket: str
    minutes: int
    #: The length of the agent's reason, which stays when the reason is erased with the agent.
    reason_length: int
    event: UUID
    course: Course
    state: State

    @property
    def label(self) -> str:
        """The ticket, or a short name if there is none."""
        return self.ticket or f"access {self.id.hex[-8:]}"

    @property
    def may_be_answered(self) -> bool:
        """Returns True if the tenant can approve or refuse it."""
        return self.state is State.WAITING

    @property
    def may_be_revoked(self) -> bool:
        """Returns True if an agent can look, or could after starting it."""
        return self.state in {State.OPEN, State.APPROVED}


def requested(actor: Actor) -> QuerySet[Event]:
    """The requests of all sessions that this reader may see, each with what `of` needs."""
    return _with_course(readers.readable(actor))


def waiting(actor: Actor) -> list[AccessSession]:
    """The sessions that wait for an answer by the tenant, oldest first."""
    now = timezone.now()
    recent = readers.readable(actor).filter(action=REQUESTED, occurred_at__gt=now - LAPSES_AFTER)
    if not recent.exists():  # as nearly always: the facts of no event are read
        return []
    found = (of(row, now=now) for row in _with_course(recent).order_by("occurred_at", "id"))
    return [session for session in found if session.may_be_answered]


def find(session: UUID) -> AccessSession | None:
    """One session by its id; None if this tenant's trail has no request for it."""
    row = _with_course(Event.objects.all()).filter(resource_id=str(session)).first()
    return None if row is None else of(row)


def of(row: Any, *, now: datetime | None = None) -> AccessSession:
    """The session of a row of `requested`."""
    facts = row.facts
    at_once = _moment(facts.get("expires_at"))
    asked_at = _moment(facts.get("occurred_at")) or row.occurred_at
    course = Course(
        requested_at=asked_at,
        needs_approval=bool(facts.get("needs_approval")),
        opened_at=asked_at if at_once else row.started_at,
        expires_at=at_once or _moment(row.started_until),
        ended_at=row.ended_at,
        approved_at=row.approved_at,
        refused_at=row.refused_at,
        revoked_at=row.revoked_at,
    )
    return AccessSession(
        id=UUID(row.resource_id),
        agent=row.actor_ref,
        ticket=str(facts.get("ticket") or ""),
        minutes=int(facts.get("minutes") or 0),
        reason_length=int(facts.get("reason_length") or 0),
        event=row.id,
        course=course,
        state=state_of(course, requires_approval=bool(row.requires_approval), now=now or timezone.now()),
    )


def looks(actor: Actor, session: AccessSession) -> QuerySet[Event]:
    """Everything that the agent did in a session, as far as this reader may see it."""
    rows = readers.readable(actor).defer(*readers.HEAVY)
    rows = rows.filter(actor_ref=session.agent, actor_type=SUPPORT)
    return rows.filter(session_ref=session.id.hex, occurred_at__gte=session.course.requested_at)


def describe_with(reasons: Reasons) -> None:
    """Register the function that reads the agents' reasons from the sessions' rows on the public host."""
    _readers["reasons"] = reasons


def reason_of(session: UUID) -> str:
    """Why the agent asked for this session, in the agent's words; empty if nothing is known."""
    read = _readers.get("reasons")
    return read([session]).get(session, "") if read else ""


_readers: dict[str, Reasons] = {}


def _with_course(rows: QuerySet[Event]) -> QuerySet[Event]:
    decisions = AccessDecision.objects.filter(session=Cast(OuterRef("resource_id"), UUIDField()))
    decided = {
        f"{verdict}_at": Subquery(decisions.filter(verdict=verdict).values("decided_at")[:1])
        for verdict in AccessDecision.Verdict.values
    }
    later = Event.objects.filter(
        resource_type=SESSION, resource_id=OuterRef("resource_id"), outcome=Event.Outcome.ALLOWED
    ).order_by("occurred_at", "id")
    rows = rows.filter(action=REQUESTED, resource_type=SESSION, outcome=Event.Outcome.ALLOWED)
    return rows.defer(*(name for name in readers.HEAVY if name != "facts")).annotate(
        **decided,
        requires_approval=Subquery(AccessPolicy.objects.order_by("-id").values("requires_approval")[:1]),
        started_at=Subquery(later.filter(action=STARTED).values("occurred_at")[:1]),
        started_until=Subquery(later.filter(action=STARTED).values("facts__expires_at")[:1]),
        ended_at=Subquery(later.filter(action=ENDED).values("occurred_at")[:1]),
    )


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
