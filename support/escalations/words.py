"""The badges of engineering cases."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

BADGES = "support.case"
register_badges(
    BADGES,
    {
        "proposed": Badge(_("Waiting for review"), "hourglass", "ochre"),
        "open": Badge(_("With engineering"), "wrench"),
        "committed": Badge(_("Date committed"), "calendar-check", "green"),
        "declined": Badge(_("Declined in the review"), "octagon-x", "brick"),
        "returned": Badge(_("Returned"), "corner-up-left", "ochre"),
        "solved": Badge(_("Solved"), "circle-check", "green"),
    },
)
