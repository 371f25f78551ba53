"""Ending one's own sessions, and confirming one's own identity."""

from __future__ import annotations

from django.utils.translation import gettext as _

from asora.accounts.actions.oneself import end_sessions, oneself
from asora.accounts.actions.passwords import bad_password
from asora.accounts.actions.second_factors import take_code
from asora.accounts.models import Session
from asora.accounts.queries import has_second_factor, needs_second_factor
from asora.kernel.act import Act
from asora.kernel.door import SIGNED_IN, action
from asora.kernel.refusals import PermissionDenied, Reason


@action("accounts.identity.confirm", permission=SIGNED_IN, while_frozen=True)
def confirm_identity(act: Act, *, password: str = "", one_time_code: str = "") -> str:
    """Confirm one's own identity: with a code if an app is set up, otherwise with the password.

    Returns how: `app`, `recovery` or `password`. Refusals: AUTH_REQUIRED BAD_CODE, BAD_CREDENTIALS.
    """
    user = oneself(act)
    if has_second_factor(user):
        kind = take_code(user, one_time_code)
    elif user.check_password(password):
        kind = "password"
    else:
        raise bad_password("password")
    act.touched(user)
    act.found(proof=kind)
    return kind


@action("accounts.identity.terminal", permission=SIGNED_IN, while_frozen=True)
def prove_at_terminal(act: Act, *, password: str, one_time_code: str) -> None:
    """Prove one's identity at a terminal: with the password, and with a code if an app is set up.

    Refusals: AUTH_REQUIRED BAD_CREDENTIALS, BAD_CODE; PERMISSION_DENIED SECOND_FACTOR_REQUIRED for a person whose role
    needs an app and who has none.
    """
    user = oneself(act)
    if not user.check_password(password):
        raise bad_password("password")
    if has_second_factor(user):
        proof = f"password, {take_code(user, one_time_code)}"
    elif needs_second_factor(user):
        raise PermissionDenied(
            _("Sign in once in the browser and set up your authenticator app first."),
            reason=Reason.SECOND_FACTOR_REQUIRED,
        )
    else:
        proof = "password"
    act.touched(user)
    act.found(proof=proof)


@action("accounts.session.end", permission=SIGNED_IN, while_frozen=True)
def end_session(act: Act, *, ref: str) -> None:
    """Sign out one of one's own devices. Does nothing if it is already signed out."""
    user = oneself(act)
    ended, _by_table = Session.objects.filter(user_id=user.pk, ref=ref).delete() if ref else (0, {})
    if not ended:
        act.noop(_("that device was already signed out"))
        return
    act.changed(user, before={"session": ref}, after={"session": None})


@action("accounts.session.end_all", permission=SIGNED_IN, while_frozen=True)
def end_all_sessions(act: Act) -> int:
    """Sign out everywhere, including here; returns the number of devices."""
    user = oneself(act)
    ended = end_sessions(user)
    act.touched(user)
    act.found(sessions_ended=ended)
    return ended
