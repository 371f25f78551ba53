"""Erasing people: what they leave behind here, and those who have no account."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict
from support.mail.models import MailHeader
from support.tickets import changes, erasing
from support.tickets.models import Participant, Ticket


def delete_headers(author: str) -> int:
    """Delete the Message-IDs of a person's mails; `author`: "<schema>:<pseudonym>". Returns their number."""
    schema, _colon, person = author.partition(":")
    rows = MailHeader.objects.filter(
        participant__ticket__tenant__schema_name=schema, participant__person=person
    )
    return rows.delete()[0]


erasing.register("mail_headers", delete_headers)


@action(
    "support.mail.forget",
    permission=Permission.SUPPORT_REVIEW,
    subject="ticket",
    done=gettext_lazy("erased what somebody without an account wrote in ticket {label}"),
    tried=gettext_lazy("tried to erase what somebody without an account wrote in ticket {label}"),
)
def forget_sender(act: Act, *, ticket: Ticket, participant: Participant) -> Participant:
    """Erase the address, name, texts and files of somebody without an account, and what the desk wrote in the ticket.

    People with an account are erased where they have it. Refusals: those of `changes.locked_row`; ROUTE_NOT_FOUND
    NO_SUCH_RECORD (nobody of this ticket, or with an account); STATE_CONFLICT NOT_ACTIVE (erased before).
    """
    row = changes.locked_row(act, ticket)
    found = Participant.objects.select_for_update().filter(pk=participant.pk, ticket=row, person="").first()
    if found is None:
        raise RouteNotFound(_("This person does not take part in the ticket."), reason=Reason.NO_SUCH_RECORD)
    if not found.address:
        raise StateConflict(
            _("This person was erased before."),
            reason=Reason.NOT_ACTIVE,
            details={"remedy": _("Nothing to do.")},
        )
    emptied = erasing.erase(erasing.BY_MAIL, str(found.pk))
    headers = MailHeader.objects.filter(participant=found).delete()[0]
    if row.source in (Ticket.Source.MAIL, Ticket.Source.HAND):  # its subject is about what they said
        Ticket.objects.filter(pk=row.pk).update(subject="")
    found.address = found.name = ""
    found.digest = f"erased:{found.pk.hex}"
    found.save(update_fields=["address", "name", "digest"])
    act.found(**{**emptied, "mail_headers": headers})
    act.changed(found, after={"is_erased": True})
    return found
