"""The mail part of the ticket page: who gets mails, which were not sent, and the files of received ones."""

from __future__ import annotations

from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from support.mail import addresses
from support.mail.models import OutboundMail
from support.tickets.models import Attachment, Participant, Ticket
from support.tickets.queries import merged_family


def panel(act: Act, ticket: Ticket) -> Values:
    """The context of `support/mail/_panel.html`: is_on, people, has_strangers, not_sent, files, may_forget."""
    family = merged_family(ticket)
    mails = OutboundMail.objects.filter(message__ticket__in=family).exclude(state=OutboundMail.State.SENT)
    files = Attachment.objects.filter(message__ticket__in=family).defer("content")
    people = list(Participant.objects.filter(ticket__in=family).order_by("added_at", "id"))
    strangers = [one for one in people if one.address and not one.person]
    return {
        "is_on": addresses.is_on(),
        "people": people,
        "has_strangers": bool(strangers) and ticket.tenant_id is not None,
        "not_sent": list(mails.select_related("participant").order_by("queued_at", "id")),
        "files": list(files.order_by("added_at", "id")),
        "may_forget": act.actor.may(Permission.SUPPORT_REVIEW),
    }
