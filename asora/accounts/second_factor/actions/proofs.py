"""Actions by which a person proves again who they are."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.second_factor.actions.second_factors import take_code
from asora.accounts.sign_in.actions.own_account import own_account
from asora.accounts.sign_in.actions.passwords import bad_password
from asora.accounts.sign_in.queries import has_second_factor, needs_second_factor
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import SIGNED_IN
from asora.kernel.refusals import PermissionDenied, Reason


@action(
    "accounts.identity.confirm",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("confirmed their identity"),
    tried=gettext_lazy("tried to confirm their identity"),
)
def confirm_identity(act: Act, *, password: str = "", one_time_code: str = "") -> str:
    """Confirm one's own identity: with a code if an app is set up, otherwise with the password.

    Returns how: `app`, `recovery` or `password`. Refusals: AUTH_REQUIRED BAD_CODE, BAD_CREDENTIALS.
    """
    user = own_account(act)
    if has_second_factor(user):
        kind = take_code(user, one_time_code)
    elif user.check_password(password):
        kind = "password"
    else:
        raise bad_password("password")
    act.touched(user)
    act.found(proof=kind)
    return kind


@action(
    "accounts.identity.terminal",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("confirmed their identity on a terminal"),
    tried=gettext_lazy("tried to confirm their identity on a terminal"),
)
def prove_at_terminal(act: Act, *, password: str, one_time_code: str) -> None:
    """Prove one's identity at a terminal: with the password, and with a code if an app is set up.

    Refusals: AUTH_REQUIRED BAD_CREDENTIALS, BAD_CODE; PERMISSION_DENIED SECOND_FACTOR_REQUIRED for a person whose role
    needs an app and who has none.
    """
    user = own_account(act)
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
