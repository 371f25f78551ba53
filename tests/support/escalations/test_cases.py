"""Engineering cases: through the gate, past the second person, and answered; and every refusal on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from audit.events.models import Event
from support.access.actions import end_access, request_access
from support.escalations import queries, rules
from support.escalations.actions.cases import answer_case, propose_case, review_case
from support.escalations.actions.features import log_feature
from support.escalations.actions.referrals import refer
from support.models import (
    CommercialReferral,
    EngineeringCase,
    EvidenceLink,
    FeatureRequest,
    Investigation,
    Message,
    Ticket,
)
from support.tickets import erasing, participants
from tests.factories.investigated import investigated
from tests.support.escalations.conftest import REPORTER, check, triaged

ENTERED = {
    "criterion": "integrity",
    "confirmed": sorted(rules.CHECKS),
    "reproduction": "Create the item, then open the list.",
    "affected": "1",
    "impact": "The item cannot be received.",
    "tried": "It was tried twice.",
}
FORM = "/support/tickets/{ref}/escalate/"


@pytest.fixture
def case(desk: Any, ticket: Ticket) -> EngineeringCase:
    return propose_case(desk.agent, ticket=ticket, **ENTERED)


@pytest.fixture
def open_case(case: EngineeringCase, act_as: Any) -> EngineeringCase:
    return review_case(act_as("support_lead"), case=case, verdict="open")


def test_a_complete_case_is_proposed_with_its_hand_over(desk, ticket, event, case, events):
    assert (case.ref, case.state) == ("ENG-0001", "proposed")
    assert case.hand_over == {
        "ticket": ticket.ref,
        "tenant": "acacia",
        "reproduction": ENTERED["reproduction"],
        "errors": ["refused PERMISSION_DENIED", f"request {event.request_id}"],
        "times": [event.occurred_at.isoformat()],
        "affected": "1",
        "impact": ENTERED["impact"],
        "tried": ENTERED["tried"],
    }
    assert [row.link.record for row in case.evidence.all()] == [str(event.pk)]
    [written] = events(action="support.case.propose")
    assert (written.outcome, written.ticket_ref) == ("allowed", ticket.ref)
    assert ENTERED["impact"] not in str([written.facts, written.changes]), "a text may name a person"


def test_the_look_at_the_evidence_is_in_the_tenants_trail(desk, case):
    with tenant_context(desk.tenant):
        assert Event.objects.filter(action="support.access.look", facts__page="support:case").count() == 1


def test_the_missing_items_are_in_the_refusal_and_its_event(desk, ticket, events):
    with pytest.raises(StateConflict) as caught:
        propose_case(
            desk.agent, ticket=ticket, **(ENTERED | {"tried": " ", "confirmed": ["pattern", "known_issues"]})
        )
    assert caught.value.reason == Reason.ESCALATION_INCOMPLETE
    assert caught.value.details["keys"] == ["documentation", "tried"]
    [refused] = events(action="support.case.propose")
    assert refused.outcome == "refused"
    assert "documentation" in str(refused.decision)
    assert not EngineeringCase.objects.exists()


def test_an_event_that_is_not_sealed_is_not_proved(desk):
    opened = triaged(desk.tenant, severity=1)
    investigated(opened, links=[desk.link(desk.refuse("manager", sku="x"))])
    with pytest.raises(StateConflict) as caught:
        propose_case(desk.agent, ticket=opened, **ENTERED)
    assert caught.value.reason == Reason.NEVER_ESCALATED, "invalid input is the work of a rule"


def test_a_changed_event_does_not_pass(desk, ticket, event):
    """The link's hash is the one that was read then: a row that was changed since gives another."""
    link = EvidenceLink.objects.get(record=str(event.pk))
    other = {field.attname: getattr(link, field.attname) for field in EvidenceLink._meta.concrete_fields}
    forged = EvidenceLink(**other | {"id": None, "event_hash": "00" * 32})
    forged.id = type(link)._meta.pk.default()
    forged.save()
    opened = triaged(desk.tenant, severity=1)
    check(investigated(opened, step=5, links=[forged]), outcome="violated")
    with pytest.raises(StateConflict) as caught:
        propose_case(desk.agent, ticket=opened, **ENTERED)
    assert caught.value.details["keys"] == ["proof"]


@pytest.mark.parametrize(
    ("role", "values", "route"),
    [("viewer", {}, "reply"), ("manager", {"sku": "x"}, "reply")],
    ids=["permission", "validation"],
)
def test_a_rule_that_worked_is_never_a_case(desk, role, values, route):
    opened = triaged(desk.tenant, severity=1)
    event = desk.refuse(role, **values)
    desk.seal()
    investigated(opened, step=5, links=[desk.link(event)])
    with pytest.raises(StateConflict) as caught:
        propose_case(desk.agent, ticket=opened, **ENTERED)
    assert caught.value.reason == Reason.NEVER_ESCALATED
    assert caught.value.details["route"] == route


def test_without_an_access_session_nothing_is_verified(desk, ticket):
    end_access(desk.agent, session=desk.session)
    with pytest.raises(PermissionDenied) as caught:
        propose_case(desk.agent, ticket=ticket, **ENTERED)
    assert caught.value.reason == Reason.ACCESS_NOT_OPEN


def test_one_case_at_a_time(desk, ticket, case):
    with pytest.raises(StateConflict) as caught:
        propose_case(desk.agent, ticket=ticket, **ENTERED)
    assert caught.value.reason == Reason.TICKET_STATE
    with pytest.raises(IntegrityError), transaction.atomic():
        EngineeringCase(
            number=99, ticket=ticket, criterion="integrity", hand_over={}, checklist=[], proposed_by="u-1",
            request_id="r",
        ).save(force_insert=True)  # fmt: skip


def test_a_second_person_passes_it_on(ticket, open_case):
    ticket.refresh_from_db()
    assert (open_case.state, ticket.state, ticket.queue) == ("open", "waiting_engineering", "l3")
    assert Message.objects.filter(ticket=ticket, kind="system", is_internal=True).count() == 2


def test_the_proposer_does_not_review_their_own_case(desk, ticket, act_as, case):
    lead = act_as("support_lead")
    with pytest.raises(PermissionDenied):
        review_case(desk.agent, case=case, verdict="open")  # agents may not review at all
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("UPDATE support_engineeringcase SET reviewed_by = proposed_by, state = 'open'")
    assert review_case(lead, case=case, verdict="open").reviewed_by == lead.actor.ref


def test_a_lead_who_proposed_it_needs_somebody_else(desk, ticket, act_as):
    lead = act_as("support_lead")
    request_access(lead, tenant=desk.tenant, ticket=ticket.ref, minutes=30)
    case = propose_case(lead, ticket=ticket, **ENTERED)
    with pytest.raises(PermissionDenied) as caught:
        review_case(lead, case=case, verdict="open")
    assert caught.value.reason == Reason.FOUR_EYES


def test_a_declined_case_needs_a_remark_and_ends(case, act_as, ticket):
    lead = act_as("support_lead")
    with pytest.raises(ValidationFailed):
        review_case(lead, case=case, verdict="declined")
    declined = review_case(lead, case=case, verdict="declined", remark="The count explains it.")
    ticket.refresh_from_db()
    assert (declined.state, ticket.state) == ("declined", "investigating")
    with pytest.raises(StateConflict):
        review_case(lead, case=declined, verdict="open")


def test_the_gate_is_asked_again_in_the_review(case, ticket, act_as):
    """Between proposal and review, an agent went back to the first step."""
    Investigation.objects.filter(pk=ticket.pk).update(round=2, step=0)
    with pytest.raises(StateConflict) as caught:
        review_case(act_as("support_lead"), case=case, verdict="open")
    assert caught.value.reason == Reason.ESCALATION_INCOMPLETE
    assert {"step", "evidence"} <= set(caught.value.details["keys"])


@pytest.mark.parametrize("after", ["solved", "returned", "committed"])
def test_the_database_knows_the_order_of_states(case, after):
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("UPDATE support_engineeringcase SET reviewed_by = 'u-x', state = %s", [after])


def test_erasing_the_customer_empties_what_was_written_about_them(desk, ticket, open_case, act_as):
    log_feature(desk.agent, ticket=ticket, title="Jane asks", segment="Jane", use_case="Jane", impact="Jane")
    refer(desk.agent, ticket=ticket, wish="Jane wants more")
    done = answer_case(
        act_as("engineer"), case=open_case, verdict="solved", answer="Tell Jane.", revision=open_case.revision
    )
    assert erasing.erase("birch", REPORTER)["escalations"] == 0
    assert erasing.erase(desk.tenant.schema_name, REPORTER)["escalations"] == 3
    rows = [done, FeatureRequest.objects.get(), CommercialReferral.objects.get()]
    for row in rows:
        row.refresh_from_db()
    assert "Jane" not in str([row.__dict__ for row in rows])
    assert ENTERED["impact"] not in str(done.hand_over)
    assert done.hand_over["times"], "facts of the evidence stay"


def test_erasing_a_customer_without_an_account_does_the_same(desk, ticket):
    kim = participants.add(ticket, address="kim@customer.test", name="Kim Olsen")
    log_feature(desk.agent, ticket=ticket, title="Kim asks", segment="Kim", use_case="Kim", impact="Kim")
    assert erasing.erase("mail", str(kim.pk))["escalations"] == 1
    assert "Kim" not in str(FeatureRequest.objects.get().__dict__)


@pytest.mark.parametrize("verdict", ["", "solved", "proposed"])
def test_a_review_has_two_verdicts(case, act_as, verdict):
    with pytest.raises(ValidationFailed):
        review_case(act_as("support_lead"), case=case, verdict=verdict)


def test_engineering_confirms_commits_and_solves(open_case, act_as, ticket):
    engineer, tomorrow = act_as("engineer"), timezone.now().date() + timedelta(days=1)
    assert not queries.is_bug_confirmed(ticket)
    confirmed = answer_case(
        engineer, case=open_case, verdict="confirmed", answer="Yes.", revision=open_case.revision
    )
    assert (confirmed.state, queries.is_bug_confirmed(ticket), queries.has_commitment(ticket)) == (
        "open",
        True,
        False,
    )
    committed = answer_case(
        engineer, case=confirmed, verdict="committed", answer="Next week.", committed_for=tomorrow,
        revision=confirmed.revision,
    )  # fmt: skip
    assert queries.has_commitment(ticket)
    solved = answer_case(
        engineer, case=committed, verdict="solved", answer="Done.", revision=committed.revision
    )
    ticket.refresh_from_db()
    assert (solved.state, ticket.state, ticket.queue) == ("solved", "investigating", "l2")
    with pytest.raises(StateConflict):
        answer_case(engineer, case=solved, verdict="returned", answer="No.", revision=solved.revision)


def test_a_returned_case_confirms_nothing(open_case, act_as, ticket):
    answer_case(
        act_as("engineer"), case=open_case, verdict="returned", answer="No.", revision=open_case.revision
    )
    assert not queries.is_bug_confirmed(ticket)
    assert queries.open_case(ticket) is None


@pytest.mark.parametrize("days", [None, -1], ids=["none", "past"])
def test_a_commitment_needs_a_date_that_can_be_met(open_case, act_as, days):
    when = None if days is None else timezone.now().date() + timedelta(days=days)
    with pytest.raises(ValidationFailed):
        answer_case(
            act_as("engineer"), case=open_case, verdict="committed", answer="Soon.", committed_for=when,
            revision=open_case.revision,
        )  # fmt: skip


def test_an_answer_to_an_older_revision_is_refused(open_case, act_as):
    with pytest.raises(StateConflict) as caught:
        answer_case(act_as("engineer"), case=open_case, verdict="returned", answer="No.", revision=1)
    assert caught.value.reason == Reason.TICKET_CHANGED


def test_agents_cannot_answer_for_engineering(desk, open_case):
    with pytest.raises(PermissionDenied):
        answer_case(desk.agent, case=open_case, verdict="solved", answer="Done.", revision=open_case.revision)


@pytest.mark.parametrize(
    "change", ["hand_over = '{}'", "criterion = 'guarantee'", "proposed_by = 'u-x'", "number = 7"]
)
def test_the_database_keeps_what_was_handed_over(open_case, change):
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute(f"UPDATE support_engineeringcase SET {change}")
    for table in ("support_caseevidence", "support_engineeringcase"):
        with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(f"DELETE FROM {table}")


def test_the_page_lists_what_is_missing_and_proposes(desk, ticket, client_as):
    client = client_as("agent")
    page = client.get(FORM.format(ref=ticket.ref)).content.decode()
    assert "What the gate needs" in page
    assert "The known issues were searched" in page
    answer = client.post(FORM.format(ref=ticket.ref), ENTERED | {"impact": ""})
    assert answer.status_code == 409
    assert "The impact on the customer." in answer.content.decode()
    assert ENTERED["reproduction"] in answer.content.decode(), "nothing that was typed is lost"
    assert client.post(FORM.format(ref=ticket.ref), ENTERED).headers["Location"] == "/support/cases/ENG-0001/"
    again = client.post(FORM.format(ref=ticket.ref), ENTERED)
    assert again.status_code == 409
    assert "A case of this ticket is open already." in again.content.decode()
    shown = client_as("support_lead").get("/support/cases/ENG-0001/").content.decode()
    assert "Record the review" in shown
    assert "Record the review" not in client.get("/support/cases/ENG-0001/").content.decode()
    assert "ENG-0001" in client.get("/support/cases/").content.decode()
    assert "ENG-0001" in client.get(f"/support/tickets/{ticket.ref}/").content.decode()


def test_the_pages_of_review_and_answer(case, client_as):
    lead, engineer = client_as("support_lead"), client_as("engineer")
    refused = lead.post("/support/cases/ENG-0001/review/", {"verdict": "declined", "remark": ""})
    assert refused.status_code == 400
    assert lead.post("/support/cases/ENG-0001/review/", {"verdict": "open"}).status_code == 302
    stale = engineer.post(
        "/support/cases/ENG-0001/answer/", {"verdict": "solved", "answer": "Done.", "revision": "1"}
    )
    assert stale.status_code == 409
    assert "Done." in stale.content.decode()
    done = {"verdict": "solved", "answer": "Done.", "revision": "2"}
    assert engineer.post("/support/cases/ENG-0001/answer/", done).status_code == 302
    assert engineer.get("/support/cases/ENG-9999/").status_code == 404
    assert engineer.get("/support/cases/ENG-x/").status_code == 404


def test_a_ticket_with_another_route_is_led_there(desk, client_as):
    opened = triaged(desk.tenant)
    investigated(opened)  # its event: the limit of items was reached
    page = client_as("agent").get(FORM.format(ref=opened.ref)).content.decode()
    assert "This ticket has another route" in page
    assert f"/support/tickets/{opened.ref}/referral/" in page
