"""A sign-in between its two steps: the password was correct, and the session has no rights yet.

The session stores only what the next step needs: the person, the time limit, and the page they wanted to open.
A new password, or the person's deactivation, ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth import login, logout
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from asora.accounts.models import User
from asora.accounts.sign_in.queries import actor_of
from asora.accounts.sign_in.sessions import mark_proved
from asora.kernel.act import Act
from asora.kernel.pages import AsoraRequest

HELD = "pending_sign_in"
HOLDS = timedelta(minutes=10)
BACKEND = "asora.accounts.backends.PasswordBackend"


@dataclass(frozen=True, slots=True)
class Pending:
    """The person, the time of the correct password, the page to open next, and the form they had sent, encrypted."""

    user: User
    since: datetime
    next: str
    sealed: str = ""


def hold(request: AsoraRequest, user: User, *, next_: str, sealed: str) -> None:
    """Store that the password was correct, in a session with a new key, which nobody can know yet."""
    if request.act.actor.is_authenticated:
        logout(request)
    else:
        request.session.flush()
    request.session[HELD] = {
        "user": user.pk,
        "proof": user.get_session_auth_hash(),
        "since": timezone.now().isoformat(),
        "next": next_,
        "sealed": sealed,
    }


def held(request: AsoraRequest) -> Pending | None:
    """The sign-in that waits for its second step in this session, if it is still valid."""
    kept = request.session.get(HELD)
    if not kept:
        return None
    since = datetime.fromisoformat(kept["since"])
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or timezone.now() - since > HOLDS:
        return None
    if not constant_time_compare(kept["proof"], user.get_session_auth_hash()):
        return None
    return Pending(user=user, since=since, next=kept["next"], sealed=kept.get("sealed", ""))


def act_of(request: AsoraRequest, pending: Pending) -> Act:
    """The request's act as the person who gave the password, for their own second factor only."""
    actor = actor_of(pending.user, session_key=request.session.session_key or "", proved=pending.since)
    return replace(request.act, actor=actor)


def let_in(request: AsoraRequest, user: User, *, second_factor: str = "") -> None:
    """Sign the person in, in a session with a new key that records how they proved their identity."""
    request.session.pop(HELD, None)
    login(request, user, backend=BACKEND)
    mark_proved(request.session, second_factor=second_factor)
