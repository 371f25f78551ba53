"""Which pages of a tenant's host an agent may open inside an access session. Any other address is refused."""

from __future__ import annotations

#: Pages that are read.
READ: frozenset[str] = frozenset(
    {
        "audit:event-list",
        "audit:event-detail",
        "audit:event-compare",
        "audit:request-detail",
        "audit:verifier",
        "integrations:status",
        "integrations:status-why",
    }
)
#: Pages that answer by POST and change nothing but the trail, which records them.
ASKED: frozenset[str] = frozenset({"audit:event-copy", "audit:event-export", "audit:now", "audit:why"})
#: Pages of the trail that are for the tenant's own people. (All other pages of integrations are theirs too.)
REFUSED: frozenset[str] = frozenset(
    {
        "audit:support-access",
        "audit:access-requirement",
        "audit:access-session",
        "audit:access-approve",
        "audit:access-refuse",
        "audit:access-revoke",
        "audit:ask-support",
        "audit:event-proof",
        "audit:trail-proof",
        "audit:seals",
        "audit:seal-check",
        "audit:receipt",
        "audit:receipt-compare",
        "audit:receipt-mail",
        "audit:search-list",
        "audit:search-new",
        "audit:search-delete",
    }
)


def may_open(name: str, method: str) -> bool:
    """Whether an agent may open the page with this view name by this method."""
    return name in ASKED if method == "POST" else name in READ
