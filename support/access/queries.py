"""Named reads of access sessions: an agent's tenants and sessions, and whether one of them is open now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from audit.disclosure import queries as disclosure
from plans.grants import managed_tenants
from plans.models import Tenant
from support.access import rules
from support.access.models import AccessSession

WORK_DESK, MANAGE_TENANT = Permission.SUPPORT_WORK_DESK, Permission.PLANS_MANAGE_TENANT
MAX_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Decided:
    """What a tenant has decided: whether it requires approval now, and its verdict on each of some sessions."""

    needs_approval: bool
    verdicts: Mapping[UUID, str | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """A session with its present state."""

    session: AccessSession
    state: rules.State

    @property
    def is_live(self) -> bool:
        """Whether the session can be used, now or later."""
        return self.state in rules.LIVE


def granted_tenants(actor: Actor) -> QuerySet[Tenant]:
    """The tenants that an agent may open, by name."""
    rows: QuerySet[Tenant] = managed_tenants(actor).reachable().order_by("name", "slug")
    return rows


def sessions_of(act: Act, *, tenant: Tenant | None = None) -> QuerySet[AccessSession]:
    """The agent's own sessions, newest first."""
    rows = AccessSession.objects.filter(agent=act.actor.ref).select_related("tenant")
    if tenant is not None:
        rows = rows.filter(tenant=tenant)
    return rows.order_by("-requested_at", "-pk")


def shown(sessions: Iterable[AccessSession]) -> list[Shown]:
    """These sessions with their states, in the same order. Asks each of their tenants once."""
    rows = list(sessions)
    states: dict[UUID, rules.State] = {}
    for tenant, own in groupby(sorted(rows, key=attrgetter("tenant_id")), key=attrgetter("tenant")):
        of_tenant = list(own)
        decided = decided_by(tenant, [session.pk for session in of_tenant])
        states |= {session.pk: state_of(session, decided) for session in of_tenant}
    return [Shown(session, states[session.pk]) for session in rows]


def decided_by(tenant: Tenant, sessions: Collection[UUID]) -> Decided:
    """What the tenant has decided about these sessions. It is read in the tenant's own schema."""
    if not Tenant.objects.reachable().filter(pk=tenant.pk).exists():
        return Decided(needs_approval=True, verdicts={})  # nobody there can decide, so nothing is open
    with tenant_context(tenant):
        return Decided(
            needs_approval=disclosure.requires_approval(),
            verdicts={session: disclosure.verdict_on(session) for session in sessions},
        )


def state_of(session: AccessSession, decided: Decided) -> rules.State:
    """The state of a session now, after what its tenant has decided."""
    return rules.state(
        requested_at=session.requested_at,
        opened_at=session.opened_at,
        expires_at=session.expires_at,
        ended_at=session.ended_at,
        verdict=decided.verdicts.get(session.pk),
        needs_approval=decided.needs_approval,
        now=timezone.now(),
    )


def latest(act: Act, tenant: Tenant) -> Shown | None:
    """The agent's newest session of a tenant, with its state; None if there was none."""
    return next(iter(shown(sessions_of(act, tenant=tenant)[:1])), None)


def is_open(session: AccessSession, actor: Actor) -> bool:
    """Whether a session is open at this moment: reads its row, the tenant's decision, and the agent's rights.

    Call it on the application's connection, bound to public.
    """
    row = AccessSession.objects.filter(pk=session.pk, agent=actor.ref).select_related("tenant").first()
    if row is None or not _may_still(actor, row.tenant):
        return False
    return state_of(row, decided_by(row.tenant, [row.pk])) == "open"


def reasons(sessions: Collection[UUID]) -> dict[UUID, str]:
    """The reasons of some sessions of the bound tenant, for its page of support access."""
    rows = AccessSession.objects.filter(pk__in=sessions, tenant__schema_name=binding.schema_name())
    return dict(rows.values_list("pk", "reason"))


def _may_still(actor: Actor, tenant: Tenant) -> bool:
    """Whether the agent is still active, and still works for the tenant. Reads their account again."""
    account = get_user_model()._default_manager.filter(ref=actor.ref, is_active=True).first()
    return account is not None and all(
        account.has_perm(permission, place)
        for permission, place in ((WORK_DESK, None), (MANAGE_TENANT, tenant))
    )
