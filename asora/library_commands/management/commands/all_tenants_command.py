"""`manage.py all_tenants_command COMMAND`: another command inside every tenant that can be reached.

What is shut is shut here as well: the command is looked up by its name, and found in `asora.library_commands`.
"""

from __future__ import annotations

from typing import Any

from django_tenants.management.commands import all_tenants_command


class Command(all_tenants_command.Command):
    def get_tenants(self, no_public: bool) -> Any:  # noqa: FBT001 - the library's signature
        """Bound to a tenant without a schema, the command would work in public."""
        return super().get_tenants(no_public).reachable().order_by("pk")
