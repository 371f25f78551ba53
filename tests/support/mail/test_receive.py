"""The result of each mail: an answer in its ticket, a ticket without tenant, or only a record. Nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.kernel.refusals import PermissionDenied
from audit.events.models import Event
from plans.models import Tenant
from support.mail import rules
from support.mail.actions.receiving import receive_mail, take
from support.mail.addresses import reply_address
from support.mail.models import InboundMail, MailHeader
from support.tickets import participants
from support.tickets.models import Message, Participant, Ticket
from tests.factories.desk import open_in
from tests.factories.people import person
from tests.support.mail.mails import mail


def answer(asker: Participant, **options: Any) -> bytes:
    return mail(to=reply_address(asker.pk), **options)


def latest() -> InboundMail:
    found = InboundMail.objects.order_by("-id").first()
    assert found is not None
    return found


def test_an_answer_is_added_and_the_desk_goes_on(asker: Participant, events: Any) -> None:
    raw = answer(
        asker,
        text="Bin A-1.\n\nOn Mon, Asora support <s@a.test> wrote:\n> Which bin?",
        files=(("a.pdf", b"%PDF"),),
    )
    row = take(raw, channel="imap")
    assert row is not None
    assert (row.verdict, row.ticket, row.size) == ("answer", asker.ticket, len(raw))
    message = Message.objects.get(origin=row.pk)
    assert (message.kind, message.text, message.channel) == ("answer", "Bin A-1.", "mail")
    assert (message.author, message.author_type, message.is_internal) == (
        f"mail:{asker.pk}",
        "customer",
        False,
    )
    [file] = message.attachments.all()
    assert (file.name, bytes(file.content or b""), len(file.sha256)) == ("a.pdf", b"%PDF", 64)
    assert Ticket.objects.get(pk=asker.ticket_id).state == "triaged"
    [event] = events(action="support.mail.receive")
    assert (event.outcome, event.actor_type, event.facts["verdict"]) == ("allowed", "system", "answer")
    for private in ("A-1", "customer.test", "Kim", "a.pdf"):
        assert private not in str(event.__dict__)


def test_a_message_id_is_taken_once(asker: Participant, events: Any) -> None:
    raw = answer(asker, Message_ID="<same@customer.test>")
    assert take(raw, channel="imap") is not None
    assert take(raw, channel="webhook") is None
    assert take(answer(asker, Message_ID="<same@customer.test>", text="Another text"), channel="imap") is None
    assert take(mail(Message_ID="<same@customer.test>"), channel="imap") is None
    assert Message.objects.filter(channel="mail").count() == 1
    assert len(events(action="support.mail.receive")) == 1


def test_an_unknown_sender_opens_a_ticket_without_tenant(public: Tenant) -> None:
    row = take(mail(subject="Help  me", text="Nothing works"), channel="imap")
    assert row is not None
    ticket = row.ticket
    assert ticket is not None
    assert (row.verdict, ticket.tenant, ticket.source, ticket.subject) == (
        "new_ticket",
        None,
        "mail",
        "Help me",
    )
    [message] = ticket.messages.all()
    [participant] = ticket.participants.all()
    assert (message.kind, message.author) == ("question", f"mail:{participant.pk}")
    assert (participant.address, participant.person) == ("kim@customer.test", "")
    assert MailHeader.objects.get(mail=row).participant == participant


@pytest.mark.parametrize(
    "to",
    [
        lambda asker: "support@asora.test",
        lambda asker: f"reply+{'a' * 52}@asora.test",
        lambda asker: reply_address(asker.pk)[:-12] + "x@asora.test",
    ],
    ids=["plain", "forged", "changed"],
)
def test_a_ticket_number_binds_nothing(asker: Participant, to: Any) -> None:
    raw = mail(
        to=to(asker),
        subject=f"Re: Cannot receive [{asker.ticket.ref}]",
        In_Reply_To="<x@asora.test>",
        References="<x@asora.test>",
        X_Ticket=asker.ticket.ref,
    )
    row = take(raw, channel="imap")
    assert row is not None
    assert row.ticket != asker.ticket
    assert asker.ticket.messages.filter(channel="mail").count() == 0


def test_only_the_participant_may_write_to_their_address(asker: Participant) -> None:
    row = take(answer(asker, sender="Eve <eve@evil.test>"), channel="imap")
    assert row is not None
    assert (row.verdict, row.reason) == ("new_ticket", "not_a_participant")
    assert row.ticket != asker.ticket
    upper = take(answer(asker, sender="KIM@CUSTOMER.TEST"), channel="imap")
    assert upper is not None
    assert upper.verdict == "answer"


def test_a_mail_to_two_tickets_belongs_to_neither(asker: Participant, public: Tenant) -> None:
    other = participants.add(
        open_in("new", Tenant.objects.get(slug="birch"), subject="Other"), address=asker.address
    )
    row = take(mail(to=f"{reply_address(asker.pk)}, {reply_address(other.pk)}"), channel="imap")
    assert row is not None
    assert (row.verdict, row.reason) == ("new_ticket", "ambiguous")
    # The mail server says to whom it delivered the mail; what its headers name does not count then.
    bound = take(
        mail(to=f"{reply_address(asker.pk)}, {reply_address(other.pk)}"),
        channel="webhook",
        recipients=(reply_address(asker.pk),),
    )
    assert bound is not None
    assert bound.ticket == asker.ticket


def test_for_people_with_an_account_its_present_address_counts(asker: Participant, public: Tenant) -> None:
    tenant = Tenant.objects.get(slug="acacia")
    viewer = person("viewer", tenant)
    own = participants.add(asker.ticket, address="old@customer.test", person=viewer.ref)
    assert take(answer(own, sender="old@customer.test"), channel="imap").verdict == "new_ticket"  # type: ignore[union-attr]
    row = take(answer(own, sender=viewer.email), channel="imap")
    assert row is not None
    assert Message.objects.get(origin=row.pk).author == f"{tenant.schema_name}:{viewer.ref}"
    with tenant_context(tenant):
        type(viewer).objects.filter(pk=viewer.pk).update(is_active=False)
    assert take(answer(own, sender=viewer.email), channel="imap").verdict == "new_ticket"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "sender", ["Asora support <support@asora.test>", "reply@asora.test", "reply+x@asora.test"]
)
def test_own_mail_that_comes_back_is_recorded_only(asker: Participant, sender: str) -> None:
    row = take(answer(asker, sender=sender), channel="imap")
    assert row is not None
    assert (row.verdict, row.reason, row.ticket) == ("automatic", "own_mail", None)


def test_automatic_mail_is_recorded_only_and_never_answered(asker: Participant, mailoutbox: Any) -> None:
    before = Ticket.objects.count()
    for raw in (answer(asker, Auto_Submitted="auto-replied"), mail(Auto_Submitted="auto-replied")):
        row = take(raw, channel="imap")
        assert row is not None
        assert (row.verdict, row.ticket) == ("automatic", None)
    assert (Ticket.objects.count(), mailoutbox) == (before, [])


def test_a_mail_of_a_stranger_is_not_answered_by_itself(public: Tenant, mailoutbox: Any) -> None:
    take(mail(), channel="imap")
    assert mailoutbox == []


def test_a_mail_that_cannot_be_read_is_recorded(public: Tenant) -> None:
    row = take(b"To: support@asora.test\r\n\r\nhi", channel="imap")
    assert row is not None
    assert (row.verdict, row.reason, row.sender) == ("refused", "sender", "")


def test_strangers_are_limited_per_address_and_together(public: Tenant, monkeypatch: Any) -> None:
    def verdicts(number: int, **options: Any) -> list[str]:
        taken = (take(mail(**options), channel="imap") for _time in range(number))
        return [row.verdict for row in taken if row]

    assert verdicts(rules.MAX_OF_STRANGER + 2) == ["new_ticket"] * rules.MAX_OF_STRANGER + ["limited"] * 2
    assert verdicts(1, sender="kim+1@customer.test") == ["new_ticket"]
    monkeypatch.setattr(rules, "MAX_NEW_TICKETS", rules.MAX_OF_STRANGER + 2)
    assert verdicts(2, sender="eve@evil.test") == ["new_ticket", "limited"]
    assert latest().reason == "all_strangers"
    with time_machine.travel(timezone.now() + rules.PERIOD):
        assert verdicts(1) == ["new_ticket"]


def test_a_participant_is_limited_too(asker: Participant, monkeypatch: Any) -> None:
    monkeypatch.setattr(rules, "MAX_OF_PARTICIPANT", 2)
    taken = [take(answer(asker), channel="imap") for _time in range(3)]
    assert [row.verdict for row in taken if row] == ["answer", "answer", "limited"]


def test_nobody_uses_up_the_answers_of_another_person(asker: Participant, monkeypatch: Any) -> None:
    monkeypatch.setattr(rules, "MAX_OF_PARTICIPANT", 3)
    forged = [{}, {}, {"Auto_Submitted": "auto-replied"}, {}, {}, {}, {}]
    taken = [take(mail(sender=asker.address, **one), channel="imap") for one in forged]
    verdicts = [row.verdict for row in taken if row]
    assert (verdicts[2], verdicts[-1]) == ("automatic", "limited")
    row = take(answer(asker), channel="imap")
    assert row is not None
    assert (row.verdict, row.ticket) == ("answer", asker.ticket)


def test_an_answer_to_a_merged_ticket_is_added_to_the_other(asker: Participant, public: Tenant) -> None:
    from tests.support.help.test_pages import merge

    other = open_in("investigating", Tenant.objects.get(slug="acacia"), subject="The same")
    merge(asker.ticket, other)
    row = take(answer(asker), channel="imap")
    assert row is not None
    assert row.ticket == other
    assert Ticket.objects.get(pk=other.pk).state == "investigating"


def test_an_answer_reopens_a_resolved_ticket(public: Tenant) -> None:
    ticket = open_in("resolved", Tenant.objects.get(slug="acacia"), subject="Cannot receive")
    asker = participants.add(ticket, address="kim@customer.test")
    take(answer(asker, text="It is back"), channel="imap")
    assert Ticket.objects.get(pk=ticket.pk).state == "investigating"


def test_only_asoras_own_worker_takes_in_mail(public: Tenant, act_as: Any) -> None:
    for role in ("agent", "support_lead", "platform_lead"):
        with pytest.raises(PermissionDenied):
            receive_mail(act_as(role, tenant=public), raw=mail(), channel="imap")
    assert not InboundMail.objects.exists()
    refused = Event.objects.filter(action="support.mail.receive", outcome="refused")
    assert refused.count() == 3
    assert "customer.test" not in str(list(refused.values()))


def test_a_verdict_never_changes(asker: Participant) -> None:
    take(answer(asker), channel="imap")
    for statement in (
        "UPDATE support_inboundmail SET verdict = 'refused'",
        "DELETE FROM support_inboundmail",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
