"""The badges of entries and known issues."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "support.known_issue",
    {
        "open": Badge(_("Open"), "circle-dot", "ochre"),
        "fixed": Badge(_("Fixed"), "circle-check", "green"),
        "withdrawn": Badge(_("Withdrawn"), "archive"),
    },
)
register_badges(
    "support.phrase",
    {
        "block": Badge(_("Blocks"), "octagon-x", "brick"),
        "warn": Badge(_("Warns"), "triangle-alert", "ochre"),
    },
)
register_badges(
    "support.entry",
    {
        "current": Badge(_("Current"), "check", "green"),
        "review": Badge(_("Review is due"), "calendar-clock", "ochre"),
        "withdrawn": Badge(_("Withdrawn"), "archive"),
        "earlier": Badge(_("Earlier version"), "history"),
    },
)
