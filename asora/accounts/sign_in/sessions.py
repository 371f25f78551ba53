"""The session engine: Django's own, plus the owner of each session and the proofs of identity given in it.

A session ends 12 hours after its sign-in, even if it is in use; on the public host also after 30 minutes without a
request. Its row and the browser's cookie are kept for a while after that, so that a late request can be distinguished
from django.contrib.sessions.backends.base import SessionBase
from a request that never had a session.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import Q
from django.utils import timezone

from asora.accounts.models.sessions import Session
from asora.kernel import binding
from asora.kernel.pages import AsoraRequest
from asora.kernel.shapes import Values

# Keys in a session.
SIGNED_IN_AT = "signed_in_at"  # when its owner signed in; the session's end is counted from this
PROVED_AT = "proved_at"  # when its owner last proved their identity, for actions that need a fresh proof
SECOND_FACTOR = "second_factor"  # which second factor was given: "app" or "recovery"; absent: none

SEEN_EVERY = timedelta(minutes=5)
#: The session of an operator or support agent ends after this time without a request.
IDLE = timedelta(minutes=30)
#: How long the row of an ended session is kept.
KNOWN_FOR = timedelta(days=14)


class SessionStore(DatabaseStore):
    """Sessions of the current schema. Every save writes the whole row, so earlier values are copied to the new row."""

    #: The user agent; the middleware sets it.
    user_agent = ""
    #: The session that the cookie names, if it had an owner and has ended.
    late: Session | None = None
    _row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our own table."""
        return Session

    @classmethod
    def clear_expired(cls) -> None:
        """Delete ended sessions: those without an owner at once, the others after the time for which they are kept."""
        now = timezone.now()
        nobodys = Q(user_id=None, expire_date__lt=now)
        Session.objects.filter(nobodys | Q(expire_date__lt=now - KNOWN_FOR)).delete()

    def get_expiry_age(self, **options: Any) -> int:
        """How long the browser keeps the cookie: longer than the session itself."""
        return settings.SESSION_COOKIE_AGE + int(KNOWN_FOR.total_seconds())

    def is_empty(self) -> bool:
        """Return True if the cookie may be deleted. That of an ended session stays, to recognise late requests."""
        return self.late is None and super().is_empty()

    def flush(self) -> None:
        """Delete the session's data and its key."""
        self.late = None
        super().flush()

    def create_model_instance(self, data: Values) -> Session:
        """The row with its owner, its end, and the digest by which events name it."""
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        owner = data.get(SESSION_KEY)
        row.user_id = int(owner) if owner else None
        row.ref = ref_of(row.session_key)
        row.user_agent = self.user_agent
        if self._row is not None and self._row.session_key == row.session_key:
            row.started_at = self._row.started_at
            row.user_agent = self._row.user_agent
        row.expire_date = _end_of(data, row)
        self._row = row
        return row

    def touch(self) -> None:
        """Record that the session is in use: every few minutes, or on every request where idleness ends a session.

        This does not extend the session.
        """
        every = timedelta(0) if _ends_when_idle() else SEEN_EVERY
        if self._row is None or timezone.now() - self._row.seen_at < every:
            return
        self._row.seen_at = timezone.now()
        Session.objects.filter(pk=self._row.pk).update(seen_at=self._row.seen_at)

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key or ""
        row = None if "\x00" in key else Session.objects.filter(session_key=key).first()
        if row is not None and has_ended(row):
            self.late, row = (row if row.user_id else None), None
        if row is None:
            self._session_key = None
        self._row = row
        return row


class SessionRequest(AsoraRequest):
    """A request whose session is of this engine."""

    session: SessionStore


def has_ended(row: Session) -> bool:
    """Return True if a session has ended."""
    now = timezone.now()
    return row.expire_date <= now or (_ends_when_idle() and row.seen_at <= now - IDLE)


def alive() -> Q:
    """The sessions that have not ended."""
    now = timezone.now()
    return Q(expire_date__gt=now) & (Q(seen_at__gt=now - IDLE) if _ends_when_idle() else Q())


def _ends_when_idle() -> bool:
    """Return True on the public host, where only operators and support agents sign in."""
    return binding.schema_name() == binding.PUBLIC


def _end_of(data: Values, row: Session) -> datetime:
    whole = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    if row.user_id is None:
        return timezone.now() + whole
    written = data.get(SIGNED_IN_AT)
    return (datetime.fromisoformat(written) if written else row.started_at) + whole


def ref_of(session_key: str) -> str:
    """The name of a session in events: a digest, never the key."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:16] if session_key else ""


def mark_signed_in(session: SessionBase) -> None:
    """Record when the owner of the session signed in."""
    session[SIGNED_IN_AT] = timezone.now().isoformat()


def mark_proved(session: SessionBase, *, second_factor: str = "") -> None:
    """Record that the owner of the session has just proved their identity, and by which second factor, if any."""
    session[PROVED_AT] = timezone.now().isoformat()
    if second_factor:
        session[SECOND_FACTOR] = second_factor


def proved_at(session: SessionBase) -> datetime | None:
    """When the owner of the session last proved their identity."""
    written = session.get(PROVED_AT)
    return datetime.fromisoformat(written) if written else None
