"""Named reads of the directory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.crypto import constant_time_compare

from asora.accounts import links
from asora.accounts.browsers import browser_of
from asora.accounts.models import Invitation, RecoveryCode, SecondFactor, Session, User
from asora.accounts.roles import ACCEPT_INVITATION, ACTOR_TYPES, NEEDS_SECOND_FACTOR
from asora.accounts.sessions import SECOND_FACTOR, alive, proved_at, ref_of
from asora.kernel import binding
from asora.kernel.act import Act, Actor


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


def recovery_codes_left(user: User) -> int:
    """The number of unused recovery codes."""
    return RecoveryCode.objects.filter(user_id=user.pk, used_at=None).count()


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


def names() -> dict[str, str]:
    """The names of all people of the current schema, by pseudonym."""
    return dict(User.objects.values_list("ref", "name"))


def invitation_of(token: str) -> Invitation:
    """The invitation of the link with `token`, if it can be accepted. Refusals: AUTH_REQUIRED LINK_INVALID."""
    claims = links.read("invitation", token)
    row = Invitation.objects.filter(ref=claims["ref"]).first()
    if row is None or not row.is_acceptable or not constant_time_compare(row.nonce, claims["nonce"]):
        raise links.invalid()
    return row


def act_of_invited(act: Act, invitation: Invitation) -> Act:
    """The act of the holder of a valid link: as the person they will become, allowed only to accept the invitation."""
    kind = ACTOR_TYPES.get(invitation.role, "user") if binding.schema_name() == binding.PUBLIC else "user"
    actor = Actor(
        schema=binding.schema_name(),
        type=kind,
        ref=invitation.ref,
        roles=("invited",),
        granted=frozenset({ACCEPT_INVITATION}),
    )
    return replace(act, actor=actor)
