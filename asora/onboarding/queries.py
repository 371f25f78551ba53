"""The progress of an onboarding, read from the tenant itself: its rows, its host name, its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django_tenants.utils import tenant_context

from asora.accounts.models import Invitation, User
from asora.kernel.actors import Actor
from asora.onboarding.rules import SEEDED, Progress
from audit.events.models import Event
from inventory.models import Bin, Category, Hub, Item, Vendor
from plans.grants import managed_tenants, manages_all
from plans.models import Onboarding, Tenant

MODELS: Mapping[str, type[Model]] = {
    "categories": Category,
    "hubs": Hub,
    "bins": Bin,
    "vendors": Vendor,
    "items": Item,
}
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Completion:
    """Who completed a step, and when."""

    actor_type: str
    actor_ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TenantContents:
    """The tenant's contents: rows by step, the last import of each step, and the owner's invitation."""

    rows: Mapping[str, int]
    seeded: Mapping[str, Completion]
    has_owner: bool
    invitation: Invitation | None


EMPTY_TENANT = TenantContents(dict.fromkeys(SEEDED, 0), {}, has_owner=False, invitation=None)


def visible(actor: Actor) -> QuerySet[Onboarding]:
    """The onboardings that an operator may work on: drafts, and those of the tenants that they manage."""
    rows = Onboarding.objects.select_related("tenant")
    if manages_all(actor):
        return rows
    return rows.filter(Q(tenant=None) | Q(tenant__in=managed_tenants(actor)))


def is_open(onboarding: Onboarding) -> bool:
    """Return True if the tenant can be reached."""
    return (
        onboarding.tenant_id is not None
        and Tenant.objects.reachable().filter(pk=onboarding.tenant_id).exists()
    )


def tenant_contents(onboarding: Onboarding) -> TenantContents:
    """The tenant's contents; empty before it is open, because a query of a half-made schema may read public tables."""
    if onboarding.tenant is None or not is_open(onboarding):
        return EMPTY_TENANT
    with tenant_context(onboarding.tenant):
        invitation = (
            Invitation.objects.filter(role=OWNER, withdrawn_at=None).order_by("-invited_at", "-pk").first()
        )
        return TenantContents(
            rows={step: model._default_manager.count() for step, model in MODELS.items()},
            seeded=_seeded(),
            has_owner=invitation is not None or User.objects.filter(role=OWNER, is_active=True).exists(),
            invitation=invitation,
        )


def open_invitations() -> QuerySet[Invitation]:
    """The open invitations of owners of the bound tenant, latest first."""
    rows = Invitation.objects.filter(role=OWNER, accepted_at=None, withdrawn_at=None)
    return rows.order_by("-invited_at", "-pk")


def owner_has_come(onboarding: Onboarding) -> bool:
    """Return True if an owner has accepted, even if that person was deactivated later."""
    if onboarding.tenant is None or not is_open(onboarding):
        return False
    with tenant_context(onboarding.tenant):
        return User.objects.filter(role=OWNER).exists()


def progress_of(onboarding: Onboarding, *, contents: TenantContents | None = None) -> Progress:
    """The input of the rules. `contents`: the tenant's contents, if they have already been read."""
    found = contents or tenant_contents(onboarding)
    return Progress(
        confirmed=frozenset(onboarding.confirmations.values_list("kind", flat=True)),
        has_plan=bool(onboarding.plan),
        has_role_model=bool(onboarding.role_model),
        is_open=is_open(onboarding),
        rows=found.rows,
        is_green=bool(onboarding.checks) and all(check["is_green"] for check in onboarding.checks),
        has_owner=found.has_owner,
        is_completed=onboarding.completed_at is not None,
    )


def completions(onboarding: Onboarding) -> dict[str, Completion]:
    """Who assigned the plan and the role model and opened the tenant, from the public trail: the latest of each."""
    resources = Q(resource_type=onboarding._meta.label_lower, resource_id=str(onboarding.pk))
    if onboarding.tenant_id:
        resources |= Q(resource_type=Tenant._meta.label_lower, resource_id=str(onboarding.tenant_id))
    steps = {
        "plans.onboarding.start": "start",
        "plans.onboarding.assign_plan": "plan",
        "plans.onboarding.assign_role_model": "role_model",
        "plans.tenant.open": "tenant",
        "plans.onboarding.invite_owner": "owner",
    }
    events = Event.objects.filter(resources, outcome=Event.Outcome.ALLOWED, action__in=steps)
    return {steps[event.action]: _completion(event) for event in events.order_by("occurred_at", "id")}


def trail(onboarding: Onboarding, *, most: int) -> list[Event]:
    """The events of an onboarding, latest first."""
    rows: Any = Event.objects.filter(
        resource_type=onboarding._meta.label_lower, resource_id=str(onboarding.pk)
    )
    return list(rows.order_by("-occurred_at", "-id")[:most])


def _seeded() -> dict[str, Completion]:
    """The latest import of each step, from the tenant's own audit trail."""
    nouns = {"categories": "category", "hubs": "hub", "bins": "bin", "vendors": "vendor", "items": "item"}
    found = {}
    for step, noun in nouns.items():
        event = (
            Event.objects.filter(action=f"inventory.{noun}.import", outcome=Event.Outcome.ALLOWED)
            .order_by("-occurred_at", "-id")
            .first()
        )
        if event is not None:
            found[step] = _completion(event)
    return found


def _completion(event: Event) -> Completion:
    return Completion(event.actor_type, event.actor_ref, event.occurred_at)
