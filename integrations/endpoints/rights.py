"""What somebody has to be allowed to see in order to decide about an endpoint. For bodies of actions."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.gates import lacking
from asora.kernel.permissions import Permission
from asora.kernel.reach import works_everywhere
from asora.kernel.refusals import PermissionDenied, Reason
from integrations.endpoints.models import Endpoint
from integrations.types.catalogue import TYPES
from inventory.actions.records import require_hubs
from inventory.models import Hub

MANAGE = Permission.INTEGRATIONS_MANAGE
VALUES = Permission.LEDGER_VIEW_VALUE


def wanted_by(event_types: Iterable[str], *, with_values: bool) -> list[Permission]:
    """The permissions that the maker of an endpoint with these event types needs, sorted."""
    wanted = {MANAGE, *(TYPES[name].permission for name in event_types if name in TYPES)}
    return sorted(wanted | {VALUES} if with_values else wanted)


def require_sees_all(act: Act, endpoint: Endpoint) -> None:
    """Refuse an actor who may not see all that an endpoint receives.

    Refusals: PERMISSION_DENIED (a permission that its event types or values need; HUB_NOT_GRANTED).
    """
    hubs = None if endpoint.all_hubs else list(endpoint.hubs.all())
    require_sees(act, event_types=endpoint.event_types, hubs=hubs, with_values=endpoint.with_values)


def require_sees(
    act: Act, *, event_types: Iterable[str], hubs: Collection[Hub] | None, with_values: bool
) -> None:
    """Refuse an actor who may not see all events of these types at these hubs (None: at all of them).

    Refusals: PERMISSION_DENIED (a permission that the event types or values need; HUB_NOT_GRANTED).
    """
    for permission in wanted_by(event_types, with_values=with_values):
        if not act.actor.may(permission):
            raise lacking(act, permission)
    if hubs is not None:
        require_hubs(act, hubs)
        return
    act.reads(keys.person(act.actor.ref), keys.grant(act.actor.ref, keys.EVERY))
    if not works_everywhere(act.actor):
        raise PermissionDenied(
            _("This endpoint receives from all hubs, and you do not work at all of them."),
            reason=Reason.HUB_NOT_GRANTED,
            details={
                "permission": Permission.INVENTORY_OPERATE_HUB,
                "remedy": _("Choose the hubs where you work, or ask somebody who works at all hubs."),
            },
        )
