"""`manage.py add_tenant SLUG --name …`: a tenant without the checklist, for demos and tests."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from asora.kernel.act import new_act, system
from asora.kernel.refusals import Refusal
from plans.management.embedded_only import require_embedded
from plans.models import Tenant
from plans.onboarding import onboard


class Command(BaseCommand):
    help = (
        "Create a tenant for a demo or a test: its row, its schema, its host name. An attempt that stopped half-way is "
        "resumed. Only in the embedded database: customers are onboarded by the checklist (`onboard FILE` or the page)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What the tenant is."""
        parser.add_argument("slug", help="name in addresses: 3 to 32 small letters, digits, hyphens")
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

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, or say what refused."""
        require_embedded("add_tenant")
        public = Tenant.objects.get(schema_name="public")
        act = new_act(
            public, system("public", "add_tenant", "plans.onboard_tenant"), route="manage.py add_tenant"
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
