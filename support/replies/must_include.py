"""What a reply has to include before it may be sent. Pure: no database, no clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from support.replies.variables import unescaped


class Part(StrEnum):
    """One thing that a reply has to include."""

    TICKET_REF = "ticket_ref"
    NEXT_STEP = "next_step"
    NEXT_UPDATE = "next_update"
    REQUEST_ID = "request_id"
    RULE = "rule"
    OUTCOME = "outcome"
    DOC_LINK = "doc_link"


MISSING: dict[Part, Promise] = {
    Part.TICKET_REF: _("The reference of the ticket: {ticket.ref}"),
    Part.NEXT_STEP: _(
        "The next step, in a sentence that begins with “Next step:”; if this resolves, “Resolution:”"
    ),
    Part.NEXT_UPDATE: _("The time of the next update: {next_update_at}"),
    Part.REQUEST_ID: _("The id of the request that the reply is about: {request.id}"),
    Part.RULE: _("The rule that decided: {rule.name}"),
    Part.OUTCOME: _("The outcome in the audit trail: {audit.outcome}"),
    Part.DOC_LINK: _("The link to the documentation: {doc.link}"),
}
NEXT_STEP = re.compile(r"\bnext steps?\b", re.IGNORECASE)
RESOLUTION = re.compile(r"\b(?:resolution|resolved|solved)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Needs:
    """What one reply has to include. Each text is the value that has to be found; an empty one is not needed."""

    ticket_ref: str
    resolves: bool
    #: The time of the next update as it is written; a reply that resolves the ticket needs none.
    next_update: str = ""
    #: The ids of the requests of the linked evidence: one of them has to be named.
    request_ids: Sequence[str] = ()
    #: For categories A to D: names of the rule and of the outcome. None: this reply need not name them.
    rule: str | None = None
    outcome: str | None = None
    doc_link: str = ""


def missing_parts(text: str, needs: Needs) -> list[Part]:
    """What a text (with its variables filled) lacks, in the order of `Part`."""
    plain = unescaped(text).casefold()
    checks = {
        Part.TICKET_REF: needs.ticket_ref.casefold() in plain,
        Part.NEXT_STEP: bool(NEXT_STEP.search(plain) or (needs.resolves and RESOLUTION.search(plain))),
        Part.NEXT_UPDATE: needs.resolves
        or (bool(needs.next_update) and needs.next_update.casefold() in plain),
        Part.REQUEST_ID: not needs.request_ids or any(one.casefold() in plain for one in needs.request_ids),
        Part.RULE: _is_named(needs.rule, plain),
        Part.OUTCOME: _is_named(needs.outcome, plain),
        Part.DOC_LINK: needs.doc_link.casefold() in plain,
    }
    return [part for part, is_there in checks.items() if not is_there]


def _is_named(wanted: str | None, plain: str) -> bool:
    """An empty name is wanted, but the evidence has none: nothing can satisfy it."""
    return wanted is None or (bool(wanted) and unescaped(wanted).casefold() in plain)
