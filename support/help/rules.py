"""What a ticket's state means for the people of the tenant: pure functions, no database, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from support.tickets.models import State

#: The state of a ticket → the word for it on the customer's pages. How the desk divides its work is not shown there.
SHOWN: dict[str, str] = {
    State.NEW: "received",
    State.ACKNOWLEDGED: "received",
    State.TRIAGED: "in_work",
    State.INVESTIGATING: "in_work",
    State.WAITING_CUSTOMER: "waiting_for_you",
    State.WAITING_ENGINEERING: "in_work",
    State.WAITING_COMMERCIAL: "in_work",
    State.ON_INCIDENT: "incident",
    State.RESOLVED: "resolved",
    State.CLOSED: "closed",
    State.DUPLICATE: "merged",
}
FINISHED = frozenset({State.RESOLVED, State.CLOSED})


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a person of the tenant can do with a ticket."""

    answer: bool
    confirm: bool
    reopen: bool
    rate: bool


def allowed(state: str) -> Allowed:
    """What the state of a ticket allows. A merged ticket can be answered: the answer goes to the other ticket."""
    is_finished = state in FINISHED
    return Allowed(
        answer=not is_finished,
        confirm=state == State.RESOLVED,
        reopen=is_finished,
        rate=is_finished,
    )
