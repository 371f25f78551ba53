"""A second person approves exactly one version; an edit or a new message of the customer makes it void."""

from __future__ import annotations

from typing import Any

import pytest

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from support.escalations.models import EngineeringCase
from support.evidence.models import EvidenceLink
from support.investigations.models import Determination, Investigation, Step, StepEvidence
from support.investigations.queries import current
from support.replies import queries
from support.replies.actions.drafting import submit_draft
from support.replies.actions.reviewing import approve_draft, return_draft
from support.replies.actions.sending import send_reply
from support.replies.models import Approval, Draft
from support.tickets import changes
from support.tickets.actions.classifying import reclassify
from support.tickets.actions.merging import merge
from support.tickets.models import Message, Ticket
from tests.factories import tenants
from tests.factories.desk import open_for
from tests.factories.investigated import event_link
from tests.factories.people import add_person
from tests.support.replies.conftest import edit


@pytest.fixture
def severe(ticket: Ticket) -> Ticket:
    Ticket.objects.filter(pk=ticket.pk).update(severity=2)
    ticket.refresh_from_db()
    return ticket


@pytest.fixture
def submitted(severe: Ticket, write: Any, act_as: Any) -> Draft:
    """A draft of the agent that waits for a second person."""
    draft = write("plan")
    return submit_draft(act_as("agent"), ticket=severe, draft_revision=draft.revision)


def now(draft: Draft) -> int:
    return Ticket.objects.get(pk=draft.ticket_id).revision


def approve(act: Any, draft: Draft) -> Approval:
    return approve_draft(act, ticket=draft.ticket, revision=now(draft), draft_revision=draft.revision)


def send(act: Any, draft: Draft) -> Message:
    return send_reply(act, ticket=draft.ticket, revision=now(draft), draft_revision=draft.revision)


def answer(ticket: Ticket) -> None:
    """The customer writes again."""
    act = new_act(tenants.public(), system("public", "tests", Permission.SUPPORT_RECEIVE)).recording()
    changes.add_message(
        act, Ticket.objects.get(pk=ticket.pk), kind="answer", text="One more thing.", author_type="customer"
    )


def missing_approval(act: Any, draft: Draft) -> list[str]:
    with pytest.raises(StateConflict) as caught:
        send(act, draft)
    assert caught.value.reason is Reason.APPROVAL_MISSING
    assert not Message.objects.filter(ticket=draft.ticket, kind="reply").exists()
    return caught.value.details["causes"]


def test_a_severe_ticket_needs_a_second_person(severe, write, act_as):
    assert missing_approval(act_as("agent"), write("plan")) == ["severity"]


CALM: dict[str, Any] = {
    "category": "C", "severity": 3, "issue_type": "question", "environment": "production", "component": "plans",
}  # fmt: skip


def classify_anew(act: Any, ticket: Ticket, severity: int) -> None:
    row = Ticket.objects.get(pk=ticket.pk)
    values = {**CALM, "severity": severity, "reason": "It looks different now."}
    reclassify(act, ticket=row, revision=row.revision, **values)


def merged(act: Any, ticket: Ticket, *, into: Ticket) -> None:
    row = Ticket.objects.get(pk=ticket.pk)
    merge(act, ticket=row, into=into, revision=row.revision)


def other_of(ticket: Ticket, **fields: Any) -> Ticket:
    """Another ticket of the same tenant, which an agent works on."""
    other = open_for(ticket.tenant, subject="Another", text="It was refused too.")
    Ticket.objects.filter(pk=other.pk).update(state="triaged", category="C", **fields)
    return Ticket.objects.get(pk=other.pk)


def test_a_severe_ticket_that_was_merged_counts(ticket, write, act_as):
    agent = act_as("agent")
    draft = write("plan")
    merged(agent, other_of(ticket, severity=1), into=ticket)
    assert missing_approval(agent, draft) == ["severity"]


def test_a_severity_is_not_shaken_off_before_a_merge(ticket, write, act_as):
    agent = act_as("agent")
    other = other_of(ticket, severity=3)
    classify_anew(agent, other, 1)
    classify_anew(agent, other, 3)
    merged(agent, other, into=ticket)
    assert missing_approval(agent, write("plan")) == ["severity"]


def test_an_open_case_of_a_merged_ticket_counts(ticket, write, act_as):
    agent = act_as("agent")
    other = other_of(ticket, severity=3)
    EngineeringCase.objects.create(
        number=1, ticket=other, criterion="integrity", hand_over={}, checklist=[], proposed_by="u-agent",
        request_id="tests-1",
    )  # fmt: skip
    merged(agent, other, into=ticket)
    assert missing_approval(agent, write("plan")) == ["escalation"]


def test_another_classification_does_not_avoid_the_second_person(ticket, write, act_as):
    agent = act_as("agent")
    for severity in (2, 3):
        classify_anew(agent, ticket, severity)
    draft = write("plan")
    assert missing_approval(agent, draft) == ["severity"]
    waiting = submit_draft(agent, ticket=ticket, draft_revision=draft.revision)
    approve(act_as("support_lead"), waiting)
    send(agent, waiting)
    assert send(agent, write("plan")).kind == "reply", "an approved reply was sent since"
    classify_anew(agent, ticket, 1)
    send_approved(write("plan"), act_as)
    classify_anew(agent, ticket, 3)
    with pytest.raises(StateConflict) as caught:
        send(agent, write("plan"))
    assert caught.value.details["causes"] == ["severity"], "it was severe when the last reply was sent"


def send_approved(draft: Draft, act_as: Any) -> None:
    waiting = submit_draft(act_as("agent"), ticket=draft.ticket, draft_revision=draft.revision)
    approve(act_as("support_lead"), waiting)
    send(act_as("agent"), waiting)


def test_an_approved_draft_can_be_sent(submitted, act_as, events):
    act = act_as("support_lead")
    row = approve(act, submitted)
    assert (row.verdict, row.decided_by) == ("approved", act.actor.ref)
    [event] = events(request_id=act.request_id)
    assert (event.action, event.ticket_ref) == ("support.draft.approve", submitted.ticket.ref)
    assert send(act_as("agent"), submitted).kind == "reply"


def test_an_edit_makes_it_void(submitted, act_as):
    approve(act_as("support_lead"), submitted)
    edited = edit(act_as("agent"), submitted, text=submitted.text + " ")
    missing_approval(act_as("agent"), edited)
    again = submit_draft(act_as("agent"), ticket=edited.ticket, draft_revision=edited.revision)
    approve(act_as("support_lead"), again)
    send(act_as("agent"), again)


def test_other_evidence_under_the_same_text_makes_it_void(submitted, act_as):
    approve(act_as("support_lead"), submitted)
    ticket = submitted.ticket
    investigation = Investigation.objects.get(pk=ticket.pk)
    [old] = current(ticket).links
    again(investigation, old)
    missing_approval(act_as("agent"), submitted)
    approve(act_as("support_lead"), submitted)
    assert send(act_as("agent"), submitted).footnotes.count() == 2


def again(investigation: Investigation, first: EvidenceLink) -> None:
    """Another round of the investigation, with one more event of the same request: every value of the text stays."""
    newer = event_link(first.tenant, request_id=first.request_id)
    links, before = [first, newer], {step.number: step.findings for step in investigation.steps.all()}
    chosen = investigation.determinations.get()
    investigation.round, investigation.step = 2, 0
    investigation.save(update_fields=["round", "step"])
    for number, findings in before.items():
        step = Step(
            investigation=investigation, round=2, number=number, findings=findings, done_by="u-agent",
            request_id="tests-1",
        )  # fmt: skip
        step.save()
        for link in links if number == 3 else ():
            StepEvidence(step=step, link=link).save()
        investigation.step = number
        investigation.save(update_fields=["step"])
    Determination(
        investigation=investigation, round=2, key=chosen.key, facts=chosen.facts, determined_by="u-agent",
        request_id="tests-1",
    ).save()  # fmt: skip


def test_an_edit_of_the_approver_makes_them_its_author(submitted, act_as):
    approve(act_as("support_lead"), submitted)
    edited = edit(act_as("support_lead"), submitted, text=submitted.text + " ")
    waiting = submit_draft(act_as("support_lead"), ticket=edited.ticket, draft_revision=edited.revision)
    with pytest.raises(PermissionDenied) as caught:
        approve(act_as("support_lead"), waiting)
    assert caught.value.reason is Reason.FOUR_EYES


def test_nobody_approves_what_they_wrote_after_another_edit(severe, write, act_as, client_as):
    lead = act_as("support_lead")
    draft = write("plan", by="support_lead")
    edited = edit(act_as("agent"), draft, text=draft.text + " ")
    again = edit(act_as("agent"), edited, text=edited.text + " ")
    waiting = submit_draft(act_as("agent"), ticket=severe, draft_revision=again.revision)
    for decide in (
        lambda: approve(lead, waiting),
        lambda: return_draft(lead, ticket=severe, draft_revision=waiting.revision, remark="No."),
    ):
        with pytest.raises(PermissionDenied) as caught:
            decide()
        assert caught.value.reason is Reason.FOUR_EYES
    page = client_as("support_lead").get(f"/support/tickets/{severe.ref}/").content.decode()
    assert "Approve this version" not in page
    missing_approval(act_as("agent"), waiting)


def test_a_new_message_of_the_customer_makes_it_void(submitted, act_as):
    approve(act_as("support_lead"), submitted)
    answer(submitted.ticket)
    missing_approval(act_as("agent"), submitted)
    approve(act_as("support_lead"), submitted)
    send(act_as("agent"), submitted)


def test_nobody_approves_their_own_draft(severe, write, act_as):
    draft = write("plan", by="support_lead")
    waiting = submit_draft(act_as("support_lead"), ticket=severe, draft_revision=draft.revision)
    with pytest.raises(PermissionDenied) as caught:
        approve(act_as("support_lead"), waiting)
    assert caught.value.reason is Reason.FOUR_EYES


def test_an_agent_without_review_cannot_approve(submitted, act_as):
    with pytest.raises(PermissionDenied):
        approve(act_as("agent"), submitted)
    assert not Approval.objects.exists()


def test_only_what_waits_can_be_approved_and_as_it_was_seen(severe, write, act_as):
    draft, lead = write("plan"), act_as("support_lead")
    with pytest.raises(StateConflict) as caught:
        approve(lead, draft)
    assert caught.value.reason is Reason.NOT_ACTIVE
    waiting = submit_draft(act_as("agent"), ticket=severe, draft_revision=draft.revision)
    seen = now(waiting)
    answer(severe)
    with pytest.raises(StateConflict) as caught:
        approve_draft(lead, ticket=severe, revision=seen, draft_revision=waiting.revision)
    assert caught.value.reason is Reason.TICKET_CHANGED


def test_an_incomplete_draft_cannot_be_submitted(severe, write, act_as):
    draft = write("plan")
    bare = edit(act_as("agent"), draft, text="Hello")
    with pytest.raises(StateConflict) as caught:
        submit_draft(act_as("agent"), ticket=severe, draft_revision=bare.revision)
    assert caught.value.reason is Reason.REPLY_INCOMPLETE


def test_a_returned_draft_goes_back_with_a_note(submitted, act_as):
    return_draft(
        act_as("support_lead"),
        ticket=submitted.ticket,
        draft_revision=submitted.revision,
        remark="Name the limit.",
    )
    submitted.refresh_from_db()
    assert submitted.state == "draft"
    note = Message.objects.get(ticket=submitted.ticket, kind="note")
    assert (note.text, note.is_internal) == ("Name the limit.", True)
    missing_approval(act_as("agent"), submitted)


def test_a_return_needs_a_remark(submitted, act_as):
    with pytest.raises(ValidationFailed):
        return_draft(
            act_as("support_lead"), ticket=submitted.ticket, draft_revision=submitted.revision, remark=" "
        )
    submitted.refresh_from_db()
    assert submitted.state == "waiting"


def test_waiting_drafts_are_listed_for_those_who_may_see_their_ticket(submitted, act_as):
    assert list(queries.waiting(act_as("support_lead").actor)) == [submitted]
    Ticket.objects.filter(pk=submitted.ticket_id).update(is_security=True)
    assert list(queries.waiting(act_as("support_lead").actor)) == [submitted]
    assert list(queries.waiting(act_as("agent").actor)) == []


def test_a_holding_message_as_its_template_says_needs_nobody(tenant, act_as):
    from support.replies.actions.holding import acknowledge

    urgent = open_for(tenant, subject="Down", text="We want a refund.", severity=1)
    assert acknowledge(act_as("agent"), ticket=urgent, revision=urgent.revision).kind == "acknowledgement"


def test_an_edited_holding_message_needs_a_second_person(tenant, write, act_as):
    urgent = open_for(tenant, subject="Down", text="Nothing works.", severity=1)
    draft = write("acknowledgement", on=urgent)
    edited = edit(act_as("agent"), draft, text=draft.text + "\n\nWe are sorry.")
    with pytest.raises(StateConflict) as caught:
        send(act_as("agent"), edited)
    assert caught.value.reason is Reason.APPROVAL_MISSING


def test_two_leads_can_review_each_other(severe, write, act_as):
    add_person("support_lead", name="second")
    draft = write("plan", by="support_lead")
    waiting = submit_draft(act_as("support_lead"), ticket=severe, draft_revision=draft.revision)
    assert waiting.author == act_as("support_lead").actor.ref
