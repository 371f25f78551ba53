"""The triggers that guard drafts, approvals, and what needs evidence, by name, with their tables."""

from __future__ import annotations

from collections.abc import Mapping

TRIGGERS: Mapping[str, str] = {
    "support_draft_moves": "support_draft",
    "support_draft_rows_stay": "support_draft",
    "support_approval_of_another": "support_approval",
    "support_message_needs_evidence": "support_message",
    "support_ticket_needs_evidence": "support_ticket",
}
