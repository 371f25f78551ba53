"""The ticket page, for the rooms that have a part of it: they answer a refused form with the whole page.

The desk composes the page and imports all rooms, so it registers here how (`compose_with`), and rooms call `refused`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse

from asora.kernel.pages import AsoraRequest, refused_form, shown_on
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from support.tickets.models import Ticket

TEMPLATE = "support/desk/ticket.html"
#: From a request and a ticket to the context of the whole page: the context of each room by the room's name.
Compose = Callable[[AsoraRequest, Ticket], Values]
_composers: list[Compose] = []


def compose_with(compose: Compose) -> None:
    """Register the function that composes the ticket page. Called once, at start-up."""
    _composers[:] = [compose]


def refused(
    request: AsoraRequest,
    ticket: Ticket,
    refusal: Refusal,
    *,
    room: str,
    form: BaseForm | None = None,
    name: str = "form",
    **values: Any,
) -> HttpResponse:
    """Answer a POST that was refused: the ticket page with the refusal on top and what was typed.

    `room`: whose part of the page the form is in; `form` replaces the value `name` of the room's context, and `values`
    other values of it. Without a form, raises the refusal, shown on the ticket page.
    """
    [compose] = _composers
    context = compose(request, ticket)
    context[room] = {**context.get(room, {}), **values, "refusal": refusal}
    context["refused_room"] = room
    if form is None:
        raise shown_on(refusal, TEMPLATE, context)
    context[room][name] = form
    # `refused_form` calls the form `form`; the page finds it in the room's context.
    return refused_form(request, TEMPLATE, form, refusal, context)
