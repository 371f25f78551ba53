"""The badges of feed tokens."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "integrations.feed_token",
    {
        "valid": Badge(_("Valid"), "check", "green"),
        "ending": Badge(_("Ending"), "hourglass", "ochre"),
        "ended": Badge(_("Ended"), "history"),
        "revoked": Badge(_("Revoked"), "ban"),
    },
)
