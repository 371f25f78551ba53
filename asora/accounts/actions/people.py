"""Adding people, changing what they may do, and ending it. How somebody is asked to come: `invitations`.

Whoever keeps the staff (`roles.keepers`: the owner, on the public host the platform lead) can be changed like anybody
else, but never the last of them: that is decided while all of them are locked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm

from asora.accounts import grants, rights
from asora.accounts.actions.oneself import end_sessions
from asora.accounts.addresses import fold_address
from asora.accounts.backends import current_role_model
from asora.accounts.models import Invitation, User
from asora.accounts.roles import GRANTS, MANAGE_STAFF, keepers
from asora.kernel import binding, keys
from asora.kernel.act import Act
from asora.kernel.door import action
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict, ValidationFailed

ADDRESS_LENGTH, NAME_LENGTH = 254, 120
# They turn the reading direction of what follows, and can make one name look like another (Unicode TR 36).
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def address_taken() -> ValidationFailed:
    """Somebody here has this address already, in this spelling or another one."""
    return ValidationFailed.at_field(
        "email", _("Somebody has this address already."), reason=Reason.CODE_TAKEN
    )


# A unique constraint of a column is renamed when the template is cloned: it must have the name that PostgreSQL gives.
#: Who could manage people here: the last of them cannot be changed, so it matters who the others are.
KEEPERS = keys.setting("keepers_of_staff")
NETS = {"accounts_user_email_key_key": address_taken}


@action("accounts.user.create", permission=MANAGE_STAFF, nets=NETS)
def create_user(
    act: Act, *, email: str, name: str, role: str, password: str, hubs: Iterable[Any] | None = None
) -> User:
    """Add a person with a role of the tenant's role model; `hubs=None`: works at all of them.

    Refusals: VALIDATION_FAILED INVALID_INPUT (unknown role, weak password, no address), CODE_TAKEN.
    """
    where = None if hubs is None else list(hubs)
    return add(act, User(email=email, name=name, role=role), password=password, places=where)


@action("accounts.user.role", permission=MANAGE_STAFF, about="person", step_up=True)
def change_role(act: Act, *, person: User, role: str, seen: str) -> User:
    """Give a person another role; it holds from their next request on. `seen`: the role that the form showed.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED for who works further than one does oneself; VALIDATION_FAILED
    INVALID_INPUT (unknown role); STATE_CONFLICT STALE_FORM, LAST_OWNER.
    """
    require_role(role)
    row, is_last = _locked(act, person)
    if row.role != seen:
        raise _stale()
    if row.role == role:
        act.noop("no difference")
        return row
    grants.require_reach_of(act.actor, row)
    keeping = keepers(current_role_model())
    if is_last and role not in keeping:
        raise _last_of_them()
    was, row.role = row.role, role
    row.save(update_fields=["role"])
    if {was, role} & set(keeping):
        act.touched(KEEPERS)
    act.changed(row, before={"role": was}, after={"role": role})
    if was in keeping and role not in keeping:
        _end_invitations(act, row)
    return row


@action("accounts.user.hubs", permission=MANAGE_STAFF, about="person", step_up=True)
def change_hubs(act: Act, *, person: User, hubs: Sequence[str] | None, seen: str) -> User:
    """Let a person work at these hubs (on the public host: for these tenants), or everywhere (`None`).

    `seen`: what the form showed, as `grants.described` says it. Refusals: PERMISSION_DENIED HUB_NOT_GRANTED for what
    one was not given oneself; VALIDATION_FAILED UNKNOWN_HUB, INVALID_INPUT; STATE_CONFLICT STALE_FORM, LAST_OWNER.
    """
    wanted = [] if hubs is None else grants.find(hubs)
    row, is_last = _locked(act, person)
    if grants.described(row) != seen:
        raise _stale()
    current = list(grants.held(row))
    given = [place for place in wanted if place not in current]
    taken = [place for place in current if place not in wanted]
    everywhere = hubs is None
    if not given and not taken and everywhere == row.all_hubs:
        act.noop("no difference")
        return row
    grants.require_reach(act.actor, None if everywhere or row.all_hubs else [*given, *taken])
    if is_last and row.all_hubs:
        raise _last_of_them()
    name_places(act, row.ref, [*given, *taken])
    before = works_at(row, current)
    _grant(row, given)
    _revoke(row, taken)
    row.all_hubs = everywhere
    row.save(update_fields=["all_hubs"])
    _touch_keepers(act, row)
    act.changed(row, before=before, after=works_at(row, wanted))
    return row


@action("accounts.user.deactivate", permission=MANAGE_STAFF, about="person", step_up=True, while_frozen=True)
def deactivate_user(act: Act, *, person: User) -> User:
    """Shut somebody out: their sessions end at once, whom they invited is no longer, and what they did stays theirs.

    Refusals: STATE_CONFLICT NOT_ACTIVE, LAST_OWNER.
    """
    row, is_last = _locked(act, person)
    if not row.is_active:
        raise StateConflict(_("This person is deactivated already."), reason=Reason.NOT_ACTIVE)
    if is_last:
        raise _last_of_them()
    _set_active(act, row, is_active=False)
    _end_invitations(act, row)
    return row


@action("accounts.user.reactivate", permission=MANAGE_STAFF, about="person", step_up=True)
def reactivate_user(act: Act, *, person: User) -> User:
    """Let somebody sign in again, with the role and hubs they had.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED for who works further than one does oneself; STATE_CONFLICT
    ALREADY_ACTIVE.
    """
    row, _is_last = _locked(act, person)
    if row.is_active:
        raise StateConflict(_("This person is active already."), reason=Reason.ALREADY_ACTIVE)
    grants.require_reach_of(act.actor, row)
    _set_active(act, row, is_active=True)
    return row


def add(act: Act, user: User, *, password: str, places: Collection[Any] | None) -> User:
    """Add `user`, who has an address, a name and a role; `places=None`: works everywhere.

    Refusals: VALIDATION_FAILED INVALID_INPUT (unknown role, weak password, no address or name), CODE_TAKEN.
    """
    require_role(user.role)
    user.email, user.name = kept_address(user.email), kept_name(user.name)
    with _at("password"):
        validate_password(password, user)
    if User.objects.with_address(user.email).exists():
        raise address_taken()
    user.all_hubs = places is None
    user.set_password(password)
    user.save()
    granted = list(places or [])
    _grant(user, granted)
    name_places(act, user.ref, granted)
    _touch_keepers(act, user)
    act.changed(user, after={"role": user.role, **works_at(user, granted)})
    return user


def name_places(act: Act, ref: str, places: Iterable[Any]) -> None:
    """Say that grants of a person at these hubs were given, taken or offered. On the public host it is tenants."""
    named = list(places)
    act.touched(*(keys.grant(ref, place.pk) for place in named))
    if grants.kind() is grants.HUBS:
        act.at_hubs(*named)


def works_at(user: User, granted: Iterable[Any]) -> dict[str, Any]:
    """Where somebody works, as events say it."""
    return {"all_hubs": user.all_hubs, grants.kind().plural: grants.named(granted)}


def require_role(role: str) -> None:
    """Refuse what is no role of this host's role model. VALIDATION_FAILED INVALID_INPUT."""
    roles = GRANTS.get(current_role_model(), {})
    if role not in roles:
        message = _("There is no such role here, but: %(known)s.") % {"known": ", ".join(roles)}
        raise ValidationFailed.at_field("role", message, reason=Reason.INVALID_INPUT)


def kept_address(typed: str) -> str:
    """An e-mail address as it is kept. Refusals: VALIDATION_FAILED INVALID_INPUT at `email`."""
    address = typed.strip()
    with _at("email"):
        validate_email(address)
        if len(address) > ADDRESS_LENGTH or len(fold_address(address)) > ADDRESS_LENGTH:
            raise ValidationError(_("This address is too long."))
        # Django's check lets four letters pass that only look like (or fold to) those of ASCII.
        if not address.rpartition("@")[0].isascii():
            raise ValidationError(_("Use only the letters a to z before the @."))
    return address


def kept_name(typed: str) -> str:
    """A person's name as it is kept: on one line. Refusals: VALIDATION_FAILED INVALID_INPUT at `name`."""
    name = " ".join(typed.split())
    with _at("name"):
        if not name:
            raise ValidationError(_("Who is it?"))
        if len(name) > NAME_LENGTH:
            raise ValidationError(_("This name is too long."))
        if any(unicodedata.category(letter) in {"Cc", "Cs"} or letter in _OVERRIDES for letter in name):
            raise ValidationError(_("This name has characters that cannot be seen."))
    return name


def _locked(act: Act, person: User) -> tuple[User, bool]:
    """The person as they are now, and whether nobody else could manage people in their stead.

    Everybody who could is locked too, always in the same order: whoever waited sees what came of it. In their stead
    means as far: nobody gives what they lack, so after the last who works everywhere nobody could be given that.
    By pseudonym, since ids repeat across tenants. Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    rights.lock_for_change(binding.schema_name(), person.ref)
    keeping = Q(role__in=keepers(current_role_model()), is_active=True)
    rows = User.objects.select_for_update(no_key=True).filter(Q(ref=person.ref) | keeping).order_by("pk")
    found = {row.ref: row for row in rows}
    act.reads(keys.person(person.ref), KEEPERS, *found.values())
    if person.ref not in found:
        raise RouteNotFound(_("There is no such person here."), reason=Reason.NO_SUCH_RECORD)
    row = found.pop(person.ref)
    keeps = row.is_active and row.role in keepers(current_role_model())
    return row, keeps and not any(other.all_hubs or not row.all_hubs for other in found.values())


def _touch_keepers(act: Act, user: User) -> None:
    if user.role in keepers(current_role_model()):
        act.touched(KEEPERS)


def _grant(user: User, places: list[Any]) -> None:
    many: Any = places  # guardian takes lists, but does not say so
    assign_perm(grants.kind().permission, user, many)


def _revoke(user: User, places: list[Any]) -> None:
    many: Any = places
    remove_perm(grants.kind().permission, user, many)


def _set_active(act: Act, row: User, *, is_active: bool) -> None:
    # Reactivated, nobody finds a session again that a sign-in had made while they were being shut out.
    end_sessions(row)
    row.is_active = is_active
    row.save(update_fields=["is_active"])
    _touch_keepers(act, row)
    act.changed(row, before={"is_active": not is_active}, after={"is_active": is_active})


def _end_invitations(act: Act, row: User) -> None:
    """Take back what somebody offered who may not offer it any more: a link could wait for who was shut out."""
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
        details={"remedy": _("Open it again and look at what is there now.")},
    )


def _last_of_them() -> StateConflict:
    return StateConflict(
        _("Nobody else here could manage people then."),
        reason=Reason.LAST_OWNER,
        details={"remedy": _("Give somebody else this role first, and let them work everywhere.")},
    )


@contextmanager
def _at(field: str) -> Iterator[None]:
    """Turn Django's word for invalid into a refusal at `field`."""
    try:
        yield
    except ValidationError as error:
        raise ValidationFailed.at_field(field, error.messages[0], reason=Reason.INVALID_INPUT) from error
