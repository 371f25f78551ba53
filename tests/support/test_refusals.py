"""Each rule of the desk, broken once: the refusal is an event with its reason, and says what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, Refusal
from plans.actions.plan_changes import change_plan
from plans.models import Tenant
from support.access.actions import end_access
from support.closing.actions import close, remind, reopen, resolve
from support.escalations.actions.cases import propose_case
from support.incidents.opening import open_incident
from support.incidents.rules import Error
from support.investigations.actions.results import determine
from support.investigations.actions.steps import begin
from support.replies.actions.drafting import begin_draft, submit_draft
from support.replies.actions.holding import acknowledge, ask_for_information
from support.replies.actions.reviewing import approve_draft
from support.replies.actions.sending import send_reply
from support.tickets.actions.classifying import reclassify, triage
from support.tickets.actions.merging import attach, merge
from support.tickets.actions.working import inform, requeue
from support.tickets.models import Message, RequiredInfo, Ticket
from tests.factories.desk import act_of_asora, open_for, open_in, open_incident_for
from tests.support.evidence.scene import Scene, scene
from tests.support.investigations.case import Case, case
from tests.support.replies.conftest import edit

CLASSES: dict[str, Any] = {
    "category": "D", "severity": 4, "issue_type": "question", "environment": "production", "component": "inventory",
}  # fmt: skip
HAND_OVER: dict[str, Any] = {
    "criterion": "guarantee", "confirmed": [], "reproduction": "", "affected": "", "impact": "", "tried": "",
}  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """The desk of Acacia; `refused` is a triaged ticket about a request that a permission refused."""

    scene: Scene
    act_as: Callable[..., Act]
    refused: Case

    @property
    def agent(self) -> Act:
        return self.scene.agent

    @property
    def lead(self) -> Act:
        return self.act_as("support_lead")

    @property
    def tenant(self) -> Tenant:
        return self.scene.tenant

    def new(self, **fields: Any) -> Ticket:
        """A ticket that nobody has classified."""
        return open_for(self.tenant, subject="Cannot create an item", text="Why?", **fields)

    def resolved(self) -> Ticket:
        return open_in("resolved", self.tenant, subject="Cannot create an item", text="Why?")

    def send(self, *, text: str = "{ticket.ref}", done: int = 5, by: str = "agent", **fields: Any) -> None:
        """Send a reply on the refused ticket after so many steps."""
        ticket = self.refused.upto(done).ticket
        Ticket.objects.filter(pk=ticket.pk).update(**fields)
        draft = begin_draft(self.act_as(by), ticket=ticket, template="permission")
        draft = edit(self.act_as(by), draft, text=text or draft.text)
        send_reply(self.act_as(by), ticket=ticket, revision=now(ticket), draft_revision=draft.revision)


def now(ticket: Ticket) -> int:
    return Ticket.objects.get(pk=ticket.pk).revision


@pytest.fixture
def desk(public: Tenant, act_as: Callable[..., Act], client_as: Callable[..., Any]) -> Desk:
    found = scene(act_as, client_as)
    return Desk(found, act_as, case(found, found.refuse("viewer"), category="B"))


def not_classified(desk: Desk) -> None:
    begin(desk.agent, ticket=desk.new())


def reclassified_too_early(desk: Desk) -> None:
    ticket = desk.new()
    reclassify(desk.agent, ticket=ticket, revision=ticket.revision, reason="Wrong", **CLASSES)


def classified_twice(desk: Desk) -> None:
    ticket = desk.refused.ticket
    triage(desk.agent, ticket=ticket, revision=ticket.revision, **CLASSES)


def informed_too_early(desk: Desk) -> None:
    inform(desk.agent, ticket=desk.new(), values={"action": "Create an item"})


def attached_too_early(desk: Desk) -> None:
    ticket = desk.new()
    attach(desk.agent, ticket=ticket, incident=open_incident_for("Down"), revision=ticket.revision)


def asked_too_early(desk: Desk) -> None:
    ticket = desk.new()
    ask_for_information(desk.agent, ticket=ticket, revision=ticket.revision)


def never_requested(desk: Desk) -> None:
    RequiredInfo.objects.filter(ticket=desk.refused.ticket, key="action").update(state="missing")
    desk.refused.step(1)


def asked_for_what_is_known(desk: Desk) -> None:
    ticket = desk.refused.upto(5).ticket
    determine(desk.agent, ticket=ticket, key="rbac")
    ask_for_information(desk.agent, ticket=ticket, revision=now(ticket))


def skipped(desk: Desk) -> None:
    desk.refused.upto(1).step(3)


def repeated(desk: Desk) -> None:
    desk.refused.upto(2).step(2)


def finished(desk: Desk) -> None:
    begin(desk.agent, ticket=desk.resolved())


def answered_without_evidence(desk: Desk) -> None:
    desk.send(done=2)


def message_as_evidence(desk: Desk) -> None:
    message = Message.objects.get(ticket=desk.refused.ticket)
    desk.refused.upto(2).step(3, records=[str(message.pk)])


def request_of_nobody(desk: Desk) -> None:
    desk.refused.upto(1).step(2, request_ids=["nonsense"])


def determined_against_the_evidence(desk: Desk) -> None:
    determine(desk.refused.upto(5).agent, ticket=desk.refused.ticket, key="plan")


def case_without_anything(desk: Desk) -> None:
    event = desk.scene.refuse("manager", sku="x")
    propose_case(desk.agent, ticket=case(desk.scene, event, category="H").ticket, **HAND_OVER)


def case_about_a_permission(desk: Desk) -> None:
    propose_case(desk.agent, ticket=desk.refused.upto(5).ticket, **HAND_OVER)


def blocked_phrase(desk: Desk) -> None:
    desk.send(text="{ticket.ref} We will correct the quantity in the ledger.")


def nothing_included(desk: Desk) -> None:
    desk.send(text="Hello")


def asked_by_mail(desk: Desk) -> None:
    ticket = desk.new(source="mail", is_security=True)
    Ticket.objects.filter(pk=ticket.pk).update(state="triaged", category="B", severity=3)
    RequiredInfo.objects.create(ticket=ticket, key="action")
    ask_for_information(desk.lead, ticket=ticket, revision=ticket.revision)


def security_elsewhere(desk: Desk) -> None:
    requeue(desk.lead, ticket=desk.new(is_security=True, queue="security"), queue="l1", reason="Ordinary")


def merged_with_security(desk: Desk) -> None:
    ticket = desk.new()
    merge(desk.lead, ticket=ticket, into=desk.new(is_security=True), revision=ticket.revision)


def merged_with_a_neighbour(desk: Desk) -> None:
    ticket, birch = desk.new(), Tenant.objects.get(slug="birch")
    merge(desk.lead, ticket=ticket, into=open_for(birch, subject="Other"), revision=ticket.revision)


def during_an_incident(desk: Desk) -> None:
    ticket = desk.refused.ticket
    error = Error(ticket.code, ticket.action, ticket.reason)
    open_incident(act_of_asora().recording(), title="Down", severity=1, errors=[error])
    desk.refused.step(1)


def resolved_incident(desk: Desk) -> None:
    incident, ticket = open_incident_for("Down"), desk.refused.ticket
    type(incident).objects.filter(pk=incident.pk).update(state="resolved", resolved_at=timezone.now())
    attach(desk.agent, ticket=ticket, incident=incident, revision=ticket.revision)


def without_approval(desk: Desk) -> None:
    desk.send(text="", severity=2)


def _decided(desk: Desk, *, author: str, is_submitted: bool) -> None:
    ticket = desk.refused.upto(5).ticket
    draft = begin_draft(desk.act_as(author), ticket=ticket, template="permission")
    if is_submitted:
        draft = submit_draft(desk.act_as(author), ticket=ticket, draft_revision=draft.revision)
    approve_draft(desk.lead, ticket=ticket, revision=now(ticket), draft_revision=draft.revision)


def approved_by_its_author(desk: Desk) -> None:
    _decided(desk, author="support_lead", is_submitted=True)


def approved_before_it_is_submitted(desk: Desk) -> None:
    _decided(desk, author="agent", is_submitted=False)


def without_a_session(desk: Desk) -> None:
    desk.refused.upto(1)
    end_access(desk.agent, session=desk.scene.session)
    desk.refused.step(2)


def plan_changed(desk: Desk) -> None:
    change_plan(desk.agent, tenant=desk.tenant, from_plan="pro", to_plan="enterprise", reason="They asked")


def closed_at_once(desk: Desk) -> None:
    ticket = desk.resolved()
    close(desk.agent, ticket=ticket, revision=ticket.revision)


def reminded_at_once(desk: Desk) -> None:
    ticket = desk.resolved()
    remind(desk.agent, ticket=ticket, revision=ticket.revision)


def closed_while_open(desk: Desk) -> None:
    close(desk.agent, ticket=desk.refused.ticket, revision=desk.refused.ticket.revision)


def reminded_while_open(desk: Desk) -> None:
    remind(desk.agent, ticket=desk.refused.ticket, revision=desk.refused.ticket.revision)


def reopened_while_open(desk: Desk) -> None:
    ticket = desk.refused.ticket
    reopen(desk.agent, ticket=ticket, revision=ticket.revision, reason="They called")


def acknowledged_late(desk: Desk) -> None:
    ticket = desk.resolved()
    acknowledge(desk.agent, ticket=ticket, revision=ticket.revision)


def _resolve(desk: Desk, follow_up: str) -> None:
    ticket = desk.refused.upto(5).ticket
    draft = begin_draft(desk.agent, ticket=ticket, template="permission")
    draft = edit(desk.agent, draft, follow_up=follow_up)
    resolve(desk.agent, ticket=ticket, revision=now(ticket), draft_revision=draft.revision)


def resolved_against_the_evidence(desk: Desk) -> None:
    _resolve(desk, "plan_constraint")


def resolved_without_a_reason(desk: Desk) -> None:
    _resolve(desk, "go_on")


BROKEN: list[tuple[str, Callable[[Desk], None], Reason]] = [
    ("R1", not_classified, Reason.NOT_TRIAGED),
    ("R1", reclassified_too_early, Reason.NOT_TRIAGED),
    ("R1", classified_twice, Reason.TICKET_STATE),
    ("R1", informed_too_early, Reason.NOT_TRIAGED),
    ("R1", attached_too_early, Reason.NOT_TRIAGED),
    ("R1", asked_too_early, Reason.NOT_TRIAGED),
    ("R2", never_requested, Reason.INFO_MISSING),
    ("R2", asked_for_what_is_known, Reason.INFO_COMPLETE),
    ("R3", skipped, Reason.STEP_MISSING),
    ("R3", repeated, Reason.STEP_DONE),
    ("R3", finished, Reason.TICKET_STATE),
    ("R4", answered_without_evidence, Reason.STEP_MISSING),
    ("R5", message_as_evidence, Reason.NOT_EVIDENCE),
    ("R5", request_of_nobody, Reason.NOT_EVIDENCE),
    ("R6", determined_against_the_evidence, Reason.NOT_DETERMINABLE),
    ("R7", case_without_anything, Reason.ESCALATION_INCOMPLETE),
    ("R8", case_about_a_permission, Reason.NEVER_ESCALATED),
    ("R9", blocked_phrase, Reason.PHRASE_BLOCKED),
    ("R10", nothing_included, Reason.REPLY_INCOMPLETE),
    ("R11", asked_by_mail, Reason.CHANNEL_NOT_PRIVATE),
    ("R11", security_elsewhere, Reason.TICKET_STATE),
    ("R11", merged_with_security, Reason.TICKET_STATE),
    ("merge", merged_with_a_neighbour, Reason.OTHER_TENANT),
    ("R12", during_an_incident, Reason.INCIDENT_ACTIVE),
    ("R12", resolved_incident, Reason.TICKET_STATE),
    ("R13", without_approval, Reason.APPROVAL_MISSING),
    ("R13", approved_by_its_author, Reason.FOUR_EYES),
    ("R13", approved_before_it_is_submitted, Reason.NOT_ACTIVE),
    ("R14", without_a_session, Reason.ACCESS_NOT_OPEN),
    ("R16", plan_changed, Reason.ROLE_LACKS_PERMISSION),
    ("R17", closed_at_once, Reason.NOT_CONFIRMED),
    ("R17", reminded_at_once, Reason.NOT_CONFIRMED),
    ("R17", closed_while_open, Reason.TICKET_STATE),
    ("R17", reminded_while_open, Reason.TICKET_STATE),
    ("R17", reopened_while_open, Reason.TICKET_STATE),
    ("R17", acknowledged_late, Reason.TICKET_STATE),
    ("R17", resolved_against_the_evidence, Reason.NOT_DETERMINABLE),
    ("R17", resolved_without_a_reason, Reason.TICKET_STATE),
]


@pytest.mark.parametrize(
    ("attempt", "reason"),
    [pytest.param(attempt, reason, id=f"{rule}-{attempt.__name__}") for rule, attempt, reason in BROKEN],
)
def test_a_broken_rule_is_an_event_that_says_what_is_missing(
    desk: Desk, events: Any, attempt: Callable[[Desk], None], reason: Reason
) -> None:
    with pytest.raises(Refusal) as caught:
        attempt(desk)
    assert caught.value.reason is reason
    event = events(outcome="refused")[-1]
    stopped = event.decision[-1]
    assert (event.reason, stopped["verdict"], stopped["reason"]) == (reason, "stopped", reason)
    # What a role lacks is the permission that the event names.
    missing = [stopped["permission"]] if reason is Reason.ROLE_LACKS_PERMISSION else stopped["missing"]
    assert missing
    assert all(isinstance(one, str) and one.strip() for one in missing)
    if reason is not Reason.ROLE_LACKS_PERMISSION:
        assert caught.value.details["missing"] == missing
