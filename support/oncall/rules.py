"""Who is called for what, and when a call is passed on. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple


class Level(NamedTuple):
    """One level of a ladder. `minutes`: until the call is passed on to the next level; None for the last level."""

    duty: str
    minutes: int | None


#: Severity to the levels that are called one after the other. Sev4 calls nobody.
LADDERS: dict[int, tuple[Level, ...]] = {
    1: (Level("on_call", 5), Level("backup", 5), Level("platform_lead", None)),
    2: (Level("on_call", 30), Level("platform_lead", None)),
    3: (Level("on_call", None),),
    4: (),
}
SECURITY: tuple[Level, ...] = (Level("security", 5), Level("platform_lead", None))
#: A call about Sev1 or Sev2 without an answer for so long is listed for everybody at the desk.
UNANSWERED_AFTER = timedelta(minutes=10)
URGENT = (1, 2)
#: A call of such a severity informs: nobody has to take it, and nobody else is called.
INFORMS = (3,)


def ladder(*, severity: int | None, is_security: bool) -> tuple[Level, ...]:
    """The levels for a call. A security call has a ladder of its own, besides that of the severity."""
    if is_security:
        return SECURITY
    return LADDERS.get(severity or 4, ())


def passed_on_at(level: Level, sent_at: datetime) -> datetime | None:
    """When a call of this level is passed on if nobody answers; None if it stays where it is."""
    return None if level.minutes is None else sent_at + timedelta(minutes=level.minutes)
