"""The badges and permission labels of the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.words import Badge, register_badges, register_permission

register_badges(
    "audit.outcome",
    {
        "allowed": Badge(_("Allowed"), "check", "green"),
        "refused": Badge(_("Refused"), "shield", "ochre"),
        "failed": Badge(_("Failed"), "triangle-alert", "brick"),
        "noop": Badge(_("Nothing to do"), "equal"),
    },
)

register_permission(Permission.AUDIT_VIEW, _("Read the audit trail"))
