"""The mail part of the ticket page: mails that failed, files from outside, and people without an account."""

from __future__ import annotations

from typing import Any

import pytest

from asora.kernel.refusals import Reason, RouteNotFound, StateConflict
from plans.models import Tenant
from support.mail.actions.erasing import forget_sender
from support.mail.actions.receiving import take
from support.mail.actions.sending import resend_mail
from support.mail.addresses import reply_address
from support.mail.models import MailHeader, OutboundMail
from support.tickets import participants
from support.tickets.models import Message, Participant, Ticket
from tests.factories.desk import open_in
from tests.support.mail.mails import mail
from tests.support.mail.test_send import said


@pytest.fixture
def failed(asker: Participant) -> OutboundMail:
    """A mail that the server refused."""
    said(asker.ticket, kind="acknowledgement")
    OutboundMail.objects.update(state="failed", attempts=8, fault="refused")
    return OutboundMail.objects.get()


def page_of(ticket: Ticket) -> str:
    return f"/support/tickets/{ticket.ref}/"


def test_a_failed_mail_is_shown_and_sent_again(
    failed: OutboundMail, asker: Participant, public: Tenant, client_as: Any, events: Any
) -> None:
    agent = client_as("agent", tenant=public)
    shown = agent.get(page_of(asker.ticket)).content.decode()
    assert "The mail server refuses this address or mail." in shown
    assert "Kim@Customer.test" in shown
    address = f"{page_of(asker.ticket)}mails/{failed.pk}/send/"
    assert agent.post(address).status_code == 302
    row = OutboundMail.objects.get()
    assert (row.state, row.attempts, row.header_id) == ("queued", 0, failed.header_id)
    assert events(action="support.mail.resend")[0].outcome == "allowed"
    again = agent.post(address)
    assert again.status_code == 409
    assert "Only a mail that failed can be sent again." in again.content.decode()


def test_a_mail_of_another_ticket_is_not_sent_again(
    failed: OutboundMail, public: Tenant, act_as: Any
) -> None:
    other = open_in("new", Tenant.objects.get(slug="acacia"), subject="Other")
    with pytest.raises(RouteNotFound):
        resend_mail(act_as("agent", tenant=public), ticket=other, mail=failed)
    assert OutboundMail.objects.get().state == "failed"


def test_a_file_is_a_download_of_unknown_contents(asker: Participant, public: Tenant, client_as: Any) -> None:
    take(
        mail(to=reply_address(asker.pk), sender=asker.address, files=(("<b>ä.html", b"<script>"),)),
        channel="imap",
    )
    [file] = Message.objects.get(channel="mail").attachments.all()
    agent = client_as("agent", tenant=public)
    assert "They are never evidence." in agent.get(page_of(asker.ticket)).content.decode()
    got = agent.get(f"{page_of(asker.ticket)}files/{file.pk}/")
    assert (got.content, got["Content-Type"]) == (b"<script>", "application/octet-stream")
    assert got["Content-Disposition"].startswith("attachment;")
    assert got["X-Content-Type-Options"] == "nosniff"
    other = open_in("new", Tenant.objects.get(slug="birch"), subject="Other")
    assert agent.get(f"{page_of(other)}files/{file.pk}/").status_code == 404
    assert (
        client_as("operator", tenant=public).get(f"{page_of(asker.ticket)}files/{file.pk}/").status_code
        == 403
    )


def test_somebody_without_an_account_can_be_erased(
    public: Tenant, act_as: Any, client_as: Any, events: Any
) -> None:
    row = take(mail(subject="Kim's matter", text="I am Kim", files=(("kim.pdf", b"%PDF"),)), channel="imap")
    assert row is not None
    assert row.ticket is not None
    ticket, person = row.ticket, row.ticket.participants.get()
    page = f"{page_of(ticket)}senders/{person.pk}/forget/"
    assert client_as("agent", tenant=public).get(page).status_code == 403
    lead = client_as("support_lead", tenant=public)
    assert "kim@customer.test" in lead.get(page).content.decode()
    assert lead.post(page).status_code == 302
    person.refresh_from_db()
    message = Message.objects.get(ticket=ticket)
    [file] = message.attachments.all()
    assert (person.address, person.name, message.text, file.name, file.content) == ("", "", "", "", None)
    assert Ticket.objects.get(pk=ticket.pk).subject == ""
    assert not MailHeader.objects.exists()
    [event] = events(action="support.mail.forget", outcome="allowed")
    assert "kim" not in str(event.__dict__).lower()
    with pytest.raises(StateConflict) as caught:
        forget_sender(act_as("support_lead", tenant=public), ticket=ticket, participant=person)
    assert caught.value.reason is Reason.NOT_ACTIVE
    again = take(mail(to=reply_address(person.pk)), channel="imap")
    assert again is not None
    assert again.ticket != ticket


def test_people_with_an_account_are_not_erased_here(asker: Participant, public: Tenant, act_as: Any) -> None:
    own = participants.add(asker.ticket, address="x@customer.test", person="u-somebody00")
    with pytest.raises(RouteNotFound):
        forget_sender(act_as("support_lead", tenant=public), ticket=asker.ticket, participant=own)
