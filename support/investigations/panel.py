"""The investigation of one ticket, for its page: stored rows only. What needs the tenant is loaded with a look."""

from __future__ import annotations

from typing import NamedTuple

from asora.kernel.act import Act
from asora.kernel.shapes import StrOrPromise, Values
from support.access import queries as access
from support.investigations import queries
from support.investigations.actions import order
from support.investigations.determinations import DETERMINATIONS
from support.investigations.models import Step
from support.investigations.words import STEP_TITLES
from support.tickets.models import Ticket


class Shown(NamedTuple):
    """A step as the page shows it. `state`: done, now or later."""

    number: int
    title: StrOrPromise
    state: str
    step: Step | None


def panel(act: Act, ticket: Ticket) -> Values:
    """The context of the fragment."""
    progress = queries.current(ticket)
    done = {step.number: step for step in progress.steps}
    shown = [
        Shown(
            int(number),
            title,
            "done" if number in done else "now" if number == progress.step + 1 else "later",
            done.get(int(number)),
        )
        for number, title in STEP_TITLES.items()
    ]
    latest = access.latest(act, ticket.tenant) if ticket.tenant else None
    determined = DETERMINATIONS.get(progress.determined)
    return {
        "progress": progress,
        "steps": shown,
        "determined": determined.label if determined else progress.determined,
        "is_open": latest is not None and latest.state == "open",
        "of_merged": queries.links_of_merged(ticket),
        "covered_by": order.covering(ticket),
        "is_classified": bool(ticket.category) and ticket.severity is not None,
    }
