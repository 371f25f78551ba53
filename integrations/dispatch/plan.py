"""Which payloads a dispatch sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from asora.kernel import asked
from integrations.dispatch.models import Dispatch

#: The most payloads that somebody chooses one by one.
MAX_CHOSEN = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """A payload that somebody chose. `seen`: how many attempts the person saw; 0: it was queued.

    If it has been sent since, by somebody else or by a second click, it is not sent again.
    """

    payload: UUID
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A dispatch that has started, and what it sends, in the order of numbers.

    `chosen`: these. Empty: everything that is queued with a number from above `after` up to `upto`.
    """

    dispatch: Dispatch
    chosen: Sequence[Chosen] = ()
    after: int = 0
    upto: int = 0


asked.register_fields(Chosen, "integrations.chosen")
