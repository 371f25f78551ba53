"""`manage.py prepare`: bring the database up to date, before new processes start."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from asora.startup import guarantees, preparation
from audit import trail


class Command(BaseCommand):
    help = (
        "Migrate public, the template and every tenant where something is missing, prove the guarantees, and copy"
        " into tenants' trails what a crash left out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, and fail when a guarantee does not hold."""
        preparation.prepare()
        guarantees.prove()
        trail.sweep()
        call_command("clear_sessions", stdout=self.stdout)
        call_command("clear_uploads", stdout=self.stdout)
        self.stdout.write("The database is up to date, and the guarantees hold.")
