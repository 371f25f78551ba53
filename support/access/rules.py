"""Rules of access sessions: pure functions, no database, no clock."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _

MAX_MINUTES = 60
#: The lengths that the form offers.
MINUTES = (15, 30, 60)
MAX_REASON = 500
MAX_TICKET = 40
#: An approved request that nobody starts lapses after this time.
REQUEST_VALID_FOR = timedelta(hours=24)

State = Literal["waiting", "ready", "open", "ended", "expired", "lapsed", "refused", "revoked"]
#: The states of a session that can still be used, now or later.
LIVE: frozenset[State] = frozenset({"waiting", "ready", "open"})


class RuleBroken(ValueError):
    """A value was refused. The message gives the reason and never repeats the value."""


def one_line(text: str, *, most: int) -> str:
    """A reason or a ticket reference as one line of ordinary text; empty if there is none. Raises RuleBroken."""
    line = " ".join(text.split())
    if len(line) > most:
        raise RuleBroken(_("At most %(most)s characters.") % {"most": most})
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs"} for letter in line):
        raise RuleBroken(_("Use one line of ordinary text, without control characters."))
    return line


def state(
    *,
    requested_at: datetime,
    opened_at: datetime | None,
    expires_at: datetime | None,
    ended_at: datetime | None,
    verdict: str | None,
    needs_approval: bool,
    now: datetime,
) -> State:
    """The state of a session.

    `verdict`: what the tenant has decided: approved, refused, revoked, or nothing (None). `needs_approval`: whether the
    tenant requires approval now, so that switching the requirement on also stops sessions that nobody has approved.
    """
    if verdict == "refused":
        return "refused"
    if verdict == "revoked":
        return "revoked"
    if ended_at is not None:
        return "ended"
    is_missing = needs_approval and verdict != "approved"
    if opened_at is None or expires_at is None:
        if now >= requested_at + REQUEST_VALID_FOR:
            return "lapsed"
        return "waiting" if is_missing else "ready"
    if now >= expires_at:
        return "expired"
    return "waiting" if is_missing else "open"
