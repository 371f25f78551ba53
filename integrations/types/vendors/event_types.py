"""The event type of vendors."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from integrations.types.definition import EventType
from integrations.types.vendors.fields import Eligibility

ELIGIBILITY = EventType(
    name="inventory.vendor.eligibility.v1",
    group=_("Vendors"),
    title=_("Vendor's eligibility"),
    meaning=_("A vendor was created, archived or restored, or somebody decided whether it may deliver."),
    permission=Permission.INVENTORY_VIEW,
    subject="vendors/<code>",
    example=Eligibility(
        vendor="ALDER",
        name="Alder & Sons",
        can_deliver=False,
        is_eligible=False,
        is_archived=False,
        cause="decided",
        version=2,
    ),
)
