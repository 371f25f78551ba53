"""The clocks of one ticket, for its page."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from asora.kernel.act import Act
from asora.kernel.shapes import Values
from support.clocks import queries
from support.clocks.queries import ClockState
from support.clocks.wording import time_left


class Shown(NamedTuple):
    """A clock as its fragment shows it. `badge`: a word of the group `support.clocks`."""

    clock: ClockState
    badge: str
    left: str


def panel(_act: Act, subject: Any) -> Values:
    """The context of the clocks' fragment. `subject`: the ticket, or its id."""
    key: UUID = getattr(subject, "pk", subject)
    listed = [shown(state) for state in queries.states([key], timezone.now())[key]]
    return {
        "open": [one for one in listed if one.clock.is_open],
        "ended": [one for one in listed if not one.clock.is_open],
    }


def shown(state: ClockState) -> Shown:
    """A clock with its badge and the time that is left."""
    return Shown(state, "near" if state.is_near else state.state, time_left(state))
