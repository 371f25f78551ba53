"""`manage.py freeze start|explain|open|status TENANT`: the kill switch of a tenant from the command line.

`--as` names an active person of the public host, who proves on the terminal that it is they, and must hold the
permission and may manage the tenant, as on the page. Without a terminal it is the system that freezes or explains, so
that a script can stop a tenant; only people open one again, and who wrote the root cause is refused.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from asora.accounts.people.queries import names
from asora.accounts.terminal import act_of_command, add_argument
from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from plans import freezes
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.grants import MANAGE_TENANT, customers
from plans.models import FreezeToggle, Tenant

REFUSED = 2


class Command(BaseCommand):
    help = "Freeze a tenant, write down the root cause, open it again, or show where its freeze stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The steps, each with what it needs."""
        steps = parser.add_subparsers(dest="step", required=True)
        start = self._step(steps, "start", "freeze it: nothing is written there from then on")
        start.add_argument("--reason", required=True, help="one line, which everybody of the tenant reads")
        explain = self._step(steps, "explain", "write down the root cause, or say it better")
        explain.add_argument("--root-cause", required=True)
        explain.add_argument(
            "--instead-of",
            type=int,
            default=0,
            metavar="NUMBER",
            help="the number of the root cause that this one replaces, as `status` shows it",
        )
        end = self._step(steps, "open", "approve the root cause, and open it again")
        end.add_argument(
            "--approve",
            type=int,
            required=True,
            metavar="NUMBER",
            help="the number of the root cause that was read, as `status` shows it",
        )
        status = steps.add_parser("status", help="show where it stands, and what is missing")
        status.add_argument("tenant", help="its name in addresses")

    def _step(self, steps: Any, name: str, help_text: str) -> ArgumentParser:
        step: ArgumentParser = steps.add_parser(name, help=help_text)
        step.add_argument("tenant", help="its name in addresses")
        add_argument(step)
        return step

    def handle(self, *args: Any, **options: Any) -> None:
        """Take the step, and say where it stands. Status 2: refused; the refusal is in the trail."""
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

    def _take(self, act: Act, tenant: Tenant, options: dict[str, Any]) -> None:
        match options["step"]:
            case "start":
                toggle = start_freeze(act, tenant=tenant, reason=options["reason"])
                self.stdout.write(f"Writes that were cut off: {toggle.cut_off}")
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
            since = f" since {last.toggled_at:%Y-%m-%d %H:%M} UTC" if last else ""
            self.stdout.write(f"{tenant.slug} is open{since}.")
            return
        self.stdout.write(
            f"{tenant.slug} is frozen since {row.frozen_at:%Y-%m-%d %H:%M} UTC "
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
    permissions = ("plans.freeze_tenant", "plans.explain_freeze", MANAGE_TENANT)
    return act_of_command(
        public, "freeze", person=address, permissions=permissions, route=f"manage.py freeze {step}"
    )
