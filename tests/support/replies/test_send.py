"""A reply is sent only with evidence, without what support never writes, complete, and as the agent saw the ticket."""

from __future__ import annotations

from typing import Any

import pytest

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict
from support.replies.actions.drafting import discard_draft
from support.replies.actions.sending import send_reply
from support.replies.models import Draft, Footnote
from support.tickets.models import Message, RequiredInfo, Ticket
from tests.factories.desk import open_for, open_incident_for
from tests.factories.investigated import event_link, investigated


def send(act: Any, draft: Draft, *, revision: int | None = None) -> Message:
    seen = Ticket.objects.get(pk=draft.ticket_id).revision if revision is None else revision
    return send_reply(act, ticket=draft.ticket, revision=seen, draft_revision=draft.revision)


def refused(call: Any, reason: Reason) -> StateConflict:
    with pytest.raises(StateConflict) as caught:
        call()
    assert caught.value.reason is reason
    return caught.value


def test_a_reply_names_the_rule_the_outcome_and_the_request(ticket, write, act_as):
    message = send(act_as("agent"), write("plan"))
    link = ticket.investigation.steps.get(number=3).evidence.get().link
    for part in (
        ticket.ref,
        link.request_id,
        "PLAN_ITEMS",
        "refused (PLAN_LIMIT_EXCEEDED)",
        "allows 3",
        "Next step",
    ):
        assert part in message.text
    assert (message.kind, message.is_internal) == ("reply", False)
    draft = Draft.objects.get(message=message)
    assert draft.state == "sent"


def test_its_evidence_is_attached_as_footnotes(ticket, write, act_as):
    message = send(act_as("agent"), write("plan"))
    [note] = Footnote.objects.filter(message=message)
    assert note.number == 1
    assert note.link == ticket.investigation.steps.get(number=3).evidence.get().link


def test_a_reference_to_evidence_that_is_not_there_is_refused(write, act_as):
    draft = write("plan")
    ok = write_text(draft, draft.text + "\n\nSee [^1].", act_as)
    dead = write_text(ok, ok.text + " And [^2].", act_as)
    refusal = refused(lambda: send(act_as("agent"), dead), Reason.REPLY_INCOMPLETE)
    assert "number 2" in str(refusal.details["missing"])
    send(act_as("agent"), write_text(dead, ok.text, act_as))


def write_text(draft: Draft, text: str, act_as: Any, **changed: Any) -> Draft:
    from tests.support.replies.conftest import edit

    return edit(act_as("agent"), draft, text=text, **changed)


def test_nothing_but_a_holding_message_leaves_before_step_3(tenant, act_as, write):
    early = open_for(tenant, subject="Quantity", text="The quantity is wrong; see my screenshot.")
    Ticket.objects.filter(pk=early.pk).update(state="triaged", category="E", severity=3)
    investigated(early, step=2)
    reply = write("", on=early, text=f"{early.ref} Next step: wait until {{next_update_at}}.")
    refusal = refused(lambda: send(act_as("agent"), reply), Reason.STEP_MISSING)
    assert len(refusal.details["missing"]) == 1
    assert not Message.objects.filter(ticket=early, kind="reply").exists()


ANSWER = "{ticket.ref} Your plan has a limit of 500 items. Next step: delete some until {next_update_at}."


def of_the_desk(ticket: Ticket) -> list[str]:
    return list(Message.objects.filter(ticket=ticket, author_type="agent").values_list("kind", flat=True))


@pytest.mark.parametrize("template", ["acknowledgement", "status_update", "incident_notice", "info_request"])
def test_an_answer_in_the_place_of_a_holding_message_needs_a_second_person(tenant, act_as, write, template):
    early = open_for(tenant, subject="Quantity", text="The quantity is wrong.")
    Ticket.objects.filter(pk=early.pk).update(state="triaged", category="B", severity=3)
    RequiredInfo.objects.create(ticket=early, key="person")
    text = ANSWER if template != "info_request" else ANSWER.replace(" until {next_update_at}", "")
    draft = write(template, on=early, text=text)
    refusal = refused(lambda: send(act_as("agent"), draft), Reason.APPROVAL_MISSING)
    assert refusal.details["causes"] == ["holding"]
    assert of_the_desk(early) == []


def test_an_acknowledgement_as_its_template_says_leaves_before_step_3_and_once(tenant, act_as, write):
    early = open_for(tenant, subject="Quantity", text="The quantity is wrong.")
    message = send(act_as("agent"), write("acknowledgement", on=early))
    early.refresh_from_db()
    assert (message.kind, early.state) == ("acknowledgement", "acknowledged")
    for template in ("acknowledgement", "status_update"):
        again = write(template, on=early)
        refused(lambda draft=again: send(act_as("agent"), draft), Reason.TICKET_STATE)
        discard_draft(act_as("agent"), ticket=early, draft_revision=again.revision)
    assert of_the_desk(early) == ["acknowledgement"]


def test_updates_of_an_incident_follow_the_acknowledgement(tenant, act_as, write):
    early = open_for(tenant, subject="Down", text="Nothing works.", severity=2)
    Ticket.objects.filter(pk=early.pk).update(incident=open_incident_for("The export fails"))
    send(act_as("agent"), write("acknowledgement", on=early))
    send(act_as("agent"), write("status_update", on=early))
    assert of_the_desk(early) == ["acknowledgement", "acknowledgement"]
    again = write("acknowledgement", on=early)
    refused(lambda: send(act_as("agent"), again), Reason.TICKET_STATE)


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("We will raise the limit temporarily for now.", "temporary"),
        ("We will correct the quantity in the ledger.", "manual"),
        ("This is a bug in our code.", "our_mistake"),
    ],
)
def test_a_blocked_phrase_cannot_be_sent_or_reasoned_away(write, act_as, sentence, rule, events):
    draft = write("plan")
    act = act_as("agent")
    bad = write_text(
        draft, f"{draft.text}\n\n{sentence}", act_as, reasons={"any": "The customer asked for it."}
    )
    refusal = refused(lambda: send(act, bad), Reason.PHRASE_BLOCKED)
    assert any(rule in key for key in refusal.details["phrases"])
    assert refusal.details["missing"]
    [event] = [one for one in events(action="support.reply.send") if one.outcome == "refused"]
    assert sentence not in str(event.__dict__)


def test_the_negated_phrase_is_what_support_says(write, act_as):
    draft = write("plan")
    send(act_as("agent"), write_text(draft, f"{draft.text}\n\nWe cannot edit the ledger.", act_as))


def test_a_warning_needs_a_reason(write, act_as, events):
    draft = write("plan")
    text = f"{draft.text}\n\nYou probably saw this on the items page."
    bare = write_text(draft, text, act_as)
    refused(lambda: send(act_as("agent"), bare), Reason.REPLY_INCOMPLETE)
    from support.replies.checking import Written, check

    [rule] = {one.rule for one in check(draft.ticket, Written.of(bare)).findings}
    reasoned = write_text(bare, text, act_as, reasons={rule: "It quotes the customer."})
    act = act_as("agent")
    send(act, reasoned)
    [event] = events(request_id=act.request_id)
    assert rule in str(event.changes)
    assert "quotes the customer" not in str(event.__dict__)


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ("{ticket.ref}", "reference"),
        ("{request.id}", "request"),
        ("{rule.name}", "rule"),
        ("{audit.outcome}", "outcome"),
        ("{next_update_at}", "again"),
        ("Next step", "next step"),
    ],
)
def test_each_part_that_a_reply_must_include(write, act_as, left_out, missing):
    draft = write("plan")
    refusal = refused(
        lambda: send(act_as("agent"), write_text(draft, draft.text.replace(left_out, "…"), act_as)),
        Reason.REPLY_INCOMPLETE,
    )
    assert [one for one in refusal.details["missing"] if missing in one]


def test_an_unknown_variable_or_one_without_a_value_is_refused(write, act_as):
    draft = write("plan")
    for name in ("ticket.secret", "known_issue.title"):
        draft = write_text(draft, f"{draft.text}\n\n{{{name}}}", act_as)
        refusal = refused(lambda draft=draft: send(act_as("agent"), draft), Reason.REPLY_INCOMPLETE)
        assert name in str(refusal.details["missing"])


def test_a_secret_in_a_reply_is_blocked(write, act_as):
    draft = write("plan")
    text = f"{draft.text}\n\nYour token is ghp_{'a' * 36}."
    refused(lambda: send(act_as("agent"), write_text(draft, text, act_as)), Reason.PHRASE_BLOCKED)


def test_it_is_sent_for_the_ticket_and_the_draft_that_the_agent_saw(ticket, write, act_as):
    draft = write("plan")
    act = act_as("agent")
    refused(lambda: send(act, draft, revision=ticket.revision - 1), Reason.TICKET_CHANGED)
    newer = write_text(draft, draft.text + "\n\nBye.", act_as)
    refused(lambda: send(act, draft), Reason.TICKET_CHANGED)
    send(act, newer)
    refused(lambda: send(act, newer), Reason.NOT_ACTIVE)
    assert Message.objects.filter(ticket=ticket, kind="reply").count() == 1


def test_a_reply_can_wait_for_the_customer_and_go_on_again(ticket, write, act_as):
    draft = write("plan")
    send(act_as("agent"), write_text(draft, draft.text, act_as, follow_up="wait"))
    ticket.refresh_from_db()
    assert ticket.state == "waiting_customer"
    send(act_as("agent"), write("plan"))
    ticket.refresh_from_db()
    assert ticket.state == "investigating"


def test_a_draft_that_resolves_is_not_sent_as_a_reply(write, act_as):
    draft = write("plan")
    resolving = write_text(draft, draft.text, act_as, follow_up="plan_constraint")
    refused(lambda: send(act_as("agent"), resolving), Reason.TICKET_STATE)


def test_the_viewer_of_another_role_cannot_send(ticket, write, act_as):
    draft = write("plan")
    with pytest.raises(PermissionDenied):
        send(act_as("operator"), draft)
    assert not Message.objects.filter(ticket=ticket, kind="reply").exists()


def test_values_of_evidence_are_shown_as_they_are(tenant, act_as, write):
    other = open_for(tenant, subject="Another", text="Why?", about="acacia-1")
    Ticket.objects.filter(pk=other.pk).update(state="triaged", category="E", severity=3)
    link = event_link(
        tenant, reason="", code="", outcome="allowed", rule_id="", action="a.*b*[c](https://example.com)"
    )
    investigated(other, links=[link])
    draft = write(
        "", on=other, text="{ticket.ref} {request.id} {event.action} Next step: read. {next_update_at}"
    )
    message = send(act_as("agent"), draft)
    from support.markdown import message_html

    assert "<a" not in message_html(message.text)
    assert "<em>" not in message_html(message.text)


@pytest.mark.parametrize("follow_up", ["wait", "plan_constraint"])
def test_a_reply_after_which_the_customer_is_next_promises_no_update(ticket, write, act_as, follow_up):
    from support.replies.checking import Written, check

    draft = write("plan")
    assert "write again by" in check(ticket, Written.of(draft)).text
    silent = write_text(draft, draft.text, act_as, follow_up=follow_up)
    checked = check(ticket, Written.of(silent))
    assert checked.is_fit
    assert "write again" not in checked.text
    for promise in ("We will get back to you by 2031-01-01 09:00 UTC.", "Expect us at {next_update_at}."):
        silent = write_text(silent, f"{draft.text}\n\n{promise}", act_as, follow_up=follow_up)
        assert "customer is next" in str(check(ticket, Written.of(silent)).lacks)


def test_a_question_promises_no_update_and_names_the_page_of_the_customer(tenant, act_as, write):
    early = open_for(tenant, subject="Quantity", text="The quantity is wrong.")
    Ticket.objects.filter(pk=early.pk).update(state="triaged", category="B", severity=3)
    RequiredInfo.objects.create(ticket=early, key="person")
    message = send(act_as("agent"), write("info_request", on=early))
    assert "write again" not in message.text
    assert "Support tickets" in message.text
