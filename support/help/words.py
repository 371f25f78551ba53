"""The states of tickets in the customer's words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "support.help",
    {
        "received": Badge(_("Received"), "mail-check", "blue"),
        "in_work": Badge(_("In progress"), "search", "blue"),
        "waiting_for_you": Badge(_("Waiting for you"), "message-circle-question-mark", "ochre"),
        "incident": Badge(_("Part of an incident"), "siren", "brick"),
        "resolved": Badge(_("Resolved"), "circle-check", "green"),
        "closed": Badge(_("Closed"), "circle-check"),
        "merged": Badge(_("Merged"), "git-merge"),
    },
)
