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

SESSION_KEY = "pending_sign_in"
VALID_FOR = timedelta(minutes=10)
BACKEND = "asora.accounts.backends.PasswordBackend"


@dataclass(frozen=True, slots=True)
class Pending:
    """The person, the time of the correct password, the page to open next, and the form they had sent, encrypted."""

    user: User
    since: datetime
    next: str
    sealed: str = ""


def start(request: AsoraRequest, user: User, *, next_: str, sealed: str) -> None:
    """Store that the password was correct, in a session with a new key, which nobody can know yet."""
    if request.act.actor.is_authenticated:
        logout(request)
    else:
        request.session.flush()
    request.session[SESSION_KEY] = {
        "user": user.pk,
        "proof": user.get_session_auth_hash(),
        "since": timezone.now().isoformat(),
        "next": next_,
        "sealed": sealed,
    }


def read(request: AsoraRequest) -> Pending | None:
    """The sign-in that waits for its second step in this session, if it is still valid."""
    stored = request.session.get(SESSION_KEY)
    if not stored:
        return None
    since = datetime.fromisoformat(stored["since"])
    user = User.objects.filter(pk=stored["user"], is_active=True).first()
    if user is None or timezone.now() - since > VALID_FOR:
        return None
    if not constant_time_compare(stored["proof"], user.get_session_auth_hash()):
        return None
    return Pending(user=user, since=since, next=stored["next"], sealed=stored.get("sealed", ""))


def act_of(request: AsoraRequest, pending: Pending) -> Act:
    """The request's act as the person who gave the password, for their own second factor only."""
    actor = actor_of(pending.user, session_key=request.session.session_key or "", proved=pending.since)
    return replace(request.act, actor=actor)


def let_in(request: AsoraRequest, user: User, *, second_factor: str = "") -> None:
    """Sign the person in, in a session with a new key that records how they proved their identity."""
    request.session.pop(SESSION_KEY, None)
    login(request, user, backend=BACKEND)
    mark_proved(request.session, second_factor=second_factor)
