"""New passwords. A new password ends all other sessions of the person."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.models import User
from asora.accounts.roles.table import ASK_FOR_RESET
from asora.accounts.sign_in import links
from asora.accounts.sign_in.actions.own_account import end_sessions, own_account
from asora.accounts.sign_in.resets import may_be_sent, person_of_reset, reset_token
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import SIGNED_IN
from asora.kernel.refusals import AuthRequired, Reason, ValidationFailed


@action(
    "accounts.password.change",
    permission=SIGNED_IN,
    while_frozen=True,
    step_up=True,
    done=gettext_lazy("changed their password"),
    tried=gettext_lazy("tried to change their password"),
)
def change_password(act: Act, *, old_password: str, new_password: str) -> User:
    """Change one's own password; returns the person's current row.

    Refusals: AUTH_REQUIRED BAD_CREDENTIALS at `old_password`, VALIDATION_FAILED INVALID_INPUT at `new_password`.
    """
    user = own_account(act)
    if not user.check_password(old_password):
        raise bad_password("old_password")
    if old_password == new_password:
        message = _("This is your current password. Choose a different one.")
        raise ValidationFailed.at_field("new_password", message, reason=Reason.INVALID_INPUT)
    set_password(user, new_password)
    act.found(sessions_ended=end_sessions(user, but=act.actor.session_ref))
    act.changed(user, after={"password_changed": True})
    return user


@action(
    "accounts.password.ask",
    permission=ASK_FOR_RESET,
    subject="user",
    while_frozen=True,
    done=gettext_lazy("sent {label} a link to reset the password"),
    tried=gettext_lazy("tried to send {label} a link to reset the password"),
)
def ask_for_reset(act: Act, *, user: User) -> str:
    """Make a link to a new password for a person who has forgotten theirs; returns its token.

    The actor is the sign-in page, because the requester has proved nothing. The token is empty if a link was made a
    moment ago, or if the person was deactivated.
    """
    act.reads(user)
    row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not may_be_sent(row):
        act.noop(_("a link was sent a moment ago"))
        return ""
    row.reset_sent_at = timezone.now()
    row.save(update_fields=["reset_sent_at"])
    act.changed(row, after={"link_sent": True})
    return reset_token(row)


@action(
    "accounts.password.reset",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("reset their password with a link"),
    tried=gettext_lazy("tried to reset their password with a link"),
)
def reset_password(act: Act, *, token: str, new_password: str) -> User:
    """Set a password with the link of `token`, which works once; all sessions end, and the second factor stays.

    The actor is the person of the link. Refusals: AUTH_REQUIRED LINK_INVALID, VALIDATION_FAILED INVALID_INPUT.
    """
    user = own_account(act)
    if (
        person_of_reset(token).pk != user.pk
    ):  # read under the lock, so that the second of two parallel requests is refused
        raise links.invalid()
    set_password(user, new_password)
    act.found(sessions_ended=end_sessions(user))
    act.changed(user, after={"password_changed": True})
    return user


def set_password(user: User, new_password: str) -> None:
    """Store the digest of a new password. For bodies of actions. Refusals: VALIDATION_FAILED INVALID_INPUT."""
    try:
        validate_password(new_password, user)
    except ValidationError as error:
        raise ValidationFailed.at_field(
            "new_password", error.messages[0], reason=Reason.INVALID_INPUT
        ) from error
    user.set_password(new_password)
    user.save(update_fields=["password"])


def bad_password(field: str) -> AuthRequired:
    """The refusal of a wrong password."""
    message = _("This is not your current password.")
    return AuthRequired(
        message,
        reason=Reason.BAD_CREDENTIALS,
        details={"fields": {field: [{"reason": str(Reason.BAD_CREDENTIALS), "message": message}]}},
    )
