"""`manage.py verify_ledger [--tenant SLUG]`: replay the ledger, and compare it with every derived figure."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from ledger.models import VerificationRun
from ledger.proof.actions import record_verification
from ledger.proof.verification import verify
from plans.models import Tenant


class Command(BaseCommand):
    help = "Prove the ledger of one tenant, or of all. Prints each check. Exit status 1 if a check fails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The tenant."""
        parser.add_argument(
            "--tenant", default="", help="the tenant's name in addresses; without it, every tenant"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Prove one ledger after the other, even if one fails."""
        tenants = Tenant.objects.customers().reachable()
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
            if not tenants:
                raise CommandError(f"There is no tenant {options['tenant']}.", returncode=2)
        broken = [tenant.slug for tenant in tenants.order_by("slug") if not self._prove(tenant).is_proved]
        if broken:
            raise CommandError(f"Not proved: {', '.join(broken)}.", returncode=1)

    def _prove(self, tenant: Tenant) -> VerificationRun:
        self.stdout.write(f"{tenant.slug}")
        with tenant_context(tenant):
            started_at = timezone.now()
            checks = []
            for check in verify():
                checks.append(check)
                verdict = "ok    " if not check.broken else "FAILED"
                self.stdout.write(f"  {verdict} {check.says}: {check.rows:,} compared in {check.seconds} s")
                if check.broken:
                    self.stdout.write(f"         failed for {check.broken:,}, for example {check.example}")
            act = new_act(
                tenant,
                system(tenant.schema_name, "verify_ledger", Permission.LEDGER_REPORT),
                route="manage.py verify_ledger",
            )
            run = record_verification(act, started_at=started_at, checks=checks)
        rows = sum(check.rows for check in checks)
        verdict = "proved" if run.is_proved else "FAILED"
        self.stdout.write(
            f"  {verdict} up to position {run.position:,}: checks: {len(checks)}, comparisons: {rows:,}"
        )
        return run
