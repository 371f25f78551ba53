"""Sending, withdrawing and accepting invitations. The caller sends the e-mail after the commit (`send_invitation`).

An invitation contains a name and an address only while it is open. After that they are the person's, or deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.models import Invitation, User
from asora.accounts.models.addresses import fold_address
from asora.accounts.models.invitations import new_nonce
from asora.accounts.people.actions import people
from asora.accounts.people.actions.places import name_places
from asora.accounts.people.checks import address_taken, checked_address, checked_name, require_role
from asora.accounts.roles import grants
from asora.accounts.roles.table import ACCEPT_INVITATION, MANAGE_STAFF
from asora.accounts.sign_in import links
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict, ValidationFailed

VALID_FOR = timedelta(days=7)


def _already_invited() -> ValidationFailed:
    message = _("This address has already been invited. You can send that invitation again.")
    return ValidationFailed.at_field("email", message, reason=Reason.CODE_TAKEN)


@action(
    "accounts.invitation.create",
    permission=MANAGE_STAFF,
    step_up=True,
    constraint_refusals={"accounts_invitation_open_once": _already_invited},
    done=gettext_lazy("invited person {label}"),
    tried=gettext_lazy("tried to invite person {label}"),
)
def invite(act: Act, *, email: str, name: str, role: str, hubs: Sequence[str] | None = None) -> Invitation:
    """Invite a person with a role of this host's role model; `hubs`: codes (in public: tenants), None for all.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED for places where the actor does not work; VALIDATION_FAILED
    INVALID_INPUT, UNKNOWN_HUB, CODE_TAKEN (the address has an account here, or is invited).
    """
    require_role(role)
    places = None if hubs is None else grants.find(hubs)
    now = timezone.now()
    invitation = Invitation(
        email=checked_address(email),
        name=checked_name(name),
        role=role,
        all_hubs=places is None,
        hubs=grants.named(places or []),
        invited_by=act.actor.ref,
        invited_at=now,
        expires_at=now + VALID_FOR,
    )
    name_places(act, invitation.ref, places or [])
    grants.require_reach(act.actor, places)
    if User.objects.with_address(invitation.email).exists():
        raise address_taken()
    if Invitation.objects.filter(
        email_key=fold_address(invitation.email), accepted_at=None, withdrawn_at=None
    ).exists():
        raise _already_invited()
    invitation.save()
    act.changed(invitation, after={**_offer(invitation), "expires_at": invitation.expires_at})
    return invitation


@action(
    "accounts.invitation.resend",
    permission=MANAGE_STAFF,
    subject="invitation",
    step_up=True,
    done=gettext_lazy("invited person {label} again"),
    tried=gettext_lazy("tried to invite person {label} again"),
)
def renew_invitation(act: Act, *, invitation: Invitation) -> Invitation:
    """Make a new link, valid for as long as the first one was; earlier links become invalid.

    Refusals: STATE_CONFLICT NOT_ACTIVE (accepted or withdrawn).
    """
    row = _open(act, invitation)
    grants.require_reach(act.actor, None if row.all_hubs else grants.find(row.hubs))
    was = row.expires_at
    row.nonce = new_nonce()
    row.invited_by, row.invited_at = act.actor.ref, timezone.now()
    row.expires_at = row.invited_at + VALID_FOR
    row.save(update_fields=["nonce", "invited_by", "invited_at", "expires_at"])
    act.changed(row, before={"expires_at": was}, after={"expires_at": row.expires_at})
    return row


@action(
    "accounts.invitation.withdraw",
    permission=MANAGE_STAFF,
    subject="invitation",
    step_up=True,
    while_frozen=True,
    done=gettext_lazy("withdrew the invitation of {label}"),
    tried=gettext_lazy("tried to withdraw the invitation of {label}"),
)
def withdraw_invitation(act: Act, *, invitation: Invitation) -> Invitation:
    """Withdraw an invitation. Refusals: STATE_CONFLICT NOT_ACTIVE (accepted or withdrawn)."""
    row = _open(act, invitation)
    row.withdrawn_at = timezone.now()
    _forget(row, "withdrawn_at")
    act.changed(row, before=_offer(row), after={"withdrawn_at": row.withdrawn_at})
    return row


@action(
    "accounts.invitation.accept",
    permission=ACCEPT_INVITATION,
    subject="invitation",
    constraint_refusals=people.CONSTRAINT_REFUSALS,
    done=gettext_lazy("accepted the invitation {label}"),
    tried=gettext_lazy("tried to accept the invitation {label}"),
)
def accept_invitation(act: Act, *, invitation: Invitation, name: str, password: str) -> User:
    """Create the invited person. `act` is that of the link's holder (`queries.act_of_invited`).

    Refusals: AUTH_REQUIRED LINK_INVALID; VALIDATION_FAILED INVALID_INPUT (no name, weak password), CODE_TAKEN.
    """
    act.reads(f"invitation:{invitation.pk}")
    row = Invitation.objects.select_for_update().filter(ref=invitation.ref).first()
    if row is None or not row.is_acceptable or not constant_time_compare(row.nonce, invitation.nonce):
        raise links.invalid()
    user = people.add(
        act,
        User(ref=row.ref, email=row.email, name=name, role=row.role),
        password=password,
        places=None if row.all_hubs else grants.find(row.hubs),
    )
    row.accepted_at = timezone.now()
    _forget(row, "accepted_at")
    act.changed(row, after={"accepted_at": row.accepted_at, "invited_by": row.invited_by})
    return user


def _open(act: Act, invitation: Invitation) -> Invitation:
    """The current row of an open invitation, locked until the commit."""
    row = Invitation.objects.select_for_update().filter(ref=invitation.ref).first()
    act.reads(f"invitation:{invitation.pk}")
    if row is None:
        raise RouteNotFound(_("There is no such invitation here."), reason=Reason.NO_SUCH_RECORD)
    name_places(act, row.ref, grants.places().filter(**{f"{grants.kind().key}__in": row.hubs}))
    if row.accepted_at:
        raise StateConflict(_("This invitation has already been accepted."), reason=Reason.NOT_ACTIVE)
    if row.withdrawn_at:
        raise StateConflict(_("This invitation has already been withdrawn."), reason=Reason.NOT_ACTIVE)
    return row


def _forget(row: Invitation, ended: str) -> None:
    row.name, row.email = "", ""
    row.save(update_fields=["name", "email", "email_key", ended])


def _offer(row: Invitation) -> dict[str, object]:
    return {"role": row.role, "all_hubs": row.all_hubs, grants.kind().plural: row.hubs}
