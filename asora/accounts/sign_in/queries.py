"""Named reads of who signs in: the actor of an account or session, what its sign-in needs, and its devices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asora.accounts.models import SecondFactor, Session, User
from asora.accounts.roles.table import ACTOR_TYPES, NEEDS_SECOND_FACTOR
from asora.accounts.sign_in.browsers import browser_of
from asora.accounts.sign_in.sessions import SECOND_FACTOR, alive, proved_at, ref_of
from asora.kernel import binding
from asora.kernel.actors import Actor


def actor_of(user: User, *, session_key: str = "", proved: datetime | None = None) -> Actor:
    """The explicit actor for a signed-in user. The session is named by a digest, never by its key.

    `proved`: when the person last showed a password or a code.
    """
    kind = ACTOR_TYPES.get(user.role, "user") if binding.schema_name() == "public" else "user"
    return Actor(
        schema=user.schema or binding.schema_name(),
        type=kind,
        ref=user.ref,
        roles=(user.role,),
        session_ref=ref_of(session_key),
        account=user,
        proved_at=proved,
    )


def actor_of_session(user: User, session: Any) -> Actor | None:
    """The actor of a session; None if their role needs a second factor and the session has none."""
    if needs_second_factor(user) and not session.get(SECOND_FACTOR):
        return None
    return actor_of(user, session_key=session.session_key or "", proved=proved_at(session))


def needs_second_factor(user: User) -> bool:
    """Return True for operators and support agents. For people of a tenant a second factor is optional."""
    return user.schema == binding.PUBLIC and user.role in NEEDS_SECOND_FACTOR


def has_second_factor(user: User) -> bool:
    """Return True if an authenticator app is set up. Then every sign-in asks for its code."""
    return SecondFactor.objects.filter(user_id=user.pk).exists()


@dataclass(frozen=True, slots=True)
class Device:
    """A browser where a person is signed in."""

    ref: str
    browser: str
    started_at: datetime
    seen_at: datetime
    is_here: bool


def devices_of(user: User, *, here: str) -> list[Device]:
    """Where a person is signed in: first the session with the digest `here`, then the others, last seen first."""
    rows = Session.objects.filter(alive(), user_id=user.pk).order_by("-seen_at", "pk")
    devices = [
        Device(
            ref=row.ref,
            browser=browser_of(row.user_agent),
            started_at=row.started_at,
            seen_at=row.seen_at,
            is_here=row.ref == here,
        )
        for row in rows
    ]
    return sorted(devices, key=lambda device: not device.is_here)
