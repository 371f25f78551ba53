"""The transitions of a ticket and its reference: pure functions, no database, no clock."""

from __future__ import annotations

import re
from collections.abc import Mapping

_WAITING = frozenset({"waiting_customer", "waiting_engineering", "waiting_commercial", "on_incident"})
_OPEN = frozenset({"triaged", "investigating"}) | _WAITING
_STATES = frozenset({"new", "acknowledged", "resolved", "closed"}) | _OPEN
#: State to the states that may follow. A trigger of the database has the same table.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "new": frozenset({"acknowledged", "triaged", "duplicate"}),
    "acknowledged": frozenset({"triaged", "duplicate"}),
    **{state: (_OPEN | {"resolved", "duplicate"}) - {state} for state in sorted(_OPEN)},
    "resolved": frozenset({"closed", "triaged", "investigating", "duplicate"}),
    "closed": frozenset({"triaged", "investigating", "duplicate"}),
    # Undoing a merge restores the state of before.
    "duplicate": _STATES,
}
#: The states in which the desk has nothing more to do.
FINISHED = frozenset({"resolved", "closed", "duplicate"})
#: The states before somebody has classified the ticket.
UNTRIAGED = frozenset({"new", "acknowledged"})
WAITING = _WAITING
_REF = re.compile(r"T-(\d{1,9})\Z", re.IGNORECASE | re.ASCII)


def may_follow(state: str, after: str) -> bool:
    """Returns True if a ticket in `state` may become `after`."""
    return after in TRANSITIONS.get(state, frozenset())


def number_of(ref: str) -> int | None:
    """The number of a reference such as T-000012; None if it is no reference."""
    found = _REF.match(ref.strip())
    return int(found[1]) if found else None
