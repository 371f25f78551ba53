"""`manage.py add_user TENANT EMAIL …`: add a person; the password is read from the terminal or standard input."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import get_tenant_model, tenant_context

from asora.accounts.people.actions.people import create_user
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal


class Command(BaseCommand):
    help = "Add a person to a tenant, or an operator or agent to the public host (TENANT `public`)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tenant, address, name, role and places."""
        parser.add_argument("tenant")
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", required=True)

    def handle(self, *args: object, **options: Any) -> None:
        """Add the person, or report the refusal."""
        tenant = get_tenant_model().objects.reachable().filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.", returncode=2)
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        with tenant_context(tenant):
            actor = system(tenant.schema_name, "add_user", Permission.ACCOUNTS_MANAGE_STAFF)
            try:
                user = create_user(
                    new_act(tenant, actor, route="manage.py add_user"),
                    email=options["email"],
                    name=options["name"],
                    role=options["role"],
                    password=password,
                )
            except Refusal as refusal:
                raise CommandError(
                    f"{refusal.code} {refusal.reason}: {refusal.message}", returncode=2
                ) from refusal
        self.stdout.write(f"{options['email']} is {user.role} of {tenant.slug} ({user.ref})")
