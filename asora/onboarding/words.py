"""The badges of onboardings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "onboarding",
    {
        "completed": Badge(_("Completed"), "check", "green"),
        "abandoned": Badge(_("Abandoned"), "x"),
    },
)
