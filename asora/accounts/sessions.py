"""The session engine: Django's own, with the owner of each session written beside it; and what a session has proved."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from asora.accounts.models.sessions import Session

# Keys in a session.
PROVED_AT = "proved_at"  # when its owner last proved who they are, for acts that ask for it anew
SECOND_FACTOR = "second_factor"  # how the second factor was given: "app" or "recovery"; absent: not at all


class SessionStore(DatabaseStore):
    """Sessions of the current schema."""

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
        return row


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
