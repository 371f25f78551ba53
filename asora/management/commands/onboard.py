"""`manage.py onboard FILE`: the same steps as on the page, in the same order. A later run continues it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import BaseCommand, CommandError

from asora.accounts.terminal import act_of_command, add_argument
from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, Refusal, ValidationFailed
from asora.onboarding import plan_file, rules
from asora.onboarding.actions.drafts import assign_plan, assign_role_model, confirm, start_onboarding
from asora.onboarding.actions.steps import complete
from asora.onboarding.forms import (
    ConfirmForm,
    OwnerForm,
    PlanForm,
    RolesForm,
    StartForm,
    TenantForm,
)
from asora.onboarding.plan_file import PlanFile, PlanFileError
from asora.onboarding.queries import progress_of
from asora.onboarding.seed_form import SeedForm
from asora.onboarding.workflow import tenant_steps
from plans.grants import MANAGE_TENANT
from plans.models import Onboarding, Tenant

INCOMPLETE = 3


class Command(BaseCommand):
    help = (
        "Onboard a customer from a TOML file: confirmations, plan, role model, tenant, CSV files, verification, first "
        "owner. Run it again to continue where it stopped. Refusals name the field and line, with exit status 2. "
        "Steps that are not in the file can be done in the browser; until all are done, the exit status is 3."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file and its options."""
        parser.add_argument("file", type=Path)
        add_argument(parser)
        parser.add_argument(
            "--outside", action="store_true", help="allow CSV files outside the folder of FILE"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Do every step that is not done yet and that the file has values for."""
        try:
            plan = plan_file.read(options["file"], may_leave_folder=options["outside"])
        except PlanFileError as error:
            raise CommandError(str(error), returncode=2) from error
        public = Tenant.objects.get(schema_name="public")
        act = act_of_command(
            public,
            "onboard",
            person=options["person"],
            permissions=(Permission.PLANS_ONBOARD_TENANT, MANAGE_TENANT),
            route="manage.py onboard",
        )
        step = "start"
        try:
            onboarding = _found(plan) or start_onboarding.submit(
                act, StartForm({"slug": plan.slug, "name": plan.name})
            )
            for step in rules.STEPS:
                if not self._take(act, onboarding, plan, step):
                    raise SystemExit(INCOMPLETE)
        except Refusal as refusal:
            self._explain(plan, step, refusal)
            raise SystemExit(2) from refusal
        self.stdout.write(f"{onboarding}: the onboarding is complete.")

    def _take(self, act: Act, onboarding: Onboarding, plan: PlanFile, step: str) -> bool:
        """Do one step if it is not done yet. Returns True if the next step can follow."""
        onboarding.refresh_from_db()
        if rules.is_done(progress_of(onboarding), step):
            self.stdout.write(f"{step}: already done")
            return True
        take = _steps(act, onboarding, plan).get(step)
        if take is None:
            self.stdout.write(
                f"{step}: not in the file; add it and run this command again, or continue in the browser"
            )
            return False
        self.stdout.write(f"{step}: {take()}")
        if step == "verification":
            return self._is_verified(onboarding)
        return True

    def _is_verified(self, onboarding: Onboarding) -> bool:
        onboarding.refresh_from_db()
        for check in onboarding.checks:
            found = (
                "green"
                if check["is_green"]
                else f"red: {check['code']} {check['reason']}: {check['message']}"
            )
            self.stdout.write(f"  {check['name']}: {found}")
        if not all(check["is_green"] for check in onboarding.checks):
            raise SystemExit(2)
        return True

    def _explain(self, plan: PlanFile, step: str, refusal: Refusal) -> None:
        source = plan.files.get(step, plan.path)
        self.stderr.write(f"{source}: {step}: {refusal.code} {refusal.reason}: {refusal.message}")
        for name, entries in refusal.details.get("fields", {}).items():
            for entry in entries:
                self.stderr.write(f"  {name}: {entry['reason']}: {entry['message']}")
        for line, entries in refusal.details.get("lines", {}).items():
            for entry in entries:
                self.stderr.write(f"  line {line}: {entry['field']}: {entry['reason']}: {entry['message']}")


def _found(plan: PlanFile) -> Onboarding | None:
    """An earlier onboarding of the same customer. Refusals: VALIDATION_FAILED ROW_DIFFERS if the names differ."""
    if "\x00" in plan.slug:
        return None
    onboarding = Onboarding.objects.filter(slug=plan.slug, abandoned_at=None).first()
    if onboarding is not None and onboarding.name != " ".join(plan.name.split()):
        message = f"{plan.slug} is being onboarded under another company's name."
        raise ValidationFailed.at_field("name", message, reason=Reason.ROW_DIFFERS)
    return onboarding


def _steps(act: Act, onboarding: Onboarding, plan: PlanFile) -> dict[str, Callable[[], str]]:
    """Every step that the file has values for, as a function that returns a short result."""
    steps: dict[str, Callable[[], str]] = {
        "verification": lambda: _result(tenant_steps.verify(act, onboarding), "verified"),
        "completion": lambda: _result(complete(act, onboarding=onboarding), "completed"),
    }
    for kind, note in plan.confirmations.items():
        steps[rules.CONFIRM + kind] = lambda kind=kind, note=note: _result(  # type: ignore[misc]
            confirm.submit(act, ConfirmForm({"kind": kind, "note": note}, onboarding=onboarding)), "confirmed"
        )
    for step, path in plan.files.items():
        steps[step] = lambda step=step, path=path: _seeded(act, onboarding, step, path)  # type: ignore[misc]
    if tenant := dict(plan.tenant):
        steps |= {
            "plan": lambda: _result(
                assign_plan.submit(act, PlanForm(tenant, onboarding=onboarding)), tenant["plan"]
            ),
            "role_model": lambda: _result(
                assign_role_model.submit(act, RolesForm(tenant, onboarding=onboarding)), tenant["role_model"]
            ),
            "tenant": lambda: _created(act, onboarding, tenant),
        }
    if owner := dict(plan.owner):
        steps["owner"] = lambda: (
            "invited; an e-mail with the link was sent"
            if tenant_steps.invite_owner(act, onboarding, OwnerForm(owner, onboarding=onboarding))
            else "invited, but the e-mail could not be sent; send a new link in the browser"
        )
    return steps


def _result(_done: object, words: str) -> str:
    return words


def _created(act: Act, onboarding: Onboarding, given: dict[str, str]) -> str:
    tenant = tenant_steps.create_tenant(act, onboarding, TenantForm(given, onboarding=onboarding))
    return f"open at {tenant.slug}.{settings.DOMAIN}"


def _seeded(act: Act, onboarding: Onboarding, step: str, path: Path) -> str:
    with path.open("rb") as opened:
        chosen = UploadedFile(opened, name=path.name, size=path.stat().st_size)
        form = SeedForm({}, {"file": chosen}, onboarding=onboarding, step=step)
        done = tenant_steps.seed(act, onboarding, step, form)
    return f"{done.created:,} created, {done.unchanged:,} already existed"
