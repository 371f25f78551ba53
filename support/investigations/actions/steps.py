"""The five steps of an investigation, each an action of its own, and going back to an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values
from support.access import reading as access
from support.access.models import AccessSession
from support.clocks import recording
from support.evidence import linking, reading
from support.evidence.facts import EventFact
from support.evidence.models import EvidenceLink
from support.investigations import queries, rules
from support.investigations.actions import order
from support.investigations.models import Investigation, Step, StepEvidence
from support.investigations.readings.tenant import unknown_in
from support.investigations.rules import StepNumber
from support.investigations.scope import Scope
from support.investigations.words import BACK_LABELS, FOUND_LABELS
from support.tickets import changes
from support.tickets.models import State, Ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK
#: What the tenant's trail says was looked at.
PAGE = "support.investigation"


@dataclass(frozen=True, slots=True)
class Found:
    """The events and attempts of some requests, as they were read in the agent's session."""

    access: AccessSession
    facts: Sequence[EventFact]


@action(
    "support.investigation.begin",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("identified the tenant of ticket {label}"),
    tried=gettext_lazy("tried to begin the investigation of ticket {label}"),
)
def begin(act: Act, *, ticket: Ticket) -> Step:
    """Step 1: the tenant of the ticket. The ticket is now being investigated.

    Refusals: those of `order.locked_for`; STATE_CONFLICT INFO_MISSING if required information was never requested.
    """
    row, investigation = order.locked_for(act, ticket, StepNumber.TENANT)
    tenant = order.required_tenant(row)
    order.require_complete(row)
    if investigation is None:
        investigation = Investigation(ticket=row, begun_by=act.actor.ref, request_id=act.request_id)
        investigation.save(force_insert=True)
    if row.state not in (State.INVESTIGATING, State.ON_INCIDENT):
        changes.move(act, row, State.INVESTIGATING)
    findings = {
        "tenant": tenant.slug,
        "plan": tenant.plan,
        "role_model": tenant.role_model,
        "time_zone": tenant.time_zone,
    }
    return _done(act, investigation, StepNumber.TENANT, findings)


def _events_of(act: Act, *, ticket: Ticket, request_ids: Sequence[str], **_values: object) -> Found:
    tenant = order.readable_tenant(act, ticket)
    named = _named(request_ids)
    session = access.open_session(act, tenant)
    with access.inside(act, tenant, page=PAGE, address=f"/audit/requests/{named[0]}/") as within:
        facts = [fact for one in named for fact in _of_request(within, one)]
    return Found(session, facts)


def _events_in_scope(
    act: Act, *, ticket: Ticket, request_ids: Sequence[str], scope: Scope | None = None, **_values: object
) -> Found:
    """The events, and whether all that the scope names is there: it is stored, and a typed name never may be."""
    found = _events_of(act, ticket=ticket, request_ids=request_ids)
    if scope is None or scope == Scope():
        return found
    tenant = order.readable_tenant(act, ticket)
    with access.inside(act, tenant, page=PAGE, address="/audit/"):
        unknown = unknown_in(scope)
    if unknown:
        message = _("This tenant has none with this code or name.")
        raise ValidationFailed.at_field(unknown, message, reason=Reason.INVALID_INPUT)
    return found


def _of_request(within: Act, request_id: str) -> list[EventFact]:
    return [
        *reading.events_of_request(within, request_id),
        *reading.attempts_of(within, request_id=request_id),
    ]


def _named(request_ids: Sequence[str]) -> list[str]:
    """The request ids, each once. Refusals: VALIDATION_FAILED INVALID_INPUT."""
    named = list(dict.fromkeys(one.strip() for one in request_ids if one.strip()))
    if not named or len(named) > rules.MAX_REQUESTS:
        message = _("Choose at least one request, and at most %(most)s.") % {"most": rules.MAX_REQUESTS}
        raise ValidationFailed.at_field("request_ids", message, reason=Reason.INVALID_INPUT)
    return named


@action(
    "support.investigation.request",
    permission=WORK_DESK,
    subject="ticket",
    derive=_events_in_scope,
    done=gettext_lazy("identified the request of ticket {label}"),
    tried=gettext_lazy("tried to identify the request of ticket {label}"),
)
def identify_request(
    act: Act,
    *,
    ticket: Ticket,
    request_ids: Sequence[str],
    found_by: str,
    scope: Scope | None = None,
    seen_round: int | None = None,
    derived: Found = BY_DERIVE,
) -> Step:
    """Step 2: the requests that the report is about, which have to be in the tenant's trail.

    `found_by`: a key of `FOUND_LABELS`. `scope`: where the agent looked for them.
    Refusals: those of `order.locked_for`; PERMISSION_DENIED ACCESS_NOT_OPEN; VALIDATION_FAILED INVALID_INPUT;
    STATE_CONFLICT NOT_EVIDENCE for a request without events in this tenant.
    """
    _row, investigation = order.locked_for(act, ticket, StepNumber.REQUEST, seen_round=seen_round)
    if found_by not in FOUND_LABELS:
        raise ValidationFailed.at_field(
            "found_by", _("Choose how the request was found."), reason=Reason.INVALID_INPUT
        )
    named = _named(request_ids)
    known = {fact.request_id for fact in derived.facts} | {fact.cause_id for fact in derived.facts}
    if unknown := [one for one in named if one not in known]:
        raise StateConflict(
            _("This tenant's audit trail has no event of the request."),
            reason=Reason.NOT_EVIDENCE,
            details={"missing": [_("An event of request %(id)s") % {"id": one} for one in unknown]},
        )
    findings = {
        "request_ids": named,
        "found_by": found_by,
        "scope": scope.to_json() if scope else {},
        "events": len(derived.facts),
    }
    return _done(act, _begun(investigation), StepNumber.REQUEST, findings)


def _events_of_step(act: Act, *, ticket: Ticket, **_values: object) -> Found:
    progress = queries.current(ticket)
    queries.require_done(StepNumber.EVENT, done=progress.step)
    return _events_of(act, ticket=ticket, request_ids=progress.request_ids)


@action(
    "support.investigation.event",
    permission=WORK_DESK,
    subject="ticket",
    derive=_events_of_step,
    done=gettext_lazy("linked the audit events of ticket {label}"),
    tried=gettext_lazy("tried to link the audit events of ticket {label}"),
)
def locate_event(
    act: Act,
    *,
    ticket: Ticket,
    records: Sequence[str],
    seen_round: int | None = None,
    derived: Found = BY_DERIVE,
) -> Step:
    """Step 3: link audit events of the requests of step 2; for sign-in, also attempts, which are not sealed.

    `records`: ids of events, or references of attempts. A screenshot or a message is none.
    Refusals: those of `order.locked_for`; PERMISSION_DENIED ACCESS_NOT_OPEN; STATE_CONFLICT NOT_EVIDENCE.
    """
    row, investigation = order.locked_for(act, ticket, StepNumber.EVENT, seen_round=seen_round)
    chosen = list(dict.fromkeys(str(one) for one in records))
    found = {fact.record: fact for fact in derived.facts}
    if not chosen or len(chosen) > rules.MAX_EVENTS:
        raise _not_evidence(
            [
                _("An audit event of the request: at least one, and at most %(most)s")
                % {"most": rules.MAX_EVENTS}
            ]
        )
    if unknown := [one for one in chosen if one not in found]:
        raise _not_evidence(
            [_("An audit event in place of %(record)s") % {"record": one[:64]} for one in unknown]
        )
    tenant = order.required_tenant(row)
    links = [linking.link(act, tenant, found[one], derived.access) for one in chosen]
    sealed = sum(link.seal_size is not None for link in links)
    findings = {"links": [str(link.pk) for link in links], "sealed": sealed}
    return _done(act, _begun(investigation), StepNumber.EVENT, findings, links)


@action(
    "support.investigation.outcome",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("interpreted the outcome in ticket {label}"),
    tried=gettext_lazy("tried to interpret the outcome in ticket {label}"),
)
def interpret_outcome(
    act: Act, *, ticket: Ticket, link: UUID | None = None, seen_round: int | None = None
) -> Step:
    """Step 4: what the deciding event says, read from its ladder.

    `link`: the linked event that decided; without it, the latest refusal or error, otherwise the latest event. Its
    error becomes that of the ticket, by which incidents, known issues and similar tickets are found.
    Refusals: those of `order.locked_for`; STATE_CONFLICT NOT_EVIDENCE if the event is not linked in step 3.
    """
    row, investigation = order.locked_for(act, ticket, StepNumber.OUTCOME, seen_round=seen_round)
    links = queries.linked(queries.progress_of(_begun(investigation)).links)
    chosen = next((one for one in links if link is not None and one.id == str(link)), None)
    if link is not None and chosen is None:
        raise _not_evidence([_("An event that is linked in step 3")])
    said = rules.interpret(chosen or rules.deciding(links))
    deciding = EvidenceLink.objects.filter(pk=said.link)
    _learn_error(act, row, said)
    return _done(act, _begun(investigation), StepNumber.OUTCOME, said.as_json(), list(deciding))


@action(
    "support.investigation.report",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("compared the report of ticket {label} with the facts"),
    tried=gettext_lazy("tried to compare the report of ticket {label} with the facts"),
)
def compare_report(
    act: Act,
    *,
    ticket: Ticket,
    who: str = "not_claimed",
    what: str = "not_claimed",
    when: str = "not_claimed",
    where: str = "not_claimed",
    result: str = "not_claimed",
    seen_round: int | None = None,
) -> Step:
    """Step 5: each claim of the report beside the fact: `match`, `mismatch` or `not_claimed`.

    Refusals: those of `order.locked_for`; VALIDATION_FAILED INVALID_INPUT if nothing is compared.
    """
    _row, investigation = order.locked_for(act, ticket, StepNumber.REPORT, seen_round=seen_round)
    verdicts = dict(zip(rules.CLAIMS, (who, what, when, where, result), strict=True))
    for claim, verdict in verdicts.items():
        if verdict not in rules.VERDICTS:
            raise ValidationFailed.at_field(
                claim,
                _("Say whether it matches, differs, or is not in the report."),
                reason=Reason.INVALID_INPUT,
            )
    matches, mismatches = rules.compared(verdicts)
    if not matches and not mismatches:
        message, reason = _("Compare at least one claim of the report with the facts."), Reason.INVALID_INPUT
        each = [{"reason": str(reason), "message": message}]
        fields = dict.fromkeys(rules.CLAIMS, each)
        raise ValidationFailed(message, reason=reason, details={"fields": fields})
    findings = {"claims": verdicts, "matches": matches, "mismatches": mismatches}
    return _done(act, _begun(investigation), StepNumber.REPORT, findings)


@action(
    "support.investigation.back",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("went back in the investigation of ticket {label}"),
    tried=gettext_lazy("tried to go back in the investigation of ticket {label}"),
)
def go_back(act: Act, *, ticket: Ticket, to: int, why: str, seen_round: int | None = None) -> Investigation:
    """Begin another round, in which step `to` is the next one. The steps before it are taken over with their evidence.

    `why`: a key of `BACK_LABELS`. Refusals: those of `tickets.changes.locked`; STATE_CONFLICT TICKET_STATE,
    TICKET_CHANGED, STEP_MISSING (step `to` is not done); VALIDATION_FAILED INVALID_INPUT.
    """
    row = changes.locked(act, ticket)
    order.require_workable(row)
    investigation = order.locked_investigation(act, row)
    order.require_round(investigation, seen_round)
    done = investigation.step if investigation else 0
    if why not in BACK_LABELS:
        raise ValidationFailed.at_field("why", _("Choose why you go back."), reason=Reason.INVALID_INPUT)
    if to not in range(1, rules.StepNumber.REPORT + 1):
        raise ValidationFailed.at_field("to", _("Choose a step from 1 to 5."), reason=Reason.INVALID_INPUT)
    queries.require_done(to + 1, done=done)
    begun = _begun(investigation)
    kept = list(
        begun.steps.filter(round=begun.round, number__lt=to).order_by("number").prefetch_related("evidence")
    )
    before = {"round": begun.round, "step": begun.step}
    begun.round, begun.step = begun.round + 1, 0
    begun.save(update_fields=["round", "step"])
    for step in kept:
        carried = {**step.findings, "carried_from": step.findings.get("carried_from", step.round)}
        _add(act, begun, StepNumber(step.number), carried, [entry.link_id for entry in step.evidence.all()])
    act.refers(ticket=row.ref)
    act.found(why=why)
    act.changed(begun, before=before, after={"round": begun.round, "step": begun.step})
    return begun


def _learn_error(act: Act, ticket: Ticket, said: rules.Interpretation) -> None:
    """Give a locked ticket the error of the event that decided. An event without one leaves the error that it has."""
    if not said.code and (ticket.code or ticket.action):
        return
    learned = {"code": said.code, "action": said.action, "reason": said.reason}
    if any(getattr(ticket, name) != value for name, value in learned.items()):
        changes.change(act, ticket, **learned)


def _done(
    act: Act,
    investigation: Investigation,
    number: StepNumber,
    findings: ReadOnlyValues,
    links: Sequence[EvidenceLink] = (),
) -> Step:
    """Record a step that was done on these references."""
    before = {"step": investigation.step}
    step = _add(act, investigation, number, findings, [link.pk for link in links])
    after: Values = {"round": investigation.round, "step": investigation.step, "findings": findings}
    act.refers(ticket=investigation.ticket.ref)
    act.changed(investigation, before=before, after=after)
    return step


def _add(
    act: Act,
    investigation: Investigation,
    number: StepNumber,
    findings: ReadOnlyValues,
    links: Sequence[UUID],
) -> Step:
    step = Step(
        investigation=investigation,
        round=investigation.round,
        number=number,
        findings=dict(findings),
        done_by=act.actor.ref,
        request_id=act.request_id,
    )
    step.save()
    StepEvidence.objects.bulk_create([StepEvidence(step=step, link_id=link) for link in links])
    investigation.step = number
    investigation.save(update_fields=["step"])
    recording.fulfil(act, investigation.ticket_id, "nudge", timezone.now())
    return step


def _begun(investigation: Investigation | None) -> Investigation:
    if investigation is None:  # every step after the first requires it
        raise RuntimeError("the investigation has not begun")
    return investigation


def _not_evidence(missing: Sequence[str]) -> StateConflict:
    return StateConflict(
        _("Only audit events of the request are evidence. Screenshots and descriptions are not."),
        reason=Reason.NOT_EVIDENCE,
        details={"missing": list(missing)},
    )
