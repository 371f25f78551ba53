"""Sends queued messages, each from the desk's address, to one person, with a reply address of their own."""

from __future__ import annotations

import smtplib
from email.utils import formataddr

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template import Context
from django.template.loader import get_template
from django.urls import reverse

from asora.accounts.sign_in.mail import link
from asora.kernel.shapes import Values
from support.help import rating_links
from support.mail import addresses, people, transitions
from support.mail.models import MailHeader, OutboundMail
from support.mail.people import Mailbox
from support.mail.texts import MARKER
from support.markdown import message_html, to_text
from support.tickets.models import Message, Participant, Ticket

#: The most mails of one run of the task.
BATCH = 200
#: How many earlier mails of a conversation are named in the headers.
REFERENCES = 10
#: Faults that do not go away by themselves.
FOR_GOOD = ("no_address", "refused")
#: Messages that Asora writes itself, or sends by a template without an agent's words.
WRITTEN_BY_PROGRAM = frozenset(
    {Message.Kind.ACKNOWLEDGEMENT.value, Message.Kind.REMINDER.value, Message.Kind.SYSTEM.value}
)
log = structlog.get_logger(__name__)


def send_due() -> int:
    """Send the mails whose next attempt is due; returns the number that the mail server accepted. Public is bound."""
    if not addresses.is_on():
        return 0
    ids = transitions.due(BATCH)
    if not ids:
        return 0
    accepted = 0
    connection = get_connection()
    try:
        for mail in ids:
            row = transitions.claim(mail)
            if row is not None and _send(row, connection):
                accepted += 1
    finally:
        connection.close()
    return accepted


def _send(row: OutboundMail, connection: BaseEmailBackend) -> bool:
    mailbox = people.mailbox_of(row.participant)
    try:
        fault = "no_address" if mailbox is None else _hand_over(message_of(row, mailbox), connection)
    except Exception:  # one mail that cannot be written must not hold up the others
        log.exception("a mail of the desk cannot be written", mail=str(row.pk))
        fault = "not_written"
    if not fault:
        transitions.sent(row)
        return True
    transitions.not_sent(row, fault=fault, for_good=FOR_GOOD)
    log.warning("mail of the desk not sent", mail=str(row.pk), fault=fault, attempts=row.attempts)
    return False


def _hand_over(message: EmailMultiAlternatives, connection: BaseEmailBackend) -> str:
    """Give a mail to the server. Returns a fault as a code, or an empty text. Addresses and texts are never logged."""
    message.connection = connection
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _answer in error.recipients.values()]
        return "refused" if codes and min(codes) >= 500 else "try_later"
    except smtplib.SMTPResponseException as error:
        connection.close()
        is_final = error.smtp_code >= 500 and not isinstance(
            error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError
        )
        return "refused" if is_final else "try_later"
    except (OSError, smtplib.SMTPException):
        connection.close()  # so that the next mail gets a new connection
        return "no_server"
    return ""


def message_of(row: OutboundMail, mailbox: Mailbox) -> EmailMultiAlternatives:
    """The mail for one participant.

    If its ticket is a security matter now, or was one when the mail was queued, and to somebody who has no account in
    the ticket's tenant, it says only that there is a message, and where to read it.
    """
    ticket = row.participant.ticket
    earlier = _earlier(row)
    context = _context(row, mailbox, ticket)
    plain = get_template("mail/ticket_message.txt")
    engine: object = getattr(plain, "template", None)
    subject, _end, body = engine.render(Context(context, autoescape=False)).strip().partition("\n")  # type: ignore[attr-defined]
    is_program = row.message.kind in WRITTEN_BY_PROGRAM
    headers = {
        "Message-ID": row.header_id,
        **({"In-Reply-To": earlier[-1], "References": " ".join(earlier)} if earlier else {}),
        **({"Auto-Submitted": "auto-generated"} if is_program else {}),
        "X-Auto-Response-Suppress": "All",
    }
    message = EmailMultiAlternatives(
        f"{'Re: ' if earlier else ''}{' '.join(subject.split())}",
        body.lstrip("\n") + "\n",
        from_email=formataddr(("Asora support", settings.ASORA_SUPPORT_ADDRESS)),
        to=[formataddr((mailbox.name, addresses.ascii_form(mailbox.address)))],
        reply_to=[addresses.reply_address(row.participant_id)],
        headers=headers,
    )
    message.attach_alternative(get_template("mail/ticket_message.html").render(context), "text/html")
    return message


def _context(row: OutboundMail, mailbox: Mailbox, ticket: Ticket) -> Values:
    footnotes = row.message.footnotes.select_related("link").order_by("number")
    is_security = row.is_private or ticket.is_security or row.message.ticket.is_security
    is_private = is_security or not mailbox.may_read
    is_resolved = row.message.ticket.state in {"resolved", "closed"}
    return {
        "marker": MARKER,
        "ref": ticket.ref,
        "subject": "" if is_private else ticket.subject,
        "name": mailbox.name,
        "is_private": is_private,
        "is_security": is_security,
        "text": "" if is_private else to_text(row.message.text),
        "html": "" if is_private else message_html(row.message.text),
        "footnotes": [] if is_private else list(footnotes),
        "link": _page_of(row.participant, ticket),
        "is_resolved": is_resolved,
        "rating_link": _rating_of(row.participant, ticket) if is_resolved else "",
    }


def _page_of(participant: Participant, ticket: Ticket) -> str:
    """The address of the ticket's page, for people who can sign in there."""
    if not participant.person or ticket.tenant is None:
        return ""
    path = reverse("help:ticket", args=[ticket.ref], urlconf="asora.urls_tenant")
    return link(ticket.tenant, path)


def _rating_of(participant: Participant, ticket: Ticket) -> str:
    """The address where a person with an account rates support's work without signing in."""
    if not participant.person or ticket.tenant is None:
        return ""
    token = rating_links.token_for(ticket.tenant, ticket, participant.person)
    return link(ticket.tenant, reverse("help:rate-by-link", args=[token], urlconf="asora.urls_tenant"))


def _earlier(row: OutboundMail) -> list[str]:
    """The Message-IDs of the earlier mails to and from this participant, oldest first."""
    sent = OutboundMail.objects.filter(participant=row.participant_id, state=OutboundMail.State.SENT)
    got = MailHeader.objects.filter(participant=row.participant_id)
    dated = [
        *sent.exclude(pk=row.pk).order_by("-sent_at").values_list("sent_at", "header_id")[:REFERENCES],
        *got.order_by("-mail__received_at").values_list("mail__received_at", "header_id")[:REFERENCES],
    ]
    return [header for _moment, header in sorted(dated)][-REFERENCES:]
