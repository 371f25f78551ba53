"""The badges and permission labels of people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.words import Badge, register_badges, register_permission

register_badges(
    "accounts.person",
    {
        "deactivated": Badge(_("Deactivated"), "user-x"),
        "erased": Badge(_("Erased"), "eraser"),
    },
)
register_badges(
    "accounts.invitation",
    {
        "waiting": Badge(_("Waiting"), "hourglass"),
        "expired": Badge(_("Expired"), "timer-off", "ochre"),
        "withdrawn": Badge(_("Withdrawn"), "ban"),
    },
)

register_permission(
    Permission.ACCOUNTS_MANAGE_STAFF,
    _("Manage people"),
    _("Invite them, and decide what they may do and where."),
)
