"""Lock-out: five failures of any kind (password or code, at sign-in or later) block further attempts for a while.

Axes counts failures by a digest of the address and the client's network address. Wrong codes are also counted by person
alone, from any network: somebody who types codes knows the password, and a code has only a million values. The failures
reported to axes here have already been refused and recorded by the door.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.accounts.sign_in.attempt_log import note_locked_out, note_refused
from asora.kernel.refusals import AuthRequired, Reason
from asora.kernel.shapes import ReadOnlyValues

R = TypeVar("R")
#: The sender of failures that have an event of their own.
BEHIND_THE_DOOR = "asora.accounts.lock_out"
COUNTED = {Reason.BAD_CODE, Reason.BAD_CREDENTIALS}


PASSWORD, CODE = "password", "code"


def parameters(request: object, credentials: ReadOnlyValues | None = None) -> list[str | list[str]]:
    """AXES_LOCKOUT_PARAMETERS: the keys by which failures of one kind of proof are counted."""
    is_code = (credentials or {}).get("kind") == CODE
    return ["username"] if is_code else [["username", "ip_address"]]


def counted(request: HttpRequest, *, address: str, proof: Callable[[], R], kind: str = PASSWORD) -> R:
    """Return the result of `proof`. Its failures count for the person with that address; too many of them block it.

    `kind`: `CODE` for a code of the person's own app or a recovery code, `PASSWORD` otherwise.

    Refusals: AUTH_REQUIRED LOCKED_OUT, and those of `proof`.
    """
    counters = [{"email": address, "kind": counter} for counter in dict.fromkeys((PASSWORD, kind))]
    for credentials in counters:
        if not AxesProxyHandler.is_allowed(request, credentials):
            note_locked_out(request, address=address)
            raise locked_out(request, address=address, kind=credentials["kind"])
    try:
        return proof()
    except AuthRequired as refusal:
        if refusal.reason in COUNTED:
            for credentials in counters:
                user_login_failed.send(sender=BEHIND_THE_DOOR, credentials=credentials, request=request)
            if getattr(request, "axes_locked_out", False):
                raise locked_out(request, address=address, kind=kind) from refusal
            note_refused(request, address=address, reason=refusal.reason)
        raise


def locked_out(request: HttpRequest, *, address: str, kind: str = PASSWORD) -> AuthRequired:
    """The refusal during a lock-out, with the time that really remains. The signal writes its event."""
    return too_many(_remaining(request, address=address, kind=kind))


def too_many(remaining: timedelta) -> AuthRequired:
    """The refusal LOCKED_OUT with the time that remains. It has been recorded already."""
    wait = max(1, math.ceil(remaining.total_seconds()))
    minutes = math.ceil(wait / 60)
    message = ngettext(
        "Too many attempts. Try again in %(minutes)s minute.",
        "Too many attempts. Try again in %(minutes)s minutes.",
        minutes,
    )
    refusal = AuthRequired(
        message % {"minutes": minutes},
        reason=Reason.LOCKED_OUT,
        details={
            "retry_after": wait,
            "remedy": _(
                "This protects the account from password guessing. You do not need to do anything else."
            ),
        },
    )
    refusal.audited = True  # type: ignore[attr-defined]
    return refusal


def _remaining(request: HttpRequest, *, address: str, kind: str) -> timedelta:
    """The time until the last counted failure is old enough."""
    whole = timedelta(hours=settings.AXES_COOLOFF_TIME)
    attempts = AccessAttempt.objects.filter(
        username=get_client_username(request, {"email": address, "kind": kind})
    )
    if kind != CODE:
        attempts = attempts.filter(ip_address=request.axes_ip_address)  # type: ignore[attr-defined]
    last = attempts.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    return whole if last is None else last + whole - timezone.now()
