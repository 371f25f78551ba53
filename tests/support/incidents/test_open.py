"""What a severity brings with it: calls, incidents, notices, and the incident that a further ticket joins."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from asora.kernel.refusals import Reason, StateConflict
from support.incidents import opening, queries, rules
from support.incidents.models import Incident, IncidentEntry
from support.incidents.rules import Error
from support.oncall.models import Page

ERROR = Error("STATE_CONFLICT", "ledger.receipt.post", "POSITION_UNKNOWN")


@pytest.fixture
def act(public: Any, act_as: Any) -> Any:
    return act_as("agent").recording()


def opened(act: Any, severity: int, *, ref: str = "T-000001", error: Error = ERROR, **more: Any) -> Any:
    values = {"subject": uuid.uuid4(), "is_security": False} | more
    return opening.for_severity(act, ref=ref, severity=severity, error=error, **values)


def test_sev1_opens_an_incident_with_a_notice_and_calls_at_once(act):
    subject = uuid.uuid4()
    incident = opened(act, 1, subject=subject)
    assert (incident.ref, incident.severity, incident.state) == ("INC-0001", 1, "open")
    assert [entry.kind for entry in incident.entries.all()] == [IncidentEntry.Kind.NOTICE]
    [call] = Page.objects.filter(subject=subject)
    assert (call.duty, call.level, call.severity) == ("on_call", 0, 1)
    assert (call.due_at - call.sent_at).seconds == 300


def test_sev2_calls_and_posts_a_status_update(act):
    incident = opened(act, 2)
    assert [entry.kind for entry in incident.entries.all()] == [IncidentEntry.Kind.NOTICE]
    [call] = Page.objects.all()
    assert (call.due_at - call.sent_at).seconds == 1800


def test_sev3_informs_and_sev4_calls_nobody(act):
    assert opened(act, 3) is None
    [call] = Page.objects.all()
    assert call.due_at is None
    assert opened(act, 4) is None
    assert Page.objects.count() == 1
    assert not Incident.objects.exists()


def test_a_further_ticket_joins_the_active_incident(act):
    first = opened(act, 2)
    assert opened(act, 2, ref="T-000002") == first
    assert len(queries.notices_of(first)) == 1
    assert opened(act, 2, ref="T-000003", error=Error("STATE_CONFLICT")) != first
    assert opened(act, 2, ref="T-000004", error=Error()) != first


def test_a_graver_ticket_makes_its_incident_graver_with_a_notice(act):
    first = opened(act, 2)
    assert opened(act, 1, ref="T-000002") == first
    first.refresh_from_db()
    assert first.severity == 1
    assert [entry.text for entry in queries.notices_of(first)] == [
        str(opening.FIRST_NOTICE[1]), str(opening.FIRST_NOTICE[2]),
    ]  # fmt: skip
    assert opened(act, 2, ref="T-000003") == first
    first.refresh_from_db()
    assert (first.severity, len(queries.notices_of(first))) == (1, 2)


def test_a_ticket_that_joins_an_incident_without_a_notice_brings_one(act):
    incident = opening.open_incident(act, title="Postings fail", severity=2, errors=[ERROR])
    assert opened(act, 2) == incident
    assert [entry.text for entry in queries.notices_of(incident)] == [str(opening.FIRST_NOTICE[2])]


def test_a_ticket_stays_with_its_incident_until_that_is_resolved(act):
    first = opened(act, 2, error=Error())
    assert opened(act, 1, error=Error(), current=first) == first
    Incident.objects.filter(pk=first.pk).update(state="resolved", resolved_at=first.opened_at)
    first.refresh_from_db()
    assert opened(act, 1, error=Error(), current=first) != first


def test_a_security_ticket_calls_people_and_opens_no_incident(act):
    subject, before = uuid.uuid4(), opened(act, 2)
    assert opened(act, 1, subject=subject, is_security=True) is None
    assert opened(act, 1, is_security=True, current=before) is None
    assert list(Incident.objects.values_list("severity", flat=True)) == [2]
    assert set(Page.objects.filter(subject=subject).values_list("duty", flat=True)) == {"on_call", "security"}


@pytest.mark.parametrize(
    ("named", "matches"),
    [
        (Error(code="STATE_CONFLICT"), True),
        (Error(reason="POSITION_UNKNOWN"), True),
        (Error(action="ledger.receipt.post", reason="FREEZE_ACTIVE"), False),
        (ERROR, True),
    ],
)
def test_an_incident_is_found_by_what_it_names(act, named, matches):
    incident = opening.open_incident(act, title="Postings fail", severity=2, errors=[named])
    assert (queries.active_for(*ERROR) == incident) is matches


def test_the_most_precise_incident_is_found(act):
    precise = opening.open_incident(act, title="Receipts fail", severity=2, errors=[ERROR])
    opening.open_incident(act, title="Everything fails", severity=2, errors=[Error(code="STATE_CONFLICT")])
    assert queries.active_for(*ERROR) == precise


def test_an_event_without_code_action_and_reason_belongs_to_no_incident(act):
    opening.open_incident(act, title="Everything fails", severity=2, errors=[Error(code="STATE_CONFLICT")])
    assert queries.active_for("", "", "") is None


def test_an_active_incident_forbids_troubleshooting(act):
    incident = opened(act, 2)
    with pytest.raises(StateConflict) as refused:
        rules.require_no_active(queries.active_for(*ERROR))
    assert refused.value.reason is Reason.INCIDENT_ACTIVE
    assert refused.value.details["incident"] == incident.ref
    assert refused.value.details["missing"] == [f"The ticket has to be attached to {incident.ref}."]
    Incident.objects.filter(pk=incident.pk).update(state="resolved", resolved_at=incident.opened_at)
    rules.require_no_active(queries.active_for(*ERROR))
