"""Erasing a person empties the drafts that are about them, and those of an erased agent."""

from __future__ import annotations

from asora.kernel.erasure import erase_rows_of
from support.replies.models import Draft
from support.tickets import erasing, participants
from support.tickets.models import Message
from tests.support.replies.test_send import send


def test_the_drafts_on_the_tickets_of_an_erased_person_are_emptied(tenant, ticket, write, act_as):
    sent = write("plan")
    send(act_as("agent"), sent)
    waiting = write("plan")
    removed = erasing.erase(tenant.schema_name, "u-owner00000")
    assert removed["drafts"] == 2
    assert Message.objects.get(ticket=ticket, kind="reply").text == ""
    rows = {row.pk: row for row in Draft.objects.filter(ticket=ticket)}
    assert {row.text for row in rows.values()} == {""}
    assert (rows[sent.pk].state, rows[sent.pk].revision) == ("sent", sent.revision)
    assert (rows[waiting.pk].state, rows[waiting.pk].revision) == ("draft", waiting.revision + 1)
    assert erasing.erase(tenant.schema_name, "u-owner00000")["drafts"] == 0


def test_nobody_else_s_drafts_are_emptied(tenant, write):
    draft = write("plan")
    assert erasing.erase(tenant.schema_name, "u-other00000")["drafts"] == 0
    assert erasing.erase("t_birch", "u-owner00000")["drafts"] == 0
    draft.refresh_from_db()
    assert draft.text


def test_the_drafts_on_the_ticket_of_somebody_without_an_account_are_emptied(ticket, write):
    kim = participants.add(ticket, address="kim@customer.test", name="Kim Olsen")
    draft = write("plan")
    assert erasing.erase("mail", str(kim.pk))["drafts"] == 1
    draft.refresh_from_db()
    assert draft.text == ""


def test_the_drafts_of_an_erased_agent_are_emptied(write, act_as):
    draft = write("plan")
    assert erase_rows_of(act_as("agent").actor.ref)["reply_drafts"] == 1
    draft.refresh_from_db()
    assert draft.text == ""
