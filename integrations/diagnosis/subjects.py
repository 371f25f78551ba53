"""What the reader asks about: a posting, an audit event or a request, found as an event of the trail."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from asora.kernel.actors import Actor
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.request_ids import SHAPE
from audit.events import readers
from audit.events.following import caused_by
from audit.events.models import Event
from integrations.types import describe
from ledger.models import Entry, Posting

FIELD = "about"
MAX_POSITION = 2**63 - 1
#: Of more postings with the same reference, none is looked at.
MAX_SAME_REFERENCE = 20


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
    """The event behind a ledger position, the reference of one posting, an event id or a request id.

    Of a request with several events, also of what it caused, it is the first one that event types describe, else the
    last one.
    Refusals: VALIDATION_FAILED INVALID_INPUT, POSITION_UNKNOWN.
    """
    text = text.strip()
    rows = readers.readable(actor)
    if text.isascii() and text.isdecimal() and int(text) <= MAX_POSITION:
        found = _at_position(rows, int(text))
        if found is None:
            message = _("The ledger has no posting at this position, or it is at hubs where you do not work.")
            raise ValidationFailed.at_field(FIELD, message, reason=Reason.POSITION_UNKNOWN)
        return found
    if (key := _uuid(text)) is not None:
        event = rows.filter(pk=key).first()
    elif SHAPE.match(text):
        of_request = rows.filter(request_id__in=caused_by(text))
        described = of_request.filter(action__in=describe.ACTIONS, outcome="allowed")
        event = described.order_by("number").first() or of_request.order_by("number").last()
    else:
        return _with_reference(actor, rows, text)
    if event is None:
        message = _("The audit trail has no event with this id.")
        raise ValidationFailed.at_field(FIELD, message, reason=Reason.INVALID_INPUT)
    return Subject(event)


def _at_position(rows: QuerySet[Event], position: int) -> Subject | None:
    request_ids = Posting.objects.filter(position=position).values_list("request_id", flat=True)
    covering = rows.filter(first_position__lte=position, last_position__gte=position, outcome="allowed")
    event = covering.filter(request_id__in=list(request_ids)).order_by("number").first()
    return Subject(event, position) if event is not None else None


def _with_reference(actor: Actor, rows: QuerySet[Event], text: str) -> Subject:
    """The only posting with this reference among those that the reader may see."""
    same = Posting.objects.filter(reference=text)
    if (hubs := readers.hubs_of(actor)) is not None:
        same = same.filter(pk__in=Entry.objects.filter(hub__in=hubs).values("posting"))
    positions = list(same.order_by("position").values_list("position", flat=True)[: MAX_SAME_REFERENCE + 1])
    if len(positions) > MAX_SAME_REFERENCE:
        message = _("Many postings have this reference. Enter the position of one of them.")
        raise ValidationFailed.at_field(FIELD, message, reason=Reason.INVALID_INPUT)
    found = [subject for position in positions if (subject := _at_position(rows, position)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        message = _("Several postings have this reference. Enter one of these positions: %(positions)s.") % {
            "positions": ", ".join(str(subject.position) for subject in found)
        }
    else:
        message = _(
            "Enter a ledger position such as 120, the reference of a posting, the id of a request, or the id of an "
            "audit event."
        )
    raise ValidationFailed.at_field(FIELD, message, reason=Reason.INVALID_INPUT)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
