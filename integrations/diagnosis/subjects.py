"""What the reader asks about: a ledger position, an audit event or a request, found as an event of the trail."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from asora.kernel.actors import Actor
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.request_ids import SHAPE
from audit.events import readers
from audit.events.following import caused_by
from audit.events.models import Event
from integrations.types import describe
from ledger.models import Posting

FIELD = "about"
MAX_POSITION = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Subject:
    """The event that the reader asks about, and the position if the reader named one.

    `is_whole`: the reader works at all hubs of the event.
    """

    event: Event
    position: int | None = None

    @property
    def is_whole(self) -> bool:
        """Returns True if the reader may see all details of the event."""
        return bool(self.event.is_whole)  # type: ignore[attr-defined]


def find(actor: Actor, text: str) -> Subject:
    """The event behind a ledger position, an event id or a request id.

    Of a request with several events, also of what it caused, it is the first one that event types describe, else the
    last one.
    Refusals: VALIDATION_FAILED INVALID_INPUT, POSITION_UNKNOWN.
    """
    text = text.strip()
    rows = readers.readable(actor)
    if text.isascii() and text.isdecimal() and int(text) <= MAX_POSITION:
        position = int(text)
        request_ids = Posting.objects.filter(position=position).values_list("request_id", flat=True)
        covering = rows.filter(first_position__lte=position, last_position__gte=position, outcome="allowed")
        event = covering.filter(request_id__in=list(request_ids)).order_by("number").first()
        if event is None:
            message = _("The ledger has no posting at this position, or it is at hubs where you do not work.")
            raise ValidationFailed.at_field(FIELD, message, reason=Reason.POSITION_UNKNOWN)
        return Subject(event, position)
    if (key := _uuid(text)) is not None:
        event = rows.filter(pk=key).first()
    elif SHAPE.match(text):
        of_request = rows.filter(request_id__in=caused_by(text))
        described = of_request.filter(action__in=describe.ACTIONS, outcome="allowed")
        event = described.order_by("number").first() or of_request.order_by("number").last()
    else:
        message = _("Enter a ledger position such as 120, the id of a request, or the id of an audit event.")
        raise ValidationFailed.at_field(FIELD, message, reason=Reason.INVALID_INPUT)
    if event is None:
        message = _("The audit trail has no event with this id.")
        raise ValidationFailed.at_field(FIELD, message, reason=Reason.INVALID_INPUT)
    return Subject(event)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
