"""Who does something, in which tenant, under which request: the explicit first argument of every change."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from django.utils import timezone

from asora.kernel import keys
from asora.kernel.request_ids import new_request_id, of_command

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

#: How long a proof of who somebody is holds for acts that ask for a recent one.
PROOF_HOLDS = timedelta(minutes=15)


class Account(Protocol):
    """What the kernel needs of a signed-in person."""

    pk: Any
    is_active: bool
    schema: str
    #: Works at every place: hub, or on the public host tenant.
    all_hubs: bool

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether the permission back ends of the current schema allow it."""

    def granted_places(self) -> QuerySet[Any, Any]:
        """A query for the ids of the places that were granted one by one (see `kernel.reach`)."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: resolved eagerly from the session, never a lazy user, never a foreign key.

    `ref` is a pseudonym; name and address live in the erasable directory of `asora.accounts`. A `system`
    actor has no account: it carries the permissions that its command needs by name, and no others.
    """

    schema: str
    type: str  # user, support, operator, integration, system, anonymous
    ref: str
    roles: tuple[str, ...] = ()
    session_ref: str = ""
    account: Account | None = field(default=None, compare=False, repr=False)
    granted: frozenset[str] = frozenset()
    proved_at: datetime | None = None
    #: What events say of it besides: of a command, the operating system's user, and who was named without a proof.
    claims: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_recently_proved(self) -> bool:
        """Whether somebody with an account has lately shown a password or a code; a command needs not."""
        if self.account is None:
            return self.is_authenticated
        return self.proved_at is not None and timezone.now() - self.proved_at < PROOF_HOLDS

    @property
    def is_authenticated(self) -> bool:
        """Whether anybody is there at all."""
        return self.type != "anonymous"

    def may(self, permission: str, obj: Any = None) -> bool:
        """Role and object permission, asked of Django's permission back ends."""
        if self.account is None:
            return permission in self.granted
        return self.account.has_perm(permission, obj)


def anonymous(schema: str, *, session_ref: str = "") -> Actor:
    """Nobody in particular; `session_ref`: the digest of a session that has ended, if the request names one."""
    return Actor(schema=schema, type="anonymous", ref="", session_ref=session_ref)


def system(schema: str, ref: str, *permissions: str) -> Actor:
    """A command or job of the product itself, with exactly the named permissions."""
    return Actor(schema=schema, type="system", ref=ref, roles=("system",), granted=frozenset(permissions))


class Tenancy(Protocol):
    """What the kernel needs of a tenant."""

    pk: Any
    slug: str
    schema_name: str
    costing: str
    currency: str
    time_zone: str
    plan: str
    role_model: str


@dataclass(frozen=True, slots=True)
class Change:
    """One record's typed before and after, as it goes into the audit event."""

    resource_type: str
    resource_id: str
    resource_label: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(slots=True)
class Record:
    """What the body of an action says that it did. The door refuses to commit a body that says nothing.

    `touched` and `inputs`: what it changed, and what its checks read, as `kernel.keys`. `hubs`: the ids of the hubs
    that it concerns. What a refused body has said of inputs and hubs stays with its event.
    """

    changes: list[Change] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    refs: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    nothing_to_do: str = ""
    touched: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    hubs: set[int] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Whether the body has recorded neither a change nor that there was nothing to do."""
        return not (self.changes or self.positions or self.refs or self.facts or self.nothing_to_do)


@dataclass(frozen=True, slots=True)
class Act:
    """One request to change something: immutable, and passed by hand from the view to the last function."""

    tenant: Tenancy
    actor: Actor
    request_id: str
    client_request_id: str = ""
    route: str = ""
    cause_id: str = ""
    record: Record | None = field(default=None, compare=False, repr=False)
    began: float = field(default_factory=time.perf_counter, compare=False, repr=False)

    def recording(self) -> Act:
        """The same act with an empty record: what the door hands to the body."""
        return replace(self, record=Record())

    def changed(
        self,
        instance: Model,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Say that `instance` was created (no `before`), changed, or ended (no `after`): it and its hub are touched."""
        self._record.changes.append(
            Change(
                resource_type=instance._meta.label_lower,
                resource_id=str(instance.pk),
                resource_label=str(instance),
                before=before or {},
                after=after or {},
            )
        )
        self.touched(instance)
        self.at_hubs(keys.hub_of(instance))

    def touched(self, *touched: Model | str) -> None:
        """Say what was changed besides: records, or keys (`kernel.keys`) of what is no record."""
        self._record.touched.extend(_key_of(one) for one in touched)

    def reads(self, *read: Model | str) -> None:
        """Say what the checks of this body are about to read, before they do: records, or keys.

        Outside of the body of an action, where the same checks may be asked in courtesy, nothing is kept of it.
        """
        if self.record is not None:
            self.record.inputs.extend(_key_of(one) for one in read)

    def at_hubs(self, *hubs: Any) -> None:
        """Say which hubs this concerns, by record or id. Only who works at all of them reads the whole event."""
        self._record.hubs.update(int(getattr(hub, "pk", hub)) for hub in hubs if hub is not None)

    def posted(self, *positions: int) -> None:
        """Say which ledger positions were written."""
        self._record.positions.extend(positions)

    def refers(self, **refs: str) -> None:
        """Link the event to an export, batch, dispatch or ticket."""
        self._record.refs.update(refs)

    def found(self, **facts: Any) -> None:
        """Add counted facts (rows read, file hash, totals) that the event should carry."""
        self._record.facts.update(facts)

    def noop(self, why: str) -> None:
        """Say that the world already was as asked: the event's outcome becomes `noop`."""
        self._record.nothing_to_do = why

    @property
    def _record(self) -> Record:
        if self.record is None:
            raise RuntimeError("only the body of an action, called through the door, can record")
        return self.record

    def in_tenant(self, tenant: Tenancy, *permissions: str) -> Act:
        """The same person's act inside a tenant, with exactly the named permissions there and no account.

        For operators, who live in public: that they may act in this tenant is checked there, before this is called.
        """
        actor = replace(
            self.actor,
            schema=tenant.schema_name,
            account=None,
            granted=frozenset(permissions),
            proved_at=None,
        )
        return replace(self, tenant=tenant, actor=actor, record=None)

    @property
    def zone(self) -> ZoneInfo:
        """The tenant's time zone, whose days are meant wherever a day is named (`asora.kernel.days`)."""
        return ZoneInfo(self.tenant.time_zone)

    @property
    def today(self) -> Any:
        """The current date in the tenant's time zone."""
        return self.local(timezone.now()).date()

    def local(self, moment: datetime) -> datetime:
        """A moment in the tenant's time zone."""
        return moment.astimezone(self.zone)


def _key_of(one: Model | str) -> str:
    return one if isinstance(one, str) else keys.of(one)


def new_act(tenant: Tenancy, actor: Actor, *, route: str = "", client_request_id: str = "") -> Act:
    """An act with a fresh request id, which lines of the log carry from then on where no request has one."""
    request_id = new_request_id(tenant.slug)
    of_command.set(request_id)
    return Act(
        tenant=tenant,
        actor=actor,
        request_id=request_id,
        client_request_id=client_request_id,
        route=route,
    )
