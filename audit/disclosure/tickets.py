"""Tickets of the support desk, as far as a tenant's own people need them. The desk registers how they are read.

The tables of the desk are public and belong to an app of an upper floor, so this module names only the questions:
which ticket is it, and what can be done with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from asora.kernel import asked
from asora.kernel.act import Act
from asora.kernel.refusals import Reason, RouteNotFound

SHAPE = re.compile(r"T-[0-9]{6,9}")
asked.register_check("ticket", lambda text: bool(SHAPE.fullmatch(text)))


@dataclass(frozen=True, slots=True)
class OwnTicket:
    """A ticket that the actor may see, and what its state allows them to do."""

    id: UUID
    ref: str
    may_be_answered: bool
    may_be_confirmed: bool
    may_be_reopened: bool
    may_be_rated: bool


Find = Callable[[Act, str], OwnTicket | None]
MadeFrom = Callable[[Act, UUID], str]


def read_with(find: Find, made_from: MadeFrom) -> None:
    """Register how tickets of the bound tenant are found, as far as an actor may see them.

    `find`: by reference. `made_from`: the reference of the ticket that was made from a question, by the question's id.
    """
    _find[:], _made_from[:] = [find], [made_from]


def find(act: Act, ref: str) -> OwnTicket:
    """The ticket with a reference, if the actor may see it. Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD."""
    found = next((read(act, ref) for read in _find), None) if SHAPE.fullmatch(ref) else None
    if found is None:
        raise RouteNotFound(_("This ticket does not exist."), reason=Reason.NO_SUCH_RECORD)
    return found


def made_from(act: Act, question: UUID) -> str:
    """The reference of the ticket that the desk has made from a question; empty until it has."""
    return next((read(act, question) for read in _made_from), "")


_find: list[Find] = []
_made_from: list[MadeFrom] = []
