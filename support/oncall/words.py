"""The badges of calls."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "support.call",
    {
        "sent": Badge(_("Nobody has taken it"), "phone", "ochre"),
        "acknowledged": Badge(_("Taken"), "circle-check", "green"),
        "passed_on": Badge(_("Passed on"), "arrow-right"),
    },
)
