"""The triggers of sending, which start-up expects in every tenant's schema: trigger to table."""

from __future__ import annotations

TABLES = ("integrations_attempt", "integrations_dispatch", "integrations_schedule")
TRIGGERS = {f"{table}_{what}": table for table in TABLES for what in ("guard", "no_truncate")}
