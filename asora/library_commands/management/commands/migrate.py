"""`manage.py migrate` is disabled; `asora.library_commands.shut` says why, and what to use instead."""

from django.db.migrations.autodetector import MigrationAutodetector

from asora.library_commands import shut


class Command(shut.command(__name__)):  # type: ignore[misc]
    autodetector = MigrationAutodetector  # a check of Django compares it with that of makemigrations
