"""The five steps of an investigation: in order, on audit events of the ticket's own tenant, and nothing else."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django_tenants.utils import tenant_context

from asora.accounts.models import SignInAttempt
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.refusals import PermissionDenied, Reason, Refusal, RouteNotFound, StateConflict
from audit.events.models import Event
from plans.models import Tenant
from support.access.actions import end_access
from support.investigations import rules
from support.investigations.actions.steps import begin, go_back, identify_request, locate_event
from support.investigations.models import Determination, GuaranteeCheck, Investigation, Step, StepEvidence
from support.investigations.queries import Progress, current
from support.investigations.words import BACK_LABELS
from support.models import EvidenceLink, Incident, Signature
from support.tickets import changes
from support.tickets.models import Attachment, Message, RequiredInfo, Ticket
from support.words import LOOK
from tests.factories import tenants
from tests.factories.desk import open_for
from tests.factories.people import add_person
from tests.support.evidence.scene import Scene, scene
from tests.support.investigations.case import Case, case


def refused(call: Any, reason: Reason) -> Refusal:
    """The refusal of a call, which has to have this reason; nothing of an investigation changes."""
    before = [list(model.objects.order_by("pk").values()) for model in (Investigation, Step, StepEvidence)]
    with pytest.raises(Refusal) as caught:
        call()
    assert caught.value.reason is reason
    assert before == [
        list(model.objects.order_by("pk").values()) for model in (Investigation, Step, StepEvidence)
    ]
    return caught.value


def test_five_steps_lead_from_the_tenant_to_the_report(rbac: Case, events: Any) -> None:
    rbac.upto(5)
    progress = rbac.progress
    assert (progress.step, progress.round, progress.matches, progress.mismatches) == (5, 1, 2, 0)
    assert progress.has_evidence
    assert progress.request_ids == [rbac.event.request_id]
    [link] = progress.links
    assert (link.tenant, link.record, link.code) == (
        rbac.desk.tenant,
        str(rbac.event.pk),
        "PERMISSION_DENIED",
    )
    assert progress.facts["rule"] == "inventory.manage"
    assert progress.facts["gate"] == "permitted"
    assert progress.facts["roles"] == ["viewer"]
    assert Ticket.objects.get(pk=rbac.ticket.pk).state == "investigating"
    done = [event for event in events() if event.action.startswith("support.investigation.")]
    assert [event.action.rpartition(".")[2] for event in done] == [
        "begin",
        "request",
        "event",
        "outcome",
        "report",
    ]
    assert {event.ticket_ref for event in done} == {rbac.ticket.ref}


def test_each_reading_is_in_the_trail_of_the_tenant(rbac: Case) -> None:
    rbac.upto(3)
    with tenant_context(rbac.desk.tenant):
        looked = Event.objects.filter(action=LOOK, facts__page="support.investigation")
        assert looked.count() == 2
        assert set(looked.values_list("facts__address", flat=True)) == {
            f"/audit/requests/{rbac.event.request_id}/"
        }


@pytest.mark.parametrize("done", range(5))
@pytest.mark.parametrize("number", range(1, 6))
def test_no_step_is_skipped_or_repeated(rbac: Case, done: int, number: int) -> None:
    rbac.upto(done)
    if number == done + 1:
        return
    refusal = refused(lambda: rbac.step(number), Reason.STEP_DONE if number <= done else Reason.STEP_MISSING)
    if number > done:
        assert len(refusal.details["missing"]) == number - done - 1


@pytest.mark.parametrize("done", range(5))
@pytest.mark.parametrize("number", range(1, 6))
def test_the_database_refuses_a_step_that_is_not_the_next(rbac: Case, done: int, number: int) -> None:
    """The same by rows: the trigger of the steps lets only the next one in, and that of evidence none of another."""
    rbac.upto(done)
    if not done:
        Investigation.objects.create(ticket=rbac.ticket, begun_by="x", request_id="x")
    row = Step(
        investigation_id=rbac.ticket.pk, round=1, number=number, findings={}, done_by="x", request_id="x"
    )
    if number == done + 1:
        row.save()
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Investigation.objects.filter(pk=rbac.ticket.pk).update(step=number if number != done else number + 2)


def test_the_database_refuses_step_three_without_evidence(rbac: Case) -> None:
    rbac.upto(2)
    Step(investigation_id=rbac.ticket.pk, round=1, number=3, findings={}, done_by="x", request_id="x").save()
    with pytest.raises(IntegrityError, match="evidence"), transaction.atomic():
        Investigation.objects.filter(pk=rbac.ticket.pk).update(step=3)


def test_the_database_refuses_evidence_of_another_tenant(rbac: Case, act_as: Any, client_as: Any) -> None:
    rbac.upto(3)
    birch = scene(act_as, client_as, "birch")
    foreign = birch.link(birch.refuse("viewer"))
    step = Step.objects.get(investigation=rbac.ticket.pk, number=3)
    with pytest.raises(IntegrityError, match="tenant"), transaction.atomic():
        StepEvidence(step=step, link=foreign).save()


def test_the_database_refuses_a_determination_and_a_check_before_their_steps(rbac: Case) -> None:
    rbac.upto(2)
    values: dict[str, Any] = {"investigation_id": rbac.ticket.pk, "request_id": "x"}
    check = GuaranteeCheck(**values, guarantee="x", outcome="holds", checked_by="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        check.save()
    rbac.upto(4)
    check.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Determination(**values, round=1, key="rbac", determined_by="x").save()


def test_an_investigation_is_never_deleted_or_rewritten(rbac: Case) -> None:
    rbac.upto(3)
    rows = Investigation.objects.filter(pk=rbac.ticket.pk)
    for statement in ("DELETE FROM support_investigation", "TRUNCATE support_investigation CASCADE"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    for change in ({"step": 2}, {"round": 3}, {"round": 2, "step": 1}, {"begun_by": "y"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)


def test_refuses_a_ticket_that_is_not_classified(desk: Scene) -> None:
    ticket = open_for(desk.tenant, subject="Cannot create an item")
    refusal = refused(lambda: begin(desk.agent, ticket=ticket), Reason.NOT_TRIAGED)
    assert len(refusal.details["missing"]) == 3
    assert "category" in refusal.details["missing"][0]


def test_refuses_while_required_information_was_never_requested(rbac: Case) -> None:
    wanted = RequiredInfo.objects.get(ticket=rbac.ticket, key="action")
    wanted.state = "missing"
    wanted.save(update_fields=["state"])
    refusal = refused(lambda: rbac.step(1), Reason.INFO_MISSING)
    assert refusal.details["missing"] == ["Action attempted"]
    wanted.state = "requested"
    wanted.save(update_fields=["state"])
    rbac.step(1)


def test_refuses_without_a_session_and_after_it(rbac: Case) -> None:
    rbac.upto(1)
    end_access(rbac.agent, session=rbac.desk.session)
    refused(lambda: rbac.step(2), Reason.ACCESS_NOT_OPEN)


def test_refuses_an_agent_without_the_tenant(rbac: Case, act_as: Any) -> None:
    stranger = act_as(user=add_person("agent", name="stranger", all_hubs=False))
    refused(lambda: begin(stranger, ticket=rbac.ticket), Reason.NO_SUCH_RECORD)
    rbac.upto(1)
    values: dict[str, Any] = {
        "ticket": rbac.ticket,
        "request_ids": [rbac.event.request_id],
        "found_by": "ticket",
    }
    refused(lambda: identify_request(stranger, **values), Reason.NO_SUCH_RECORD)


@pytest.mark.parametrize("role", ["operator", "ops_lead", "platform_lead"])
def test_refuses_everybody_who_does_not_work_at_the_desk(rbac: Case, act_as: Any, role: str) -> None:
    with pytest.raises(PermissionDenied):
        begin(act_as(role), ticket=rbac.ticket)
    assert not Investigation.objects.exists()


def test_refuses_a_request_of_another_tenant(rbac: Case, act_as: Any, client_as: Any) -> None:
    rbac.upto(1)
    elsewhere = scene(act_as, client_as, "birch").refuse("viewer")
    refusal = refused(lambda: rbac.step(2, request_ids=[elsewhere.request_id]), Reason.NOT_EVIDENCE)
    assert elsewhere.request_id in refusal.details["missing"][0]
    refused(lambda: rbac.step(2, request_ids=["nonsense"]), Reason.NOT_EVIDENCE)
    refused(lambda: rbac.step(2, request_ids=[]), Reason.INVALID_INPUT)
    refused(lambda: rbac.step(2, found_by="screenshot"), Reason.INVALID_INPUT)


def test_a_screenshot_or_a_message_is_no_evidence(rbac: Case) -> None:
    """Neither nothing, nor the id of a message, an attachment or another request's event passes step 3."""
    rbac.upto(2)
    message = Message.objects.get(ticket=rbac.ticket)
    shot = Attachment.objects.create(
        message=message, name="shot.png", media_type="image/png", size=1, sha256="0" * 64
    )
    other = rbac.desk.refuse("manager")
    for records in ([], [str(message.pk)], [str(shot.pk)], [str(uuid4())], [str(other.pk)]):
        refusal = refused(lambda records=records: rbac.step(3, records=records), Reason.NOT_EVIDENCE)
        assert refusal.details["missing"]
        assert "Screenshots" in refusal.message
    assert not EvidenceLink.objects.exists()


def test_links_an_attempt_to_sign_in_as_not_sealed(desk: Scene) -> None:
    with tenant_context(desk.tenant):
        desk.client_as("").post("/sign-in/", {"email": "viewer@example.com", "password": "wrong"})
        attempt = SignInAttempt.objects.get()
        event = Event(request_id=attempt.request_id, code="AUTH_REQUIRED", action="accounts.sign_in")
    made = case(desk, event, category="A").upto(2)
    made.step(3, records=[attempt.ref])
    [link] = made.progress.links
    assert (link.kind, link.code, link.seal_size, link.event_hash) == ("attempt", "AUTH_REQUIRED", None, "")
    made.step(4)
    assert made.progress.facts["is_sealed_kind"] is False


def test_going_back_begins_a_round_and_takes_over_the_steps_before(rbac: Case) -> None:
    rbac.upto(5)
    first = list(Step.objects.order_by("id").values())
    go_back(rbac.agent, ticket=rbac.ticket, to=4, why="another_reading")
    progress = rbac.progress
    assert (progress.step, progress.round) == (3, 2)
    assert [link.pk for link in progress.links] == [link.pk for link in current(rbac.ticket).links]
    assert progress.links[0].record == str(rbac.event.pk)
    assert progress.findings[3]["carried_from"] == 1
    assert list(Step.objects.filter(round=1).order_by("id").values()) == first, "earlier rounds remain"
    rbac.upto(5)
    go_back(rbac.agent, ticket=rbac.ticket, to=1, why="new_information")
    assert (rbac.progress.step, rbac.progress.round, rbac.progress.links) == (0, 3, [])
    assert not rbac.progress.has_evidence


def test_going_back_is_refused_to_a_step_that_is_not_done(rbac: Case) -> None:
    refused(lambda: go_back(rbac.agent, ticket=rbac.ticket, to=1, why="more_evidence"), Reason.STEP_MISSING)
    rbac.upto(2)
    refused(lambda: go_back(rbac.agent, ticket=rbac.ticket, to=3, why="more_evidence"), Reason.STEP_MISSING)
    refused(lambda: go_back(rbac.agent, ticket=rbac.ticket, to=2, why="bored"), Reason.INVALID_INPUT)
    refused(lambda: go_back(rbac.agent, ticket=rbac.ticket, to=6, why="more_evidence"), Reason.INVALID_INPUT)


def test_a_step_of_an_older_round_is_refused(rbac: Case) -> None:
    rbac.upto(3)
    go_back(rbac.agent, ticket=rbac.ticket, to=3, why="more_evidence")
    refused(lambda: rbac.step(3, seen_round=1), Reason.TICKET_CHANGED)
    rbac.step(3, seen_round=2)


def test_the_deciding_event_is_chosen_among_the_linked(rbac: Case) -> None:
    rbac.upto(3)
    refused(lambda: rbac.step(4, link=uuid4()), Reason.NOT_EVIDENCE)
    [link] = rbac.progress.links
    rbac.step(4, link=link.pk)
    assert rbac.progress.facts["link"] == str(link.pk)


def test_the_report_is_compared_claim_by_claim(rbac: Case) -> None:
    rbac.upto(4)
    nothing = dict.fromkeys(rules.CLAIMS, "not_claimed")
    refused(lambda: rbac.step(5, **nothing), Reason.INVALID_INPUT)
    refused(lambda: rbac.step(5, who="perhaps"), Reason.INVALID_INPUT)
    rbac.step(5, when="mismatch")
    assert (rbac.progress.matches, rbac.progress.mismatches) == (2, 1)


def test_nothing_is_known_of_a_ticket_that_nobody_investigates(rbac: Case) -> None:
    assert current(rbac.ticket) == Progress()


def test_a_finished_ticket_is_not_investigated(desk: Scene) -> None:
    made = case(desk, desk.refuse("viewer"), category="B").upto(3)
    act = new_act(tenants.public(), system("public", "tests")).recording()
    changes.move(act, Ticket.objects.get(pk=made.ticket.pk), "resolved", close_reason="solved")
    refused(lambda: made.step(4), Reason.TICKET_STATE)


def test_two_agents_do_not_both_do_a_step(rbac: Case, act_as: Any) -> None:
    rbac.upto(2)
    rbac.step(3)
    with pytest.raises(StateConflict):
        locate_event(act_as("agent"), ticket=rbac.ticket, records=[str(rbac.event.pk)])


def test_hides_a_ticket_that_is_gone(desk: Scene) -> None:
    with pytest.raises(RouteNotFound):
        begin(desk.agent, ticket=Ticket(number=1))


def test_a_tenant_is_needed(desk: Scene, public: Tenant) -> None:
    made = case(desk, desk.refuse("viewer"), category="B")
    nobodys = open_for(None, subject="No tenant", source="mail")
    refused(lambda: begin(desk.agent, ticket=nobodys), Reason.NOT_TRIAGED)
    assert made.ticket.tenant == desk.tenant


def test_refuses_while_an_incident_covers_the_error_until_the_ticket_is_attached(rbac: Case) -> None:
    incident = Incident.objects.create(
        number=9_001, title="All are refused", severity=2, opened_by="x", request_id="x"
    )
    Signature.objects.create(incident=incident, code=rbac.event.code, action=rbac.event.action)
    refusal = refused(lambda: rbac.step(1), Reason.INCIDENT_ACTIVE)
    assert incident.ref in refusal.details["missing"][0]
    Ticket.objects.filter(pk=rbac.ticket.pk).update(incident=incident)
    rbac.upto(3)


def test_a_ticket_learns_the_error_of_the_event_that_decided(desk: Scene) -> None:
    """A ticket by hand or by mail has none before; then incidents and known issues are found by it."""
    bare = case(desk, desk.refuse("viewer"), category="B", code="", action="", reason="").upto(3)
    before = Ticket.objects.get(pk=bare.ticket.pk)
    assert (before.code, before.action, before.reason) == ("", "", "")
    bare.step(4)
    found = Ticket.objects.get(pk=bare.ticket.pk)
    assert (found.code, found.action, found.reason) == (bare.event.code, bare.event.action, bare.event.reason)
    assert found.code == "PERMISSION_DENIED"
    assert found.revision == before.revision + 1


def test_a_later_round_corrects_the_error_of_a_ticket(desk: Scene) -> None:
    wrong = case(
        desk, desk.refuse("viewer"), category="B", code="STATE_CONFLICT", reason="INSUFFICIENT_STOCK"
    )
    wrong.upto(4)
    found = Ticket.objects.get(pk=wrong.ticket.pk)
    assert (found.code, found.reason) == (wrong.event.code, wrong.event.reason)
    go_back(wrong.agent, ticket=wrong.ticket, to=4, why=next(iter(BACK_LABELS)))
    wrong.step(4)
    assert Ticket.objects.get(pk=wrong.ticket.pk).revision == found.revision
