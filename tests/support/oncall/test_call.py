"""Calls: who is called, who takes them, and the ladder of those that nobody takes."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from asora.kernel.refusals import PermissionDenied, RouteNotFound
from plans.models import Tenant
from support.incidents.models import Incident
from support.oncall import due, paging, queries
from support.oncall.actions import acknowledge, add_contact, pass_on
from support.oncall.models import Page
from support.tickets.models import Ticket
from tests.audit.lives.support_duty import worker
from tests.factories.desk import open_for, open_in, open_incident_for
from tests.headers import JSON

CALLS = "/support/on-call/"
DUTIES = ("on_call", "backup", "platform_lead", "security")


@pytest.fixture
def act(public: Tenant, act_as: Any) -> Any:
    return act_as("agent").recording()


@pytest.fixture
def contacts(public: Tenant, act_as: Any) -> None:
    for duty in DUTIES:
        add_contact(act_as("support_lead"), duty=duty, name=duty.title(), email=f"{duty}@example.com")


def called(
    act: Any, severity: int | None = 1, *, is_security: bool = False, ref: str = "T-000001"
) -> uuid.UUID:
    subject = uuid.uuid4()
    paging.page(act, subject=subject, ref=ref, severity=severity, is_security=is_security)
    return subject


def ladder(subject: uuid.UUID) -> list[tuple[str, str]]:
    rows = Page.objects.filter(subject=subject).order_by("is_security", "level")
    return list(rows.values_list("duty", "state"))


def after(minutes: float) -> Any:
    return timezone.now() + timedelta(minutes=minutes)


def test_sev1_goes_to_the_backup_after_five_minutes_and_then_to_the_platform_lead(act):
    subject = called(act)
    assert ladder(subject) == [("on_call", "sent")]
    pass_on(worker(), now=after(4.9))
    assert ladder(subject) == [("on_call", "sent")]
    pass_on(worker(), now=after(5.1))
    assert ladder(subject) == [("on_call", "passed_on"), ("backup", "sent")]
    pass_on(worker(), now=after(10.3))
    assert ladder(subject)[-1] == ("platform_lead", "sent")
    pass_on(worker(), now=after(1000))
    assert ladder(subject)[-1] == ("platform_lead", "sent"), "nobody comes after the platform lead"


def test_sev2_goes_to_the_platform_lead_after_half_an_hour(act):
    subject = called(act, 2)
    pass_on(worker(), now=after(29))
    assert len(ladder(subject)) == 1
    pass_on(worker(), now=after(31))
    assert ladder(subject) == [("on_call", "passed_on"), ("platform_lead", "sent")]


def test_a_call_that_was_taken_is_not_passed_on(act, act_as):
    subject = called(act)
    agent = act_as("agent")
    taken = acknowledge(agent, call=Page.objects.get(subject=subject))
    assert (taken.state, taken.acknowledged_by) == ("acknowledged", agent.actor.ref)
    pass_on(worker(), now=after(60))
    assert ladder(subject) == [("on_call", "acknowledged")]


def test_taking_one_call_takes_all_about_the_same_ticket(act, act_as):
    subject = called(act, 1, is_security=True)
    acknowledge(act_as("support_lead"), call=Page.objects.get(subject=subject, is_security=False))
    assert {state for _duty, state in ladder(subject)} == {"acknowledged"}


def test_nobody_is_called_twice_for_the_same_severity(act):
    subject = called(act, 2)
    assert paging.page(act, subject=subject, ref="T-000001", severity=2, is_security=False) == []
    raised = paging.page(act, subject=subject, ref="T-000001", severity=1, is_security=False)
    assert [call.severity for call in raised] == [1]


def test_the_e_mail_is_sent_after_the_commit_and_names_only_the_reference(
    contacts, act, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        subject = called(act, 1, is_security=True)
        assert mail.outbox == []
    assert sorted(message.to[0] for message in mail.outbox) == ["on_call@example.com", "security@example.com"]
    for message in mail.outbox:
        assert "T-000001" in message.subject
        assert CALLS in message.body
    assert not Page.objects.filter(subject=subject, mailed_at=None).exists()
    due.look()
    assert len(mail.outbox) == 2, "not sent twice"


def test_a_sev3_call_informs_and_nobody_has_to_take_it(
    contacts, act, act_as, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        called(act, 3)
        called(act, 2, ref="T-000002")
    informing, calling = sorted(mail.outbox, key=lambda message: message.subject)
    assert "for your information" in informing.body
    for words in ("needs you now", "take the call here", "the next person is called"):
        assert words not in informing.body
    assert "the next person is called" in calling.body
    actor = act_as("agent").actor
    assert [call.subject_ref for call in queries.open_calls(actor)] == ["T-000002"]
    assert [call.subject_ref for call in queries.past_calls(actor)] == ["T-000001"]


def test_the_last_person_who_is_called_is_told_so(contacts, act):
    called(act, 2)
    pass_on(worker(), now=after(31))
    due.look()
    [last] = [message for message in mail.outbox if message.to == ["platform_lead@example.com"]]
    assert "Nobody else is called after you" in last.body


def test_a_call_about_a_finished_ticket_is_neither_open_nor_passed_on_nor_sent(contacts, act, act_as):
    acacia = Tenant.objects.get(slug="acacia")
    closed, waiting = open_in("closed", acacia, subject="Done"), open_for(acacia, subject="Not classified")
    for ticket in (closed, waiting):
        paging.page(act, subject=ticket.pk, ref=ticket.ref, severity=None, is_security=True)
    actor = act_as("support_lead").actor
    assert [call.subject_ref for call in queries.open_calls(actor)] == [waiting.ref]
    assert [call.subject_ref for call in queries.past_calls(actor)] == [closed.ref]
    due.look()
    assert len(mail.outbox) == 1
    pass_on(worker(), now=after(6))
    assert ladder(closed.pk) == [("security", "sent")]
    assert ladder(waiting.pk) == [("security", "passed_on"), ("platform_lead", "sent")]


def test_a_call_without_a_contact_waits_for_one(act, act_as):
    called(act)
    due.look()
    assert mail.outbox == []
    add_contact(act_as("support_lead"), duty="on_call", name="Ada", email="ada@example.com")
    due.look()
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]


def test_sev1_and_sev2_without_an_answer_for_ten_minutes_are_listed(act, act_as):
    first, second = called(act, 1), called(act, 2, ref="T-000002")
    called(act, 3, ref="T-000003")
    actor = act_as("agent").actor
    assert queries.unanswered(actor, after(9)) == []
    assert [call.subject for call in queries.unanswered(actor, after(11))] == [first, second]
    acknowledge(act_as("agent"), call=Page.objects.get(subject=first))
    assert [call.subject for call in queries.unanswered(actor, after(11))] == [second]


def test_a_graver_call_after_a_taken_one_is_listed(act, act_as):
    subject = called(act, 2)
    acknowledge(act_as("agent"), call=Page.objects.get(subject=subject))
    paging.page(act, subject=subject, ref="T-000001", severity=1, is_security=False)
    pass_on(worker(), now=after(6))
    [call] = queries.unanswered(act_as("agent").actor, after(11))
    assert (call.severity, call.duty) == (1, "backup"), "minutes count from the first call of the ladder"


@pytest.mark.parametrize(
    ("now", "is_listed"),
    [
        ({"severity": 1}, True),
        ({"severity": 2}, True),
        ({"severity": 3}, False),
        ({"state": "resolved"}, False),
    ],
)
def test_a_call_is_listed_while_its_ticket_is_as_grave_and_not_finished(public, act, act_as, now, is_listed):
    acacia = Tenant.objects.get(slug="acacia")
    ticket = open_in(now.get("state", "investigating"), acacia, subject="Nothing works")
    Ticket.objects.filter(pk=ticket.pk).update(severity=now.get("severity", 2))
    paging.page(act, subject=ticket.pk, ref=ticket.ref, severity=2, is_security=False)
    assert bool(queries.unanswered(act_as("agent").actor, after(11))) is is_listed


def test_a_call_about_an_incident_is_listed_until_that_is_resolved(act, act_as):
    incident = open_incident_for("Nothing works")
    paging.page(act, subject=incident.pk, ref=incident.ref, severity=1, is_security=False)
    Incident.objects.filter(pk=incident.pk).update(severity=1)
    assert queries.unanswered(act_as("agent").actor, after(11))
    Incident.objects.filter(pk=incident.pk).update(state="resolved", resolved_at=timezone.now())
    assert not queries.unanswered(act_as("agent").actor, after(11))


def test_many_old_calls_do_not_hide_a_new_one(act, act_as, monkeypatch):
    monkeypatch.setattr(queries, "MAX_SHOWN", 1)
    for _number in range(4):
        called(act, 2)
    newest = called(act, 1)
    assert newest in {call.subject for call in queries.unanswered(act_as("agent").actor, after(11))}


def test_it_is_shown_above_the_inbox(act, client_as):
    called(act, 1, ref="T-000042")
    called(act, 1, ref="T-000077", is_security=True)
    assert "T-000042" not in client_as("agent").get("/support/").content.decode()
    with time_machine.travel(after(11), tick=False):
        shown = client_as("agent").get("/support/").content.decode()
        assert "T-000042" in shown
        assert CALLS in shown
        assert "T-000077" not in shown


def test_a_security_call_is_seen_by_people_who_handle_security(act, act_as, client_as):
    subject = called(act, 1, is_security=True, ref="T-000077")
    assert "T-000077" not in client_as("agent").get(CALLS).content.decode()
    assert "T-000077" in client_as("support_lead").get(CALLS).content.decode()
    for call in Page.objects.filter(subject=subject):
        with pytest.raises(RouteNotFound):
            acknowledge(act_as("agent"), call=call)
        assert client_as("agent").post(f"{CALLS}calls/{call.pk}/take/", headers=JSON).status_code == 404


def test_it_is_taken_on_the_page(act, client_as):
    call = Page.objects.get(subject=called(act))
    agent = client_as("agent")
    assert "Take" in agent.get(CALLS).content.decode()
    assert agent.post(f"{CALLS}calls/{call.pk}/take/").status_code == 302
    call.refresh_from_db()
    assert call.state == "acknowledged"


def test_people_do_not_pass_calls_on(act, act_as):
    with pytest.raises(PermissionDenied):
        pass_on(act_as("support_lead"), now=after(60))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE support_page SET severity = 4",
        "UPDATE support_page SET due_at = now() + interval '1 day'",
        "DELETE FROM support_page",
        "TRUNCATE support_page CASCADE",
    ],
)
def test_a_call_cannot_be_changed_otherwise(act, statement):
    called(act)
    with connection.cursor() as cursor:
        # TRUNCATE is refused earlier while checks are pending.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="call"), transaction.atomic():
            cursor.execute(statement)


def test_a_call_that_was_taken_stays_taken(act, act_as):
    acknowledge(act_as("agent"), call=Page.objects.get(subject=called(act)))
    with pytest.raises(DatabaseError, match="once"), transaction.atomic():
        Page.objects.update(state="sent", acknowledged_at=None, acknowledged_by="")
