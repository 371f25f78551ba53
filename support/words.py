"""The sentences, badges and permission labels of the support desk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.words import Badge, register_badges, register_permission, register_sentence

#: The event of each page that an agent opens in a tenant.
LOOK = "support.access.look"
register_sentence(LOOK, done=_("looked at {label}"), tried=_("tried to look at {label}"))

register_permission(Permission.SUPPORT_WORK_DESK, _("Work at the support desk"))
register_permission(Permission.SUPPORT_REVIEW, _("Review replies and cases of other agents"))
register_permission(Permission.SUPPORT_HANDLE_SECURITY, _("See security tickets"))
register_permission(Permission.SUPPORT_ANSWER_CASES, _("Answer engineering cases"))
register_permission(Permission.SUPPORT_MANAGE_KNOWLEDGE, _("Manage the desk's knowledge and promised times"))

register_badges(
    "support.access",
    {
        "waiting": Badge(_("Waiting for approval"), "hourglass", "ochre"),
        "ready": Badge(_("Approved"), "check", "green"),
        "open": Badge(_("Open"), "door-open", "green"),
        "ended": Badge(_("Ended"), "circle-check"),
        "expired": Badge(_("Expired"), "clock"),
        "lapsed": Badge(_("Lapsed"), "clock"),
        "refused": Badge(_("Refused"), "octagon-x", "brick"),
        "revoked": Badge(_("Revoked"), "octagon-x", "brick"),
    },
)
