"""Copying an event and exporting a slice of the trail. Both only read; the trail records who took what.

An export has two events of the same request: that of `start_export` is written before the first byte is sent, and that
of the end (`audit.explorer.exports.delivery`) has the number of events and the hash of the file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.words import register_sentence
from audit.events.models import Event
from audit.explorer import naming
from audit.explorer.event_query import EventQuery
from audit.explorer.exports import slices
from audit.explorer.formats.catalogue import Format

#: The event of the end of an export, which is recorded outside of an action, while the file is sent.
FINISH = "audit.export.finish"
register_sentence(
    FINISH,
    done=gettext_lazy("received the whole export of the audit trail"),
    tried=gettext_lazy("did not receive the whole export of the audit trail"),
)


@dataclass(frozen=True, slots=True)
class Copied:
    """The text of one event in one format, and the SHA-256 of its bytes in UTF-8."""

    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Slice:
    """What is exported: the events of a query up to a number of the trail, in a format, requested at a moment."""

    query: EventQuery
    form: Format
    up_to: int
    at: datetime


@action(
    "audit.event.copy",
    permission=Permission.AUDIT_VIEW,
    subject="name",
    while_frozen=True,
    observes=True,
    done=gettext_lazy("copied event {label}"),
    tried=gettext_lazy("tried to copy event {label}"),
)
def copy_event(act: Act, *, event: Event, form: Format, name: str) -> Copied:
    """One event as text in a format. `name`: the id of the event."""
    text = form.text(event, naming.source(act))
    copied = Copied(text, hashlib.sha256(text.encode()).hexdigest())
    act.found(format=form.name, sha256=copied.sha256)
    return copied


@action(
    "audit.export.start",
    permission=Permission.AUDIT_VIEW,
    while_frozen=True,
    observes=True,
    done=gettext_lazy("exported a part of the audit trail"),
    tried=gettext_lazy("tried to export a part of the audit trail"),
)
def start_export(act: Act, *, query: EventQuery, form: Format) -> Slice:
    """Fix what is exported: the events of the query that this reader may see, as far as the trail goes now.

    It counts against no ceiling of the plan. Refusals: VALIDATION_FAILED NO_DATA.
    """
    act.at_hubs(*query.concerns(act.actor))
    up_to = slices.last_number()
    if not slices.rows(query, act.actor, up_to=up_to).exists():
        raise ValidationFailed.at_field(
            "query",
            _("No event matches, so there is nothing to export. Remove a filter or choose a longer period."),
            reason=Reason.NO_DATA,
        )
    act.found(format=form.name, query=query.recorded(), up_to=up_to)
    return Slice(query, form, up_to, timezone.now())
