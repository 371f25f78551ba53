"""The badges and permission labels of tenants and plans."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.words import Badge, register_badges, register_permission

register_badges(
    "plans.tenant",
    {
        "open": Badge(_("Open"), "check", "green"),
        "frozen": Badge(_("Frozen"), "snowflake", "blue"),
        "unopened": Badge(_("Not opened yet"), "circle-dashed", "ochre"),
        "missing": Badge(_("Schema missing"), "triangle-alert", "brick"),
    },
)

register_permission(Permission.PLANS_VIEW_USAGE, _("See plan and usage"))
register_permission(Permission.PLANS_VIEW_TENANT, _("See tenants, their plans and their health"))
register_permission(Permission.PLANS_ONBOARD_TENANT, _("Set up new tenants"))
register_permission(Permission.PLANS_CHANGE_PLAN, _("Change a tenant's plan"))
register_permission(Permission.PLANS_FREEZE_TENANT, _("Freeze a tenant"))
register_permission(Permission.PLANS_EXPLAIN_FREEZE, _("Write down the root cause of a freeze"))
register_permission(
    Permission.PLANS_UNFREEZE_TENANT,
    _("Open a frozen tenant again"),
    _("Only after somebody else wrote down the root cause."),
)
