"""The state of an access session, and the texts that people may write: pure functions, no database, no clock."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from asora.kernel.shapes import StrOrPromise

#: A request that no agent has started by then lapses.
LAPSES_AFTER = timedelta(hours=24)
MAX_REASON = 500
MAX_QUESTION = 4_000
#: What a question is about, in the words of the people who ask. The keys are the categories of the support desk.
TOPICS: Mapping[str, StrOrPromise] = {
    "A": gettext_lazy("I cannot sign in"),
    "B": gettext_lazy("I may not do or see something"),
    "C": gettext_lazy("A limit of our plan was reached"),
    "D": gettext_lazy("What I entered was refused"),
    "E": gettext_lazy("A quantity looks wrong"),
    "F": gettext_lazy("An export or report failed or misses rows"),
    "G": gettext_lazy("An integration does not work"),
    "H": gettext_lazy("Asora does not do what its documentation says"),
}
# They change the reading direction of the text after them, and can make one text look like another (Unicode TR 36).
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class State(StrEnum):
    """The state of an access session, as the tenant sees it."""

    WAITING = "waiting"  # the tenant has to approve it before the agent can look
    APPROVED = "approved"  # and the agent has not started it yet
    OPEN = "open"
    REFUSED = "refused"
    REVOKED = "revoked"
    ENDED = "ended"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Course:
    """What has happened to an access session so far."""

    requested_at: datetime
    needs_approval: bool
    opened_at: datetime | None = None
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    approved_at: datetime | None = None
    refused_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def is_answered(self) -> bool:
        """Returns True if the tenant has approved or refused the session."""
        return self.approved_at is not None or self.refused_at is not None

    @property
    def latest_end(self) -> datetime:
        """When the session ends if nobody ends it before."""
        return self.expires_at or self.requested_at + LAPSES_AFTER


def state_of(course: Course, *, requires_approval: bool, now: datetime) -> State:
    """The state of a session. `requires_approval`: the tenant's setting now, which also suspends open sessions."""
    if course.revoked_at:
        return State.REVOKED
    if course.refused_at:
        return State.REFUSED
    if course.ended_at:
        return State.ENDED
    if now >= course.latest_end:
        return State.EXPIRED
    if (course.needs_approval or requires_approval) and not course.approved_at:
        return State.WAITING
    return State.OPEN if course.opened_at else State.APPROVED


def statement(text: str, *, most: int) -> str:
    """A text of any number of lines, trimmed. Raises ValueError, whose message never repeats the text."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    cleaned = "\n".join(lines)
    if len(cleaned) > most:
        raise ValueError(
            ngettext(
                "This text is too long: write at most %(most)s character.",
                "This text is too long: write at most %(most)s characters.",
                most,
            )
            % {"most": f"{most:,}"}
        )
    letters = "".join(lines).replace("\t", " ")
    if any(
        unicodedata.category(letter) in {"Cc", "Cs"} or letter in _DIRECTION_OVERRIDES for letter in letters
    ):
        raise ValueError(_("Use ordinary text, without control characters."))
    return cleaned
