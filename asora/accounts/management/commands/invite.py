"""`manage.py invite TENANT EMAIL …`: invite a person; the link is sent by e-mail and not printed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import get_tenant_model, tenant_context

from asora.accounts.people.actions.invitations import invite
from asora.accounts.people.mail import send_invitation
from asora.accounts.roles.table import MANAGE_STAFF
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.reach import permission_on_places
from asora.kernel.refusals import Refusal


class Command(BaseCommand):
    help = "Invite a person to a tenant, or an operator or agent to the public host (TENANT `public`)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Tenant, address, name, role and places."""
        parser.add_argument("tenant")
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", required=True)
        parser.add_argument(
            "--hubs", nargs="+", help="only these hubs (for `public`: tenants); otherwise everywhere"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Invite the person, or report the refusal."""
        tenant = get_tenant_model().objects.reachable().filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.", returncode=2)
        with tenant_context(tenant):
            actor = system(tenant.schema_name, "invite", MANAGE_STAFF, permission_on_places())
            act = new_act(tenant, actor, route="manage.py invite")
            try:
                invitation = invite(
                    act,
                    email=options["email"],
                    name=options["name"],
                    role=options["role"],
                    hubs=options["hubs"],
                )
            except Refusal as refusal:
                raise CommandError(
                    f"{refusal.code} {refusal.reason}: {refusal.message}", returncode=2
                ) from refusal
            is_sent = send_invitation(tenant, invitation)
        if not is_sent:
            raise CommandError(
                "The invitation was created, but the e-mail could not be sent. Send it again on the page People."
            )
        self.stdout.write(f"An e-mail with a link was sent to {options['email']} ({invitation.ref})")
