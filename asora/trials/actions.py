"""Trying out a change. Nothing is changed; the trail records who tried what, and the numbers that came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.roles.table import current_role_model
from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.gates import lacking
from asora.kernel.permissions import Permission
from asora.trials import policies
from audit.events import readers
from audit.events.models import Event
from audit.replay import queries
from audit.replay.queries import Decisions
from audit.replay.rules import Policy, Replay, replay
from plans.grants import require_managed
from plans.models import Tenant


@dataclass(frozen=True, slots=True)
class Trial:
    """A replay, and what it did not cover.

    `older`: events that did not record what their gates read. `is_cut`: whether only the latest `MAX_DECISIONS` were
    replayed. `is_partial`: whether events of hubs where the reader does not work were left out.
    """

    replay: Replay
    older: int
    is_cut: bool
    is_partial: bool


def _try_role(act: Act, *, person: User, role: str, **_others: Any) -> Trial:
    model = current_role_model()
    proposed = policies.with_role(model, person, role)
    return _rights(act, lambda rows: queries.of_person(rows, person.ref), model, proposed)


@action(
    "accounts.role.try",
    permission=Permission.ACCOUNTS_MANAGE_STAFF,
    subject="person",
    while_frozen=True,
    observes=True,
    derive=_try_role,
    done=gettext_lazy("tried out another role for {label}"),
    tried=gettext_lazy("wanted to try out another role for {label}"),
)
def try_role(act: Act, *, person: User, role: str, derived: Trial = BY_DERIVE) -> Trial:
    """Replay what a person tried in the last 90 days as if they had had `role`, a role of this tenant's role model.

    Refusals: PERMISSION_DENIED for somebody who may not read the trail.
    """
    return _recorded(act, derived, role=role)


def _try_hubs(act: Act, *, person: User, places: Collection[Any] | None, **_others: Any) -> Trial:
    model = current_role_model()
    ids = None if places is None else [place.pk for place in places]
    proposed = policies.with_hubs(model, person, ids)
    return _rights(act, lambda rows: queries.of_person(rows, person.ref), model, proposed)


@action(
    "accounts.hubs.try",
    permission=Permission.ACCOUNTS_MANAGE_STAFF,
    subject="person",
    while_frozen=True,
    observes=True,
    derive=_try_hubs,
    done=gettext_lazy("tried out other hubs for {label}"),
    tried=gettext_lazy("wanted to try out other hubs for {label}"),
)
def try_hubs(act: Act, *, person: User, places: Collection[Any] | None, derived: Trial = BY_DERIVE) -> Trial:
    """Replay what a person tried in the last 90 days as if they had worked at these hubs; None: at all hubs.

    Refusals: PERMISSION_DENIED for somebody who may not read the trail.
    """
    act.at_hubs(*(places or ()))
    return _recorded(act, derived, hubs="all" if places is None else [place.code for place in places])


def _try_role_model(act: Act, *, role_model: str, renamed: Mapping[str, str], **_others: Any) -> Trial:
    proposed = policies.with_role_model(role_model, renamed)
    return _rights(act, queries.of_roles, current_role_model(), proposed)


@action(
    "plans.role_model.try",
    permission=Permission.ACCOUNTS_MANAGE_STAFF,
    subject="role_model",
    while_frozen=True,
    observes=True,
    derive=_try_role_model,
    done=gettext_lazy("tried out the role model {label}"),
    tried=gettext_lazy("wanted to try out the role model {label}"),
)
def try_role_model(
    act: Act, *, role_model: str, renamed: Mapping[str, str], derived: Trial = BY_DERIVE
) -> Trial:
    """Replay what everybody tried in the last 90 days under another role model. `renamed`: present role → new role.

    Refusals: PERMISSION_DENIED for somebody who may not read the trail.
    """
    return _recorded(act, derived, role_model=role_model, roles=dict(renamed))


def _try_plan(act: Act, *, tenant: Tenant, to_plan: str, **_others: Any) -> Trial:
    require_managed(act, tenant)
    with tenant_context(tenant):
        found = queries.of_plan(Event.objects.all(), policies.RESOURCES)
        return _replayed(found, now=policies.ceilings(), proposed=policies.of_plan(to_plan), is_partial=False)


@action(
    "plans.plan.try",
    permission=Permission.PLANS_CHANGE_PLAN,
    subject="tenant",
    while_frozen=True,
    observes=True,
    derive=_try_plan,
    done=gettext_lazy("tried out another plan for tenant {label}"),
    tried=gettext_lazy("wanted to try out another plan for tenant {label}"),
)
def try_plan(act: Act, *, tenant: Tenant, to_plan: str, derived: Trial = BY_DERIVE) -> Trial:
    """Replay in the last 90 days of a tenant what counts against its plan, as if it had had the plan `to_plan`.

    The operator sees numbers only, and the tenant's trail gets a copy of the event. Refusals: PERMISSION_DENIED
    TENANT_NOT_GRANTED.
    """
    return _recorded(act, derived, to_plan=to_plan)


def _rights(act: Act, read: Callable[[QuerySet[Event]], Decisions], model: str, proposed: Policy) -> Trial:
    if not act.actor.may(Permission.AUDIT_VIEW):
        raise lacking(act, Permission.AUDIT_VIEW)
    rows = readers.whole(readers.readable(act.actor), act.actor)
    is_partial = readers.hubs_of(act.actor) is not None
    return _replayed(read(rows), now=policies.rights(model), proposed=proposed, is_partial=is_partial)


def _replayed(found: Decisions, *, now: Policy, proposed: Policy, is_partial: bool) -> Trial:
    result = replay(found, now=now, proposed=proposed)
    return Trial(result, older=found.older, is_cut=found.is_cut, is_partial=is_partial)


def _recorded(act: Act, trial: Trial, **proposed: Any) -> Trial:
    result = trial.replay
    act.found(
        **proposed,
        decisions=result.decisions,
        newly_refused=result.newly_refused,
        newly_passed=result.newly_passed,
    )
    return trial
