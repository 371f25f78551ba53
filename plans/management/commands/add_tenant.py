"""`manage.py add_tenant SLUG --name …`: create a tenant without the checklist, for demos and tests."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from plans.management.embedded_only import require_embedded
from plans.models import Tenant
from plans.onboarding import onboard


class Command(BaseCommand):
    help = (
        "Create a tenant for a demo or a test: its row, its schema and its host name. Resumes an attempt that stopped "
        "half-way. Works only in the embedded database: onboard customers with `onboard FILE` or in the browser."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The tenant's name and settings."""
        parser.add_argument("slug", help="name in addresses: 3 to 32 lowercase letters, digits and hyphens")
        parser.add_argument("--name", required=True)
        parser.add_argument("--plan", choices=Tenant.Plan.values, default=Tenant.Plan.FREE)
        parser.add_argument(
            "--role-model",
            choices=[model for model in Tenant.RoleModel.values if model != "platform"],
            default="standard",
        )
        parser.add_argument("--costing", choices=Tenant.Costing.values, default=Tenant.Costing.AVERAGE)
        parser.add_argument("--currency", default="EUR")
        parser.add_argument("--time-zone", default="UTC")

    def handle(self, *args: object, **options: Any) -> None:
        """Create the tenant, or report the refusal."""
        require_embedded("add_tenant")
        public = Tenant.objects.get(schema_name="public")
        act = new_act(
            public,
            system("public", "add_tenant", Permission.PLANS_ONBOARD_TENANT),
            route="manage.py add_tenant",
        )
        try:
            tenant = onboard(
                act,
                **{
                    name: options[name]
                    for name in ("slug", "name", "plan", "role_model", "costing", "currency", "time_zone")
                },
            )
        except Refusal as refusal:
            raise CommandError(
                f"{refusal.code} {refusal.reason}: {refusal.message}", returncode=2
            ) from refusal
        self.stdout.write(f"{tenant.slug} is open ({tenant.schema_name})")
