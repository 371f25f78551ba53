"""`manage.py freeze start|explain|open|status TENANT`: the freeze of a tenant from the command line.

`--as` names an active person of the public host, who proves their identity on the terminal. They need the same
permissions as on the page. Without a terminal the system freezes or explains, so that a script can stop a tenant. Only
a person can open a tenant again, and not the author of the root cause.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from asora.accounts.people.queries import names
from asora.accounts.terminal import act_of_command, add_argument
from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from plans import freezes
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.grants import MANAGE_TENANT, customers
from plans.models import FreezeToggle, Tenant

REFUSED = 2


class Command(BaseCommand):
    help = "Freeze a tenant, write down the root cause, open it again, or show the state of its freeze."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The steps with their options."""
        steps = parser.add_subparsers(dest="step", required=True)
        start = self._step(steps, "start", "freeze the tenant: from then on nothing in it can be changed")
        start.add_argument("--reason", required=True, help="one line; everybody in the tenant can read it")
        explain = self._step(steps, "explain", "write down the root cause, or replace it")
        explain.add_argument("--root-cause", required=True)
        explain.add_argument(
            "--instead-of",
            type=int,
            default=0,
            metavar="NUMBER",
            help="the number of the root cause that this one replaces; `status` shows it",
        )
        end = self._step(steps, "open", "approve the root cause, and open the tenant again")
        end.add_argument(
            "--approve",
            type=int,
            required=True,
            metavar="NUMBER",
            help="the number of the root cause that you have read; `status` shows it",
        )
        status = steps.add_parser(
            "status", help="show whether the tenant is frozen, and what is missing to open it"
        )
        status.add_argument("tenant", help="the tenant's name in addresses")

    def _step(self, steps: Any, name: str, help_text: str) -> ArgumentParser:
        step: ArgumentParser = steps.add_parser(name, help=help_text)
        step.add_argument("tenant", help="the tenant's name in addresses")
        add_argument(step)
        return step

    def handle(self, *args: object, **options: Any) -> None:
        """Do the step, and print the state. Exit status 2: refused; the refusal is in the audit trail."""
        public = Tenant.objects.get(schema_name="public")
        with tenant_context(public):
            tenant = customers().filter(slug=options["tenant"]).first()
            if tenant is None:
                raise CommandError(f"There is no tenant {options['tenant']}.", returncode=REFUSED)
            if options["step"] != "status":
                act = _act(public, options["person"], options["step"])
                try:
                    self._take(act, tenant, options)
                except Refusal as refusal:
                    raise CommandError(
                        f"{refusal.code} {refusal.reason}: {refusal.message}", returncode=REFUSED
                    ) from refusal
            self._show(tenant)

    def _take(self, act: Act, tenant: Tenant, options: Values) -> None:
        match options["step"]:
            case "start":
                toggle = start_freeze(act, tenant=tenant, reason=options["reason"])
                self.stdout.write(f"Changes that were cut off: {toggle.cut_off}")
            case "explain":
                cause, shown = options["root_cause"], options["instead_of"]
                explain_freeze(act, tenant=tenant, root_cause=cause, shown=shown)
            case "open":
                end_freeze(act, tenant=tenant, shown=options["approve"])

    def _show(self, tenant: Tenant) -> None:
        row = freezes.active(tenant)
        known = names()
        if row is None:
            last = FreezeToggle.objects.filter(tenant=tenant, kind=FreezeToggle.Kind.UNFREEZE).last()
            state = f"has been open since {last.toggled_at:%Y-%m-%d %H:%M} UTC" if last else "is open"
            self.stdout.write(f"{tenant.slug} {state}.")
            return
        self.stdout.write(
            f"{tenant.slug} has been frozen since {row.frozen_at:%Y-%m-%d %H:%M} UTC "
            f"by {known.get(row.frozen_by, row.frozen_by)}: {row.reason}"
        )
        written = freezes.root_cause(row)
        if written is None:
            self.stdout.write("Missing: the root cause (freeze explain).")
            return
        self.stdout.write(
            f"Root cause no. {written.pk} by {known.get(written.toggled_by, written.toggled_by)}:\n{written.text}"
        )
        self.stdout.write(
            f"Missing: the approval by another platform lead (freeze open --approve {written.pk})."
        )


def _act(public: Tenant, address: str, step: str) -> Act:
    permissions = (Permission.PLANS_FREEZE_TENANT, Permission.PLANS_EXPLAIN_FREEZE, MANAGE_TENANT)
    return act_of_command(
        public, "freeze", person=address, permissions=permissions, route=f"manage.py freeze {step}"
    )
