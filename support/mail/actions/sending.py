"""Sending a mail that failed once more."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict
from support.mail.models import OutboundMail
from support.tickets import changes
from support.tickets.models import Ticket
from support.tickets.queries import merged_family


@action(
    "support.mail.resend",
    permission=Permission.SUPPORT_WORK_DESK,
    subject="ticket",
    done=gettext_lazy("queued a mail of ticket {label} again"),
    tried=gettext_lazy("tried to queue a mail of ticket {label} again"),
)
def resend_mail(act: Act, *, ticket: Ticket, mail: OutboundMail) -> OutboundMail:
    """Queue a mail again that could not be sent. It has its Message-ID still, so nobody sees it twice.

    Refusals: those of `changes.locked_row`; ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT NOT_ACTIVE (not failed).
    """
    changes.locked_row(act, ticket)
    row = OutboundMail.objects.select_for_update().select_related("message").filter(pk=mail.pk).first()
    if row is None or row.message.ticket_id not in merged_family(ticket):
        raise RouteNotFound(_("This mail does not exist."), reason=Reason.NO_SUCH_RECORD)
    if row.state != OutboundMail.State.FAILED:
        raise StateConflict(
            _("Only a mail that failed can be sent again."),
            reason=Reason.NOT_ACTIVE,
            details={"remedy": _("Nothing to do: it was sent, or it is still being tried.")},
        )
    before = {"state": row.state, "attempts": row.attempts}
    row.state, row.attempts, row.queued_at = OutboundMail.State.QUEUED, 0, timezone.now()
    row.save(update_fields=["state", "attempts", "queued_at"])
    act.changed(row, before=before, after={"state": row.state, "attempts": 0})
    return row
