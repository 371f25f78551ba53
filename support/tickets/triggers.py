"""The triggers that guard the rows of tickets, by name, with their tables. Start-up checks that they are there."""

from __future__ import annotations

from collections.abc import Mapping

TRIGGERS: Mapping[str, str] = {
    "support_ticket_moves": "support_ticket",
    "support_ticket_begins": "support_ticket",
    "support_message_stays": "support_message",
    "support_attachment_stays": "support_attachment",
    "support_ticketlink_stays": "support_ticketlink",
    "support_participant_stays": "support_participant",
    "support_ticketnumber_counts": "support_ticketnumber",
    "support_ticket_rows_stay": "support_ticket",
    "support_message_rows_stay": "support_message",
    "support_attachment_rows_stay": "support_attachment",
    "support_requiredinfo_rows_stay": "support_requiredinfo",
    "support_ticketlink_rows_stay": "support_ticketlink",
    "support_participant_rows_stay": "support_participant",
    "support_ticketnumber_rows_stay": "support_ticketnumber",
    "support_satisfaction_rows_stay": "support_satisfaction",
}
