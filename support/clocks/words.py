"""The labels and badges of clocks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.text import StrOrPromise
from asora.kernel.words import Badge, register_badges
from support.clocks import rules

LABELS: dict[str, StrOrPromise] = {
    rules.ACK: _("First answer"),
    rules.UPDATE: _("Next update"),
    rules.MITIGATE: _("Mitigation"),
    rules.RESOLVE: _("Resolution"),
    rules.TRIAGE: _("Triage"),
    rules.NUDGE: _("Progress"),
    rules.HAND_UP: _("Moves to the next level"),
    rules.OLA_ACK: _("Taken by the queue"),
    rules.OLA_RESOLVE: _("Done by the queue"),
}

register_badges(
    "support.clocks",
    {
        "running": Badge(_("Running"), "clock"),
        "near": Badge(_("Due soon"), "clock", "ochre"),
        "paused": Badge(_("Paused"), "hourglass"),
        "met": Badge(_("Met"), "circle-check", "green"),
        "missed": Badge(_("Missed"), "octagon-x", "brick"),
        "cancelled": Badge(_("No longer needed"), "circle-check"),
    },
)
