"""When the customer is not asked for more: nothing is missing, or the desk knows the answer without it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from asora.kernel.refusals import Reason, StateConflict
from support.investigations.queries import Progress, current
from support.knowledge import queries as knowledge
from support.tickets import required_info, rules
from support.tickets.models import Ticket


def why_not_to_ask(ticket: Ticket, progress: Progress) -> str:
    """Why no question is needed, as a sentence; empty if there is something to ask."""
    if progress.determination is not None:
        return _("The linked events already explain what happened.")
    if ticket.known_issue_id is not None or _is_known(ticket, progress):
        return _("A known issue matches exactly. Reply with its workaround.")
    if any(check.outcome == "violated" for check in progress.checks):
        return _("The desk has reproduced it: a check of a guarantee failed.")
    if not required_info.missing(ticket):
        return _("Nothing is missing: the ticket has all the information that its category needs.")
    return ""


def require_questions(ticket: Ticket) -> None:
    """Refuse to ask a customer for what is not needed. Refusals: STATE_CONFLICT INFO_COMPLETE, NOT_TRIAGED."""
    if not ticket.category:
        raise StateConflict(
            _("A category decides which information is needed."),
            reason=Reason.NOT_TRIAGED,
            details={
                "missing": rules.unclassified(
                    category=ticket.category, severity=ticket.severity, state=ticket.state
                )
            },
        )
    if why := why_not_to_ask(ticket, current(ticket)):
        raise StateConflict(
            why,
            reason=Reason.INFO_COMPLETE,
            details={"missing": [_("A question that only the customer can answer.")]},
        )


def _is_known(ticket: Ticket, progress: Progress) -> bool:
    return bool(
        knowledge.exact_issues(
            code=ticket.code, action=ticket.action, reason=ticket.reason, release=progress.release
        )
    )
