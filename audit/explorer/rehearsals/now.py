"""Would a refused request be allowed now? One look, and an answer that shows a reader nothing they may not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from asora.kernel import binding
from asora.kernel.actors import Actor
from asora.kernel.asked import LeftOut, NotRebuilt
from asora.kernel.looking import Busy
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise
from audit.events.models import Event
from audit.explorer.queries import GATE_LABELS
from audit.explorer.rehearsals.looks import Stop, is_within_reach, look, request_of

#: Why a request cannot be judged again, or only in part.
LEFT_OUT: ReadOnlyValues = {
    "no_action": _("This was not a request to change something, so there is nothing to judge again."),
    "gone": _("A record, person or file of this request no longer exists, so it cannot be judged again."),
    "outdated": _("An earlier release of Asora recorded this request, so it cannot be judged again."),
    "not_recorded": _(
        "The event does not contain what was entered, so only the role, the freeze and the plan are judged."
    ),
    LeftOut.SECRET: _(
        "The request contains a password or a code, which is never recorded, so only the role, the freeze and the "
        "plan are judged."
    ),
    LeftOut.INVALID: _(
        "The form could not be read. Its sender has to correct it, whatever else changes. The role, the freeze and "
        "the plan are judged."
    ),
    LeftOut.TOO_LARGE: _(
        "The request is too large to be recorded, so only the role, the freeze and the plan are judged."
    ),
    LeftOut.NOT_A_VALUE: _(
        "The request contains more than an event can record, so only the role, the freeze and the plan are judged."
    ),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A stop as a reader may see it. `messages`: what the person would read; empty if the reader may not see it."""

    name: str
    gate: StrOrPromise
    reason: str
    messages: Sequence[str]
    remedy: StrOrPromise


@dataclass(frozen=True, slots=True)
class Now:
    """The answer. `state`: allowed, refused, partly (no gate that could be judged refuses), concealed, busy, unknown.

    `note`: why not everything could be judged, if so.
    """

    state: str
    stop: Shown | None = None
    note: StrOrPromise = ""


def would_be_allowed(reader: Actor, event: UUID) -> Now:
    """Judge a refused request with today's plan, roles and stock. The reader may see the whole event.

    It takes an id and reads the values itself, so the caller cannot choose what is judged.
    """
    with binding.on_application_connection():
        try:
            request = request_of(Event.objects.get(pk=event))
            stop = look(request)
        except Busy:
            return Now("busy")
        except NotRebuilt as error:
            return Now("unknown", note=LEFT_OUT[error.why])
    note = LEFT_OUT[request.left_out] if request.left_out else ""
    if stop is None:
        return Now("partly" if note else "allowed", note=note)
    if not is_within_reach(reader, stop.hubs):
        return Now("concealed")
    return Now("refused", stop=shown(reader, stop), note=note)


def shown(reader: Actor, stop: Stop) -> Shown:
    """A stop as this reader may see it: messages can name stock."""
    may_see = reader.may(Permission.LEDGER_VIEW_STOCK)
    return Shown(
        name=stop.gate,
        gate=GATE_LABELS[stop.gate],
        reason=str(stop.reason),
        messages=stop.messages if may_see else (),
        remedy=stop.remedy,
    )
