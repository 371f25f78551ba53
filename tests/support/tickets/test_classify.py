"""A ticket is classified once with exactly one category; changes need a reason; severities have their effects."""

from __future__ import annotations

from typing import Any

import pytest

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from plans.models import Tenant
from support.clocks.models import ClockEvent
from support.incidents.models import Incident, IncidentEntry
from support.oncall.models import Page
from support.tickets import required, required_info
from support.tickets.actions.classifying import reclassify, triage
from support.tickets.actions.working import inform
from support.tickets.models import Classification, Ticket
from tests.factories.desk import open_for

CLASSES: dict[str, Any] = {
    "category": "D", "severity": 4, "issue_type": "question", "environment": "production", "component": "inventory",
}  # fmt: skip


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def ticket(tenant: Tenant) -> Ticket:
    return open_for(tenant, subject="Refused", text="It was refused.")


def classify(act: Any, ticket: Ticket, **values: Any) -> Ticket:
    found: Ticket = triage(act, ticket=ticket, revision=ticket.revision, **{**CLASSES, **values})
    return found


def test_a_classification_is_recorded_and_the_investigation_can_begin(ticket: Ticket, act_as: Any) -> None:
    act = act_as("agent")
    found = classify(act, ticket)
    assert (found.state, found.category, found.severity) == ("triaged", "D", 4)
    [row] = Classification.objects.filter(ticket=ticket)
    assert (row.category, row.severity, row.classified_by, row.reason) == ("D", 4, act.actor.ref, "")
    assert ClockEvent.objects.filter(subject=ticket.pk, kind="policy_applied").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", ""),
        ("category", "AB"),
        ("severity", 5),
        ("issue_type", "x"),
        ("environment", ""),
        ("component", "engine"),
    ],
)
def test_exactly_one_known_value_of_each_dimension(
    ticket: Ticket, act_as: Any, field: str, value: Any
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        classify(act_as("agent"), ticket, **{field: value})
    assert field in caught.value.details["fields"]
    assert Ticket.objects.get(pk=ticket.pk).state == "new"


def test_a_second_classification_needs_a_reason_and_keeps_the_first(ticket: Ticket, act_as: Any) -> None:
    act = act_as("agent")
    found = classify(act, ticket)
    with pytest.raises(StateConflict) as caught:
        classify(act, found)
    assert caught.value.reason is Reason.TICKET_STATE
    values = {**CLASSES, "category": "B", "ticket": ticket, "revision": found.revision}
    with pytest.raises(ValidationFailed):
        reclassify(act, **values, reason=" ")
    reclassify(act, **values, reason="The role lacks it")
    rows = Classification.objects.filter(ticket=ticket).order_by("id")
    assert [(row.category, row.reason) for row in rows] == [("D", ""), ("B", "The role lacks it")]


def test_a_ticket_without_a_tenant_cannot_be_classified(public: Tenant, act_as: Any) -> None:
    stray = open_for(None, subject="Hello", text="?", source="mail")
    with pytest.raises(StateConflict):
        classify(act_as("agent"), stray)


def test_an_operator_cannot_classify(ticket: Ticket, act_as: Any) -> None:
    with pytest.raises(PermissionDenied):
        classify(act_as("operator"), ticket)


def test_severity_one_opens_an_incident_with_a_notice_and_calls_at_once(ticket: Ticket, act_as: Any) -> None:
    found = classify(act_as("agent"), ticket, category="H", severity=1)
    incident = Incident.objects.get()
    assert found.incident == incident
    assert IncidentEntry.objects.filter(incident=incident, kind="notice").exists()
    assert Page.objects.filter(subject=ticket.pk, severity=1, level=0).exists()


def test_severity_two_writes_a_status_update_and_calls(ticket: Ticket, act_as: Any) -> None:
    classify(act_as("agent"), ticket, severity=2)
    assert IncidentEntry.objects.filter(kind="notice").exists()
    assert Page.objects.filter(subject=ticket.pk, severity=2).exists()


def test_a_grave_ticket_that_is_classified_again_opens_no_other_incident(ticket: Ticket, act_as: Any) -> None:
    act = act_as("agent")
    found = classify(act, ticket, severity=2)
    for severity, component in ((2, "ledger"), (1, "ledger"), (2, "inventory")):
        values = {**CLASSES, "severity": severity, "component": component}
        found = reclassify(act, ticket=found, revision=found.revision, **values, reason="We know more")
    incident = Incident.objects.get()
    assert (found.incident, incident.severity) == (incident, 1)
    assert IncidentEntry.objects.filter(incident=incident, kind="notice").count() == 2
    assert set(Page.objects.filter(subject=ticket.pk).values_list("severity", flat=True)) == {1, 2}


def test_a_grave_ticket_leaves_an_incident_that_is_resolved(ticket: Ticket, act_as: Any) -> None:
    act = act_as("agent")
    found = classify(act, ticket, severity=2)
    before = Incident.objects.get()
    Incident.objects.update(state="resolved", resolved_at=before.opened_at)
    found = reclassify(
        act, ticket=found, revision=found.revision, **{**CLASSES, "severity": 1}, reason="It is back"
    )
    assert found.incident != before


def test_severity_four_opens_no_incident(ticket: Ticket, act_as: Any) -> None:
    classify(act_as("agent"), ticket)
    assert not Incident.objects.exists()


@pytest.mark.parametrize("category", "ABCDEFGH")
def test_each_category_lists_what_it_needs_until_it_is_given(
    ticket: Ticket, act_as: Any, category: str
) -> None:
    act = act_as("agent")
    found = classify(act, ticket, category=category)
    needed = [one.key for one in required.needed(category) if not one.is_optional]
    assert [one.key for one in required_info.missing(found)] == needed
    inform(act, ticket=found, values=dict.fromkeys(needed, "Known"))
    assert required_info.missing(found) == []


def test_an_answer_of_another_category_is_refused(ticket: Ticket, act_as: Any) -> None:
    found = classify(act_as("agent"), ticket)
    with pytest.raises(ValidationFailed):
        inform(act_as("agent"), ticket=found, values={"integration": "ERP"})


def test_a_secret_in_the_payload_is_not_stored(ticket: Ticket, act_as: Any) -> None:
    found = classify(act_as("agent"), ticket)
    inform(act_as("agent"), ticket=found, values={"payload": "token=" + "AKIA" + "ABCDEFGH" * 2})
    row = found.required_info.get(key="payload")
    assert "ABCDEFGH" not in row.value


@pytest.mark.parametrize(
    ("facts", "category"),
    [
        ({"code": "AUTH_REQUIRED"}, "A"),
        ({"code": "PERMISSION_DENIED", "action": "ledger.export.create"}, "B"),
        ({"code": "PLAN_LIMIT_EXCEEDED", "action": "ledger.export.create"}, "C"),
        ({"code": "VALIDATION_FAILED", "action": "inventory.item.create"}, "D"),
        ({"code": "ROUTE_NOT_FOUND"}, "D"),
        ({"code": "STATE_CONFLICT", "action": "inventory.item.edit"}, "D"),
        ({"code": "STATE_CONFLICT", "action": "ledger.issue.post"}, "E"),
        ({"action": "ledger.receipt.post", "outcome": "allowed"}, "E"),
        ({"code": "VALIDATION_FAILED", "action": "ledger.export.create"}, "F"),
        ({"action": "integrations.dispatch.finish", "outcome": "failed"}, "G"),
        ({"topic": "H"}, "H"),
        ({"topic": "E", "code": "PERMISSION_DENIED"}, "B"),
        ({}, ""),
    ],
)
def test_the_event_suggests_the_category(facts: dict[str, Any], category: str) -> None:
    assert required.category_of(facts) == category
