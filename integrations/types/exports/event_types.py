"""The event type of exports."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from integrations.types.definition import EventType
from integrations.types.exports.fields import ExportMade

MADE = EventType(
    name="inventory.export.made.v1",
    group=_("Exports"),
    title=_("Export made"),
    meaning=_("Somebody exported a report. The same export again, and its downloads, are not sent."),
    permission=Permission.LEDGER_EXPORT,
    subject="exports/<id>",
    example=ExportMade(
        hub_ids=frozenset({1}),
        export=UUID("01975e2c-1d6a-7c3e-9f41-6c1b1f0a7d11"),
        report="stock-on-hand",
        file_name="stock-on-hand-1207-3f9a.csv",
        format="csv",
        position=1207,
        hubs_of_report=("NORTH",),
        rows=48,
        rows_sha256="9b74c9897bac770ffc029102a200c5de7f1b0c6f3b6d6a5d2f5d0f6b8d1e2c3a",
        file_sha256="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    ),
)
