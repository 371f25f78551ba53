"""The badges and the permission label of access by support."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.words import Badge, register_badges, register_permission

register_badges(
    "audit.access",
    {
        "waiting": Badge(_("Waiting"), "hourglass", "ochre"),
        "approved": Badge(_("Approved, not started"), "check", "green"),
        "open": Badge(_("Open"), "eye", "blue"),
        "refused": Badge(_("Refused"), "ban"),
        "revoked": Badge(_("Revoked"), "ban", "brick"),
        "ended": Badge(_("Ended"), "check"),
        "expired": Badge(_("Expired"), "timer-off"),
    },
)

register_permission(
    Permission.AUDIT_MANAGE_SUPPORT_ACCESS,
    _("Decide about access by support"),
    _("Require approval, approve or refuse a session, and end it at once."),
)
