"""Sign-in attempts, sign-outs, lock-outs and late requests as audit events, written on Django's and axes' signals.

An event names a person by pseudonym and the attempt by a random reference. The attempt's source, browser and address
digest are in a table that can be erased (`attempt_log`). An attempt at an address without an account is in that table
only: the audit trail is append-only, so invented addresses must not grow it. The typed text is never stored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.accounts.models import Session, SignInAttempt, User
from asora.accounts.sign_in import attempt_log, network_limit
from asora.accounts.sign_in.lock_out import BEHIND_THE_DOOR, PASSWORD
from asora.accounts.sign_in.queries import actor_of
from asora.accounts.sign_in.sessions import SessionRequest, mark_signed_in
from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.events import record_event, record_event_inside
from asora.kernel.evidence import complete
from asora.kernel.ladder import Ladder, Outcome, rule_of
from asora.kernel.refusals import AuthRequired, Reason, Refusal
from asora.kernel.shapes import Values
from asora.kernel.words import register_sentence

MESSAGES = {
    Reason.BAD_CREDENTIALS: _("The e-mail address or the password is wrong."),
    Reason.PERSON_DEACTIVATED: _("The password was correct, but this person has been deactivated."),
    Reason.LOCKED_OUT: _("Too many attempts."),
}
LATE = "accounts.session.late"

register_sentence("accounts.sign_in", done=_("signed in"), tried=_("tried to sign in"))
register_sentence("accounts.sign_out", done=_("signed out"), tried=_("tried to sign out"))
register_sentence(
    "accounts.lock_out", done=_("was locked out"), tried=_("was locked out after too many attempts")
)
register_sentence(
    LATE,
    done=_("opened a page after their session had ended"),
    tried=_("opened a page after their session had ended"),
)


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **options: Any) -> None:
    """Write an allowed `accounts.sign_in`; the session's end is counted from now."""
    mark_signed_in(request.session)
    _record(request, "accounts.sign_in", user=user, address=user.email)


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **options: Any) -> None:
    """Write an allowed `accounts.sign_out`; signing out without a session does nothing."""
    act: Act | None = getattr(request, "act", None)
    if user is not None and act is not None:
        record_event(_as(act, user, request.session.session_key), _outcome("accounts.sign_out", user))


@receiver(user_login_failed)
def sign_in_failed(
    credentials: Values, sender: object = None, request: HttpRequest | None = None, **options: Any
) -> None:
    """Write a refused `accounts.sign_in`: an event if an account has the address, otherwise only an attempt.

    The response is the same in both cases, and also for the correct password of a deactivated person; the event of the
    latter gives the reason.
    """
    if request is None or getattr(request, "axes_locked_out", False):
        return  # the failure that causes a lock-out gets one event: the lock-out's
    if sender == BEHIND_THE_DOOR:
        return
    reason = getattr(request, "refused_because", None) or Reason.BAD_CREDENTIALS
    address = str(credentials.get("email", ""))
    _record(request, "accounts.sign_in", user=_known(address), address=address, reason=reason)


@receiver(user_locked_out)
def locked_out(request: HttpRequest, **options: Any) -> None:
    """Write a refused `accounts.lock_out`, once, whichever of the counters has reached its limit."""
    if getattr(request, "is_lock_out_recorded", False):
        return
    request.is_lock_out_recorded = True  # type: ignore[attr-defined]
    credentials = getattr(request, "axes_credentials", None) or {}
    address = str(credentials.get("email") or request.POST.get("email", ""))
    _record(request, "accounts.lock_out", user=_known(address), address=address, reason=Reason.LOCKED_OUT)


def late_request(request: SessionRequest, refusal: Refusal) -> None:
    """Record a request of an ended session: the first one as an event, later ones as attempts only."""
    row = request.session.late
    if row is None:
        return
    person = User.objects.filter(pk=row.user_id or 0).first()
    act = request.act
    with transaction.atomic(durable=True):
        is_first = person is not None and bool(
            Session.objects.filter(pk=row.pk, late_at=None).update(late_at=timezone.now())
        )
        kind = SignInAttempt.Kind.RECORDED if is_first else SignInAttempt.Kind.LATE
        ref = attempt_log.note(
            request, kind, reason=refusal.reason, person=person, session_ref=row.ref, address=""
        )
        if is_first and person is not None:
            late_act = replace(act, actor=replace(actor_of(person), session_ref=row.ref))
            _write(late_act, _outcome(LATE, person, refusal), ref)


def digest_of_address(request: HttpRequest, credentials: Values | None = None) -> str:
    """The key by which axes counts failures: a digest, so that axes never stores what was typed."""
    typed = str((credentials or {}).get("email") or request.POST.get("email", ""))
    kind = (credentials or {}).get("kind", PASSWORD)
    return attempt_log.digest_of(typed, kind=kind if kind != PASSWORD else "")


def _known(address: str) -> User | None:
    return User.objects.with_address(address).first()


def _record(
    request: HttpRequest, action: str, *, user: User | None, address: str, reason: Reason | None = None
) -> None:
    """Record the attempt, and its event if an account is concerned.

    Otherwise the event is written and rolled back, so that known and unknown addresses cost the same queries.
    """
    act: Act | None = getattr(request, "act", None)
    if act is None:
        return
    kinds = SignInAttempt.Kind
    refusal = AuthRequired(str(MESSAGES[reason]), reason=reason) if reason else None
    if user is not None:
        act = _as(act, user, request.session.session_key)
    with transaction.atomic(durable=True):
        ref = attempt_log.note(
            request,
            kinds.UNKNOWN if user is None else kinds.RECORDED,
            reason=reason,
            address=address,
            person=user,
            session_ref=act.actor.session_ref,
        )
        if reason:
            network_limit.count(request, failures=int(user is None))
        with transaction.atomic():
            _write(act, _outcome(action, user, refusal), ref)
            transaction.set_rollback(user is None)
        with transaction.atomic():  # the rollback costs something too
            transaction.set_rollback(user is not None)


def _as(act: Act, user: User, session_key: str | None) -> Act:
    return replace(act, actor=actor_of(user, session_key=session_key or ""))


def _outcome(action: str, user: User | None, refusal: Refusal | None = None) -> Outcome:
    ladder = Ladder()
    read = [keys.person(user.ref)] if user else []
    if refusal:
        complete(refusal)
        ladder.stopped(refusal, rule=rule_of(refusal, asked=action), inputs=read)
    else:
        ladder.passed("authenticated", inputs=read)
    return Outcome(
        action=action,
        outcome="refused" if refusal else "allowed",
        ladder=ladder.steps,
        resource=("accounts.user", str(user.pk), user.ref) if user else ("", "", ""),
        refusal=refusal,
    )


def _write(act: Act, outcome: Outcome, attempt: str) -> None:
    recording = act.recording()
    recording.found(attempt=attempt)
    record_event_inside(recording, replace(outcome, record=recording.record))
