"""`manage.py rebuild_ledger --tenant SLUG`: make what is derived from the ledger again, and nothing else.

What is derived was written beside each entry, by other code: it is the witness that an entry was not changed later. So
the ledger is proved first, and where it does not hold, nothing is overwritten before somebody has said so.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.kernel.act import new_act, system
from ledger.proof.actions import rebuild, record_verification
from ledger.proof.verification import Check, verify
from plans.models import Tenant

REFUSED = 2
WARNING = (
    "The ledger of {slug} does not hold. Rebuilding overwrites what was derived with what the entries say, and with it "
    "the independent witness of the entries. If it is an entry that is wrong, nothing shows it afterwards. Keep a copy "
    "of the database, and find out which of the two is wrong."
)


class Command(BaseCommand):
    help = (
        "Rebuild balances, movements and what is left of cost layers from the entries. Postings wait meanwhile. The "
        "ledger is proved first; where it does not hold, the command says so and asks before it overwrites anything."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose; never all at once by accident."""
        parser.add_argument("--tenant", required=True, help="its name in addresses")
        parser.add_argument(
            "--overwrite", action="store_true", help="the answer to the question, where nobody can be asked"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prove, ask, rebuild, and say how many rows were wrong."""
        tenant = Tenant.objects.customers().reachable().filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.", returncode=REFUSED)
        with tenant_context(tenant):
            actor = system(tenant.schema_name, "rebuild_ledger", "ledger.rebuild", "ledger.report")
            act = new_act(tenant, actor, route="manage.py rebuild_ledger")
            started_at = timezone.now()
            checks = list(verify())
            # Kept whatever comes next: afterwards everything holds again.
            record_verification(act, started_at=started_at, checks=checks)
            if broken := [check for check in checks if check.broken]:
                self._ask(tenant, broken, is_answered=options["overwrite"])
            changed = rebuild(act, broken=[check.name for check in broken])
        for name, rows in changed.items():
            self.stdout.write(f"  {name.replace('_', ' ')}: {rows:,} rows were wrong")

    def _ask(self, tenant: Tenant, broken: list[Check], *, is_answered: bool) -> None:
        """Go on only when somebody wants what was derived to be overwritten."""
        self.stderr.write(WARNING.format(slug=tenant.slug))
        for check in broken:
            self.stderr.write(f"  {check.says}: {check.broken:,} do not hold, for instance {check.example}")
        if is_answered:
            return
        if not sys.stdin.isatty():
            raise CommandError(
                "Nothing was changed. To overwrite what was derived, run it again with --overwrite.",
                returncode=REFUSED,
            )
        self.stderr.write(
            f"To overwrite what was derived, type the tenant's name, {tenant.slug}: ", ending=""
        )
        if sys.stdin.readline().strip() != tenant.slug:
            raise CommandError("Nothing was changed.", returncode=REFUSED)
