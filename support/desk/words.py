"""The badges of tickets on the desk's pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

register_badges(
    "support.ticket",
    {
        "new": Badge(_("New"), "sparkle", "plum"),
        "acknowledged": Badge(_("Acknowledged"), "mail-check", "blue"),
        "triaged": Badge(_("Triaged"), "list-checks", "blue"),
        "investigating": Badge(_("Investigating"), "search", "blue"),
        "waiting_customer": Badge(_("Waiting for the customer"), "hourglass", "ochre"),
        "waiting_engineering": Badge(_("Waiting for engineering"), "wrench", "ochre"),
        "waiting_commercial": Badge(_("Waiting for sales"), "handshake", "ochre"),
        "on_incident": Badge(_("On an incident"), "siren", "brick"),
        "resolved": Badge(_("Resolved"), "check", "green"),
        "closed": Badge(_("Closed"), "circle-check"),
        "duplicate": Badge(_("Duplicate"), "copy"),
    },
)
register_badges(
    "support.severity",
    {
        "1": Badge(_("Sev 1"), "octagon-alert", "brick"),
        "2": Badge(_("Sev 2"), "triangle-alert", "ochre"),
        "3": Badge(_("Sev 3"), "circle-dot", "blue"),
        "4": Badge(_("Sev 4"), "circle"),
    },
)
register_badges(
    "support.source",
    {
        "question": Badge(_("Asked in the product"), "message-circle-question-mark"),
        "hand": Badge(_("Entered by an agent"), "pencil-line"),
        "mail": Badge(_("E-mail"), "mail"),
        "system": Badge(_("Opened by Asora"), "server-cog"),
    },
)
register_badges(
    "support.message",
    {
        "question": Badge(_("Question"), "message-circle-question-mark", "plum"),
        "answer": Badge(_("Answer"), "reply", "plum"),
        "acknowledgement": Badge(_("Acknowledgement"), "mail-check", "blue"),
        "info_request": Badge(_("Request for information"), "circle-question-mark", "blue"),
        "reply": Badge(_("Reply"), "send", "blue"),
        "reminder": Badge(_("Reminder"), "bell", "blue"),
        "note": Badge(_("Internal note"), "sticky-note", "ochre"),
        "system": Badge(_("Entry of Asora"), "server-cog"),
    },
)
