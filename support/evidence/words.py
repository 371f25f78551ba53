"""The badges of evidence."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from asora.kernel.words import Badge, register_badges

#: What each file of a pack is, in the order of its README.
FILES = {
    "events.jsonl": _("the events, one on each line"),
    "decisions.txt": _("the decisions gate by gate, for people"),
    "attempts.jsonl": _("attempts to sign in, which are not sealed"),
    "ledger.csv": _("the stock, with opening balances"),
    "ticket.md": _("what was asked, found and answered"),
    "rows.jsonl": _("the sealed rows, and the hashes of all others"),
    "seals.jsonl": _("the seals over them"),
    "verify.py": _("the program that checks all of it"),
    "README.txt": _("how to check it"),
}

register_badges(
    "support.pack",
    {
        "internal": Badge(_("Stored"), "file-badge", "green"),
        "external": Badge(_("Stored, encrypted"), "lock", "green"),
        "deleted": Badge(_("Deleted"), "trash-2"),
    },
)
register_badges(
    "support.evidence",
    {
        "proved": Badge(_("Proved by a seal"), "shield-check", "green"),
        "same": Badge(_("Unchanged, not sealed"), "check", "ochre"),
        "differs": Badge(_("Differs"), "octagon-x", "brick"),
    },
)
