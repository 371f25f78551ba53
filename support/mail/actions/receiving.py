"""Taking in one mail: its verdict is recorded, and the ticket gets the answer, or a new ticket is opened.

The mail was written by a stranger, so nothing in it is trusted. It is added to a ticket only if it was sent to the
signed reply address of a participant, by that participant. A ticket number in a subject means nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from asora.kernel import locks
from asora.kernel.act import Act, new_act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.request_ids import uuid7
from plans.models import Tenant
from support.mail import addresses, parsing, people, rules
from support.mail.models import InboundMail, MailHeader
from support.tickets import opening, participants, receiving
from support.tickets.models import Attachment, Message, Participant, Ticket

Verdict = InboundMail.Verdict
Channel = Literal["imap", "webhook"]


@dataclass(frozen=True, slots=True)
class Received:
    """A mail that was read. `unreadable`: why it could not be. `participant`: who sent it to their reply address."""

    mail: parsing.ReadMail | None
    unreadable: str = ""
    participant: Participant | None = None
    #: Why it belongs to no ticket, if it names a reply address.
    unbound: str = ""


def take(raw: bytes, *, channel: Channel, recipients: tuple[str, ...] = ()) -> InboundMail | None:
    """Take in one mail; None if it was taken before. Public is bound. `recipients`: to whom it was delivered, if known.

    Raises whatever the door raises, such as Unavailable; then the mail can be taken again.
    """
    if InboundMail.objects.filter(message_id_hash=parsing.digest_of_id(raw)).exists():
        return None
    public = Tenant.objects.get(schema_name="public")
    act = new_act(
        public, system("public", "support-mail", Permission.SUPPORT_RECEIVE), route=f"MAIL {channel}"
    )
    return receive_mail(act, raw=raw, channel=channel, recipients=recipients)


def _read(act: Act, *, raw: bytes, recipients: tuple[str, ...] = (), **_values: object) -> Received:
    """Read the mail, and find out whose reply address it was sent to."""
    try:
        mail = parsing.read(raw)
    except parsing.Unreadable as error:
        return Received(None, unreadable=error.why)
    # A provider says to which address the mail was delivered. Its headers can name any address.
    found = addresses.participants_of(recipients or mail.recipients)
    if len(found) != 1:
        return Received(mail, unbound="ambiguous" if found else "")
    rows = Participant.objects.select_related("ticket__tenant")
    participant = rows.filter(pk=found.pop()).first()
    if participant is None or not people.is_address_of(participant, mail.sender):
        return Received(mail, unbound="not_a_participant")
    return Received(mail, participant=participant)


@action(
    "support.mail.receive",
    permission=Permission.SUPPORT_RECEIVE,
    derive=_read,
    done=gettext_lazy("took in a mail: {label}"),
    tried=gettext_lazy("tried to take in a mail"),
)
def receive_mail(
    act: Act,
    *,
    raw: bytes,
    channel: Channel,
    recipients: tuple[str, ...] = (),
    derived: Received = BY_DERIVE,
) -> InboundMail | None:
    """Record the verdict on a mail, and do what it says. A Message-ID is taken once; a second time, nothing changes."""
    digest = parsing.digest_of_id(raw)
    sender = participants.digest_of(derived.mail.sender) if derived.mail else ""
    _lock(digest, sender)
    if InboundMail.objects.filter(message_id_hash=digest).exists():
        act.noop("taken before")
        return None
    verdict, reason = _verdict(derived, sender)
    row = InboundMail(
        id=uuid7(),
        message_id_hash=digest,
        received_at=timezone.now(),
        sender=sender,
        verdict=verdict,
        reason=reason,
        size=len(raw),
        channel=channel,
    )
    participant: Participant | None = None
    if derived.mail is not None and verdict == Verdict.ANSWER:
        participant = derived.participant
        row.ticket = _answer(act, derived.mail, participant, row.pk) if participant else None
    elif derived.mail is not None and verdict == Verdict.NEW_TICKET:
        row.ticket, participant = _open(act, derived.mail, row.pk)
    row.save(force_insert=True)
    if participant is not None and derived.mail is not None and derived.mail.message_id:
        MailHeader(mail=row, participant=participant, header_id=derived.mail.message_id).save(
            force_insert=True
        )
    act.found(verdict=str(verdict), why=reason, size=len(raw), channel=channel)
    act.changed(row, after={"verdict": str(verdict), "why": reason})
    return row


def _verdict(received: Received, sender: str) -> tuple[Verdict, str]:
    """The verdict on a mail, and its reason.

    Anybody can write in anybody's name, so a limit counts only mails that had an effect of the same kind: of somebody
    who takes part, their answers. Otherwise a stranger could use up what another person may send.
    """
    mail = received.mail
    if mail is None:
        return Verdict.REFUSED, received.unreadable
    if addresses.is_own(mail.sender):
        return Verdict.AUTOMATIC, "own_mail"
    if mail.automatic:
        return Verdict.AUTOMATIC, mail.automatic
    recent = InboundMail.objects.filter(received_at__gt=timezone.now() - rules.PERIOD)
    if received.participant is not None:
        answers = recent.filter(sender=sender, verdict=Verdict.ANSWER)
        is_often = answers.count() >= rules.MAX_OF_PARTICIPANT
        return (Verdict.LIMITED, "participant") if is_often else (Verdict.ANSWER, "")
    opened = recent.filter(verdict=Verdict.NEW_TICKET)
    if opened.filter(sender=sender).count() >= rules.MAX_OF_STRANGER:
        return Verdict.LIMITED, "stranger"
    if opened.count() >= rules.MAX_NEW_TICKETS:
        return Verdict.LIMITED, "all_strangers"
    return Verdict.NEW_TICKET, received.unbound


def _answer(act: Act, mail: parsing.ReadMail, participant: Participant, origin: UUID) -> Ticket:
    """Add the answer of a participant to their ticket, or to the one into which it was merged."""
    message = receiving.customer_said(
        act,
        participant.ticket,
        text=_with_note(mail.answer, mail),
        author=participants.author_of(participant),
        channel="mail",
        origin=origin,
    )
    _attach(message, mail)
    return message.ticket


def _open(act: Act, mail: parsing.ReadMail, origin: UUID) -> tuple[Ticket, Participant]:
    """A ticket without tenant, for somebody to triage. The sender's name proves nothing, so nothing is sent back."""
    named = uuid7()
    ticket = opening.open_with_message(
        act,
        tenant=None,
        source=Ticket.Source.MAIL,
        subject=mail.subject or _("(no subject)"),
        text=_with_note(mail.text, mail),
        author=f"mail:{named}",
        channel="mail",
        origin=origin,
    )
    participant = Participant(
        id=named,
        ticket=ticket,
        address=mail.sender,
        name=mail.sender_name,
        digest=participants.digest_of(mail.sender),
    )
    participant.save(force_insert=True)
    _attach(Message.objects.get(ticket=ticket, origin=origin), mail)
    return ticket, participant


def _attach(message: Message, mail: parsing.ReadMail) -> None:
    for file in mail.files:
        Attachment(
            message=message,
            name=file.name,
            media_type=file.media_type,
            size=len(file.content),
            sha256=hashlib.sha256(file.content).hexdigest(),
            content=file.content,
        ).save(force_insert=True)


def _with_note(text: str, mail: parsing.ReadMail) -> str:
    """The text, and how many files of the mail were not stored."""
    said = text or _("(This mail has no text.)")
    if not mail.left_out:
        return said
    note = ngettext(
        "(%(count)s file of this mail was too large or one too many, and was not stored.)",
        "(%(count)s files of this mail were too large or too many, and were not stored.)",
        mail.left_out,
    ) % {"count": mail.left_out}
    return f"{said}\n\n{note}"


def _lock(*subjects: str) -> None:
    """Take in one mail of a Message-ID, and of a sender, at a time."""
    with connection.cursor() as cursor:
        for subject in sorted({one for one in subjects if one}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("mail", subject)])
