"""The end of a ticket on its page: what a resolution still lacks, reminders, closing, reopening."""

from __future__ import annotations

from django.utils import timezone

from asora.kernel.act import Act
from asora.kernel.shapes import Values
from support.closing import queries, rules, timing
from support.closing.forms import ReopenForm
from support.replies.queries import open_draft
from support.tickets.models import Satisfaction, State, Ticket


def panel(_act: Act, ticket: Ticket) -> Values:
    """The context of the panel.

    `draft`: the open draft if it resolves the ticket, with `lacks` (sentences). `schedule`, `lacks_to_close`: of a
    resolved ticket. `satisfaction`: the customer's verdict, or None.
    """
    draft = open_draft(ticket)
    resolving = draft if draft is not None and draft.resolves else None
    found, now = timing.schedule_of(ticket), timezone.now()
    return {
        "draft": resolving,
        "reason": dict(Ticket.CloseReason.choices).get(resolving.follow_up, "") if resolving else "",
        "lacks": rules.missing_for(resolving.follow_up, queries.facts_of(ticket)) if resolving else [],
        "schedule": found,
        "may_remind": found is not None and found.reminder_at is not None and now >= found.reminder_at,
        "lacks_to_close": (
            rules.missing_to_close(found, reminders=ticket.reminders, now=now) if found else []
        ),
        "may_reopen": ticket.state in {State.RESOLVED, State.CLOSED},
        "reopen_form": ReopenForm(ticket=ticket),
        "satisfaction": Satisfaction.objects.filter(pk=ticket.pk).first(),
    }
