"""The badges of seals and of their checks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "audit.seal",
    {
        "genesis": Badge(_("Older events"), "history"),
        "batch": Badge(_("New rows"), "shield-check", "green"),
        "rotation": Badge(_("Change of key"), "key-round", "blue"),
        "restored": Badge(_("Restored"), "triangle-alert", "ochre"),
    },
)
