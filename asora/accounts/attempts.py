"""Sign-in attempts, sign-outs and lock-outs as audit events, by Django's and axes' signals.

What was typed is never kept: people type passwords into the address field. Attempts during a lock-out never get as far
as here (see `views.sign_in`) and go to the log only, so that nobody can grow an undeletable table.
"""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import connection
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from asora.accounts.addresses import fold_address
from asora.accounts.lock_out import BEHIND_THE_DOOR, PASSWORD
from asora.accounts.models import User
from asora.accounts.queries import actor_of
from asora.kernel.act import Act
from asora.kernel.door import tell
from asora.kernel.ladder import Outcome, rule_of
from asora.kernel.refusals import AuthRequired, Reason

MESSAGES = {
    Reason.BAD_CREDENTIALS: _("Address and password do not belong together."),
    Reason.LOCKED_OUT: _("Too many attempts."),
}


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **options: Any) -> None:
    """An allowed `accounts.sign_in`."""
    _record(request, "accounts.sign_in", "allowed", user=user)


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **options: Any) -> None:
    """An allowed `accounts.sign_out`; signing out without a session is nothing."""
    if user is not None:
        _record(request, "accounts.sign_out", "allowed", user=user)


@receiver(user_login_failed)
def sign_in_failed(
    credentials: dict[str, Any], sender: Any = None, request: HttpRequest | None = None, **options: Any
) -> None:
    """A refused `accounts.sign_in`: the person if the address is known here, nobody otherwise."""
    if request is None or getattr(request, "axes_locked_out", False):
        return  # the failure that closes the door is told as that, once
    if sender == BEHIND_THE_DOOR:
        return
    user = _known(str(credentials.get("email", "")))
    _record(request, "accounts.sign_in", "refused", user=user, reason=Reason.BAD_CREDENTIALS)


@receiver(user_locked_out)
def locked_out(request: HttpRequest, **options: Any) -> None:
    """A refused `accounts.lock_out`: the failure that closed the door, told once by whichever count it closed it."""
    if getattr(request, "lock_out_told", False):
        return
    request.lock_out_told = True  # type: ignore[attr-defined]
    credentials = getattr(request, "axes_credentials", None) or {}
    user = _known(str(credentials.get("email") or request.POST.get("email", "")))
    _record(request, "accounts.lock_out", "refused", user=user, reason=Reason.LOCKED_OUT)


def digest_of_address(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """What axes counts failures by: neither the address nor anything that was typed in its place."""
    typed = str((credentials or {}).get("email") or request.POST.get("email", ""))
    schema = getattr(connection, "schema_name", "")
    kind = (credentials or {}).get("kind", PASSWORD)
    purpose = f"asora.accounts.attempts:{schema}" + (f":{kind}" if kind != PASSWORD else "")
    return salted_hmac(purpose, fold_address(typed)).hexdigest()


def _known(address: str) -> User | None:
    return User.objects.with_address(address).first()


def _record(
    request: HttpRequest, action: str, outcome: str, *, user: User | None, reason: Reason | None = None
) -> None:
    act: Act | None = getattr(request, "act", None)
    if act is None:
        return
    if user is not None:
        act = Act(
            tenant=act.tenant,
            actor=actor_of(user, session_key=getattr(request.session, "session_key", "") or ""),
            request_id=act.request_id,
            client_request_id=act.client_request_id,
            route=act.route,
        )
    refusal = AuthRequired(str(MESSAGES[reason]), reason=reason) if reason else None
    step: dict[str, Any] = {"gate": "authenticated", "verdict": "stopped" if refusal else "passed"}
    if refusal:
        step |= {"rule": rule_of(refusal, asked=action), "reason": str(refusal.reason)}
    tell(
        act,
        Outcome(
            action=action,
            outcome=outcome,
            ladder=[step],
            resource=("accounts.user", str(user.pk), user.ref) if user else ("", "", ""),
            refusal=refusal,
        ),
    )
