"""Everything that is checked of a reply before it leaves: variables, phrases, what it must include, who approves.

The same check serves the preview while the agent writes, the second person, and the action that sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from support import markdown
from support.evidence.models import EvidenceLink
from support.investigations.queries import Progress, current, require_step
from support.investigations.rules import EVIDENCE_FROM
from support.knowledge import must_include, phrases, reply_templates
from support.knowledge import queries as knowledge
from support.knowledge.must_include import Requirement
from support.knowledge.phrases import Finding
from support.replies import filling, queries, review
from support.replies.models import Draft
from support.replies.review import CAUSES, Cause
from support.tickets.models import Ticket

Kind = Draft.Kind
#: Kinds that may leave before there is evidence.
WITHOUT_EVIDENCE = frozenset({Kind.ACKNOWLEDGEMENT, Kind.INFO_REQUEST})
RULED = frozenset("ABCD")


@dataclass(frozen=True, slots=True)
class Written:
    """A reply as an agent wrote it. `template`: the key of the one that it was made from, or empty.

    `reasons`: key of a phrase rule that warns to the reason for keeping the phrase. `next_update_at`: ignored if the
    reply announces no update.
    """

    kind: str
    text: str
    template: str = ""
    reasons: Mapping[str, str] | None = None
    resolves: bool = False
    #: After the reply the ticket waits for the customer.
    waits: bool = False
    next_update_at: datetime | None = None
    #: The reply is one of the two reminders of a resolved ticket.
    reminds: bool = False

    @property
    def announces_update(self) -> bool:
        """Whether the desk has to write again; after a resolution or a question the customer is next."""
        return not (self.resolves or self.waits or self.kind == Kind.INFO_REQUEST)

    @classmethod
    def of(cls, draft: Draft) -> Written:
        """What a draft says."""
        return cls(
            kind=draft.kind,
            text=draft.text,
            template=draft.template,
            reasons=draft.overrides,
            resolves=draft.resolves,
            waits=draft.follow_up == Draft.FollowUp.WAIT,
            next_update_at=draft.next_update_at,
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of a reply found. `text`: as it will be sent. `notes`: number of a footnote to its reference.

    `unreasoned`: warnings without a reason. `causes`: why a second person has to approve.
    """

    text: str
    notes: Mapping[int, EvidenceLink]
    findings: tuple[Finding, ...]
    unreasoned: tuple[Finding, ...]
    unknown: tuple[str, ...]
    empty: tuple[str, ...]
    missing: tuple[Requirement, ...]
    dead_notes: tuple[int, ...]
    causes: tuple[Cause, ...]
    #: The promised moment of the next update is over.
    is_late: bool
    #: The text promises an update although nothing reminds the desk of it.
    promises_in_vain: bool

    @property
    def blocks(self) -> list[Finding]:
        """The phrases with which the reply cannot be sent."""
        return [finding for finding in self.findings if finding.blocks]

    @property
    def text_hash(self) -> str:
        """The hash that an approval is for: of the text, and of the events that its footnotes refer to."""
        return review.text_hash(
            self.text,
            ((str(number), link.record, link.event_hash) for number, link in sorted(self.notes.items())),
        )

    @property
    def is_fit(self) -> bool:
        """Returns True if nothing but an approval can still be missing."""
        return not (self.blocks or self.lacks)

    @property
    def lacks(self) -> list[str]:
        """Everything that has to be added or corrected, each as a sentence."""
        return [
            *(_("Unknown variable: {%(name)s}") % {"name": name} for name in self.unknown),
            *(_("No value on this ticket: {%(name)s}") % {"name": name} for name in self.empty),
            *(_("Missing: %(what)s") % {"what": one.sentence} for one in self.missing),
            *([_("The time of the next update is over. Enter a later one.")] if self.is_late else []),
            *(
                [_("After this reply the customer is next. Leave out when support writes again.")]
                if self.promises_in_vain
                else []
            ),
            *(_("There is no evidence with number %(number)s.") % {"number": one} for one in self.dead_notes),
            *(
                _("Give a reason for “%(rule)s”, or reword it.") % {"rule": title}
                for title in dict.fromkeys(finding.title for finding in self.unreasoned)
            ),
        ]


def check(ticket: Ticket, written: Written, *, known: Progress | None = None) -> Checked:
    """Check a reply against the ticket as it is now. Reads public rows only.

    `known`: the progress of the investigation, if it was just read.
    """
    progress = known or current(ticket)
    announced = written.next_update_at if written.announces_update else None
    values = filling.values_of(ticket, progress, next_update_at=announced)
    text = written.text if written.announces_update else reply_templates.without_next_update(written.text)
    filled = reply_templates.fill(text, values)
    found = phrases.findings(filled.text, knowledge.phrase_rules(), may=queries.conditions_of(ticket))
    found += queries.other_tenants(ticket, written.text)
    notes = dict(enumerate(progress.links, start=1)) if written.kind == Kind.REPLY else {}
    reasons = written.reasons or {}
    return Checked(
        text=filled.text,
        notes=notes,
        findings=tuple(found),
        unreasoned=tuple(one for one in found if not one.blocks and not reasons.get(one.rule, "").strip()),
        unknown=filled.unknown,
        empty=filled.missing,
        missing=tuple(
            must_include.missing(
                filled.text,
                knowledge.requirements(),
                values=values,
                conditions=_conditions(ticket, progress, written),
            )
        ),
        dead_notes=tuple(number for number in markdown.references(filled.text) if number not in notes),
        is_late=(
            written.announces_update
            and written.next_update_at is not None
            and written.next_update_at <= timezone.now()
        ),
        promises_in_vain=not written.announces_update and reply_templates.promises_update(filled.text),
        causes=() if _is_untouched(written, values) else tuple(_causes(ticket, written, filled.text)),
    )


def require_evidence(act: Act, ticket: Ticket, kind: str) -> None:
    """Refuse to send anything but a holding message before an event was located.

    Refusals: STATE_CONFLICT STEP_MISSING.
    """
    if kind not in WITHOUT_EVIDENCE:
        require_step(act, ticket, EVIDENCE_FROM)


def require_private_channel(ticket: Ticket, kind: str) -> None:
    """Refuse to ask for details of a security ticket by mail.

    Refusals: STATE_CONFLICT CHANNEL_NOT_PRIVATE, if people without an account would get the question.
    """
    is_by_mail = ticket.participants.filter(person="").exists() or not ticket.reporter
    if ticket.is_security and kind == Kind.INFO_REQUEST and is_by_mail:
        raise StateConflict(
            _("Details of a security ticket are not asked for by mail."),
            reason=Reason.CHANNEL_NOT_PRIVATE,
            details={"missing": [_("A ticket that only people with an account take part in.")]},
        )


def require_fit(checked: Checked) -> None:
    """Refuse a reply with blocked phrases or without what it must include.

    Refusals: STATE_CONFLICT PHRASE_BLOCKED, REPLY_INCOMPLETE; both list everything in `missing`. The event of the
    refusal names rules, never what was written.
    """
    if checked.blocks:
        raise StateConflict(
            _("The reply contains a phrase that support does not write."),
            reason=Reason.PHRASE_BLOCKED,
            details={
                "phrases": sorted({finding.rule for finding in checked.blocks}),
                "missing": list(
                    dict.fromkeys(f"{finding.title}. {finding.proposal}" for finding in checked.blocks)
                ),
            },
        )
    if checked.lacks:
        raise StateConflict(
            _("The reply is not complete."),
            reason=Reason.REPLY_INCOMPLETE,
            details={"missing": checked.lacks},
        )


def require_approval(ticket: Ticket, draft: Draft, checked: Checked) -> None:
    """Refuse a reply that a second person has to approve and has not. Refusals: STATE_CONFLICT APPROVAL_MISSING."""
    if checked.causes and not is_approved(ticket, draft, checked):
        raise StateConflict(
            _("A second person has to approve this reply."),
            reason=Reason.APPROVAL_MISSING,
            details={
                "causes": [str(cause) for cause in checked.causes],
                "missing": [str(CAUSES[cause]) for cause in checked.causes],
            },
        )


def is_approved(ticket: Ticket, draft: Draft, checked: Checked) -> bool:
    """Whether somebody else has approved exactly this revision and text, for the ticket as it is now."""
    return review.is_approved(
        queries.as_verdicts(queries.verdicts_on(draft)),
        writers=draft.writers,
        draft_revision=draft.revision,
        ticket_revision=ticket.revision,
        text_hash=checked.text_hash,
    )


def _conditions(ticket: Ticket, progress: Progress, written: Written) -> set[str]:
    found = {
        "acknowledges": written.kind == Kind.ACKNOWLEDGEMENT,
        "asks": written.kind == Kind.INFO_REQUEST,
        "resolves": written.resolves,
        "waits": written.waits,
        "reminds": written.reminds,
        "category_a_to_d": ticket.category in RULED,
        "investigated": progress.has_evidence,
    }
    return {name for name, holds in found.items() if holds}


def _is_untouched(written: Written, values: Mapping[str, str]) -> bool:
    """Whether a holding message says exactly what its template says. Nobody has to approve that."""
    if written.kind not in WITHOUT_EVIDENCE and not written.reminds:
        return False
    template = knowledge.entry("reply_template", written.template)
    return template is not None and (
        reply_templates.fill(template.body, values).text == reply_templates.fill(written.text, values).text
    )


def _causes(ticket: Ticket, written: Written, text: str) -> list[Cause]:
    """Why somebody approves a reply that is not the untouched text of a template."""
    found = queries.circumstances(ticket, text=text)
    return review.causes(replace(found, is_edited_holding=written.kind in WITHOUT_EVIDENCE))
