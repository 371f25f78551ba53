"""The event types of freezes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from integrations.types.definition import EventType
from integrations.types.freezes.fields import Frozen, Unfrozen

GROUP = _("Company")

FROZEN = EventType(
    name="inventory.tenant.frozen.v1",
    group=GROUP,
    title=_("Company frozen"),
    meaning=_(
        "The operator of Asora froze the company: nothing can be written. Payloads are not sent during a freeze, "
        "but the feed stays open."
    ),
    permission=Permission.INVENTORY_VIEW,
    subject="tenant",
    example=Frozen(reason="The ledger is being checked after a failed proof."),
)
UNFROZEN = EventType(
    name="inventory.tenant.unfrozen.v1",
    group=GROUP,
    title=_("Company unfrozen"),
    meaning=_("The operator of Asora ended the freeze of the company."),
    permission=Permission.INVENTORY_VIEW,
    subject="tenant",
    example=Unfrozen(root_cause="A disk failed. The balances were rebuilt, and the proof passed."),
)
