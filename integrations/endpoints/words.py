"""The badges of endpoints."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "integrations.endpoint",
    {
        "enabled": Badge(_("Enabled"), "circle-check", "green"),
        "disabled": Badge(_("Disabled"), "circle-off"),
        "removed": Badge(_("Removed"), "trash-2"),
        "paused": Badge(_("Paused"), "circle-pause", "brick"),
    },
)
