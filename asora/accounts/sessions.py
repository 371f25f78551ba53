"""The session engine: Django's own, with the owner of each session written beside it; and what a session has proved."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from asora.accounts.models.sessions import Session

# Keys in a session.
PROVED_AT = "proved_at"  # when its owner last proved who they are, for acts that ask for it anew
SECOND_FACTOR = "second_factor"  # how the second factor was given: "app" or "recovery"; absent: not at all


SEEN_EVERY = timedelta(minutes=5)


class SessionStore(DatabaseStore):
    """Sessions of the current schema. Every save writes the whole row, so what it said before is carried over."""

    #: The browser's own words; the middleware puts them here.
    user_agent = ""
    _row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our own table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row, with its owner and the digest that events name it by."""
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        owner = data.get(SESSION_KEY)
        row.user_id = int(owner) if owner else None
        row.ref = ref_of(row.session_key)
        row.user_agent = self.user_agent
        if self._row is not None and self._row.session_key == row.session_key:
            row.started_at = self._row.started_at
            row.user_agent = self._row.user_agent
        self._row = row
        return row

    def touch(self) -> None:
        """Note that the session is in use: a statement of its own every few minutes, and no new expiry."""
        if self._row is None or timezone.now() - self._row.seen_at < SEEN_EVERY:
            return
        self._row.seen_at = timezone.now()
        Session.objects.filter(pk=self._row.pk).update(seen_at=self._row.seen_at)

    def _get_session_from_db(self) -> Session | None:
        self._row = super()._get_session_from_db()  # type: ignore[misc]  # the stubs leave it out
        return self._row


def ref_of(session_key: str) -> str:
    """What events call a session: a digest, never the key."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:16] if session_key else ""


def mark_proved(session: Any, *, second_factor: str = "") -> None:
    """Note that the owner of the session has just proved who they are, and by which second factor if any."""
    session[PROVED_AT] = timezone.now().isoformat()
    if second_factor:
        session[SECOND_FACTOR] = second_factor


def proved_at(session: Any) -> datetime | None:
    """When the owner of the session last proved who they are."""
    written = session.get(PROVED_AT)
    return datetime.fromisoformat(written) if written else None
