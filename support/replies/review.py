"""When a second person has to approve a reply, and which approvals count. Pure: no database, no clock."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plans.models import Tenant


class Cause(StrEnum):
    """Why a second person has to approve."""

    SEVERITY = "severity"
    ESCALATION = "escalation"
    SECURITY = "security"
    ENTERPRISE = "enterprise"
    MONEY = "money"
    HOLDING = "holding"


CAUSES: dict[Cause, Promise] = {
    Cause.SEVERITY: _("The ticket has severity 1 or 2."),
    Cause.ESCALATION: _("Engineering works on a case of this ticket."),
    Cause.SECURITY: _("This is a security ticket."),
    Cause.ENTERPRISE: _("The tenant has the Enterprise plan."),
    Cause.MONEY: _("A refund or compensation is discussed."),
    Cause.HOLDING: _("A message that needs no evidence differs from its template."),
}
SEVERE = frozenset({1, 2})
MONEY = re.compile(
    r"\b(?:refund\w*|reimburs\w*|compensat\w*|credit notes?|goodwill|money back|chargebacks?)\b",
    re.IGNORECASE,
)
#: A sentence that says nobody asks for money. “We cannot refund you” discusses it all the same.
_NOT_MEANT = re.compile(
    r"\b(?:refund|reimbursement|compensation|credit note|goodwill|chargeback)s? (?:(?:is|are|was|were)"
    r"(?: not|n't)|(?:has|have)(?: not|n't) been)"
    r" (?:discussed|mentioned|requested|asked for|needed|wanted|the (?:point|question))\b"
    r"|\b(?:do|does|did|have|has|am|is|are|was|were)(?: not|n't) (?:want|need|ask(?:ed|ing)? for|request(?:ed|ing)?"
    r"|discuss(?:ed|ing)?|mention(?:ed|ing)?|about) (?:an? |any |the |our |your )?(?:refund|reimbursement|compensation"
    r"|credit note|goodwill|money back|chargeback)s?\b"
    r"|\b(?:no|not an?) (?:refund|reimbursement|compensation|credit note)s? (?:is|are|was|were) (?:discussed|mentioned"
    r"|requested|asked for|needed|wanted)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The circumstances of a ticket that decide whether a second person approves."""

    severity: int | None
    is_security: bool
    plan: str
    has_case: bool
    #: The texts of the ticket that may discuss money: those of the customer, and the reply.
    texts: tuple[str, ...] = ()
    #: The reply is of a kind that may leave before there is evidence, and does not say what its template says.
    is_edited_holding: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """One person's verdict on a draft, with what it was given for."""

    draft_revision: int
    ticket_revision: int
    text_hash: str
    is_approval: bool
    decided_by: str


def causes(of: Circumstances) -> list[Cause]:
    """Why a second person has to approve a reply; empty if nobody has to."""
    found = {
        Cause.SEVERITY: of.severity in SEVERE,
        Cause.ESCALATION: of.has_case,
        Cause.SECURITY: of.is_security,
        Cause.ENTERPRISE: of.plan == Tenant.Plan.ENTERPRISE,
        Cause.MONEY: any(discusses_money(text) for text in of.texts),
        Cause.HOLDING: of.is_edited_holding,
    }
    return [cause for cause, holds in found.items() if holds]


def discusses_money(text: str) -> bool:
    """Whether a text discusses money that Asora would give back, apart from statements that nobody asks for it."""
    return any(
        MONEY.search(sentence if sentence.endswith("?") else _NOT_MEANT.sub("", sentence))
        for sentence in _SENTENCE.findall(text)
    )


def is_approved(
    verdicts: Iterable[Verdict],
    *,
    writers: Collection[str],
    draft_revision: int,
    ticket_revision: int,
    text_hash: str,
) -> bool:
    """Whether somebody who wrote none of its revisions has approved exactly this text.

    An edit gives the draft another revision, and anything that is added to the ticket gives the ticket another one: a
    verdict counts only for the two revisions and the text that it was given for. The newest verdict of each person
    counts, and one return is enough to stop.
    """
    current = [
        verdict
        for verdict in verdicts
        if (verdict.draft_revision, verdict.ticket_revision, verdict.text_hash)
        == (draft_revision, ticket_revision, text_hash)
        and verdict.decided_by not in writers
    ]
    return bool(current) and all(verdict.is_approval for verdict in current)


def text_hash(text: str, notes: Iterable[Sequence[str]] = ()) -> str:
    """The SHA-256 of a text as it will be sent, with its evidence, in hexadecimal digits.

    `notes`: what each footnote refers to, by its parts and in the order of their numbers.
    """
    shown = json.dumps([text, *(list(note) for note in notes)], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(shown.encode()).hexdigest()
