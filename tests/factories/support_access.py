"""Access sessions of support as a tenant's trail tells them, and the looks of their agents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from asora.kernel.act import Act, new_act
from asora.kernel.actors import Actor
from asora.kernel.events import record_event
from asora.kernel.ladder import Outcome
from asora.kernel.request_ids import uuid7
from audit.disclosure.sessions import ENDED, REQUESTED, SESSION, STARTED
from plans.models import Tenant

AGENT = "u-agent00000"


def act_of_agent(tenant: Tenant, *, session: UUID | None = None) -> Act:
    """An act of a support agent in the tenant; `session`: inside this access session."""
    actor = Actor(
        schema=tenant.schema_name,
        type="support",
        ref=AGENT,
        session_ref=session.hex if session else "",
    )
    return new_act(tenant, actor, route="tests")


def record(tenant: Tenant, session: UUID, action: str, **facts: Any) -> None:
    """An event of a session in the bound tenant's trail, like the copy of the platform's event."""
    act = act_of_agent(tenant).recording()
    act.found(**facts)
    label = facts.get("ticket") or f"access {session.hex[-8:]}"
    record_event(act, Outcome(action, "allowed", [], (SESSION, str(session), label), act.record))


def ask_for_access(tenant: Tenant, *, ticket: str = "T-1", minutes: int = 30, **facts: Any) -> UUID:
    """A request that needs approval; with `expires_at` it opened at once."""
    session = uuid7()
    values = {"ticket": ticket, "minutes": minutes, "needs_approval": "expires_at" not in facts, **facts}
    record(tenant, session, REQUESTED, **values)
    return session


def in_minutes(number: int) -> datetime:
    """The moment in so many minutes."""
    return timezone.now() + timedelta(minutes=number)


def open_access(tenant: Tenant, *, minutes: int = 30) -> UUID:
    """A session that opened at once."""
    return ask_for_access(tenant, minutes=minutes, expires_at=in_minutes(minutes).isoformat())


def start(tenant: Tenant, session: UUID, *, minutes: int = 30) -> None:
    """The agent starts an approved session."""
    record(tenant, session, STARTED, minutes=minutes, expires_at=in_minutes(minutes).isoformat())


def end(tenant: Tenant, session: UUID) -> None:
    """The agent ends a session."""
    record(tenant, session, ENDED)


def look(tenant: Tenant, session: UUID, address: str = "/audit/") -> None:
    """The agent opens a page."""
    act = act_of_agent(tenant, session=session).recording()
    act.found(address=address)
    record_event(act, Outcome("support.access.look", "allowed", [], ("", "", address), act.record))
