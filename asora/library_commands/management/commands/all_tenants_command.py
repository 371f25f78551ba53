"""`manage.py all_tenants_command COMMAND`: run a command in every reachable tenant.

Disabled commands are disabled here, too: commands are looked up by name and found in `asora.library_commands`.
"""

from __future__ import annotations

from django_tenants.management.commands import all_tenants_command


class Command(all_tenants_command.Command):
    def get_tenants(self, no_public: bool) -> object:  # noqa: FBT001 - the library's signature
        """Only reachable tenants: with a missing schema bound, the command would work in public."""
        return super().get_tenants(no_public).reachable().order_by("pk")
