"""`manage.py sweep_events`: copy into tenants' trails what operators did and a crash left out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from audit.trail import sweep


class Command(BaseCommand):
    help = "Copy what operators did to tenants into the tenants' own trails, where a crash left it out."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep, and say what was missing."""
        copied = sweep()
        for slug, number in copied.items():
            self.stdout.write(f"{slug}: {number} copied")
        if not copied:
            self.stdout.write("No trail lacks anything.")
