"""`manage.py tenant_command COMMAND -s SCHEMA`: another command inside one tenant that can be reached.

What is shut is shut here as well: the command is looked up by its name, and found in `asora.library_commands`.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError
from django_tenants.management.commands import tenant_command
from django_tenants.utils import get_tenant_model


class Command(tenant_command.Command):
    def run_from_argv(self, argv: list[str]) -> None:
        """As the library does, with a sentence instead of a traceback."""
        try:
            super().run_from_argv(argv)
        except CommandError as error:
            self.stderr.write(str(error))
            sys.exit(error.returncode)

    def get_tenant_from_options_or_interactive(self, **options: Any) -> Any:
        """The tenant that was named. Bound to one that has no schema, the command would work in public."""
        found = super().get_tenant_from_options_or_interactive(**options)
        if not get_tenant_model().objects.reachable().filter(pk=found.pk).exists():
            raise CommandError(
                f"{found.slug} cannot be reached: it has no schema, or no host name.", returncode=2
            )
        return found
