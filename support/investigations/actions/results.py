"""The result of an investigation: checks of guarantees and the determination, on evidence that is read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues
from support.access import reading as access
from support.evidence import checking
from support.evidence.checking import Checked
from support.evidence.models import EvidenceLink
from support.investigations import queries
from support.investigations.actions import order
from support.investigations.conditions import Known
from support.investigations.determinations import CRITERIA, DETERMINATIONS
from support.investigations.models import Determination, DeterminationEvidence, GuaranteeCheck, Investigation
from support.investigations.readings import guarantees
from support.investigations.readings.tenant import read_tenant
from support.investigations.rules import StepNumber
from support.investigations.scope import Scope
from support.tickets import changes
from support.tickets.models import Ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK
#: What the tenant's trail says was looked at.
PAGE = "support.investigation"


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """The linked evidence, checked again, and what the playbook reads in the tenant. `round`: that of the links."""

    round: int
    links: Sequence[EvidenceLink]
    checked: Sequence[Checked]
    readings: Mapping[str, ReadOnlyValues]
    results: Sequence[guarantees.Result] = ()


def _read_for(number: StepNumber, act: Act, ticket: Ticket, *, with_guarantees: bool) -> ReadAgain:
    tenant = order.readable_tenant(act, ticket)
    progress = queries.require_step(act, ticket, number)
    links = queries.linked(progress.links)
    scope = Scope.from_json(progress.findings[StepNumber.REQUEST].get("scope", {}))
    address = f"/audit/requests/{progress.request_id}/"
    with access.inside(act, tenant, page=PAGE, address=address) as within:
        checked = checking.check(within, progress.links)
        readings = read_tenant(scope, links)
        results = guarantees.check_guarantees(links, checked, readings) if with_guarantees else []
    return ReadAgain(progress.round, progress.links, checked, readings.facts(), results)


def _read_again(act: Act, *, ticket: Ticket, **_values: object) -> ReadAgain:
    return _read_for(StepNumber.REPORT, act, ticket, with_guarantees=False)


def _read_guarantees(act: Act, *, ticket: Ticket, **_values: object) -> ReadAgain:
    return _read_for(StepNumber.EVENT, act, ticket, with_guarantees=True)


@action(
    "support.investigation.determine",
    permission=WORK_DESK,
    subject="ticket",
    derive=_read_again,
    done=gettext_lazy("determined the result of ticket {label}"),
    tried=gettext_lazy("tried to determine the result of ticket {label}"),
)
def determine(
    act: Act, *, ticket: Ticket, key: str, seen_round: int | None = None, derived: ReadAgain = BY_DERIVE
) -> Determination:
    """Choose a determination, if its condition holds on the linked events and on what the tenant's data say now.

    Refusals: those of `tickets.changes.locked`; PERMISSION_DENIED ACCESS_NOT_OPEN; VALIDATION_FAILED INVALID_INPUT;
    STATE_CONFLICT NOT_TRIAGED, INCIDENT_ACTIVE, STEP_MISSING, TICKET_CHANGED, NOT_DETERMINABLE, EVIDENCE_DIFFERS.
    """
    row, investigation = _locked(act, ticket, StepNumber.REPORT, seen_round, derived)
    chosen = DETERMINATIONS.get(key)
    if chosen is None:
        raise ValidationFailed.at_field(
            "key", _("Choose one of the listed determinations."), reason=Reason.INVALID_INPUT
        )
    if row.category not in chosen.categories:
        raise _not_determinable(
            _("The category of the ticket: this determination belongs to %(categories)s.")
            % {"categories": ", ".join(chosen.categories)}
        )
    if key not in CRITERIA:  # evidence that differs is what these determine
        checking.require_intact(derived.checked)
    progress = queries.progress_of(investigation)
    known = Known(
        links=queries.linked(derived.links),
        readings=derived.readings,
        checks={check.guarantee: check.outcome for check in progress.checks},
        mismatches=progress.mismatches,
    )
    verdict = chosen.verdict(known)
    if not verdict.holds:
        raise _not_determinable(verdict.missing)
    made = Determination(
        investigation=investigation,
        round=investigation.round,
        key=key,
        facts=dict(verdict.facts),
        determined_by=act.actor.ref,
        request_id=act.request_id,
    )
    made.save()
    DeterminationEvidence.objects.bulk_create(
        [DeterminationEvidence(determination=made, link_id=link) for link in verdict.links]
    )
    act.refers(ticket=row.ref)
    act.changed(
        investigation,
        before={"determination": progress.determined},
        after={"determination": key, "facts": dict(verdict.facts)},
    )
    return made


@action(
    "support.investigation.check",
    permission=WORK_DESK,
    subject="ticket",
    derive=_read_guarantees,
    done=gettext_lazy("checked the guarantees in ticket {label}"),
    tried=gettext_lazy("tried to check the guarantees in ticket {label}"),
)
def check_guarantees(
    act: Act, *, ticket: Ticket, seen_round: int | None = None, derived: ReadAgain = BY_DERIVE
) -> list[GuaranteeCheck]:
    """Check every guarantee on the linked events and on the tenant's data, and record what was found.

    Refusals: those of `tickets.changes.locked`; PERMISSION_DENIED ACCESS_NOT_OPEN; STATE_CONFLICT NOT_TRIAGED,
    INCIDENT_ACTIVE, STEP_MISSING, TICKET_CHANGED.
    """
    row, investigation = _locked(act, ticket, StepNumber.EVENT, seen_round, derived)
    checks = GuaranteeCheck.objects.bulk_create(
        [
            GuaranteeCheck(
                investigation=investigation,
                guarantee=result.guarantee,
                outcome=result.outcome,
                findings=dict(result.findings),
                checked_by=act.actor.ref,
                request_id=act.request_id,
            )
            for result in derived.results
        ]
    )
    act.refers(ticket=row.ref)
    act.changed(investigation, after={"checks": {check.guarantee: check.outcome for check in checks}})
    return checks


def _locked(
    act: Act, ticket: Ticket, number: StepNumber, seen_round: int | None, derived: ReadAgain
) -> tuple[Ticket, Investigation]:
    """The ticket and its investigation, locked, with the step done and still in the round that was read."""
    row = changes.locked(act, ticket)
    order.require_workable(row)
    investigation = order.locked_investigation(act, row)
    queries.require_done(number + 1, done=investigation.step if investigation else 0)
    order.require_round(investigation, derived.round if seen_round is None else seen_round)
    order.require_round(investigation, derived.round)
    if investigation is None:  # refused above: no step is done
        raise RuntimeError("the investigation has not begun")
    return row, investigation


def _not_determinable(missing: str) -> StateConflict:
    return StateConflict(
        _("The condition of this determination does not hold."),
        reason=Reason.NOT_DETERMINABLE,
        details={"missing": [missing]},
    )
