"""The guided page: each playbook from a real refusal to the determination, in a browser without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from asora.kernel.request_ids import new_request_id
from audit.disclosure.actions.questions import ask_support
from audit.events.models import Event
from support.access.actions import end_access
from support.investigations.determinations import GUARANTEES
from support.investigations.rules import CLAIMS
from support.investigations.words import UNCHECKED_LABELS
from support.models import Incident, Signature
from support.tickets.models import RequiredInfo, Ticket
from support.words import LOOK
from tests.support.evidence.scene import Scene
from tests.support.investigations.case import Case, case


class Page:
    """The guide of a ticket as an agent uses it."""

    def __init__(self, made: Case) -> None:
        self.made = made
        self.client = made.desk.client_as("agent")
        self.address = f"/support/tickets/{made.ticket.ref}/investigation/"

    def open(self, query: str = "") -> str:
        answer = self.client.get(self.address + query)
        assert answer.status_code == 200
        return answer.content.decode()

    def fragment(self) -> str:
        return self.client.get(self.address, headers={"HX-Request": "true"}).content.decode()

    def send(self, step: str, **values: Any) -> Any:
        return self.client.post(f"{self.address}{step}/", {"from": "guide", **values})

    def done(self, step: str, **values: Any) -> None:
        """Send a form that is accepted: the answer leads back to the guide."""
        answer = self.send(step, **values)
        assert answer.status_code == 302, text_of(answer)
        assert answer["Location"] == self.address

    def offered(self) -> set[str]:
        """The determinations that can be chosen."""
        found = re.findall(r'name="key" value="(\w+)"( disabled)?', self.open())
        return {key for key, is_disabled in found if not is_disabled}

    def steps(self, *records: str, **scope: str) -> None:
        """Steps 1 to 5 as the page offers them."""
        self.done("begin")
        body = self.open()
        assert self.made.event.request_id in body
        self.done("request", request_ids=[self.made.event.request_id], seen_round=1, **scope)
        assert str(self.made.event.pk) in self.open()
        self.done("event", records=records or [str(self.made.event.pk)], seen_round=1)
        self.open()
        self.done("outcome", seen_round=1)
        assert "beside-row" in self.open()
        self.done(
            "report", who="match", what="match", when="not_claimed", where="not_claimed", result="mismatch"
        )


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def page(rbac: Case) -> Page:
    return Page(rbac)


def test_a_permission_is_explained_from_the_refusal_to_the_rule(page: Page) -> None:
    page.steps()
    body = page.open()
    assert "Did the role and the hubs allow it?" in body
    assert "inventory.manage" in body
    assert {"rbac", "exception_refused", "feature_request"} <= page.offered()
    assert "plan" not in page.offered()
    page.done("determine", key="rbac", seen_round=1)
    assert page.made.progress.determined == "rbac"
    assert (
        "Permission missing" in page.client.get(f"/support/tickets/{page.made.ticket.ref}/").content.decode()
    )


def test_the_comparison_shows_names_and_utc_times_and_marks_what_was_not_compared(page: Page) -> None:
    page.made.upto(4)
    person, moment = page.made.event.actor_ref, page.made.event.occurred_at
    given = {"person": person, "moment": moment.isoformat(), "period": moment.isoformat()}
    for key, value in {**given, "action": page.made.event.action}.items():
        RequiredInfo.objects.update_or_create(
            ticket=page.made.ticket,
            key=key,
            defaults={"value": value, "state": "given", "source": "evidence"},
        )
    reports = re.findall(r"</strong><br>(.*?)</span>", page.open(), re.DOTALL)
    who, what, when = (text.strip() for text in reports[:3])
    assert person not in who
    assert page.made.event.action not in what
    assert when == f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    refused = page.send("report", seen_round=1, **dict.fromkeys(CLAIMS, "not_claimed"))
    assert refused.status_code == 400
    marked = re.findall(r'<select[^>]* name="(\w+)" aria-invalid="true"', refused.content.decode())
    assert marked == list(CLAIMS)


def test_the_four_answers_are_beside_it_under_the_addresses_of_the_session(page: Page) -> None:
    page.made.upto(3)
    body = page.open()
    for heading in (
        "What would have allowed this?",
        "What changed?",
        "Who else?",
        "Would it be allowed now?",
    ):
        assert heading in body
    assert 'action="/support/tenants/acacia/audit/now/"' in body
    answer = page.client.post("/support/tenants/acacia/audit/now/", {"event": str(page.made.event.pk)})
    assert answer.status_code == 200
    assert "Judged with the present plan" in text_of(answer)


def test_every_opening_is_one_look_in_the_tenants_trail(page: Page) -> None:
    page.made.upto(1)
    with tenant_context(page.made.desk.tenant):
        before = Event.objects.filter(action=LOOK).count()
    page.open()
    page.fragment()
    with tenant_context(page.made.desk.tenant):
        assert Event.objects.filter(action=LOOK).count() == before + 2


def test_without_a_session_the_page_shows_nothing_of_the_tenant(page: Page) -> None:
    page.made.upto(4)
    end_access(page.made.agent, session=page.made.desk.session)
    body = page.open()
    assert "Request access" in body
    assert f"?ticket={page.made.ticket.ref}" in body
    assert "What changed?" not in body
    answer = page.send("report", what="match", result="match", who="match", when="match", where="match")
    assert answer.status_code == 302, "a comparison reads nothing of the tenant"
    answer = page.send("determine", key="rbac")
    assert answer.status_code == 403
    assert "ACCESS_NOT_OPEN" in answer.content.decode()


def test_a_refused_form_keeps_what_was_chosen_and_lists_what_is_missing(page: Page) -> None:
    page.made.upto(1)
    answer = page.send("request", request_id="acacia-unknown", seen_round=1)
    body = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="acacia-unknown"' in body
    assert "missing-list" in body
    page.made.upto(4)
    answer = page.send("report", who="mismatch", what="match", when="perhaps", where="match", result="match")
    assert answer.status_code == 400
    assert 'value="mismatch" selected' in answer.content.decode()


def test_the_fragment_is_the_guide_alone(page: Page) -> None:
    body = page.fragment()
    assert "<html" not in body
    assert 'id="guide"' in body
    panel = page.client.get(f"/support/tickets/{page.made.ticket.ref}/").content.decode()
    assert f'hx-get="{page.address}"' in panel


def test_a_ticket_of_others_is_not_found(page: Page, act_as: Any) -> None:
    assert page.client.get("/support/tickets/T-999999/investigation/").status_code == 404
    assert page.made.desk.client_as("operator").get(page.address).status_code == 403


def test_input_is_explained_by_its_fields(desk: Scene) -> None:
    page = Page(case(desk, desk.refuse("manager", sku=""), category="D"))
    page.steps()
    assert "Was the input valid?" in page.open()
    page.done("determine", key="validation")


def test_the_first_checks_run_before_anything_is_linked(page: Page) -> None:
    page.made.upto(1)
    body = page.open()
    assert "First checks" in body
    assert "Missing: inventory.manage" in body


def test_the_error_guide_is_beside_the_deciding_event(page: Page) -> None:
    page.made.upto(3)
    assert "How support answers" in page.open()


def test_an_active_incident_takes_the_place_of_the_steps(page: Page) -> None:
    incident = Incident.objects.create(
        number=9_002, title="All are refused", severity=2, opened_by="x", request_id="x"
    )
    Signature.objects.create(incident=incident, code=page.made.event.code, action=page.made.event.action)
    panel = page.client.get(f"/support/tickets/{page.made.ticket.ref}/").content.decode()
    assert "single tickets are not investigated meanwhile" in panel
    assert page.address + '" hx-trigger' not in panel
    assert page.send("begin").status_code == 409


def test_the_question_itself_is_offered_as_evidence(desk: Scene, act_as: Any) -> None:
    """A wish that no rule refused: the event of the question, which is in the tenant's trail, is linked."""
    with tenant_context(desk.tenant):
        about = new_request_id("acacia")
        asked = ask_support(
            act_as("manager", tenant=desk.tenant), about=about, question="Please add colours."
        )
        event = Event.objects.get(action="audit.support.ask")
    made = case(desk, event, category="D", about="", origin=asked.pk, source="question")
    page = Page(made)
    page.done("begin")
    assert "the question itself" in page.open()
    made.upto(5)
    assert {"feature_request", "exception_refused", "outside_scope"} == page.offered()
    page.done("determine", key="feature_request")


def test_evidence_of_a_merged_ticket_stays_reachable(page: Page) -> None:
    page.made.upto(3)
    other = case(page.made.desk, page.made.desk.refuse("manager"), category="D")
    Ticket.objects.filter(pk=page.made.ticket.pk).update(state="duplicate", merged_into=other.ticket)
    body = page.client.get(f"/support/tickets/{other.ticket.ref}/").content.decode()
    assert "Evidence of merged tickets" in body
    assert page.made.event.request_id in body


def test_going_back_keeps_the_round(page: Page) -> None:
    page.made.upto(3)
    page.done("back", to=2, why="wrong_request", seen_round=1)
    assert (page.made.progress.round, page.made.progress.step) == (2, 1)
    answer = page.send("request", request_ids=[page.made.event.request_id], seen_round=1)
    assert answer.status_code == 409


def test_the_guarantees_are_checked_from_the_page(desk: Scene) -> None:
    page = Page(case(desk, desk.refuse("viewer"), category="H"))
    page.steps()
    desk.seal()
    page.done("check", seen_round=1)
    assert "A refused request changed nothing" in page.open()
    body = text_of(page.client.get(page.address))
    assert body.count("Cannot be checked") > 0
    assert body.count("Cannot be checked: ") == body.count("Cannot be checked"), "each says why"
    assert set(UNCHECKED_LABELS) == set(GUARANTEES)
    assert "guarantees_hold" in page.offered()
    page.done("determine", key="guarantees_hold")
