"""A resolved ticket is closed by a confirmation, or after five business days and two reminders; and opened again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from support.closing import due, timing
from support.closing.actions import close, remind, reopen, resolve
from support.tickets import receiving
from support.tickets.models import Message, Ticket
from tests.factories import tenants
from tests.factories.desk import open_in
from tests.support.replies.conftest import edit

#: A Monday at noon in New York.
MONDAY = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)


def refused(call: Any, reason: Reason) -> StateConflict:
    with pytest.raises(StateConflict) as caught:
        call()
    assert caught.value.reason is reason
    return caught.value


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


@pytest.fixture
def resolved(ticket: Ticket, write: Any, act_as: Any) -> Ticket:
    """A ticket that was resolved on Monday at noon."""
    with time_machine.travel(MONDAY, tick=False):
        draft = edit(act_as("agent"), write("plan"), follow_up="plan_constraint")
        resolve(
            act_as("agent"), ticket=ticket, revision=fresh(ticket).revision, draft_revision=draft.revision
        )
    return fresh(ticket)


def sweep(day: float) -> None:
    """The worker's sweep, some days after the resolution."""
    with time_machine.travel(MONDAY + timedelta(days=day), tick=False):
        due.sweep()


def reminders(ticket: Ticket) -> list[Message]:
    return list(Message.objects.filter(ticket=ticket, kind="reminder").order_by("written_at"))


def test_the_worker_reminds_twice_and_closes_after_five_business_days(resolved, events):
    for day, count in ((1.9, 0), (2.1, 1), (2.2, 1), (3.9, 1), (4.1, 2), (6, 2)):
        sweep(day)
        assert (day, len(reminders(resolved)), fresh(resolved).state) == (day, count, "resolved")
    sweep(7.1)  # the next Monday: the weekend does not count
    closed = fresh(resolved)
    assert (closed.state, closed.is_confirmed, closed.reminders) == ("closed", False, 2)
    first, second = reminders(resolved)
    assert resolved.ref in first.text
    assert "2026-12-04 17:00 UTC" in first.text
    assert "2026-12-07 19:24 UTC" in second.text
    assert second.author_type == "system"
    assert [event.actor_type for event in events(action="support.ticket.close")] == ["system"]


def test_a_worker_that_was_off_still_reminds_twice_before_it_closes(resolved):
    sweep(30)
    sweep(30.1)
    assert (len(reminders(resolved)), fresh(resolved).state) == (1, "resolved")
    sweep(31.1)
    assert (len(reminders(resolved)), fresh(resolved).state) == (2, "resolved")
    sweep(35.2)  # after New Year and the weekend
    assert fresh(resolved).state == "closed"


def test_an_answer_of_the_customer_stops_the_reminders(resolved):
    sweep(2.1)
    act = new_act(tenants.public(), system("public", "tests", Permission.SUPPORT_RECEIVE)).recording()
    receiving.customer_said(act, resolved, text="It still fails.", author="acacia:u-owner00000")
    sweep(30)
    again = fresh(resolved)
    assert (again.state, again.reminders, again.reopened, len(reminders(resolved))) == (
        "investigating",
        0,
        1,
        1,
    )


def test_no_ticket_is_left_out_behind_those_that_stay_as_they_are(resolved, monkeypatch):
    """Two tickets whose reminder is refused are looked at first in each sweep, in a batch of their own."""
    earlier = MONDAY - timedelta(days=4)
    for subject in ("First", "Second"):
        stuck = open_in("resolved", resolved.tenant, subject=subject)
        Ticket.objects.filter(pk=stuck.pk).update(resolved_at=earlier)
    monkeypatch.setattr(due, "BATCH", 1)
    looked, go_on = [], due._go_on

    def refuse_the_others(ticket: Ticket) -> None:
        looked.append(ticket.subject)
        if ticket.pk != resolved.pk:
            raise StateConflict
        go_on(ticket)

    monkeypatch.setattr(due, "_go_on", refuse_the_others)
    sweep(2.1)
    assert sorted(looked[:2]) == ["First", "Second"]
    assert looked[2:] == [resolved.subject]
    assert len(reminders(resolved)) == 1


def test_an_agent_cannot_remind_or_close_too_early(resolved, act_as):
    agent = act_as("agent")
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        refused(lambda: remind(agent, ticket=resolved, revision=resolved.revision), Reason.NOT_CONFIRMED)
        refusal = refused(
            lambda: close(agent, ticket=resolved, revision=resolved.revision), Reason.NOT_CONFIRMED
        )
    assert len(refusal.details["missing"]) == 3
    with time_machine.travel(MONDAY + timedelta(days=20), tick=False):
        refusal = refused(
            lambda: close(agent, ticket=resolved, revision=resolved.revision), Reason.NOT_CONFIRMED
        )
    assert "2 of 2" in refusal.details["missing"][1]
    assert fresh(resolved).state == "resolved"


def test_an_agent_reminds_and_closes_by_hand_when_it_is_due(resolved, act_as):
    agent = act_as("agent")
    for day in (2.1, 4.1):
        with time_machine.travel(MONDAY + timedelta(days=day), tick=False):
            remind(agent, ticket=resolved, revision=fresh(resolved).revision)
            refused(
                lambda: remind(agent, ticket=resolved, revision=fresh(resolved).revision),
                Reason.NOT_CONFIRMED if day < 4 else Reason.TICKET_STATE,
            )
    with time_machine.travel(MONDAY + timedelta(days=7.1), tick=False):
        close(agent, ticket=resolved, revision=fresh(resolved).revision)
    assert (fresh(resolved).state, fresh(resolved).is_confirmed) == ("closed", False)


def test_an_open_ticket_is_neither_reminded_nor_closed(ticket, act_as):
    for action in (remind, close):
        refused(
            lambda action=action: action(act_as("agent"), ticket=ticket, revision=ticket.revision),
            Reason.TICKET_STATE,
        )


def test_a_reopened_ticket_is_worked_on_with_a_note_that_says_why(resolved, act_as):
    reopen(act_as("agent"), ticket=resolved, revision=resolved.revision, reason="The customer called.")
    again = fresh(resolved)
    assert (again.state, again.close_reason, again.resolved_at, again.reopened) == (
        "investigating",
        "",
        None,
        1,
    )
    note = Message.objects.get(ticket=resolved, kind="note")
    assert (note.text, note.is_internal) == ("The customer called.", True)


def test_reopening_needs_a_reason_and_a_finished_ticket(ticket, resolved, act_as):
    with pytest.raises(ValidationFailed):
        reopen(act_as("agent"), ticket=resolved, revision=resolved.revision, reason="  ")
    reopen(act_as("agent"), ticket=resolved, revision=resolved.revision, reason="Again")
    refused(
        lambda: reopen(act_as("agent"), ticket=resolved, revision=fresh(resolved).revision, reason="Again"),
        Reason.TICKET_STATE,
    )


def test_other_roles_end_nothing(resolved, act_as):
    for action, values in ((remind, {}), (close, {}), (reopen, {"reason": "x"})):
        with pytest.raises(PermissionDenied):
            action(act_as("operator"), ticket=resolved, revision=resolved.revision, **values)


def test_business_days_skip_weekends_and_holidays(public):
    wednesday = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)  # the day before Thanksgiving
    assert timing.later(wednesday, 1) == datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
    assert timing.later(wednesday, 2) == datetime(2026, 11, 30, 17, 0, tzinfo=UTC)


def test_the_page_shows_what_comes_next(resolved, client_as):
    page = f"/support/tickets/{resolved.ref}/"
    with time_machine.travel(MONDAY + timedelta(days=2.1), tick=False):
        client = client_as("agent")
        shown = " ".join(client.get(page).content.decode().split())
        assert "Send the reminder now" in shown
        assert "Close without a confirmation" not in shown
        assert client.post(f"{page}remind/", {"revision": resolved.revision}).status_code == 302
        assert client.post(f"{page}close/", {"revision": fresh(resolved).revision}).status_code == 409
        response = client.post(f"{page}reopen/", {"revision": fresh(resolved).revision, "reason": ""})
        assert response.status_code == 400
        assert (
            client.post(f"{page}reopen/", {"revision": fresh(resolved).revision, "reason": "x"}).status_code
            == 302
        )
