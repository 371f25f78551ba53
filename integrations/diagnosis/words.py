"""The badges of payloads and attempts, and the words of faults and event types."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges
from integrations.outbound.faults import Fault
from integrations.types.catalogue import TYPES

register_badges(
    "integrations.payload",
    {
        "queued": Badge(_("Queued"), "hourglass", "blue"),
        "sending": Badge(_("Being sent"), "loader-circle", "blue"),
        "delivered": Badge(_("Delivered"), "check", "green"),
        "failed": Badge(_("Failed"), "triangle-alert", "brick"),
        "unknown": Badge(_("Unknown"), "circle-question-mark", "ochre"),
    },
)
register_badges(
    "integrations.attempt",
    {
        "": Badge(_("Being sent"), "loader-circle", "blue"),
        "delivered": Badge(_("Delivered"), "check", "green"),
        "failed": Badge(_("Failed"), "triangle-alert", "brick"),
        "unknown": Badge(_("Unknown"), "circle-question-mark", "ochre"),
    },
)
register_badges("integrations.fault", {fault.value: Badge(fault.label) for fault in Fault})
register_badges("integrations.event_type", {name: Badge(each.title) for name, each in TYPES.items()})
