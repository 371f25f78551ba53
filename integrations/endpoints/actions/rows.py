"""The steps that changes of endpoints share: lock, version, save, record."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict
from asora.kernel.shapes import ReadOnlyValues, Values
from integrations.endpoints import rules
from integrations.endpoints.models import Endpoint
from inventory.models import Hub


def locked(act: Act, endpoint: Endpoint) -> Endpoint:
    """The endpoint's current row, locked until commit. Refusals: STATE_CONFLICT NOT_ACTIVE (removed)."""
    act.reads(endpoint)
    row = Endpoint.everything.select_for_update(of=("self",)).filter(pk=endpoint.pk).first()
    if row is None:
        raise RouteNotFound(_("This endpoint does not exist."), reason=Reason.NO_SUCH_RECORD)
    if row.removed_at:
        raise StateConflict(
            _("%(endpoint)s was removed.") % {"endpoint": row},
            reason=Reason.NOT_ACTIVE,
            details={"remedy": _("Create a new endpoint.")},
        )
    return row


def opened(act: Act, endpoint: Endpoint, *, version: int) -> Endpoint:
    """The same for a change that started from `version`. Refusals: also STATE_CONFLICT STALE_FORM."""
    row = locked(act, endpoint)
    if row.version != version:
        raise StateConflict(
            _("Somebody changed %(endpoint)s after you opened this form.") % {"endpoint": row},
            reason=Reason.STALE_FORM,
            details={"seen": version, "version": row.version},
        )
    return row


def save(act: Act, row: Endpoint, *fields: str, before: ReadOnlyValues, after: ReadOnlyValues) -> None:
    """Save these fields as the next version, and record the change and the hubs that the endpoint receives from."""
    row.version += 1
    row.save(update_fields=[*fields, "version"])
    act.changed(
        row,
        before={**before, "version": row.version - 1},
        after={**after, "version": row.version},
    )
    if not row.all_hubs:
        act.at_hubs(*row.hubs.values_list("pk", flat=True))


def recorded(endpoint: Endpoint, *, hubs: Iterable[Hub] | None = None) -> Values:
    """The settings of an endpoint as events record them. Of the address only the part without path and query.

    `hubs`: the chosen hubs, if they are not saved yet.
    """
    chosen = endpoint.hubs.all() if hubs is None else hubs
    return {
        "name": endpoint.name,
        "address": rules.origin(endpoint.url),
        "event_types": list(endpoint.event_types),
        "all_hubs": endpoint.all_hubs,
        "hubs": sorted(hub.code for hub in chosen),
        "with_values": endpoint.with_values,
    }
