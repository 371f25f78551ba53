"""Library commands that stay and say first what they are: nothing that they change is judged or recorded."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

WARNING = (
    "manage.py {name} works beside Asora's checks and its audit trail: nothing that is changed here is judged or "
    "recorded. Read, and change things on the pages or by Asora's own commands."
)


class SaysWhatItIs(BaseCommand):
    """Mixed into a library's command: one sentence on standard error, then the command as it is."""

    name: str

    def handle(self, *args: Any, **options: Any) -> Any:
        """Warn, then do it."""
        self.stderr.write(self.style.WARNING(WARNING.format(name=self.name)))
        return super().handle(*args, **options)
