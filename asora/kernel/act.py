"""The act: who does something, in which tenant, under which request. It is the first argument of every change."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from django.utils import timezone

from asora.kernel import keys
from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from asora.kernel.request_ids import new_request_id, of_command
from asora.kernel.shapes import ReadOnlyValues, Values

if TYPE_CHECKING:
    from django.db.models import Model


class Tenancy(Protocol):
    """The part of a tenant that the kernel uses."""

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
    """The change of one record, with values before and after, as it is written to the audit event."""

    resource_type: str
    resource_id: str
    resource_label: str
    before: ReadOnlyValues
    after: ReadOnlyValues


@dataclass(slots=True)
class Record:
    """What the body of an action reports about its work. The door refuses to commit a body that reports nothing.

    `touched` and `inputs`: what it changed and what its checks read, as `kernel.keys`. `hubs`: the ids of the hubs
    that it concerns. If the body is refused, its inputs and hubs are still written to the event.
    """

    changes: list[Change] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    refs: dict[str, str] = field(default_factory=dict)
    facts: Values = field(default_factory=dict)
    nothing_to_do: str = ""
    touched: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    #: How many rows it is about to add that a ceiling counts; only a look needs it (`kernel.looking`).
    adds: int | None = None
    hubs: set[int] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Returns True if the body has reported neither a change nor that there was nothing to do."""
        return not (self.changes or self.positions or self.refs or self.facts or self.nothing_to_do)


@dataclass(frozen=True, slots=True)
class Act:
    """One request to change something: immutable, passed as an argument from the view to the last function."""

    tenant: Tenancy
    actor: Actor
    request_id: str
    client_request_id: str = ""
    route: str = ""
    cause_id: str = ""
    record: Record | None = field(default=None, compare=False, repr=False)
    began: float = field(default_factory=time.perf_counter, compare=False, repr=False)

    def recording(self) -> Act:
        """The same act with an empty record; the door passes it to the body."""
        return replace(self, record=Record())

    def changed(
        self,
        instance: Model,
        *,
        before: ReadOnlyValues | None = None,
        after: ReadOnlyValues | None = None,
    ) -> None:
        """Report that `instance` was created (no `before`), changed, or ended (no `after`). Touches it and its hub."""
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
        """Report what else was changed: records, or keys (`kernel.keys`) of things that are not records."""
        self._record.touched.extend(_key_of(one) for one in touched)

    def reads(self, *read: Model | str) -> None:
        """Report what the checks of this body are going to read, before they read it: records, or keys.

        Outside the body of an action (a form may call the same checks early) this does nothing.
        """
        if self.record is not None:
            self.record.inputs.extend(_key_of(one) for one in read)

    def at_hubs(self, *hubs: Any) -> None:
        """Report which hubs this concerns, by record or id. Only people who work at all of them see the whole event."""
        self._record.hubs.update(int(getattr(hub, "pk", hub)) for hub in hubs if hub is not None)

    def adds(self, rows: int) -> None:
        """Report how many rows that the plan counts are about to be added, if it is not one. Call it before adding."""
        self._record.adds = rows

    def posted(self, *positions: int) -> None:
        """Report which ledger positions were written."""
        self._record.positions.extend(positions)

    def refers(self, **refs: str) -> None:
        """Link the event to an export, batch, dispatch or ticket."""
        self._record.refs.update(refs)

    def found(self, **facts: Any) -> None:
        """Add facts to the event, such as rows read, file hash and totals."""
        self._record.facts.update(facts)

    def noop(self, why: str) -> None:
        """Report that there was nothing to do, and why: the event's outcome becomes `noop`."""
        self._record.nothing_to_do = why

    @property
    def _record(self) -> Record:
        if self.record is None:
            raise RuntimeError("only the body of an action, called through the door, can record")
        return self.record

    def in_tenant(self, tenant: Tenancy, *permissions: Permission) -> Act:
        """The same person's act inside a tenant, with exactly the listed permissions there and no account.

        For operators, whose accounts are in the public schema. The caller checks there first that the operator may
        act in this tenant.
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
        """The tenant's time zone. Every day in Asora is a day in this zone (`asora.kernel.days`)."""
        return ZoneInfo(self.tenant.time_zone)

    @property
    def today(self) -> date:
        """The current date in the tenant's time zone."""
        return self.local(timezone.now()).date()

    def local(self, moment: datetime) -> datetime:
        """A moment in the tenant's time zone."""
        return moment.astimezone(self.zone)


def _key_of(one: Model | str) -> str:
    return one if isinstance(one, str) else keys.of(one)


def new_act(tenant: Tenancy, actor: Actor, *, route: str = "", client_request_id: str = "") -> Act:
    """An act with a new request id. Log lines outside a request carry this id from now on."""
    request_id = new_request_id(tenant.slug)
    of_command.set(request_id)
    return Act(
        tenant=tenant,
        actor=actor,
        request_id=request_id,
        client_request_id=client_request_id,
        route=route,
    )
