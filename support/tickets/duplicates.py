"""Which other tickets may be about the same matter: a score, as a pure function over a few candidates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _
from rapidfuzz import fuzz

from asora.kernel.shapes import StrOrPromise

NEAR = timedelta(minutes=60)
SHOWN = 5
#: A candidate below this score is not shown.
LEAST = 35
#: Words are compared in so many characters of a text: the beginning says what it is about.
COMPARED = 600


@dataclass(frozen=True, slots=True)
class Reported:
    """What is compared of a ticket."""

    about: str
    code: str
    action: str
    reason: str
    opened_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two tickets are about the same matter (0 to 100), and in what they agree."""

    score: int
    agrees_in: Sequence[StrOrPromise] = field(default_factory=tuple)


def likeness(one: Reported, other: Reported) -> Likeness:
    """Compare two tickets by the request, the error code, the action, the reason, the time and the words.

    Codes that are not known do not count. Without any, the words and the time decide.
    """
    if one.about and one.about == other.about:
        return Likeness(100, (_("same request"),))
    score = 0.0
    agrees: list[StrOrPromise] = []
    for name, weight, label in (
        ("code", 15, _("same error code")),
        ("action", 20, _("same action")),
        ("reason", 20, _("same reason")),
    ):
        if getattr(one, name) and getattr(one, name) == getattr(other, name):
            score += weight
            agrees.append(label)
    if abs(one.opened_at - other.opened_at) <= NEAR:
        score += 15
        agrees.append(_("within an hour"))
    words = fuzz.token_set_ratio(one.text[:COMPARED].casefold(), other.text[:COMPARED].casefold())
    score += words * 0.3
    if words >= 75:
        agrees.append(_("similar words"))
    return Likeness(round(min(score, 99)), tuple(agrees))


def likeliest(one: Reported, others: Iterable[tuple[str, Reported]]) -> list[tuple[str, Likeness]]:
    """The five likeliest of these, by their keys, best first; those that hardly agree are left out."""
    found = [(key, likeness(one, other)) for key, other in others]
    found = [entry for entry in found if entry[1].score >= LEAST]
    return sorted(found, key=lambda entry: (-entry[1].score, entry[0]))[:SHOWN]
