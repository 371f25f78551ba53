"""`manage.py prepare`: migrate the database before processes of a new release start."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from asora.startup import guarantees, preparation
from audit.events import trail
from support.access import database_role


class Command(BaseCommand):
    help = (
        "Apply missing migrations to public, the template and every tenant, check the guarantees, and copy events that "
        "a crash has left out into tenants' audit trails."
    )

    def handle(self, *args: object, **options: Any) -> None:
        """Prepare the database, and fail if a guarantee is not met."""
        preparation.prepare()
        guarantees.prove()
        for line in database_role.prepare():
            self.stderr.write(line)
        trail.sweep()
        call_command("clear_sessions", stdout=self.stdout)
        call_command("clear_uploads", stdout=self.stdout)
        self.stdout.write("The database is up to date, and all guarantees are met.")
