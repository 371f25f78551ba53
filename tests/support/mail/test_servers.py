"""With a real SMTP and a real IMAP server: a reply goes out, the answer comes back, and nothing is deleted."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from imap_tools import MailBoxUnencrypted

from plans.models import Tenant
from support.mail import mailbox, sending
from support.mail.actions import receiving
from support.mail.models import InboundMail, OutboundMail
from support.tickets import participants
from support.tickets.models import Message, Participant, Ticket
from tests import mail_servers
from tests.mail_servers import PASSWORD, PATIENCE, Servers
from tests.support.mail.test_send import said

CUSTOMER, REPLY = "kim@customer.test", "reply@asora.test"


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with mail_servers.running(CUSTOMER, REPLY, "support@asora.test") as found:
        yield found


@pytest.fixture
def configured(servers: Servers, settings: Any, monkeypatch: Any) -> Any:
    settings.EMAIL_TIMEOUT = PATIENCE
    monkeypatch.setattr(mailbox, "PATIENCE", PATIENCE)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", servers.smtp, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.ASORA_IMAP_HOST, settings.ASORA_IMAP_PORT, settings.ASORA_IMAP_TLS = (
        "127.0.0.1",
        servers.imap,
        False,
    )
    settings.ASORA_IMAP_USER, settings.ASORA_IMAP_PASSWORD = REPLY, PASSWORD
    return settings


def arrived(servers: Servers, address: str, number: int) -> list[EmailMessage]:
    """The mails in a mailbox, once there are so many."""
    end = time.monotonic() + PATIENCE
    while True:
        with MailBoxUnencrypted("127.0.0.1", servers.imap).login(address, PASSWORD) as box:
            found = [box.client.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1] for uid in box.uids()]
        if len(found) >= number:
            return [message_from_bytes(raw, policy=policy.default) for raw in found]  # type: ignore[misc]
        assert time.monotonic() < end, f"{len(found)} mails in the mailbox of {address}"
        time.sleep(0.05)


def post(servers: Servers, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", servers.smtp) as server:
        server.send_message(message)


def test_a_reply_goes_out_and_its_answer_comes_back(
    known: Participant, configured: Any, servers: Servers, monkeypatch: Any
) -> None:
    said(known.ticket, "Which bin is it?")
    assert sending.send_due() == 1
    [got] = arrived(servers, CUSTOMER, 1)
    assert got["Message-ID"] == OutboundMail.objects.get().header_id
    assert "Which bin is it?" in got.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    answer = EmailMessage()
    answer["From"], answer["To"] = f"Kim Olsen <{CUSTOMER}>", got["Reply-To"]
    answer["Subject"], answer["Message-ID"] = f"Re: {got['Subject']}", "<answer@customer.test>"
    answer["In-Reply-To"] = got["Message-ID"]
    quoted = "\n".join(f"> {line}" for line in got.get_body(("plain",)).get_content().splitlines())  # type: ignore[union-attr]
    answer.set_content(f"Bin A-1.\n\nOn Mon, Nov 2, 2026 at 10:00 AM Asora support wrote:\n{quoted}\n")
    post(servers, answer)
    vacation = EmailMessage()
    vacation["From"], vacation["To"], vacation["Auto-Submitted"] = CUSTOMER, got["Reply-To"], "auto-replied"
    vacation["Message-ID"] = "<vacation@customer.test>"
    vacation.set_content("I am away.")
    post(servers, vacation)
    arrived(servers, REPLY, 2)

    take = receiving.take
    monkeypatch.setattr(mailbox, "take", broken)
    assert mailbox.poll() == 0  # the database did not answer: nothing is marked, so nothing is lost
    monkeypatch.setattr(mailbox, "take", take)
    assert mailbox.poll() == 2
    [message] = Message.objects.filter(channel="mail")
    assert (message.ticket, message.text, message.author) == (known.ticket, "Bin A-1.", f"mail:{known.pk}")
    assert sorted(InboundMail.objects.values_list("verdict", "reason")) == [
        ("answer", ""),
        ("automatic", "auto_submitted"),
    ]
    assert mailbox.poll() == 0
    with MailBoxUnencrypted("127.0.0.1", servers.imap).login(REPLY, PASSWORD) as box:
        flags = [found.flags for found in box.fetch(mark_seen=False, headers_only=True)]
    assert [mailbox.KEYWORD in one and mailbox.SEEN in one for one in flags] == [True, True], (
        "nothing is deleted"
    )


def broken(*_values: object, **_named: object) -> None:
    raise RuntimeError("the database does not answer")


def test_a_mailbox_that_nobody_has_is_a_failure_for_good(asker: Participant, configured: Any) -> None:
    participants.add(asker.ticket, address="nobody@customer.test")
    said(asker.ticket)
    sending.send_due()
    states = OutboundMail.objects.values_list("participant__address", "state", "fault")
    assert sorted(states) == [
        ("Kim@Customer.test", "sent", ""),
        ("nobody@customer.test", "failed", "refused"),
    ]


def test_a_server_that_does_not_answer_is_logged_and_tried_again(
    asker: Participant, configured: Any, public: Tenant
) -> None:
    configured.ASORA_IMAP_PORT = configured.EMAIL_PORT = 1
    said(asker.ticket)
    assert (sending.send_due(), mailbox.poll()) == (0, 0)
    assert OutboundMail.objects.get().state == "queued"
    configured.ASORA_IMAP_PASSWORD = "wrong"
    assert mailbox.poll() == 0
    assert Ticket.objects.filter(source="mail").count() == 0
