"""The checklist of one onboarding as its page shows it: each step's state, who completed it and when, and its form."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field

from django import forms
from django.conf import settings

from asora.accounts.roles.table import GRANTS
from asora.files.refused_lines import RefusedLines
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import StrOrPromise, Values
from asora.onboarding import rules
from asora.onboarding.forms import (
    CURRENCIES,
    ConfirmForm,
    OwnerForm,
    PlanForm,
    RolesForm,
    TenantForm,
)
from asora.onboarding.queries import Completion, TenantContents, completions, progress_of, tenant_contents
from asora.onboarding.rules import CONFIRM, SEEDED, STEPS, Progress
from asora.onboarding.seed_form import SeedForm
from asora.onboarding.steps import STEPS as WORDS
from asora.onboarding.steps import Words
from inventory.files.actions.file_lines import Imported
from inventory.files.kinds import KINDS
from plans.catalogue import CEILINGS
from plans.models import Onboarding, OnboardingConfirmation, Tenant

FIRST_NUMBERED = len(rules.CONFIRMATIONS)
CEILINGS_SHOWN = ("items", "hubs", "bins", "vendors", "exports")


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of a form that changed nothing: a refusal, or a check that has passed."""

    step: str
    form: forms.Form | None = None
    refusal: Refusal | None = None
    is_rehearsal: bool = False
    would: Imported | None = None
    called: str = ""
    lines: RefusedLines | None = None


@dataclass(slots=True)
class Row:
    """One step. `state`: done, next, red (a failed verification) or locked; `missing`: the step it waits for."""

    name: str
    number: int
    words: Words
    state: str
    missing: Words | None = None
    completion: Completion | None = None
    form: forms.Form | None = None
    confirmation: OnboardingConfirmation | None = None
    rows: int | None = None
    result: StepResult | None = None
    facts: Values = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Return True if the form is shown: the step is next, or its form was just sent."""
        return self.state in {"next", "red"} or self.result is not None

    @property
    def unit(self) -> StrOrPromise:
        """The noun for its rows, singular or plural."""
        return self.words.units % self.rows


@dataclass(frozen=True, slots=True)
class Checklist:
    """All steps and the progress."""

    confirmations: list[Row]
    steps: list[Row]
    progress: Progress
    contents: TenantContents
    taken: int
    upcoming: str

    @property
    def upcoming_words(self) -> Words | None:
        """The texts of the next step."""
        return WORDS.get(self.upcoming)


def of(onboarding: Onboarding, *, result: StepResult | None = None) -> Checklist:
    """The checklist of an onboarding, with everything that its page shows."""
    contents = tenant_contents(onboarding)
    progress = progress_of(onboarding, contents=contents)
    done_by = completions(onboarding)
    confirmed = {confirmation.kind: confirmation for confirmation in onboarding.confirmations.all()}
    rows = []
    for number, name in enumerate(STEPS):
        row = _row(onboarding, name, number=number - FIRST_NUMBERED + 1, progress=progress)
        row.result = result if result and result.step == name else None
        row.completion = done_by.get(name)
        row.confirmation = confirmed.get(name.removeprefix(CONFIRM)) if name.startswith(CONFIRM) else None
        if name in SEEDED:
            row.rows, row.completion = contents.rows[name], contents.seeded.get(name)
        row.form = (result.form if row.result and result else None) or _form(onboarding, row)
        rows.append(row)
    return Checklist(
        confirmations=rows[:FIRST_NUMBERED],
        steps=rows[FIRST_NUMBERED:],
        progress=progress,
        contents=contents,
        taken=rules.taken(progress),
        upcoming="" if onboarding.is_closed else rules.upcoming(progress),
    )


def _row(onboarding: Onboarding, name: str, *, number: int, progress: Progress) -> Row:
    before = rules.missing(progress, name)
    row = Row(name, number, WORDS[name], "next")
    if rules.is_done(progress, name):
        row.state = "done"
    elif onboarding.is_closed or before:
        row.state = "locked"
        row.missing = WORDS[before[0]] if before and not onboarding.is_closed else None
    elif name == "verification" and onboarding.checks:
        row.state = "red"
    row.facts = _facts(onboarding, name, progress=progress)
    return row


def _facts(onboarding: Onboarding, name: str, *, progress: Progress) -> Values:
    """The facts that only some steps show."""
    if name in SEEDED:
        return {
            "kind": KINDS[name],
            "template_name": name,
            "most_bytes": settings.ASORA_IMPORT_MAX_BYTES,
        }
    if name == "plan":
        return {
            "choices": [
                {
                    "value": value,
                    "label": label,
                    "ceilings": [(what, CEILINGS[value][what]) for what in CEILINGS_SHOWN],
                }
                for value, label in Tenant.Plan.choices
            ],
            "may_change": onboarding.tenant_id is None,
        }
    if name == "role_model":
        return {
            "choices": [
                {"value": value, "label": Tenant.RoleModel(value).label, "roles": list(roles)}
                for value, roles in GRANTS.items()
                if value != Tenant.RoleModel.PLATFORM
            ],
            "may_change": onboarding.tenant_id is None,
        }
    if name == "tenant":
        return {
            "is_half_made": onboarding.tenant_id is not None and not progress.is_open,
            "address": f"{onboarding.slug}.{settings.DOMAIN}",
            "currencies": CURRENCIES,
            "time_zones": sorted(zoneinfo.available_timezones()),
        }
    return {}


def _form(onboarding: Onboarding, row: Row) -> forms.Form | None:
    """An empty form for a step that can be taken now, or taken again."""
    if onboarding.is_closed or row.state == "locked":
        return None
    name = row.name
    if name.startswith(CONFIRM):
        kind = name.removeprefix(CONFIRM)
        return ConfirmForm(initial={"kind": kind}, onboarding=onboarding, auto_id=f"id_{kind}_%s")
    if name in SEEDED:
        return SeedForm(onboarding=onboarding, step=name)
    if name == "plan":
        return PlanForm(initial={"plan": onboarding.plan or Tenant.Plan.PRO}, onboarding=onboarding)
    if name == "role_model":
        return RolesForm(
            initial={"role_model": onboarding.role_model or Tenant.RoleModel.STANDARD}, onboarding=onboarding
        )
    if name == "tenant":
        return TenantForm(
            initial={"plan": onboarding.plan, "role_model": onboarding.role_model}
            | {"costing": Tenant.Costing.AVERAGE, "currency": "EUR", "time_zone": "Europe/Berlin"},
            onboarding=onboarding,
        )
    return OwnerForm(onboarding=onboarding) if name == "owner" else None
