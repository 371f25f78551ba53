"""Library commands that stay available but print a warning: their changes are neither checked nor recorded."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

WARNING = (
    "manage.py {name} bypasses Asora's checks and its audit trail: changes made here are neither checked nor "
    "recorded. Use it only to read. Change data on the pages or with Asora's own commands."
)


class SaysWhatItIs(BaseCommand):
    """Mixed into a library's command: prints a warning on standard error, then runs the command."""

    name: str

    def handle(self, *args: Any, **options: Any) -> Any:
        """Print the warning, then run the command."""
        self.stderr.write(self.style.WARNING(WARNING.format(name=self.name)))
        return super().handle(*args, **options)
