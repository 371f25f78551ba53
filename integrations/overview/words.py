"""The badges of the health of endpoints."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "integrations.health",
    {
        "works": Badge(_("Works"), "circle-check", "green"),
        "waits": Badge(_("Waiting"), "hourglass", "ochre"),
        "failing": Badge(_("Failing"), "circle-alert", "brick"),
        "untried": Badge(_("Nothing sent yet"), "circle-dashed"),
    },
)
