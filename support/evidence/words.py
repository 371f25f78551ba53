"""The badges of evidence."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "support.pack",
    {
        "internal": Badge(_("Stored"), "file-badge", "green"),
        "external": Badge(_("Stored, encrypted"), "lock", "green"),
        "deleted": Badge(_("Deleted"), "trash-2"),
    },
)
register_badges(
    "support.evidence",
    {
        "proved": Badge(_("Proved by a seal"), "shield-check", "green"),
        "same": Badge(_("Unchanged, not sealed"), "check", "ochre"),
        "differs": Badge(_("Differs"), "octagon-x", "brick"),
    },
)
