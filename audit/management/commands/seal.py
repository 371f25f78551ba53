"""`manage.py seal`: seal what is committed, in one tenant or everywhere."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import get_tenant_model

from audit.seals import schedule
from audit.seals.keys import NoSealingKey
from audit.seals.sealer import SealingError


class Command(BaseCommand):
    help = "Seal the audit trail and the ledger now; the worker does it every minute. Several may run at the same time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The tenant, if it is not all of them."""
        parser.add_argument("--tenant", help="the tenant's slug, or public; without it, all are sealed")

    def handle(self, *args: object, **options: Any) -> None:
        """Seal, and report how many rows of which stream. Exit status 1 if a tenant could not be sealed."""
        tenants = get_tenant_model().objects.reachable().order_by("pk")
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
            if not tenants:
                raise CommandError(f"There is no tenant {options['tenant']}.")
        failed = False
        for tenant in tenants:
            try:
                done = schedule.seal_tenant(tenant)
            except NoSealingKey as error:
                raise CommandError(str(error)) from error
            except SealingError as error:
                failed = True
                self.stderr.write(f"{tenant.slug}: {error}")
                continue
            for each in done:
                self.stdout.write(
                    f"{tenant.slug} {each.stream}: rows sealed: {each.rows}, seals: {each.seals}"
                )
                for lost in each.restored:
                    numbers = "-".join(map(str, lost.missing)) if lost.missing else "none"
                    self.stdout.write(f"{tenant.slug} {each.stream}: restored; missing numbers: {numbers}")
        if failed:
            raise CommandError("Not everything could be sealed.")
