"""The states of outgoing mails."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "support.mail",
    {
        "queued": Badge(_("Being sent"), "hourglass", "blue"),
        "sent": Badge(_("Sent"), "check", "green"),
        "failed": Badge(_("Not sent"), "triangle-alert", "brick"),
    },
)
