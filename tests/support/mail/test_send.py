"""A reply reaches everybody in the ticket, once, with headers that keep the conversation together."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail as sent_mails
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from plans.models import Tenant
from support.mail import sending, texts, transitions
from support.mail.actions.receiving import take
from support.mail.addresses import participant_of, reply_address
from support.mail.models import MailHeader, OutboundMail
from support.mail.queueing import queue
from support.tickets import changes, erasing, participants
from support.tickets.actions.opening import assign_tenant
from support.tickets.models import Message, Participant, Ticket
from tests.factories import tenants
from tests.factories.desk import open_in, open_incident_for
from tests.factories.investigated import investigated
from tests.factories.people import person
from tests.support.mail.mails import mail


def said(
    ticket: Ticket, text: str = "The rule is **items.max**.", *, kind: str = "reply", **options: Any
) -> Message:
    """A message of the desk, queued for everybody in the ticket."""
    act = new_act(tenants.public(), system("public", "tests", Permission.SUPPORT_RECEIVE)).recording()
    row = changes.locked_row(act, ticket)
    if kind == "reply" and not hasattr(row, "investigation"):
        investigated(row)
    message = changes.add_message(act, row, kind=kind, text=text, **options)
    queue(act, message)
    return message


class Server:
    """A mail server that answers what the test says."""

    answer: Exception | None = None

    def __init__(self, **_options: Any) -> None:
        pass

    def send_messages(self, messages: list[Any]) -> int:
        if Server.answer is not None:
            raise Server.answer
        return len(messages)

    def close(self) -> None:
        pass


@pytest.fixture
def server(settings: Any) -> type[Server]:
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    Server.answer = None
    return Server


def test_a_reply_is_sent_with_a_signed_address_and_its_own_id(known: Participant) -> None:
    asker = known
    said(asker.ticket)
    assert sending.send_due() == 1
    [sent] = sent_mails.outbox
    row = OutboundMail.objects.get()
    assert (row.state, row.attempts, row.sent_at is not None) == ("sent", 1, True)
    assert sent.to == ["Kim Olsen <Kim@Customer.test>"]
    assert sent.from_email == "Asora support <support@asora.test>"
    assert participant_of(sent.reply_to[0]) == asker.pk
    assert sent.subject == f"Cannot receive [{asker.ticket.ref}]"
    message = sent.message()
    assert message["Message-ID"] == row.header_id
    assert message["In-Reply-To"] is None
    assert message["Auto-Submitted"] is None
    assert "The rule is **items.max**." in str(sent.body)
    assert texts.MARKER in str(sent.body)
    [(html, kind)] = sent.alternatives
    assert (kind, "<strong>items.max</strong>" in str(html)) == ("text/html", True)
    assert sending.send_due() == 0
    assert len(sent_mails.outbox) == 1


def test_the_headers_keep_the_conversation_together(public: Tenant) -> None:
    row = take(mail(Message_ID="<first@customer.test>", subject="Bolts"), channel="imap")
    assert row is not None
    assert row.ticket is not None
    said(row.ticket, "We have it.", kind="acknowledgement")
    sending.send_due()
    said(row.ticket, "Which bin?", kind="info_request")
    sending.send_due()
    first, second = (one.message() for one in sent_mails.outbox)
    assert first["Subject"] == f"Re: Bolts [{row.ticket.ref}]"
    assert (first["In-Reply-To"], first["References"]) == ("<first@customer.test>",) * 2
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["References"] == f"<first@customer.test> {first['Message-ID']}"
    assert (first["Auto-Submitted"], second["Auto-Submitted"]) == ("auto-generated", None)


def test_internal_messages_and_mail_that_is_off_queue_nothing(asker: Participant, settings: Any) -> None:
    said(asker.ticket, "He sounds angry.", kind="note")
    settings.ASORA_SUPPORT_ADDRESS = ""
    said(asker.ticket)
    assert not OutboundMail.objects.exists()
    assert sending.send_due() == 0


def test_everybody_in_the_ticket_and_in_merged_ones_gets_it_once(asker: Participant, public: Tenant) -> None:
    from tests.support.help.test_pages import merge

    acacia = Tenant.objects.get(slug="acacia")
    other = open_in("new", acacia, subject="The same")
    participants.add(other, address="kim@customer.test")
    participants.add(other, address="pat@customer.test")
    merge(other, asker.ticket)
    said(asker.ticket)
    assert sending.send_due() == 2
    assert sorted(address for one in sent_mails.outbox for address in one.to) == [
        "Kim Olsen <Kim@Customer.test>",
        "pat@customer.test",
    ]


def test_a_person_with_an_account_gets_it_at_their_present_address(
    asker: Participant, public: Tenant
) -> None:
    tenant = Tenant.objects.get(slug="acacia")
    viewer = person("viewer", tenant)
    participants.add(asker.ticket, address="old@customer.test", person=viewer.ref)
    said(asker.ticket)
    sending.send_due()
    [sent] = [one for one in sent_mails.outbox if viewer.email in one.to[0]]
    assert f"acacia.localhost:8000/help/tickets/{asker.ticket.ref}/" in str(sent.body)
    with tenant_context(tenant):
        type(viewer).objects.filter(pk=viewer.pk).update(is_active=False)
    said(asker.ticket, "Another reply")
    sending.send_due()
    failed = OutboundMail.objects.get(state="failed")
    assert (failed.fault, failed.participant.person) == ("no_address", viewer.ref)


def test_a_security_ticket_is_not_sent_by_mail(asker: Participant) -> None:
    Ticket.objects.filter(pk=asker.ticket_id).update(is_security=True)
    said(Ticket.objects.get(pk=asker.ticket_id), "The leaked key was used at 10:00.")
    sending.send_due()
    [sent] = sent_mails.outbox
    whole = sent.message().as_string()
    assert sent.subject == f"Ticket {asker.ticket.ref}"
    for private in ("leaked", "Cannot receive", "10:00"):
        assert private not in whole
    assert "not sent by e-mail" in str(sent.body)


def test_a_person_with_an_international_address_is_reached(known: Participant) -> None:
    with tenant_context(Tenant.objects.get(slug="acacia")):
        [user] = User.objects.filter(email=known.address)
        user.email = "kim@m\u00fcnchen.test"
        user.save(update_fields=["email", "email_key"])
    own = participants.add(known.ticket, address="old@customer.test", person=user.ref)
    said(known.ticket)
    sending.send_due()
    assert ["Kim Olsen <kim@xn--mnchen-3ya.test>"] in [sent.to for sent in sent_mails.outbox]
    row = take(mail(to=reply_address(own.pk), sender="kim@xn--mnchen-3ya.test"), channel="imap")
    assert row is not None
    assert row.verdict == "answer"


def test_what_the_desk_writes_is_not_mailed_to_an_address_without_an_account(
    public: Tenant, act_as: Any
) -> None:
    stray = take(mail(sender="Jane <eve@evil.test>", subject="Acacia"), channel="imap")
    assert stray is not None
    ticket = stray.ticket
    assert ticket is not None
    said(ticket, "Which company?", kind="info_request")
    sending.send_due()
    assert "Which company?" in str(sent_mails.outbox[0].body)  # nobody's evidence can be in it
    tenant = Tenant.objects.get(slug="acacia")
    seen = Ticket.objects.get(pk=ticket.pk)
    ticket = assign_tenant(act_as("agent", tenant=public), ticket=seen, tenant=tenant, revision=seen.revision)
    rows = Ticket.objects.filter(pk=ticket.pk)
    rows.update(incident=open_incident_for("The export fails"))  # so that a notice may follow an answer
    for kind in ("reply", "acknowledgement", "info_request"):
        said(ticket, "The limit is 4711.", kind=kind)
    rows.update(state="triaged", category="D", severity=4)
    rows.update(state="resolved", close_reason="solved")
    said(ticket, "The limit is 4711.", kind="reminder")
    sending.send_due()
    assert len(sent_mails.outbox) == 5
    for sent in sent_mails.outbox[1:]:
        assert "4711" not in sent.message().as_string()
        assert "belongs to no active account" in str(sent.body)
        assert "about security" not in sent.message().as_string()


def test_somebody_who_wrote_from_their_accounts_address_reads_it_while_it_is_active(
    known: Participant,
) -> None:
    said(known.ticket)
    sending.send_due()
    with tenant_context(Tenant.objects.get(slug="acacia")):
        User.objects.filter(email=known.address).update(is_active=False)
    said(known.ticket)
    sending.send_due()
    assert ["items.max" in str(sent.body) for sent in sent_mails.outbox] == [True, False]


def test_a_mail_that_was_queued_for_a_security_ticket_stays_private(known: Participant) -> None:
    ticket = Ticket.objects.filter(pk=known.ticket_id)
    ticket.update(is_security=True)
    said(ticket.get(), "The leaked key was used at 10:00.")
    ticket.update(is_security=False)
    mail_row = OutboundMail.objects.filter(participant=known)
    with pytest.raises(DatabaseError), transaction.atomic():
        mail_row.update(is_private=False)
    said(ticket.get(), "The key was yours.")
    sending.send_due()
    held, open_one = (one.message().as_string() for one in sent_mails.outbox)
    assert "10:00" not in held
    assert "The key was yours." in open_one


def test_an_erased_person_gets_nothing_and_their_ids_are_gone(public: Tenant) -> None:
    tenant = Tenant.objects.get(slug="acacia")
    viewer = person("viewer", tenant)
    ticket = open_in("waiting_customer", tenant, subject="Zebu")
    own = participants.add(ticket, address=viewer.email, person=viewer.ref)
    from support.mail.addresses import reply_address

    take(mail(to=reply_address(own.pk), sender=viewer.email), channel="imap")
    assert MailHeader.objects.exists()
    counts = erasing.erase(tenant.schema_name, viewer.ref)
    assert counts["mail_headers"] == 1
    assert not MailHeader.objects.exists()


@pytest.mark.parametrize(
    ("answer", "state", "fault"),
    [
        (smtplib.SMTPRecipientsRefused({"kim@customer.test": (550, b"no such user")}), "failed", "refused"),
        (smtplib.SMTPRecipientsRefused({"kim@customer.test": (450, b"later")}), "queued", "try_later"),
        (smtplib.SMTPDataError(554, b"spam"), "failed", "refused"),
        (smtplib.SMTPDataError(451, b"later"), "queued", "try_later"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "queued", "try_later"),
        (smtplib.SMTPServerDisconnected("gone"), "queued", "no_server"),
        (ConnectionRefusedError(), "queued", "no_server"),
        (TimeoutError(), "queued", "no_server"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_what_the_server_answers_decides_whether_it_is_tried_again(
    asker: Participant, server: type[Server], caplog: Any, answer: Exception, state: str, fault: str
) -> None:
    said(asker.ticket)
    server.answer = answer
    assert sending.send_due() == 0
    row = OutboundMail.objects.get()
    assert (row.state, row.fault, row.attempts) == (state, fault, 1)
    assert "customer.test" not in caplog.text


def test_a_mail_is_tried_again_later_and_less_and_less_often(
    asker: Participant, server: type[Server]
) -> None:
    said(asker.ticket)
    server.answer = ConnectionRefusedError()
    begun = timezone.now()
    for number, wait in enumerate(transitions.DUE_AFTER, start=1):
        with time_machine.travel(begun + wait + timedelta(seconds=1)):
            sending.send_due()
            sending.send_due()  # nothing is due twice
        row = OutboundMail.objects.get()
        assert row.attempts == number
    assert (row.state, row.fault) == ("failed", "no_server")
    server.answer = None
    with time_machine.travel(begun + timedelta(days=9)):
        assert sending.send_due() == 0


def test_it_is_sent_when_the_server_answers_again(asker: Participant, server: type[Server]) -> None:
    said(asker.ticket)
    server.answer = ConnectionRefusedError()
    sending.send_due()
    header = OutboundMail.objects.get().header_id
    server.answer = None
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert sending.send_due() == 1
    row = OutboundMail.objects.get()
    assert (row.state, row.fault, row.header_id) == ("sent", "", header)


def test_a_mail_that_cannot_be_written_holds_up_no_other(asker: Participant, monkeypatch: Any) -> None:
    said(asker.ticket)
    said(asker.ticket, "Another reply")
    write = sending.message_of

    def broken(row: OutboundMail, mailbox: Any) -> Any:
        if row.message.text != "Another reply":
            raise ValueError("a header with a line end")
        return write(row, mailbox)

    monkeypatch.setattr(sending, "message_of", broken)
    assert sending.send_due() == 1
    faults = OutboundMail.objects.order_by("queued_at", "id").values_list("state", "fault")
    assert list(faults) == [("queued", "not_written"), ("sent", "")]


def test_two_workers_do_not_send_the_same_attempt(asker: Participant) -> None:
    said(asker.ticket)
    [mail_id] = transitions.due(10)
    assert transitions.claim(mail_id) is not None
    assert transitions.due(10) == []
    assert sending.send_due() == 0


def test_the_database_refuses_other_changes(asker: Participant) -> None:
    said(asker.ticket)
    sending.send_due()
    for statement in (
        "UPDATE support_outboundmail SET state = 'queued', sent_at = NULL",
        "UPDATE support_outboundmail SET header_id = 'x'",
        "DELETE FROM support_outboundmail",
        "TRUNCATE support_outboundmail",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
