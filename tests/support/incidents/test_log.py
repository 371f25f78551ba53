"""An incident's log, its states and the errors that belong to it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from plans.models import Tenant
from support.incidents import queries, rules
from support.incidents.actions import move_incident, name_error, open_incident, post_entry
from support.incidents.models import Incident
from support.oncall.models import Page
from tests.headers import JSON

LIST = "/support/incidents/"


@pytest.fixture
def agent(public: Tenant, act_as: Any) -> Any:
    return act_as("agent")


@pytest.fixture
def incident(agent: Any) -> Incident:
    return open_incident(agent, title="Receipts are refused", severity=2)


def test_it_is_opened_by_hand_and_calls_the_people_on_duty(agent, events):
    incident = open_incident(
        agent, title="Receipts are refused", severity=1, notice="We look.", code="STATE_CONFLICT"
    )
    assert queries.active_for("STATE_CONFLICT", "a.b", "") == incident
    assert Page.objects.get(subject=incident.pk).subject_ref == incident.ref
    [event] = events(request_id=agent.request_id)
    assert (event.action, event.resource_id) == ("support.incident.open", str(incident.pk))
    assert "Receipts" not in str(event.changes) + str(event.facts)


def test_sev1_needs_a_notice(agent):
    with pytest.raises(ValidationFailed):
        open_incident(agent, title="Balances differ", severity=1)
    assert not Incident.objects.exists()
    assert not Page.objects.exists()


def test_sev1_and_sev2_are_resolved_with_a_root_cause(agent, incident):
    with pytest.raises(StateConflict) as refused:
        move_incident(agent, incident=incident, state="resolved")
    assert refused.value.reason is Reason.INFO_MISSING
    assert refused.value.details["missing"] == ["The root cause."]
    post_entry(agent, incident=incident, kind="root_cause", text="A migration.")
    done = move_incident(agent, incident=incident, state="resolved")
    assert done.resolved_at is not None
    assert done.mitigated_at is not None
    assert [entry.kind for entry in queries.log_of(incident)] == ["state", "root_cause"]


def test_sev3_is_resolved_without(agent):
    incident = open_incident(agent, title="One tenant", severity=3)
    assert move_incident(agent, incident=incident, state="resolved").state == "resolved"


def test_mitigated_and_open_again(agent, incident):
    assert move_incident(agent, incident=incident, state="mitigated").mitigated_at is not None
    assert move_incident(agent, incident=incident, state="open").mitigated_at is None


def test_a_resolved_incident_takes_a_root_cause_or_a_lesson_only(agent, incident):
    post_entry(agent, incident=incident, kind="root_cause", text="A migration.")
    move_incident(agent, incident=incident, state="resolved")
    with pytest.raises(StateConflict):
        post_entry(agent, incident=incident, kind="update", text="Still broken")
    with pytest.raises(StateConflict):
        move_incident(agent, incident=incident, state="open")
    post_entry(agent, incident=incident, kind="lesson", text="Rehearse migrations.")
    assert incident.entries.count() == 3


def test_entries_are_recorded_by_their_length(agent, incident, events):
    post_entry(agent, incident=incident, kind="update", text="Mr Smith called")
    [event] = events(action="support.incident.post")
    assert event.changes[0]["after"] == {"entry": "update", "length": 15}
    assert "Smith" not in str(event.__dict__)


@pytest.mark.parametrize("kind", ["state", "nonsense"])
def test_other_kinds_are_refused(agent, incident, kind):
    with pytest.raises(ValidationFailed):
        post_entry(agent, incident=incident, kind=kind, text="resolved")


def test_an_error_is_named_once(agent, incident, events):
    assert name_error(agent, incident=incident, reason="POSITION_UNKNOWN") is not None
    assert name_error(agent, incident=incident, reason="POSITION_UNKNOWN") is None
    assert incident.signatures.count() == 1
    with pytest.raises(ValidationFailed):
        name_error(agent, incident=incident)


def test_people_of_the_platform_who_do_not_work_at_the_desk_cannot(incident, act_as):
    with pytest.raises(PermissionDenied):
        post_entry(act_as("operator"), incident=incident, kind="update", text="x")
    assert not incident.entries.exists()


def test_the_database_allows_the_same_states_as_the_rules(incident):
    states = Incident.State.values
    for before in states:
        for after in states:
            if before == after:
                continue
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(
                        "ALTER TABLE support_incident DISABLE TRIGGER support_incident_only_forward"
                    )
                    Incident.objects.update(state=before, resolved_at=_at(incident, before))
                    cursor.execute(
                        "ALTER TABLE support_incident ENABLE TRIGGER support_incident_only_forward"
                    )
                try:
                    with transaction.atomic():
                        Incident.objects.update(state=after, resolved_at=_at(incident, after))
                    is_allowed = True
                except DatabaseError:
                    is_allowed = False
            assert is_allowed is (after in rules.TRANSITIONS[before]), (before, after)


def _at(incident: Incident, state: str) -> Any:
    return incident.opened_at if state == "resolved" else None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE support_incident SET title = 'x'",
        "UPDATE support_incident SET severity = severity + 1",
        """UPDATE support_incident SET state = 'resolved', resolved_at = now();
        UPDATE support_incident SET severity = 1""",
        "DELETE FROM support_incident",
        "TRUNCATE support_incident CASCADE",
    ],
)
def test_the_rest_cannot_be_changed(incident, statement):
    refused = pytest.raises(DatabaseError, match=r"incident|append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_pages_open_write_name_and_resolve(agent, client_as):
    browser = client_as("agent")
    assert "No incident yet" in browser.get(LIST).content.decode()
    data = {"title": "Receipts are refused", "severity": "1", "notice": ""}
    refused = browser.post(LIST + "new/", data)
    assert refused.status_code == 400
    assert "Receipts are refused" in refused.content.decode()
    assert browser.post(LIST + "new/", {**data, "notice": "We look."}).status_code == 302
    incident = Incident.objects.get()
    address = f"{LIST}{incident.ref}/"
    assert "Receipts are refused" in browser.get(LIST).content.decode()
    assert "We look." in browser.get(address).content.decode()
    refused = browser.post(address + "move/", {"state": "resolved"})
    assert refused.status_code == 409
    assert "The root cause." in refused.content.decode()
    refused = browser.post(address + "post/", {"kind": "root_cause", "text": ""})
    assert refused.status_code == 400
    assert browser.post(address + "post/", {"kind": "root_cause", "text": "A migration."}).status_code == 302
    wrong = browser.post(address + "errors/", {"code": "", "action": "Not an action", "reason": ""})
    assert wrong.status_code == 400
    assert "Not an action" in wrong.content.decode()
    named = browser.post(address + "errors/", {"code": "STATE_CONFLICT", "action": "", "reason": ""})
    assert named.status_code == 302
    assert browser.post(address + "move/", {"state": "resolved"}).status_code == 302
    assert "Resolved" in browser.get(address).content.decode()


@pytest.mark.parametrize("ref", ["INC-9999", "INC-x", "T-000001", "INC-" + "9" * 30, "INC-\u0663"])
def test_what_is_no_incident_is_not_found(agent, client_as, ref):
    assert client_as("agent").get(f"{LIST}{ref}/", headers=JSON).status_code == 404
