"""The badges of jobs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "jobs.job",
    {
        "waiting": Badge(_("Waiting"), "hourglass"),
        "running": Badge(_("Running"), "loader-circle", "blue"),
        "done": Badge(_("Done"), "check", "green"),
        "failed": Badge(_("Failed"), "triangle-alert", "brick"),
        "refused": Badge(_("Refused"), "shield", "ochre"),
    },
)
