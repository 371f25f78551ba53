"""`manage.py verify_audit [--tenant SLUG]`: compare every sealed row with its seals, and the seals with receipts."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django_tenants.utils import get_tenant_model, tenant_context

from asora.kernel.act import Tenancy, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from audit.seals.actions import record_check
from audit.seals.checking import check_schema
from audit.seals.models import SealCheck


class Command(BaseCommand):
    help = "Check the seals of one tenant, or of all. Prints what was compared. Exit status 1 if anything is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The tenant."""
        parser.add_argument(
            "--tenant", default="", help="the tenant's slug, or public; without it, all are checked"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Check one tenant after the other, even if one fails."""
        tenants = get_tenant_model().objects.reachable()
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
            if not tenants:
                raise CommandError(f"There is no tenant {options['tenant']}.", returncode=2)
        broken = [tenant.slug for tenant in tenants.order_by("slug") if not self._check(tenant).is_intact]
        if broken:
            raise CommandError(f"Not intact: {', '.join(broken)}.", returncode=1)

    def _check(self, tenant: Tenancy) -> SealCheck:
        self.stdout.write(f"{tenant.slug}")
        with tenant_context(tenant):
            started_at = timezone.now()
            checks = []
            for check in check_schema():
                checks.append(check)
                verdict = "ok    " if check.is_intact else "FAILED"
                self.stdout.write(
                    f"  {verdict} {check.stream}: rows: {check.rows:,}, seals: {check.seals:,}, "
                    f"not sealed yet: {check.unsealed:,}, in {check.seconds} s"
                )
                for finding in (*check.findings, *check.remarks):
                    self.stdout.write(f"         {finding}")
                if check.found > len(check.findings):
                    self.stdout.write(f"         and more: {check.found - len(check.findings):,}")
            actor = system(tenant.schema_name, "verify_audit", Permission.AUDIT_VIEW)
            act = new_act(tenant, actor, route="manage.py verify_audit")
            return record_check(act, started_at=started_at, checks=checks)
