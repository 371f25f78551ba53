"""`manage.py rebuild_ledger --tenant SLUG`: rebuild the figures that are derived from the ledger, nothing else.

Derived figures were written together with each entry, by other code: they are evidence that no entry was changed later.
So the ledger is proved first, and if the proof fails, nothing is overwritten until somebody has confirmed it.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import ngettext
from django_tenants.utils import tenant_context

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from ledger.proof.actions import rebuild, record_verification
from ledger.proof.verification import Check, verify
from plans.models import Tenant

REFUSED = 2
WARNING = (
    "The proof of the ledger of {slug} failed. Rebuilding overwrites the derived figures with the sums of the entries. "
    "The derived figures are the only other evidence of the entries: if an entry is wrong, nothing shows it after "
    "rebuilding. Keep a copy of the database, and find out first which of the two is wrong."
)


class Command(BaseCommand):
    help = (
        "Rebuild balances, daily movements and cost layers from the entries. Postings wait until it is done. The "
        "ledger is proved first; if the proof fails, the command asks before it overwrites anything."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The tenant: one at a time, so that nobody rebuilds all by accident."""
        parser.add_argument("--tenant", required=True, help="the tenant's name in addresses")
        parser.add_argument(
            "--overwrite", action="store_true", help="overwrite without asking, for runs without a terminal"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Prove, ask, rebuild, and print how many rows were wrong."""
        tenant = Tenant.objects.customers().reachable().filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.", returncode=REFUSED)
        with tenant_context(tenant):
            actor = system(
                tenant.schema_name, "rebuild_ledger", Permission.LEDGER_REBUILD, Permission.LEDGER_REPORT
            )
            act = new_act(tenant, actor, route="manage.py rebuild_ledger")
            started_at = timezone.now()
            checks = list(verify())
            # Recorded in any case: after rebuilding, the checks pass again.
            record_verification(act, started_at=started_at, checks=checks)
            if broken := [check for check in checks if check.broken]:
                self._ask(tenant, broken, is_answered=options["overwrite"])
            changed = rebuild(act, broken=[check.name for check in broken])
        for name, rows in changed.items():
            wrong = ngettext("%(rows)s row was wrong", "%(rows)s rows were wrong", rows) % {
                "rows": f"{rows:,}"
            }
            self.stdout.write(f"  {name.replace('_', ' ')}: {wrong}")

    def _ask(self, tenant: Tenant, broken: list[Check], *, is_answered: bool) -> None:
        """Go on only if somebody confirms that the derived figures are overwritten."""
        self.stderr.write(WARNING.format(slug=tenant.slug))
        for check in broken:
            self.stderr.write(f"  {check.says}: failed for {check.broken:,}, for example {check.example}")
        if is_answered:
            return
        if not sys.stdin.isatty():
            raise CommandError(
                "Nothing was changed. To overwrite the derived figures, run the command again with --overwrite.",
                returncode=REFUSED,
            )
        self.stderr.write(
            f"To overwrite the derived figures, type the tenant's name, {tenant.slug}: ", ending=""
        )
        if sys.stdin.readline().strip() != tenant.slug:
            raise CommandError("Nothing was changed.", returncode=REFUSED)
