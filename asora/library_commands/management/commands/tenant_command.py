"""`manage.py tenant_command COMMAND -s SCHEMA`: run a command in one reachable tenant.

Disabled commands are disabled here, too: commands are looked up by name and found in `asora.library_commands`.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError
from django_tenants.management.commands import tenant_command
from django_tenants.utils import get_tenant_model


class Command(tenant_command.Command):
    def run_from_argv(self, argv: list[str]) -> None:
        """Run as the library does, but print an error as a sentence instead of a traceback."""
        try:
            super().run_from_argv(argv)
        except CommandError as error:
            self.stderr.write(str(error))
            sys.exit(error.returncode)

    def get_tenant_from_options_or_interactive(self, **options: Any) -> object:
        """The named tenant, if it is reachable: with a missing schema bound, the command would work in public."""
        found = super().get_tenant_from_options_or_interactive(**options)
        if not get_tenant_model().objects.reachable().filter(pk=found.pk).exists():
            raise CommandError(
                f"{found.slug} cannot be reached: it has no schema, or no host name.", returncode=2
            )
        return found
