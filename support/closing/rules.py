"""What a reason for resolving needs, and when reminders and closing are due. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from support.tickets.models import Ticket

Reason = Ticket.CloseReason
#: A ticket about a plan limit is a commercial matter: it ends in no other way.
OF_PLAN = frozenset({Reason.PLAN_CONSTRAINT, Reason.COMMERCIAL_ROUTED})
#: What a ticket of category C may be about besides a limit that was reached. It still ends as a plan limit.
ASKED_OF_PLAN = frozenset({"exception_refused", "feature_request"})
#: Reason to the determinations of which the investigation needs one.
DETERMINED: Mapping[str, frozenset[str]] = {
    Reason.PLAN_CONSTRAINT: frozenset({"plan"}),
    Reason.EXCEPTION_REFUSED: frozenset({"exception_refused"}),
    Reason.OUTSIDE_SCOPE: frozenset({"outside_scope"}),
    Reason.NOT_REPRODUCIBLE: frozenset({"guarantees_hold"}),
}
#: Reasons that need some determination: they say what the events mean.
INTERPRETED = frozenset({*DETERMINED, Reason.CONFIGURATION, Reason.EXPECTED})
MAX_REMINDERS = 2
#: Business days after the resolution: of the first reminder, of the second, and of closing without confirmation.
REMINDER_DAYS = (2, 4)
CLOSING_DAYS = 5
#: Between two messages that ask for a confirmation, and before closing, there is at least one business day.
PAUSE_DAYS = 1
#: A moment and a number of business days to the moment that many days later.
Later = Callable[[datetime, int], datetime]

WANTED: Mapping[str, Promise] = {
    Reason.PLAN_CONSTRAINT: gettext_lazy(
        "Determine in the investigation that a plan limit was reached or, on a ticket of category C, that an "
        "exception or a feature is wanted."
    ),
    Reason.EXCEPTION_REFUSED: gettext_lazy("Determine in the investigation that an exception is wanted."),
    Reason.OUTSIDE_SCOPE: gettext_lazy(
        "Determine in the investigation that it is outside the scope of Asora."
    ),
    Reason.NOT_REPRODUCIBLE: gettext_lazy("Check the guarantees, and determine that all of them hold."),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a ticket that is about to be resolved.

    `determined`: key of the determination, or empty. `incident`: state of the incident that it is attached to.
    """

    category: str
    determined: str = ""
    has_known_issue: bool = False
    has_feature: bool = False
    has_referral: bool = False
    has_open_case: bool = False
    has_solved_case: bool = False
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What comes next for a resolved ticket. `reminder_at`: None after the second one."""

    reminder_at: datetime | None
    closes_at: datetime


def missing_for(reason: str, facts: Facts) -> list[str]:
    """What a ticket lacks to be resolved for a reason, each as a sentence; empty if it may be."""
    is_plan = facts.category == "C"
    fitting = DETERMINED.get(reason, frozenset())
    if is_plan and reason == Reason.PLAN_CONSTRAINT:
        fitting |= ASKED_OF_PLAN
    is_idea = is_plan and reason == Reason.PLAN_CONSTRAINT and facts.determined == "feature_request"
    lacks = {
        _("A ticket about a plan limit is resolved as a plan limit, or passed to sales."): (
            is_plan and reason not in OF_PLAN
        ),
        _("Engineering still works on a case of this ticket."): facts.has_open_case,
        str(WANTED.get(reason, "")): reason in DETERMINED and facts.determined not in fitting,
        _("Determine first what the linked events mean."): (
            reason in INTERPRETED - set(DETERMINED) and not facts.determined
        ),
        _("Link the known issue to the ticket."): reason == Reason.KNOWN_ISSUE and not facts.has_known_issue,
        _("Log the feature request first."): (
            (reason == Reason.FEATURE_LOGGED or is_idea) and not facts.has_feature
        ),
        _("Pass the ticket to sales first."): reason == Reason.COMMERCIAL_ROUTED and not facts.has_referral,
        _("No case of this ticket was solved by engineering."): (
            reason == Reason.ENGINEERING_FIXED and not facts.has_solved_case
        ),
        _("The ticket is attached to no incident that is resolved."): (
            reason == Reason.INCIDENT_RESOLVED and facts.incident != "resolved"
        ),
    }
    return [sentence for sentence, is_lacking in lacks.items() if is_lacking]


def schedule(
    *, resolved_at: datetime, reminders: int, reminded_at: datetime | None, later: Later
) -> Schedule:
    """When the next reminder is due, and when the ticket may be closed without a confirmation.

    `reminders`: how many were sent; `reminded_at`: when the latest was. A late reminder moves what follows.
    """
    asked_at, reminder_at = reminded_at or resolved_at, None
    for number in range(reminders, MAX_REMINDERS):
        asked_at = max(later(resolved_at, REMINDER_DAYS[number]), later(asked_at, PAUSE_DAYS))
        reminder_at = reminder_at or asked_at
    return Schedule(reminder_at, max(later(resolved_at, CLOSING_DAYS), later(asked_at, PAUSE_DAYS)))


def missing_to_close(found: Schedule, *, reminders: int, now: datetime) -> list[str]:
    """What is missing to close a ticket that the customer has not confirmed, each as a sentence."""
    left = MAX_REMINDERS - reminders
    if left <= 0 and now >= found.closes_at:
        return []
    lacks = [_("The customer has not confirmed that it is solved.")]
    if left > 0:
        lacks.append(_("Reminders that have to be sent: %(number)s of 2.") % {"number": left})
    if now < found.closes_at:
        lacks.append(
            _("It may be closed from %(moment)s.")
            % {"moment": found.closes_at.strftime("%Y-%m-%d %H:%M UTC")}
        )
    return lacks
