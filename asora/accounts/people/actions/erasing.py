"""Erasing a person: their row in the directory is emptied, and everything that was stored about them is deleted.

The ledger and the audit trail name a person by a pseudonym only. They do not change, so every proof about them is
still valid; only the name behind the pseudonym is gone.
"""

from __future__ import annotations

from axes.models import AccessAttempt
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.models import Invitation, RecoveryCode, SecondFactor, Session, SignInAttempt, User
from asora.accounts.people.actions.people import end_invitations, last_of_them, locked, touch_staff_managers
from asora.accounts.people.actions.places import name_places, revoke
from asora.accounts.roles import grants
from asora.accounts.roles.table import MANAGE_STAFF
from asora.accounts.sign_in.attempt_log import digest_of
from asora.accounts.sign_in.lock_out import CODE
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.erasure import erase_rows_of
from asora.kernel.refusals import PermissionDenied, Reason

EMPTIED = (
    "email",
    "email_key",
    "name",
    "password",
    "is_active",
    "all_hubs",
    "last_login",
    "reset_sent_at",
    "erased_at",
)


@action(
    "accounts.user.erase",
    permission=MANAGE_STAFF,
    subject="person",
    step_up=True,
    done=gettext_lazy("erased person {label}"),
    tried=gettext_lazy("tried to erase person {label}"),
)
def erase_person(act: Act, *, person: User) -> User:
    """Erase a person for good: name, address, proofs of identity, sessions, sign-in attempts and what they wrote.

    Refusals: PERMISSION_DENIED FOUR_EYES (oneself), HUB_NOT_GRANTED; STATE_CONFLICT LAST_OWNER, PERSON_ERASED.
    """
    row, is_last = locked(act, person)
    if row.ref == act.actor.ref:
        raise PermissionDenied(
            _("You cannot erase yourself."),
            reason=Reason.FOUR_EYES,
            details={"permission": MANAGE_STAFF, "remedy": _("Ask another person who manages people.")},
        )
    grants.require_reach_of(act.actor, row)
    if is_last:
        raise last_of_them()
    was_active = row.is_active
    places = list(grants.granted_places(row))
    revoke(row, places)
    name_places(act, row.ref, places)
    end_invitations(act, row)
    removed = {**_delete_traces(row), **erase_rows_of(row.ref)}
    _empty(row)
    touch_staff_managers(act, row)
    act.found(removed={name: number for name, number in removed.items() if number})
    act.changed(
        row, before={"is_active": was_active, "erased": False}, after={"is_active": False, "erased": True}
    )
    return row


def _empty(row: User) -> None:
    row.email = row.name = ""
    row.set_unusable_password()
    row.is_active = row.all_hubs = False
    row.last_login = row.reset_sent_at = None
    row.erased_at = timezone.now()
    row.save(update_fields=EMPTIED)


def _delete_traces(row: User) -> dict[str, int]:
    """Delete what tells where and how the person signed in; returns the numbers of rows."""
    digests = [digest_of(row.email), digest_of(row.email, kind=CODE)]
    sessions = Session.objects.filter(user_id=row.pk)
    theirs = Q(person=row.ref) | Q(address_digest__in=digests) | Q(session_ref__in=sessions.values("ref"))
    return {
        "sign_in_attempts": SignInAttempt.objects.filter(theirs).delete()[0],
        "failed_attempts": AccessAttempt.objects.filter(username__in=digests).delete()[0],
        "second_factors": SecondFactor.objects.filter(user=row).delete()[0],
        "recovery_codes": RecoveryCode.objects.filter(user=row).delete()[0],
        "sessions": sessions.delete()[0],
        "invitations": _empty_invitations(row),
    }


def _empty_invitations(row: User) -> int:
    """Withdraw and empty the invitations of this address: some may still be open."""
    theirs = Invitation.objects.select_for_update().filter(email_key=row.email_key).exclude(email_key="")
    found = list(theirs.order_by("pk"))
    for invitation in found:
        invitation.name = invitation.email = ""
        if invitation.is_open:
            invitation.withdrawn_at = timezone.now()
        invitation.save(update_fields=["name", "email", "email_key", "withdrawn_at"])
    return len(found)
