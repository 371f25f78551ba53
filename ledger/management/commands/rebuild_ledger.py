"""`manage.py rebuild_ledger --tenant SLUG`: make what is derived from the ledger again, and nothing else."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from asora.kernel.act import new_act, system
from ledger.actions.rebuilding import rebuild
from plans.models import Tenant


class Command(BaseCommand):
    help = "Rebuild balances, movements and what is left of cost layers from the entries. Postings wait meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose; never all at once by accident."""
        parser.add_argument("--tenant", required=True, help="its name in addresses")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, and say how many rows were wrong."""
        tenant = Tenant.objects.customers().reachable().filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.", returncode=2)
        with tenant_context(tenant):
            actor = system(tenant.schema_name, "rebuild_ledger", "ledger.rebuild")
            changed = rebuild(new_act(tenant, actor, route="manage.py rebuild_ledger"))
        for name, rows in changed.items():
            self.stdout.write(f"  {name.replace('_', ' ')}: {rows:,} rows were wrong")
