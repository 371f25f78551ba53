"""What a request queued and sent, for its page in the audit trail.

Support reads that page too, on a connection that may not read bodies, answers and addresses: no query here does.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from audit.events import readers
from audit.events.models import Event
from audit.explorer.request_records import register_records
from integrations.diagnosis import reading
from integrations.dispatch.models import Dispatch
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import Payload
from integrations.types import describe

MAX_PAYLOADS = 50
MAX_DISPATCHES = 20


def payloads_of(act: Act, request_ids: Sequence[str]) -> Values:
    """The payloads that requests queued, if the reader works at all of their hubs: {payloads, more, may_open, about}.

    Also without any, if there could have been some: then it leads to the reason. `about`: the id of the request.
    """
    rows = reading.whole(Payload.objects.filter(request_id__in=request_ids), act.actor)
    rows = rows.select_related("endpoint").defer("body", "endpoint__url").order_by("queued_at", "id")
    found = list(rows[: MAX_PAYLOADS + 1])
    may_open = act.actor.may(Permission.INTEGRATIONS_DISPATCH)
    if not found and not (may_open and _could_have_been_queued(act, request_ids)):
        return {}
    return {
        "payloads": found[:MAX_PAYLOADS],
        "more": len(found) > MAX_PAYLOADS,
        "may_open": may_open,
        "about": request_ids[0],
    }


def _could_have_been_queued(act: Act, request_ids: Sequence[str]) -> bool:
    """Whether requests did something that an event type describes, in a tenant with endpoints."""
    if not Endpoint.objects.exists():
        return False
    events = readers.whole(
        Event.objects.filter(request_id__in=request_ids, outcome=Event.Outcome.ALLOWED), act.actor
    )
    return events.filter(action__in=describe.ACTIONS).exists()


def dispatches_of(act: Act, request_ids: Sequence[str]) -> Values:
    """The dispatches that requests started: {dispatches, may_open}."""
    rows = (
        Dispatch.objects.filter(request_id__in=request_ids).select_related("endpoint").defer("endpoint__url")
    )
    found = list(rows.order_by("started_at", "id")[:MAX_DISPATCHES])
    if not found:
        return {}
    return {"dispatches": found, "may_open": act.actor.may(Permission.INTEGRATIONS_DISPATCH)}


register_records(
    "payloads",
    title=_("Queued for integrations"),
    template="integrations/_payloads_of_request.html",
    find=payloads_of,
)
register_records(
    "dispatches",
    title=_("Sent to integrations"),
    template="integrations/_dispatches_of_request.html",
    find=dispatches_of,
)
