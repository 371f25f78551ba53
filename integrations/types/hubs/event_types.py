"""The event types of hubs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from integrations.types.definition import EventType
from integrations.types.hubs.fields import HubState

GROUP = _("Hubs")
SUBJECT = "hubs/<code>"


def _example(**fields: Any) -> HubState:
    usual: Values = {"hub_id": 1, "hub": "NORTH", "name": "North warehouse", "is_archived": False}
    return HubState(**usual | fields)


CREATED = EventType(
    name="inventory.hub.created.v1",
    group=GROUP,
    title=_("Hub created"),
    meaning=_("A hub was added. Only endpoints that receive all hubs get this."),
    permission=Permission.INVENTORY_VIEW,
    subject=SUBJECT,
    example=_example(version=1),
)
CHANGED = EventType(
    name="inventory.hub.changed.v1",
    group=GROUP,
    title=_("Hub renamed"),
    meaning=_("A hub got another name. Its code does not change."),
    permission=Permission.INVENTORY_VIEW,
    subject=SUBJECT,
    example=_example(name="North warehouse, hall 2", version=2),
)
ARCHIVED = EventType(
    name="inventory.hub.archived.v1",
    group=GROUP,
    title=_("Hub archived"),
    meaning=_("A hub was archived: no more stock comes in."),
    permission=Permission.INVENTORY_VIEW,
    subject=SUBJECT,
    example=_example(is_archived=True, version=3),
)
RESTORED = EventType(
    name="inventory.hub.restored.v1",
    group=GROUP,
    title=_("Hub restored"),
    meaning=_("An archived hub was restored. Its bins are restored one by one."),
    permission=Permission.INVENTORY_VIEW,
    subject=SUBJECT,
    example=_example(version=4),
)
