"""Adding people, changing their rights, and deactivating them. Invitations are in `invitations`.

People who may manage staff (those with one of `managing_roles`: owner, and platform lead on the public host) can be
changed like anybody else, except the last of them. That is checked while all of them are locked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.models import Invitation, User
from asora.accounts.people.actions.places import grant, name_places, revoke, works_at
from asora.accounts.people.checks import (
    address_taken,
    checked_address,
    checked_name,
    refused_at,
    require_role,
)
from asora.accounts.roles import grants, rights
from asora.accounts.roles.table import MANAGE_STAFF, current_role_model, managing_roles
from asora.accounts.sign_in.actions.own_account import end_sessions
from asora.kernel import binding, keys
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict

#: The key for "the people who can manage people here". The last of them cannot be changed, so gates read the others.
STAFF_MANAGERS = keys.setting("keepers_of_staff")
CONSTRAINT_REFUSALS = {"accounts_user_email_once": address_taken}


@action(
    "accounts.user.create",
    permission=MANAGE_STAFF,
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("added person {label}"),
    tried=gettext_lazy("tried to add person {label}"),
)
def create_user(
    act: Act, *, email: str, name: str, role: str, password: str, hubs: Iterable[Any] | None = None
) -> User:
    """Add a person with a role of the tenant's role model; `hubs=None`: works at all of them.

    Refusals: VALIDATION_FAILED INVALID_INPUT (unknown role, weak password, no address), CODE_TAKEN.
    """
    where = None if hubs is None else list(hubs)
    return add(act, User(email=email, name=name, role=role), password=password, places=where)


@action(
    "accounts.user.role",
    permission=MANAGE_STAFF,
    subject="person",
    step_up=True,
    done=gettext_lazy("changed the role of {label}"),
    tried=gettext_lazy("tried to change the role of {label}"),
)
def change_role(act: Act, *, person: User, role: str, seen: str) -> User:
    """Change a person's role, effective from their next request. `seen`: the role that the form showed.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED for a person who works where the actor does not; VALIDATION_FAILED
    INVALID_INPUT (unknown role); STATE_CONFLICT STALE_FORM, LAST_OWNER.
    """
    require_role(role)
    row, is_last = locked(act, person)
    if row.role != seen:
        raise _stale()
    if row.role == role:
        act.noop("no difference")
        return row
    grants.require_reach_of(act.actor, row)
    managing = managing_roles(current_role_model())
    if is_last and role not in managing:
        raise last_of_them()
    was, row.role = row.role, role
    row.save(update_fields=["role"])
    if {was, role} & set(managing):
        act.touched(STAFF_MANAGERS)
    act.changed(row, before={"role": was}, after={"role": role})
    if was in managing and role not in managing:
        end_invitations(act, row)
    return row


@action(
    "accounts.user.hubs",
    permission=MANAGE_STAFF,
    subject="person",
    step_up=True,
    done=gettext_lazy("changed where {label} works"),
    tried=gettext_lazy("tried to change where {label} works"),
)
def change_hubs(act: Act, *, person: User, hubs: Sequence[str] | None, seen: str) -> User:
    """Let a person work at these hubs (on the public host: for these tenants), or everywhere (`None`).

    `seen`: the places that the form showed, in the form of `grants.described`. Refusals: PERMISSION_DENIED
    HUB_NOT_GRANTED for places where the actor does not work; VALIDATION_FAILED UNKNOWN_HUB, INVALID_INPUT;
    STATE_CONFLICT STALE_FORM, LAST_OWNER.
    """
    wanted = [] if hubs is None else grants.find(hubs)
    row, is_last = locked(act, person)
    if grants.described(row) != seen:
        raise _stale()
    current = list(grants.granted_places(row))
    given = [place for place in wanted if place not in current]
    taken = [place for place in current if place not in wanted]
    everywhere = hubs is None
    if not given and not taken and everywhere == row.all_hubs:
        act.noop("no difference")
        return row
    grants.require_reach(act.actor, None if everywhere or row.all_hubs else [*given, *taken])
    if is_last and row.all_hubs:
        raise last_of_them()
    name_places(act, row.ref, [*given, *taken])
    before = works_at(row, current)
    grant(row, given)
    revoke(row, taken)
    row.all_hubs = everywhere
    row.save(update_fields=["all_hubs"])
    touch_staff_managers(act, row)
    act.changed(row, before=before, after=works_at(row, wanted))
    return row


@action(
    "accounts.user.deactivate",
    permission=MANAGE_STAFF,
    subject="person",
    step_up=True,
    while_frozen=True,
    done=gettext_lazy("deactivated person {label}"),
    tried=gettext_lazy("tried to deactivate person {label}"),
)
def deactivate_user(act: Act, *, person: User) -> User:
    """Deactivate a person: their sessions end at once, and the invitations they sent are withdrawn.

    Refusals: STATE_CONFLICT NOT_ACTIVE, LAST_OWNER.
    """
    row, is_last = locked(act, person)
    if not row.is_active:
        raise StateConflict(_("This person is already deactivated."), reason=Reason.NOT_ACTIVE)
    if is_last:
        raise last_of_them()
    _set_active(act, row, is_active=False)
    end_invitations(act, row)
    return row


@action(
    "accounts.user.reactivate",
    permission=MANAGE_STAFF,
    subject="person",
    step_up=True,
    done=gettext_lazy("reactivated person {label}"),
    tried=gettext_lazy("tried to reactivate person {label}"),
)
def reactivate_user(act: Act, *, person: User) -> User:
    """Let a person sign in again, with the role and hubs they had.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED for a person who works where the actor does not; STATE_CONFLICT
    ALREADY_ACTIVE.
    """
    row, _is_last = locked(act, person)
    if row.is_active:
        raise StateConflict(_("This person is already active."), reason=Reason.ALREADY_ACTIVE)
    grants.require_reach_of(act.actor, row)
    _set_active(act, row, is_active=True)
    return row


def add(act: Act, user: User, *, password: str, places: Collection[Any] | None) -> User:
    """Add `user`, who has an address, a name and a role; `places=None`: works everywhere.

    Refusals: VALIDATION_FAILED INVALID_INPUT (unknown role, weak password, no address or name), CODE_TAKEN.
    """
    require_role(user.role)
    user.email, user.name = checked_address(user.email), checked_name(user.name)
    with refused_at("password"):
        validate_password(password, user)
    if User.objects.with_address(user.email).exists():
        raise address_taken()
    user.all_hubs = places is None
    user.set_password(password)
    user.save()
    granted = list(places or [])
    grant(user, granted)
    name_places(act, user.ref, granted)
    touch_staff_managers(act, user)
    act.changed(user, after={"role": user.role, **works_at(user, granted)})
    return user


def locked(act: Act, person: User) -> tuple[User, bool]:
    """The person's current row, and True if nobody else could manage people instead of them.

    Everybody who may manage people is locked too, always in the same order, so parallel changes see each other. Another
    person counts only if they work in at least the same places: nobody can grant places where they do not work, so
    after the last person who works everywhere nobody could be granted everywhere again. The person is found by
    pseudonym, because ids repeat across tenants. Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT
    PERSON_ERASED.
    """
    rights.lock_for_change(binding.schema_name(), person.ref)
    managers = Q(role__in=managing_roles(current_role_model()), is_active=True)
    rows = User.objects.select_for_update(no_key=True).filter(Q(ref=person.ref) | managers).order_by("pk")
    found = {row.ref: row for row in rows}
    act.reads(keys.person(person.ref), STAFF_MANAGERS, *found.values())
    if person.ref not in found:
        raise RouteNotFound(_("There is no such person here."), reason=Reason.NO_SUCH_RECORD)
    row = found.pop(person.ref)
    if row.erased_at:
        raise StateConflict(_("This person was erased."), reason=Reason.PERSON_ERASED)
    manages_staff = row.is_active and row.role in managing_roles(current_role_model())
    return row, manages_staff and not any(other.all_hubs or not row.all_hubs for other in found.values())


def touch_staff_managers(act: Act, user: User) -> None:
    """Record that the people who can manage people changed, if `user` is one of them."""
    if user.role in managing_roles(current_role_model()):
        act.touched(STAFF_MANAGERS)


def _set_active(act: Act, row: User, *, is_active: bool) -> None:
    # A sign-in may have created a session during the deactivation. It must not be valid again after a reactivation.
    end_sessions(row)
    row.is_active = is_active
    row.save(update_fields=["is_active"])
    touch_staff_managers(act, row)
    act.changed(row, before={"is_active": not is_active}, after={"is_active": is_active})


def end_invitations(act: Act, row: User) -> None:
    """Withdraw the open invitations of a person who may no longer invite: the person could have one of the links."""
    offered = Invitation.objects.select_for_update().filter(
        invited_by=row.ref, accepted_at=None, withdrawn_at=None
    )
    for invitation in offered.order_by("pk"):
        invitation.withdrawn_at = timezone.now()
        invitation.name = invitation.email = ""
        invitation.save(update_fields=["name", "email", "email_key", "withdrawn_at"])
        act.changed(
            invitation, before={"withdrawn_at": None}, after={"withdrawn_at": invitation.withdrawn_at}
        )


def _stale() -> StateConflict:
    return StateConflict(
        _("Somebody has changed this person since you opened the form."),
        reason=Reason.STALE_FORM,
        details={"remedy": _("Open the form again to see the current values.")},
    )


def last_of_them() -> StateConflict:
    """The refusal of a change after which nobody could manage people."""
    return StateConflict(
        _("This would leave nobody who can manage people."),
        reason=Reason.LAST_OWNER,
        details={"remedy": _("Give somebody else this role first, and let them work everywhere.")},
    )
