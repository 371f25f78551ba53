"""The badges of replies."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "support.draft",
    {
        "draft": Badge(_("Draft"), "pencil"),
        "waiting": Badge(_("Waiting for approval"), "hourglass", "ochre"),
        "approved": Badge(_("Approved"), "check", "green"),
        "returned": Badge(_("Returned"), "undo-2", "brick"),
        "sent": Badge(_("Sent"), "send", "green"),
        "discarded": Badge(_("Discarded"), "trash-2"),
    },
)
register_badges(
    "support.footnote",
    {
        "proved": Badge(_("Unchanged and sealed"), "shield-check", "green"),
        "same": Badge(_("Unchanged, not sealed"), "check"),
        "differs": Badge(_("Differs"), "octagon-x", "brick"),
    },
)
