"""Actors: the person or program that acts, as the door and the audit trail know them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from django.utils import timezone

from asora.kernel.permissions import SIGNED_IN, Asked, Permission
from asora.kernel.shapes import ReadOnlyValues, Rows

if TYPE_CHECKING:
    pass

#: How long after a person has proved their identity an act that requires recent proof is allowed.
PROOF_VALID_FOR = timedelta(minutes=15)


class Account(Protocol):
    """The part of a user account that the kernel uses."""

    pk: Any
    is_active: bool
    schema: str
    #: Works at every place: hub, or on the public host tenant.
    all_hubs: bool

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Returns True if the permission back ends of the current schema allow it."""

    def granted_places(self) -> Rows:
        """A query for the ids of the places that were granted one by one (see `kernel.reach`)."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or program that acts: read from the session at once, never a lazy user, never a foreign key.

    `ref` is a pseudonym. Name and address are stored in the directory of `asora.accounts`, where they can be erased.
    A `system` actor has no account: it has exactly the permissions that its command lists.
    """

    schema: str
    type: str  # user, support, operator, integration, system, anonymous
    ref: str
    roles: tuple[str, ...] = ()
    session_ref: str = ""
    account: Account | None = field(default=None, compare=False, repr=False)
    granted: frozenset[Permission] = frozenset()
    proved_at: datetime | None = None
    #: More facts for events. For a command: the operating system user, and the name that was given but not verified.
    claims: ReadOnlyValues = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_recently_proved(self) -> bool:
        """Returns True if the person entered a password or code recently. Commands need no such proof."""
        if self.account is None:
            return self.is_authenticated
        return self.proved_at is not None and timezone.now() - self.proved_at < PROOF_VALID_FOR

    @property
    def is_authenticated(self) -> bool:
        """Returns True unless the actor is anonymous."""
        return self.type != "anonymous"

    def may(self, permission: Asked, obj: object = None) -> bool:
        """Role and object permission, asked of Django's permission back ends; `SIGNED_IN` needs none of them."""
        if permission == SIGNED_IN:
            return self.is_authenticated
        if self.account is None:
            return permission in self.granted
        return self.account.has_perm(permission, obj)


def anonymous(schema: str, *, session_ref: str = "") -> Actor:
    """An actor without an account. `session_ref`: the digest of the ended session that the request names, if any."""
    return Actor(schema=schema, type="anonymous", ref="", session_ref=session_ref)


def system(schema: str, ref: str, *permissions: Permission) -> Actor:
    """The actor of a command or job of Asora, with exactly the listed permissions."""
    return Actor(schema=schema, type="system", ref=ref, roles=("system",), granted=frozenset(permissions))
