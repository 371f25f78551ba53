"""The badges of incidents and of the entries in their log."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "support.incident",
    {
        "open": Badge(_("Open"), "siren", "brick"),
        "mitigated": Badge(_("Mitigated"), "shield-check", "ochre"),
        "resolved": Badge(_("Resolved"), "circle-check", "green"),
    },
)
register_badges(
    "support.incident_entry",
    {
        "update": Badge(_("Update"), "message-square"),
        "notice": Badge(_("Notice to customers"), "megaphone", "ochre"),
        "state": Badge(_("Change of state"), "arrow-right"),
        "root_cause": Badge(_("Root cause"), "search-check"),
        "lesson": Badge(_("Lesson"), "lightbulb"),
    },
)
