"""Engineering cases: proposed through the gate, reviewed by a second person, answered by an engineer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import Values
from support.clocks import recording
from support.escalations import gate, rules
from support.escalations.models import CaseEvidence, EngineeringCase
from support.escalations.numbering import next_number
from support.escalations.passing import pass_to
from support.escalations.texts import optional, required
from support.evidence.models import EvidencePack
from support.tickets import changes
from support.tickets.models import Message, Queue, State, Ticket

WORK_DESK, REVIEW, ANSWER = (
    Permission.SUPPORT_WORK_DESK,
    Permission.SUPPORT_REVIEW,
    Permission.SUPPORT_ANSWER_CASES,
)
CaseState = EngineeringCase.State
MAX_ENTERED = 2_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was read before the transaction: the evidence, verified just now."""

    proved: gate.Proved


def _prepared(act: Act, *, ticket: Ticket, **_values: object) -> Prepared:
    return Prepared(gate.prove(act, ticket))


@action(
    "support.case.propose",
    permission=WORK_DESK,
    subject="ticket",
    derive=_prepared,
    done=gettext_lazy("proposed an engineering case ({label})"),
    tried=gettext_lazy("tried to propose an engineering case ({label})"),
)
def propose_case(
    act: Act,
    *,
    ticket: Ticket,
    criterion: str,
    confirmed: Collection[str] = (),
    reproduction: str = "",
    affected: str = "",
    impact: str = "",
    tried: str = "",
    pack: EvidencePack | None = None,
    derived: Prepared = BY_DERIVE,
) -> EngineeringCase:
    """Propose a case for engineering. The linked events are verified at this moment.

    `confirmed`: the keys of `rules.CHECKS` that the agent confirms. `pack`: a pack that was made for this ticket.
    Refusals: those of a ticket and of an access session; STATE_CONFLICT NEVER_ESCALATED with the right route,
    ESCALATION_INCOMPLETE with exactly what is missing, TICKET_STATE if a case is open already.
    """
    row = changes.locked(act, ticket)
    entered = {
        name: optional(name, text, most=MAX_ENTERED)
        for name, text in (
            ("reproduction", reproduction), ("affected", affected), ("impact", impact), ("tried", tried),
        )
    }  # fmt: skip
    claim = gate.claim(row, derived.proved, criterion=criterion, entered=entered, confirmed=confirmed)
    require_passed(claim)
    if pack is not None and pack.purpose != row.ref:
        message = _("Choose a pack that was made for this ticket.")
        raise ValidationFailed.at_field("pack", message, reason=Reason.INVALID_INPUT)
    if row.cases.filter(state__in=[CaseState.PROPOSED, CaseState.OPEN, CaseState.COMMITTED]).exists():
        raise StateConflict(_("A case of this ticket is open already."), reason=Reason.TICKET_STATE)
    case = EngineeringCase(
        number=next_number(EngineeringCase),
        ticket=row,
        criterion=criterion,
        hand_over=_hand_over(row, claim),
        checklist=sorted(confirmed),
        pack=pack,
        proposed_by=act.actor.ref,
        request_id=act.request_id,
    )
    case.save(force_insert=True)
    proved = {fact.request_id for fact in derived.proved.facts if fact.is_proved}
    CaseEvidence.objects.bulk_create(
        [CaseEvidence(case=case, link=link) for link in derived.proved.links if link.request_id in proved]
    )
    _note(act, row, _("The case %(case)s was proposed. A second person reviews it.") % {"case": case.ref})
    act.refers(ticket=row.ref)
    act.found(checklist=case.checklist)
    act.changed(case, after={"criterion": criterion, "ticket": row.ref, "requests": sorted(proved)})
    return case


@action(
    "support.case.review",
    permission=REVIEW,
    subject="case",
    done=gettext_lazy("reviewed the engineering case {label}"),
    tried=gettext_lazy("tried to review the engineering case {label}"),
)
def review_case(act: Act, *, case: EngineeringCase, verdict: str, remark: str = "") -> EngineeringCase:
    """Pass a proposed case on to engineering (`open`), or decline it (`declined`, with a remark).

    What the gate asks must still hold: the ticket may have changed since. Refusals: those of a ticket;
    PERMISSION_DENIED FOUR_EYES for the person who proposed it; STATE_CONFLICT TICKET_STATE if it is not waiting for a
    review, NEVER_ESCALATED, ESCALATION_INCOMPLETE; VALIDATION_FAILED INVALID_INPUT.
    """
    ticket = changes.locked(act, case.ticket)
    found = _locked(act, case)
    if found.proposed_by == act.actor.ref:
        raise PermissionDenied(
            _("You proposed this case. Another person must review it."),
            reason=Reason.FOUR_EYES,
            details={"permission": REVIEW, "missing": [_("The review of another person.")]},
        )
    if found.state != CaseState.PROPOSED:
        raise _closed(found)
    is_open = verdict == CaseState.OPEN
    if not is_open and verdict != CaseState.DECLINED:
        raise ValidationFailed.at_field("verdict", _("Choose a verdict."), reason=Reason.INVALID_INPUT)
    if is_open:
        require_passed(
            gate.claim(
                ticket,
                gate.proved_for(found),
                criterion=found.criterion,
                entered={name: str(found.hand_over[name]) for name in rules.ENTERED},
                confirmed=found.checklist,
            )
        )
    text = (optional if is_open else required)("remark", remark, most=MAX_ENTERED)
    found.reviewed_by, found.reviewed_at = act.actor.ref, timezone.now()
    before = _moved(found, CaseState(verdict))
    found.answer = text
    found.save(update_fields=["reviewed_by", "reviewed_at", "answer", "state", "revision"])
    if is_open:
        pass_to(act, ticket, state=State.WAITING_ENGINEERING, queue=Queue.L3)
        _note(act, ticket, _("The case %(case)s is with engineering.") % {"case": found.ref})
    else:
        _note(
            act,
            ticket,
            _("The case %(case)s was declined in the review: %(why)s") % {"case": found.ref, "why": text},
        )
    act.refers(ticket=ticket.ref)
    act.changed(found, before={"state": before}, after={"state": found.state})
    return found


@action(
    "support.case.answer",
    permission=ANSWER,
    subject="case",
    done=gettext_lazy("answered the engineering case {label}"),
    tried=gettext_lazy("tried to answer the engineering case {label}"),
)
def answer_case(
    act: Act,
    *,
    case: EngineeringCase,
    verdict: str,
    answer: str,
    committed_for: date | None = None,
    revision: int,
) -> EngineeringCase:
    """Engineering's answer: `confirmed` (the fault is Asora's), `committed` (to a date), `returned` or `solved`.

    `revision`: the revision that the engineer saw. Only an answer of this kind lets a reply name a fault or a date.
    Refusals: those of a ticket; STATE_CONFLICT TICKET_STATE, TICKET_CHANGED; VALIDATION_FAILED INVALID_INPUT.
    """
    ticket = changes.locked(act, case.ticket)
    found = _locked(act, case)
    if found.state not in {CaseState.OPEN, CaseState.COMMITTED}:
        raise _closed(found)
    if found.revision != revision:
        raise StateConflict(_("This case has changed since you opened it."), reason=Reason.TICKET_CHANGED)
    if verdict not in ANSWERS:
        raise ValidationFailed.at_field("verdict", _("Choose an answer."), reason=Reason.INVALID_INPUT)
    if verdict == CaseState.COMMITTED and (committed_for is None or committed_for < act.today):
        message = _("Enter the date that engineering commits to. It cannot be in the past.")
        raise ValidationFailed.at_field("committed_for", message, reason=Reason.INVALID_INPUT)
    before: Values = {"state": found.state, "is_confirmed": found.is_confirmed}
    found.answer = required("answer", answer, most=4_000)
    found.answered_by, found.answered_at = act.actor.ref, timezone.now()
    found.is_confirmed = found.is_confirmed or verdict in {CONFIRMED, CaseState.SOLVED}
    if verdict == CaseState.COMMITTED:
        found.committed_for = committed_for
    _moved(found, found.state if verdict == CONFIRMED else CaseState(verdict))
    found.save(
        update_fields=[
            "answer", "answered_by", "answered_at", "is_confirmed", "committed_for", "state", "revision",
        ]
    )  # fmt: skip
    if found.state in {CaseState.RETURNED, CaseState.SOLVED} and ticket.state == State.WAITING_ENGINEERING:
        pass_to(act, ticket, state=State.INVESTIGATING, queue=Queue.L2)
    recording.fulfil(act, ticket.pk, "nudge", found.answered_at)
    _note(act, ticket, ANSWERS[verdict] % {"case": found.ref, "date": found.committed_for or ""})
    act.refers(ticket=ticket.ref)
    act.changed(
        found,
        before=before,
        after={"state": found.state, "is_confirmed": found.is_confirmed, "length": len(found.answer)},
    )
    return found


CONFIRMED = "confirmed"
#: What engineering can answer, each with the note that the ticket gets.
ANSWERS = {
    CONFIRMED: gettext_lazy("Engineering confirmed a fault in %(case)s."),
    "committed": gettext_lazy("Engineering committed to %(date)s in %(case)s."),
    "returned": gettext_lazy("Engineering returned %(case)s: no guarantee is concerned."),
    "solved": gettext_lazy("Engineering solved %(case)s."),
}


def require_passed(claim: rules.Claim) -> None:
    """Refuse a claim that the gate does not let through.

    Refusals: STATE_CONFLICT NEVER_ESCALATED with its `route`, ESCALATION_INCOMPLETE with `missing` and its `keys`.
    """
    if route := rules.never_escalated(claim):
        raise StateConflict(
            _("This is never escalated to engineering."),
            reason=Reason.NEVER_ESCALATED,
            details={
                "route": route.name,
                "remedy": route.text,
                "missing": [
                    _("A sign that a guarantee is violated: everything linked shows a rule at work.")
                ],
            },
        )
    if found := rules.missing(claim):
        raise StateConflict(
            _("The case is not complete, so it was not proposed."),
            reason=Reason.ESCALATION_INCOMPLETE,
            details={"missing": [one.text for one in found], "keys": [one.key for one in found]},
        )


def _hand_over(ticket: Ticket, claim: rules.Claim) -> Values:
    """The eight fields of the hand-over. Ticket, tenant, errors and times come from the evidence."""
    errors = sorted({f"{fact.outcome} {fact.code}".strip() for fact in claim.facts if fact.is_event})
    return {
        "ticket": ticket.ref,
        "tenant": ticket.tenant.slug if ticket.tenant else "",
        "reproduction": claim.entered["reproduction"],
        "errors": [*errors, f"request {claim.request_id}"],
        "times": rules.times(claim.facts),
        "affected": claim.entered["affected"],
        "impact": claim.entered["impact"],
        "tried": claim.entered["tried"],
    }


def _locked(act: Act, case: EngineeringCase) -> EngineeringCase:
    found = EngineeringCase.objects.select_for_update().get(pk=case.pk)
    act.reads(found)
    return found


def _moved(case: EngineeringCase, state: str) -> str:
    """Give the case a state and its next revision; returns the state before."""
    before = case.state
    case.state, case.revision = state, case.revision + 1
    return before


def _closed(case: EngineeringCase) -> StateConflict:
    return StateConflict(
        _("This case is not waiting for that."), reason=Reason.TICKET_STATE, details={"state": case.state}
    )


def _note(act: Act, ticket: Ticket, text: str) -> None:
    changes.add_message(act, ticket, kind=Message.Kind.SYSTEM, text=str(text), is_internal=True)
