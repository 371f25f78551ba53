"""The composer on the ticket page: without JavaScript, with what was typed after a refusal, and its live check."""

from __future__ import annotations

from typing import Any

import pytest

from asora.accounts.people.queries import names
from support.replies.models import Draft
from support.tickets.models import Message, Ticket

NOW = "2030-01-01T09:00"


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def page(ticket: Ticket) -> str:
    return f"/support/tickets/{ticket.ref}/"


def typed(draft: Draft, **changed: Any) -> dict[str, Any]:
    values = {
        "draft_revision": draft.revision,
        "text": draft.text,
        "follow_up": draft.follow_up,
        "next_update_at": NOW,
    }
    return {**values, **changed}


def test_a_reply_is_written_and_sent_with_plain_forms(ticket, page, client_as):
    client = client_as("agent")
    assert "Begin a draft" in text_of(client.get(page))
    assert client.post(f"{page}draft/begin/", {"template": "plan"}).status_code == 302
    draft = Draft.objects.get(ticket=ticket)
    shown = text_of(client.get(page))
    assert "Save and check" in shown
    assert "Complete: nothing blocks this reply." in shown
    saved = typed(draft, text=draft.text + "\n\nThank you.")
    assert client.post(f"{page}draft/edit/", saved).status_code == 302
    draft.refresh_from_db()
    ticket.refresh_from_db()
    seen = {"revision": ticket.revision, "draft_revision": draft.revision}
    assert client.post(f"{page}send/", seen).status_code == 302
    message = Message.objects.get(ticket=ticket, kind="reply")
    assert "Thank you." in message.text
    assert "2030-01-01 09:00 UTC" in message.text


def test_a_refusal_is_shown_with_what_was_typed(ticket, page, client_as, write):
    draft = write("plan")
    client = client_as("agent")
    response = client.post(f"{page}draft/edit/", typed(draft, text="Precious text", next_update_at=""))
    assert response.status_code == 400
    shown = text_of(response)
    assert "Precious text" in shown
    assert "a moment in the future" in shown
    draft.refresh_from_db()
    assert draft.revision == 1


def test_somebody_else_s_edit_is_not_overwritten(page, client_as, write, act_as):
    from tests.support.replies.conftest import edit

    draft = write("plan")
    edit(act_as("support_lead"), draft, text="Of the lead")
    response = client_as("agent").post(
        f"{page}draft/edit/", typed(draft, draft_revision=1, text="Of the agent")
    )
    assert response.status_code == 409
    assert "Of the agent" in text_of(response)
    draft.refresh_from_db()
    assert draft.text == "Of the lead"


def test_everything_that_stops_a_reply_is_listed_at_once(page, client_as, write, ticket):
    draft = write("plan")
    client = client_as("agent")
    client.post(f"{page}draft/edit/", typed(draft, text="We will raise the limit temporarily for now."))
    draft.refresh_from_db()
    shown = text_of(client.get(page))
    assert "<q>" in shown
    for lacking in ("the reference of the ticket", "the rule that decided", "the recorded outcome"):
        assert lacking in shown
    response = client.post(f"{page}send/", {"revision": ticket.revision, "draft_revision": draft.revision})
    assert response.status_code == 409


@pytest.mark.parametrize(
    ("follow_up", "button"), [("go_on", "Send the saved draft"), ("plan_constraint", "Send and resolve")]
)
def test_the_button_appears_once_nothing_is_missing(page, client_as, write, follow_up, button):
    draft = write("plan")
    client = client_as("agent")
    client.post(f"{page}draft/edit/", typed(draft, text="Too little.", follow_up=follow_up))
    shown = text_of(client.get(page))
    assert button not in shown
    assert "cannot be sent yet" in shown
    draft.refresh_from_db()
    client.post(f"{page}draft/edit/", typed(draft, text=write_again(draft), follow_up=follow_up))
    shown = text_of(client.get(page))
    assert button in shown
    assert "cannot be sent yet" not in shown


def write_again(draft: Draft) -> str:
    from support.knowledge import queries as knowledge

    template = knowledge.entry("reply_template", draft.template)
    assert template is not None
    return template.body


def test_the_template_of_the_determination_is_chosen(ticket, page, client_as):
    from support.replies.forms import BeginForm

    assert BeginForm(ticket=ticket, determination="plan")["template"].value() == "plan"
    assert not BeginForm(ticket=ticket)["template"].value()
    shown = text_of(client_as("agent").get(page))
    assert '<option value="plan" selected' in shown


def test_the_live_check_saves_nothing(page, client_as, write):
    draft = write("plan")
    response = client_as("agent").post(
        f"{page}draft/check/", typed(draft, text="You probably mean *this*."), headers={"HX-Request": "true"}
    )
    shown = text_of(response)
    assert response.status_code == 200
    assert "<em>this</em>" in shown
    assert "<q>probably</q>" in shown
    assert "<html" not in shown
    draft.refresh_from_db()
    assert (draft.revision, "probably" in draft.text) == (1, False)


def test_the_acknowledgement_is_shown_before_it_is_sent(tenant, client_as):
    from tests.factories.desk import open_for

    new = open_for(tenant, subject="Hello", text="Anybody there?")
    client, page = client_as("agent"), f"/support/tickets/{new.ref}/"
    shown = text_of(client.get(page))
    assert "Send acknowledgement" in shown
    assert f"Its reference is {new.ref}" in shown
    assert client.post(f"{page}acknowledge/", {"revision": new.revision}).status_code == 302
    new.refresh_from_db()
    assert new.state == "acknowledged"


def test_the_question_is_shown_before_it_is_sent(tenant, client_as):
    from support.tickets.models import RequiredInfo
    from tests.factories.desk import open_for

    vague = open_for(tenant, subject="Hello", text="It does not work.")
    Ticket.objects.filter(pk=vague.pk).update(state="triaged", category="B", severity=3)
    RequiredInfo.objects.create(ticket=vague, key="person")
    client, page = client_as("agent"), f"/support/tickets/{vague.ref}/"
    shown = text_of(client.get(page))
    assert "Ask the customer" in shown
    assert "<strong>Person</strong>" in shown
    assert client.post(f"{page}ask/", {"revision": vague.revision}).status_code == 302
    vague.refresh_from_db()
    assert vague.state == "waiting_customer"


def test_a_lead_sees_what_waits_and_approves_it(ticket, page, client_as, write):
    Ticket.objects.filter(pk=ticket.pk).update(severity=1)
    draft = write("plan")
    agent, lead = client_as("agent"), client_as("support_lead")
    assert agent.post(f"{page}draft/submit/", {"draft_revision": draft.revision}).status_code == 302
    listed = text_of(lead.get("/support/approvals/"))
    assert ticket.ref in listed
    assert "The ticket has severity 1 or 2." in listed
    assert f"written by {names().get(draft.author, draft.author)}" in listed
    seen = {"revision": ticket.revision, "draft_revision": draft.revision}
    assert agent.post(f"{page}draft/approve/", seen).status_code == 403
    assert lead.post(f"{page}draft/approve/", seen).status_code == 302
    assert "Approved" in text_of(agent.get(page))
    assert agent.post(f"{page}send/", seen).status_code == 302


def test_a_security_ticket_has_no_composer_for_others(ticket, page, client_as):
    Ticket.objects.filter(pk=ticket.pk).update(is_security=True)
    assert client_as("agent").post(f"{page}draft/begin/", {"template": ""}).status_code == 404
    assert not Draft.objects.exists()
