"""`manage.py sweep_events`: copy events of operators into tenants' trails where a crash prevented it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from audit.events.trail import sweep


class Command(BaseCommand):
    help = "Copy missing events of operators into the tenants' own audit trails, for example after a crash."

    def handle(self, *args: object, **options: Any) -> None:
        """Copy the missing events and report their number per tenant."""
        copied = sweep()
        for slug, number in copied.items():
            self.stdout.write(f"{slug}: events copied: {number}")
        if not copied:
            self.stdout.write("No events were missing.")
