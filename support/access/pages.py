"""Which pages of a tenant's host an agent may open inside an access session. Any other address is refused."""

from __future__ import annotations

#: Pages that are read.
READ: frozenset[str] = frozenset({"audit:event-list", "audit:event-detail"})
#: Pages that answer a question by POST. They change nothing.
ASKED: frozenset[str] = frozenset()
#: The first page of a session.
FIRST = "audit:event-list"


def may_open(name: str, method: str) -> bool:
    """Whether an agent may open the page with this view name by this method."""
    return name in ASKED if method == "POST" else name in READ
