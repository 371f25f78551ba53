"""The triggers that guard outgoing mails, by name, with their tables. Start-up checks that they are there."""

from __future__ import annotations

from collections.abc import Mapping

TRIGGERS: Mapping[str, str] = {
    "support_outboundmail_moves": "support_outboundmail",
    "support_outboundmail_rows_stay": "support_outboundmail",
}
