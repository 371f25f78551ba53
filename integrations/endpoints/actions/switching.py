"""Enabling and disabling endpoints."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.refusals import Reason, StateConflict
from integrations.endpoints.actions.rows import locked, save
from integrations.endpoints.models import Endpoint
from integrations.endpoints.rights import MANAGE, require_sees_all


@action(
    "integrations.endpoint.enable",
    permission=MANAGE,
    subject="endpoint",
    done=gettext_lazy("enabled endpoint {label}"),
    tried=gettext_lazy("tried to enable endpoint {label}"),
)
def enable_endpoint(act: Act, *, endpoint: Endpoint) -> Endpoint:
    """Queue events for an endpoint from now on.

    Refusals: PERMISSION_DENIED (a permission that its event types or values need; HUB_NOT_GRANTED);
    STATE_CONFLICT ALREADY_ACTIVE, NOT_ACTIVE (removed).
    """
    row = locked(act, endpoint)
    if row.is_enabled:
        raise StateConflict(
            _("%(endpoint)s is already enabled.") % {"endpoint": row}, reason=Reason.ALREADY_ACTIVE
        )
    require_sees_all(act, row)
    row.is_enabled = True
    save(act, row, "is_enabled", before={"is_enabled": False}, after={"is_enabled": True})
    return row


@action(
    "integrations.endpoint.disable",
    permission=MANAGE,
    subject="endpoint",
    while_frozen=True,
    done=gettext_lazy("disabled endpoint {label}"),
    tried=gettext_lazy("tried to disable endpoint {label}"),
)
def disable_endpoint(act: Act, *, endpoint: Endpoint) -> Endpoint:
    """Stop queueing events for an endpoint. What is queued stays.

    Refusals: STATE_CONFLICT NOT_ACTIVE (it is disabled already, or removed).
    """
    row = locked(act, endpoint)
    if not row.is_enabled:
        raise StateConflict(
            _("%(endpoint)s is already disabled.") % {"endpoint": row}, reason=Reason.NOT_ACTIVE
        )
    row.is_enabled = False
    save(act, row, "is_enabled", before={"is_enabled": True}, after={"is_enabled": False})
    return row
