"""Named reads of cases, feature requests and referrals."""

from __future__ import annotations

from django.db.models import QuerySet
from rapidfuzz import fuzz

from asora.kernel.actors import Actor
from support.escalations.models import CommercialReferral, EngineeringCase, FeatureRequest
from support.tickets import queries as tickets
from support.tickets.models import Ticket

#: From this likeness, of 100, two feature requests ask for the same.
SIMILAR = 80
#: How many of the newest feature requests are compared.
MAX_COMPARED = 2_000
OPEN_STATES = (
    EngineeringCase.State.PROPOSED,
    EngineeringCase.State.OPEN,
    EngineeringCase.State.COMMITTED,
)


def cases(actor: Actor) -> QuerySet[EngineeringCase]:
    """The cases of tickets that the actor may see, newest first."""
    rows = EngineeringCase.objects.filter(ticket__in=tickets.visible(actor))
    return rows.select_related("ticket__tenant", "pack").order_by("-number")


def features(actor: Actor) -> QuerySet[FeatureRequest]:
    """The feature requests of tickets that the actor may see, newest first."""
    rows = FeatureRequest.objects.filter(ticket__in=tickets.visible(actor))
    return rows.select_related("ticket__tenant").order_by("-number")


def open_case(ticket: Ticket) -> EngineeringCase | None:
    """The case of a ticket, or of one that was merged into it, that waits for review or for engineering."""
    found: EngineeringCase | None = EngineeringCase.objects.filter(
        ticket__in=tickets.merged_family(ticket), state__in=OPEN_STATES
    ).first()
    return found


def is_bug_confirmed(ticket: Ticket) -> bool:
    """Whether engineering has confirmed a fault of Asora in a case of this ticket."""
    return EngineeringCase.objects.filter(ticket=ticket, is_confirmed=True).exists()


def has_commitment(ticket: Ticket) -> bool:
    """Whether engineering has committed to a date in a case of this ticket."""
    return EngineeringCase.objects.filter(ticket=ticket, committed_for__isnull=False).exists()


def referral_of(ticket: Ticket) -> CommercialReferral | None:
    """The referral of a ticket to sales."""
    found: CommercialReferral | None = CommercialReferral.objects.filter(ticket=ticket).first()
    return found


def feature_of(ticket: Ticket) -> FeatureRequest | None:
    """The feature request that was logged from a ticket."""
    found: FeatureRequest | None = FeatureRequest.objects.filter(ticket=ticket).first()
    return found


def similar_features(*, title: str, use_case: str) -> list[FeatureRequest]:
    """Feature requests that ask for the same, most alike first."""
    asked = f"{title} {use_case}"
    rows = FeatureRequest.objects.order_by("-number")[:MAX_COMPARED]
    scored = [(fuzz.token_set_ratio(asked, f"{row.title} {row.use_case}"), row) for row in rows]
    return [row for score, row in sorted(scored, key=lambda pair: -pair[0]) if score >= SIMILAR]
