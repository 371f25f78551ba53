"""The badges and permission labels of the ledger."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.words import Badge, register_badges, register_permission
from ledger.models import Kind
from ledger.posting.kinds import MOVEMENTS

register_badges(
    "ledger.posting_kind",
    {
        **{
            kind.value: Badge(kind.label, movement.icon, movement.tone)
            for kind, movement in MOVEMENTS.items()
        },
        "count": Badge(Kind.COUNT.label, "clipboard-check", "plum"),
        "reversal": Badge(Kind.REVERSAL.label, "undo-2", "brick"),
    },
)
register_badges(
    "ledger.document",
    {
        "fresh": Badge(_("Would be posted"), "check", "green"),
        "known": Badge(_("Already in the ledger"), "equal"),
        "taken_back": Badge(_("Reversed"), "undo-2"),
        "left_out": Badge(_("Left out"), "ban", "ochre"),
        "passed_over": Badge(_("Nothing to receive"), "undo-2"),
    },
)
register_badges(
    "ledger.batch",
    {
        "posted": Badge(_("Posted"), "check", "green"),
        "taken_back": Badge(_("Reversed"), "undo-2"),
    },
)
register_badges(
    "ledger.adjustment_request",
    {
        "requested": Badge(_("Waiting"), "inbox", "ochre"),
        "posted": Badge(_("Posted"), "check", "green"),
        "declined": Badge(_("Declined"), "x"),
    },
)

register_permission(
    Permission.LEDGER_VIEW_STOCK,
    _("See stock and movements"),
    _("Without it, people count blind: they do not see the expected quantity."),
)
register_permission(Permission.LEDGER_VIEW_VALUE, _("See costs and values"))
register_permission(Permission.LEDGER_RECEIVE, _("Receive deliveries"))
register_permission(Permission.LEDGER_ISSUE, _("Issue stock"))
register_permission(Permission.LEDGER_TRANSFER, _("Move stock between bins and hubs"))
register_permission(Permission.LEDGER_COUNT, _("Count"))
register_permission(
    Permission.LEDGER_APPROVE_COUNT, _("Approve counts"), _("Differences are posted to the ledger.")
)
register_permission(Permission.LEDGER_REQUEST_ADJUSTMENT, _("Request adjustments"))
register_permission(
    Permission.LEDGER_ADJUST, _("Post adjustments"), _("Including those that others requested.")
)
register_permission(
    Permission.LEDGER_REVERSE, _("Reverse a posting"), _("Nothing is deleted: both postings stay.")
)
register_permission(Permission.LEDGER_REPORT, _("Open reports"))
register_permission(Permission.LEDGER_EXPORT, _("Export reports and the ledger"))
