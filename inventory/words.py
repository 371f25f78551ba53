"""The badges and permission labels of master data."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.words import Badge, register_badges, register_permission

register_badges(
    "inventory.record",
    {
        "active": Badge(_("Active"), "check", "green"),
        "archived": Badge(_("Archived"), "archive"),
    },
)
register_badges(
    "inventory.vendor",
    {
        "archived": Badge(_("Archived"), "archive"),
        "eligible": Badge(_("Eligible"), "check", "green"),
        "ineligible": Badge(_("Not eligible"), "ban", "brick"),
    },
)
register_badges(
    "inventory.import_line",
    {
        "new": Badge(_("Would be created"), "plus", "green"),
        "unchanged": Badge(_("No change"), "equal"),
    },
)

register_permission(Permission.INVENTORY_VIEW, _("See items, bins, hubs and vendors"))
register_permission(Permission.INVENTORY_MANAGE, _("Manage items, categories, hubs, bins and vendors"))
register_permission(Permission.INVENTORY_VENDOR_ELIGIBILITY, _("Decide which vendors may deliver"))
