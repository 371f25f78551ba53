"""`manage.py change_plan TENANT PLAN --reason …`: change a tenant's plan from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from asora.accounts.terminal import act_of_command, add_argument
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from plans.actions.plan_changes import change_plan
from plans.grants import MANAGE_TENANT, customers
from plans.models import Tenant


class Command(BaseCommand):
    help = (
        "Change a tenant's plan. Existing records stay; nothing can be created above the new plan's ceilings."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tenant, plan and reason."""
        parser.add_argument("tenant", help="the tenant's name in addresses")
        parser.add_argument("plan", choices=Tenant.Plan.values)
        add_argument(parser)
        parser.add_argument(
            "--reason", required=True, help="stays in the history; the tenant's owner can read it"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Change the plan, or report the refusal."""
        tenant = customers().filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.", returncode=2)
        act = act_of_command(
            Tenant.objects.get(schema_name="public"),
            "change_plan",
            person=options["person"],
            permissions=(Permission.PLANS_CHANGE_PLAN, MANAGE_TENANT),
            route="manage.py change_plan",
        )
        try:
            change = change_plan(
                act,
                tenant=tenant,
                from_plan=tenant.plan,
                to_plan=options["plan"],
                reason=options["reason"],
            )
        except Refusal as refusal:
            raise CommandError(
                f"{refusal.code} {refusal.reason}: {refusal.message}", returncode=2
            ) from refusal
        self.stdout.write(f"Changed the plan of {tenant.slug} from {change.from_plan} to {change.to_plan}.")
