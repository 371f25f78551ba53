"""A question to support: a text that can be erased, an event with its length, and one's own questions."""

from __future__ import annotations

from typing import Any

import pytest

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from asora.kernel.request_ids import new_request_id
from audit.disclosure.actions.questions import ask_support
from audit.disclosure.models import Statement, SupportQuestion
from inventory.actions.vendors import create_vendor
from plans.models import Tenant
from tests.headers import JSON
from tests.kernel.example_action import freeze

PAGE = "/audit/ask-support/"


@pytest.mark.parametrize("role", ["owner", "counter", "viewer"])
def test_everybody_may_ask_and_the_event_has_only_the_length(
    acacia: Tenant, act_as: Any, events: Any, role: str
) -> None:
    about = new_request_id("acacia")
    act = act_as(role)
    ask_support(act, about=about, question="  Why did Zebulon get this?\r\n\r\nIt is wrong. ")
    [question] = SupportQuestion.objects.select_related("statement")
    assert (question.about, question.asked_by) == (about, act.actor.ref)
    assert question.statement.text == "Why did Zebulon get this?\n\nIt is wrong."
    [event] = events(action="audit.support.ask")
    assert (event.outcome, event.resource_label) == ("allowed", about)
    assert event.changes[0]["after"] == {"about": about, "length": len(question.statement.text)}
    assert "Zebulon" not in str(event.__dict__)


@pytest.mark.parametrize("about", ["", "nonsense", "birch-01ARZ3NDEKTSV4RRFFQ69G5FAV", "acacia-01"])
def test_a_request_id_of_somebody_else_is_refused(acacia: Tenant, act_as: Any, about: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        ask_support(act_as("owner"), about=about, question="Why?")
    assert "about" in caught.value.details["fields"]
    assert not Statement.objects.exists()


@pytest.mark.parametrize("question", ["", " \n ", "x" * 4_001, "a\x07b", "a\u202eb"])
def test_a_text_that_is_none_is_refused(acacia: Tenant, act_as: Any, question: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        ask_support(act_as("owner"), about=new_request_id("acacia"), question=question)
    assert "question" in caught.value.details["fields"]


def test_the_same_question_is_asked_once(acacia: Tenant, act_as: Any) -> None:
    about = new_request_id("acacia")
    ask_support(act_as("owner"), about=about, question="Why?")
    ask_support(act_as("viewer"), about=about, question="Why?")
    ask_support(act_as("owner"), about=about, question="And why now?")
    with pytest.raises(StateConflict) as caught:
        ask_support(act_as("owner"), about=about, question=" Why? ")
    assert caught.value.reason is Reason.ALREADY_POSTED
    assert SupportQuestion.objects.count() == 3


def test_a_secret_in_a_question_is_not_stored(acacia: Tenant, act_as: Any) -> None:
    secret = "AKIA" + "ABCDEFGH" * 2
    ask_support(act_as("owner"), about=new_request_id("acacia"), question=f"My key {secret} fails")
    statement = Statement.objects.get()
    assert statement.text == "My key [redacted] fails"
    assert statement.length == len(statement.text)


def test_asking_works_in_a_frozen_tenant(acacia: Tenant, act_as: Any) -> None:
    freeze(acacia)
    ask_support(act_as("viewer"), about=new_request_id("acacia"), question="Why are we frozen?")
    assert SupportQuestion.objects.exists()


def test_the_page_is_filled_in_sent_and_lists_only_own_questions(acacia: Tenant, client_as: Any) -> None:
    about = new_request_id("acacia")
    viewer = client_as("viewer")
    assert f'value="{about}"' in viewer.get(f"{PAGE}?request={about}").content.decode()
    sent = viewer.post(PAGE, {"about": about, "question": "Why is <b>this</b>?"})
    assert (sent.status_code, sent["Location"].startswith("/help/tickets/T-")) == (302, True)
    assert "Support has your question" in viewer.get(sent["Location"]).content.decode()
    shown = viewer.get(PAGE).content.decode()
    assert "Why is &lt;b&gt;this&lt;/b&gt;?" in shown
    assert "Why is" not in client_as("owner").get(PAGE).content.decode()


def test_a_refused_question_loses_nothing(acacia: Tenant, client_as: Any, events: Any) -> None:
    viewer = client_as("viewer")
    typed = {"about": "birch-01ARZ3NDEKTSV4RRFFQ69G5FAV", "question": "Where is Zebulon?"}
    refused = viewer.post(PAGE, typed)
    assert refused.status_code == 400
    shown = refused.content.decode()
    assert "Where is Zebulon?" in shown
    assert "This is not the id of a request here." in shown
    [event] = events(action="audit.support.ask")
    assert "Zebulon" not in str(event.__dict__)
    assert viewer.post(PAGE, {}, headers=JSON).json()["code"] == "VALIDATION_FAILED"


def test_a_refusal_links_to_the_question_for_those_who_cannot_read_the_trail(
    acacia: Tenant, public: Tenant, client_as: Any
) -> None:
    refused = client_as("viewer", tenant=acacia).get("/receive/")
    link = f"{PAGE}?request={refused['X-Request-ID']}"
    assert (refused.status_code, link in refused.content.decode()) == (403, True)
    for client in (
        client_as("manager", tenant=acacia),  # reads the trail, and asks from there
        client_as(tenant=acacia),
        client_as("agent", tenant=public),
    ):
        assert PAGE not in client.get("/settings/staff/").content.decode()


def test_the_page_shows_which_facts_support_gets_and_what_it_is_about(
    acacia: Tenant, act_as: Any, client_as: Any
) -> None:
    with pytest.raises(PermissionDenied):
        create_vendor(act := act_as("viewer"), code="V-9", name="Nine")
    shown = client_as("viewer").get(f"{PAGE}?request={act.request_id}").content.decode()
    assert "PERMISSION_DENIED · ROLE_LACKS_PERMISSION" in shown
    assert '<option value="B" selected>' in shown
    # Without the right to read the trail a person sees no facts of other people's events.
    other = client_as("counter").get(f"{PAGE}?request={act.request_id}").content.decode()
    assert "PERMISSION_DENIED" not in other
    assert "PERMISSION_DENIED" in client_as("owner").get(f"{PAGE}?request={act.request_id}").content.decode()


def test_a_topic_that_is_none_is_refused(acacia: Tenant, act_as: Any) -> None:
    with pytest.raises(ValidationFailed) as caught:
        ask_support(act_as("owner"), about=new_request_id("acacia"), question="Why?", topic="Z")
    assert "topic" in caught.value.details["fields"]
