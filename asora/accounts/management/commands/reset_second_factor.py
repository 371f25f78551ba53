"""`manage.py reset_second_factor TENANT EMAIL`: for a person who has lost their phone and recovery codes.

TENANT may be `public`.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import get_tenant_model, tenant_context

from asora.accounts.models import User
from asora.accounts.roles.table import MANAGE_STAFF
from asora.accounts.second_factor.actions.second_factors import reset_second_factor
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.reach import permission_on_places
from asora.kernel.refusals import Refusal


class Command(BaseCommand):
    help = "Remove a person's authenticator app and recovery codes, and sign them out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tenant and address."""
        parser.add_argument("tenant", help="the tenant's name in addresses, or `public`")
        parser.add_argument("email")

    def handle(self, *args: object, **options: Any) -> None:
        """Reset it, or report the refusal."""
        tenant = get_tenant_model().objects.reachable().filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.", returncode=2)
        with tenant_context(tenant):
            user = User.objects.with_address(options["email"]).first()
            if user is None:
                raise CommandError(f"Nobody has the address {options['email']} at this tenant.", returncode=2)
            actor = system(tenant.schema_name, "reset_second_factor", MANAGE_STAFF, permission_on_places())
            try:
                reset_second_factor(new_act(tenant, actor, route="manage.py reset_second_factor"), user=user)
            except Refusal as refusal:
                raise CommandError(
                    f"{refusal.code} {refusal.reason}: {refusal.message}", returncode=2
                ) from refusal
        self.stdout.write(f"The second factor of {options['email']} at {tenant.slug} was reset ({user.ref})")
