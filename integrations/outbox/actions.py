"""Retention: releasing old payloads for deletion. The deletion itself follows in small steps (`deletion.py`)."""

from __future__ import annotations

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from audit.events import trail
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import EndpointNumber, Payload


@action(
    "integrations.payload.release",
    permission=Permission.INTEGRATIONS_MANAGE,
    subject="endpoint",
    done=gettext_lazy("deleted old payloads of endpoint {label}"),
    tried=gettext_lazy("tried to delete old payloads of endpoint {label}"),
)
def release_payloads(act: Act, *, endpoint: Endpoint, upto: int, days: int) -> int:
    """Release the payloads of an endpoint up to a number for deletion, in whatever state. Returns how many.

    The feed starts behind this number from now on, and nobody sends a released payload. `days`: for how long payloads
    are kept, for the event. The event says how many of them were never sent.
    """
    # The row with the numbers comes after the head of the trail in the order of locks.
    trail.lock_head()
    number = EndpointNumber.objects.select_for_update().get(endpoint=endpoint)
    released = max(min(upto, number.last) - number.deleted_upto, 0)
    if not released:
        act.noop(_("These payloads have been released already."))
        return 0
    before, after = number.deleted_upto, number.deleted_upto + released
    rows = Payload.objects.filter(endpoint=endpoint, number__gt=before, number__lte=after)
    amounts = rows.aggregate(
        never_sent=Count("pk", filter=Q(state="queued")),
        failed=Count("pk", filter=~Q(state__in=["queued", "delivered"])),
    )
    number.deleted_upto = after
    number.save(update_fields=["deleted_upto"])
    act.changed(endpoint, before={"deleted_upto": before}, after={"deleted_upto": after})
    act.found(first=before + 1, last=after, payloads=released, days=days, **amounts)
    return released
