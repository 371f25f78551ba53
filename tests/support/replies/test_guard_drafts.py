"""What the database refuses of drafts, approvals and replies, whatever the program says."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from asora.kernel import expected_tables
from plans.models import Tenant
from support.replies.models import Approval, Draft
from support.replies.triggers import TRIGGERS
from support.tickets.models import Message, Ticket
from tests.factories.desk import open_for, open_incident_for
from tests.factories.investigated import investigated


@pytest.fixture
def ticket(public: Tenant) -> Ticket:
    return open_for(
        Tenant.objects.get(slug="acacia"), subject="Cannot create an item", text="It was refused."
    )


@pytest.fixture
def draft(ticket: Ticket) -> Draft:
    return draft_of(ticket)


def draft_of(ticket: Ticket, **fields: Any) -> Draft:
    row = Draft(
        ticket=ticket, kind="reply", text="Hello", length=5, ticket_revision=1, author="u-agent", request_id="tests-1",
        **fields,
    )  # fmt: skip
    row.save(force_insert=True)
    return row


def message_of(ticket: Ticket, **fields: Any) -> Message:
    values = {"kind": "reply", "author_type": "agent", "is_internal": False, "text": "Hello", "length": 5}
    row = Message(ticket=ticket, revision=2, request_id="tests-1", **{**values, **fields})
    row.save(force_insert=True)
    return row


def refuses(change: Any, says: str) -> None:
    with pytest.raises(IntegrityError, match=says), transaction.atomic():
        change()


def test_an_edit_needs_a_new_revision(draft):
    rows = Draft.objects.filter(pk=draft.pk)
    refuses(lambda: rows.update(text="Other"), "new revision")
    refuses(lambda: rows.update(overrides={"blame": "quoted"}), "new revision")
    refuses(lambda: rows.update(follow_up="solved"), "new revision")
    refuses(lambda: rows.update(next_update_at=timezone.now()), "new revision")
    refuses(lambda: rows.update(revision=0), "new revision")
    assert rows.update(text="Other", revision=2) == 1


def test_a_draft_belongs_to_its_ticket_and_is_never_deleted(draft):
    other = open_for(draft.ticket.tenant, subject="Another")
    refuses(lambda: Draft.objects.filter(pk=draft.pk).update(ticket=other), "cannot change")
    refuses(draft.delete, "never deleted")


def test_a_ticket_has_one_open_draft(draft):
    refuses(lambda: draft_of(draft.ticket), "support_draft_one_open")
    Draft.objects.filter(pk=draft.pk).update(state="discarded")
    draft_of(draft.ticket)


def test_a_discarded_draft_can_only_be_emptied(draft):
    rows = Draft.objects.filter(pk=draft.pk)
    rows.update(state="discarded")
    refuses(lambda: rows.update(state="draft"), "only be emptied")
    refuses(lambda: rows.update(text="Other", revision=2), "only be emptied")
    assert rows.update(text="", overrides={}) == 1


def test_a_sent_draft_has_its_message(draft):
    refuses(lambda: Draft.objects.filter(pk=draft.pk).update(state="sent"), "support_draft_sent_has_message")


def test_what_follows_is_known(draft):
    refuses(lambda: Draft.objects.filter(pk=draft.pk).update(follow_up="whatever", revision=2), "follow_up")


def approve(draft: Draft, *, by: str, revision: int = 1) -> None:
    Approval(
        draft=draft, draft_revision=revision, ticket_revision=1, text_hash="a" * 64, verdict="approved",
        decided_by=by, request_id="tests-1",
    ).save()  # fmt: skip


def test_nobody_approves_their_own_draft_or_an_earlier_revision(draft):
    refuses(lambda: approve(draft, by="u-agent"), "another person")
    refuses(lambda: approve(draft, by="u-lead", revision=2), "another person")
    approve(draft, by="u-lead")


def test_nobody_who_edited_a_draft_decides_on_it(draft):
    rows = Draft.objects.filter(pk=draft.pk)
    refuses(lambda: rows.update(author="u-lead", revision=2), "stay recorded")
    rows.update(author="u-lead", editors=["u-agent"], revision=2)
    refuses(lambda: rows.update(editors=[], revision=3), "stay recorded")
    refuses(lambda: approve(draft, by="u-agent", revision=2), "another person")
    refuses(lambda: approve(draft, by="u-lead", revision=2), "another person")
    approve(draft, by="u-second", revision=2)


def test_a_reply_needs_evidence_and_a_holding_message_does_not(ticket):
    for kind in ("acknowledgement", "info_request", "note"):
        message_of(ticket, kind=kind, is_internal=kind == "note")
    message_of(ticket, kind="answer", author_type="customer")
    refuses(lambda: message_of(ticket), "needs evidence")
    investigated(ticket, step=2)
    refuses(lambda: message_of(ticket), "needs evidence")


def test_a_ticket_is_acknowledged_once_unless_an_incident_goes_on(ticket):
    message_of(ticket, kind="acknowledgement")
    refuses(lambda: message_of(ticket, kind="acknowledgement"), "acknowledged once")
    asked = open_for(ticket.tenant, subject="Another")
    message_of(asked, kind="info_request")
    refuses(lambda: message_of(asked, kind="acknowledgement"), "acknowledged once")
    Ticket.objects.filter(pk=ticket.pk).update(incident=open_incident_for("The export fails"))
    message_of(ticket, kind="acknowledgement")


def test_a_reminder_follows_the_resolution(ticket):
    rows = Ticket.objects.filter(pk=ticket.pk)
    rows.update(state="triaged", category="B", severity=3)
    investigated(ticket, step=3)
    refuses(lambda: message_of(ticket, kind="reminder"), "follows the resolution")
    rows.update(state="resolved", close_reason="solved")
    message_of(ticket, kind="reminder")


def test_evidence_of_another_ticket_does_not_count(ticket):
    other = open_for(ticket.tenant, subject="Another")
    investigated(other)
    message_of(other)
    refuses(lambda: message_of(ticket), "needs evidence")


def test_a_resolution_needs_evidence(ticket):
    rows = Ticket.objects.filter(pk=ticket.pk)
    rows.update(state="triaged", category="B", severity=3)
    refuses(lambda: rows.update(state="resolved", close_reason="solved"), "needs evidence")
    investigated(ticket, step=3)
    assert rows.update(state="resolved", close_reason="solved") == 1


def test_the_triggers_are_watched(public):
    assert set(TRIGGERS) <= set(expected_tables.OURS)
    assert expected_tables.problems(["public"]) == []
