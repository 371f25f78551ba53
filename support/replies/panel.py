"""The composer on the ticket page: holding messages, the draft with its check and preview, and its review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString

from asora.accounts.people.queries import names
from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from asora.kernel.text import StrOrPromise
from support import markdown
from support.investigations.queries import Progress, current
from support.knowledge import queries as knowledge
from support.knowledge import reply_templates
from support.knowledge.phrases import Finding
from support.replies import checking, filling, next_update, queries, suppression
from support.replies.checking import Checked, Written
from support.replies.forms import REASON, BeginForm, DraftForm
from support.replies.models import Draft
from support.replies.review import CAUSES
from support.tickets.models import State, Ticket

FINISHED = {State.CLOSED, State.DUPLICATE}


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase rule that found something, with the phrases, and the reason for keeping them if it only warns."""

    rule: str
    title: str
    proposal: str
    phrases: Sequence[str]
    reason: str

    @property
    def name(self) -> str:
        """The name of the field of the reason."""
        return f"{REASON}{self.rule}"


def panel(act: Act, ticket: Ticket) -> Values:
    """The context of the composer.

    `draft` (or None) with `form`, `checked` (see `checked_context`), `begin` (form of templates), `holding` (texts of
    the messages that may leave without evidence), `may_review`.
    """
    progress = current(ticket)
    draft = queries.open_draft(ticket)
    may_acknowledge = queries.may_acknowledge(ticket)
    context: Values = {
        "draft": draft,
        "is_open": ticket.state not in FINISHED,
        "has_evidence": progress.has_evidence,
        "may_acknowledge": may_acknowledge,
        "why_not_to_ask": suppression.why_not_to_ask(ticket, progress) if ticket.category else "",
        "begin": BeginForm(ticket=ticket, determination=progress.determined),
        "may_review": act.actor.may(Permission.SUPPORT_REVIEW),
    }
    if draft is None:
        kinds = ["acknowledgement"] * may_acknowledge + ["info_request"] * bool(ticket.category)
        return context | {"holding": _holding(ticket, progress, kinds)}
    return context | {
        "form": DraftForm.of(draft),
        "is_writer": act.actor.ref in draft.writers,
        "author": names().get(draft.author, draft.author),
        "verdicts": queries.verdicts_on(draft),
        **checked_context(ticket, draft, Written.of(draft), known=progress),
    }


def checked_context(
    ticket: Ticket, draft: Draft, written: Written, *, known: Progress | None = None
) -> Values:
    """What the check of a reply found, for the panel and for its fragment while the agent writes."""
    checked = checking.check(ticket, written, known=known)
    return {
        "checked": checked,
        "preview": preview(checked),
        "warnings": warnings_of(checked, written.reasons or {}),
        "blocks": _grouped(checked.blocks),
        "causes": [CAUSES[cause] for cause in checked.causes],
        "is_approved": bool(checked.causes) and checking.is_approved(ticket, draft, checked),
        "resolves": written.resolves,
        "may_leave": checked.is_fit and _has_its_evidence(ticket, draft, known),
    }


def causes_of(draft: Draft) -> list[StrOrPromise]:
    """Why a second person has to approve a draft, in words."""
    return [CAUSES[cause] for cause in checking.check(draft.ticket, Written.of(draft)).causes]


def preview(checked: Checked) -> SafeString:
    """The reply as the customer will see it."""
    return markdown.message_html(checked.text, notes=dict.fromkeys(checked.notes, "#panel-replies"))


def warnings_of(checked: Checked, reasons: Mapping[str, str]) -> list[Found]:
    """The rules that warn about a reply, each once."""
    found = [finding for finding in checked.findings if not finding.blocks]
    return [
        Found(rule, ones[0].title, ones[0].proposal, [one.text for one in ones], reasons.get(rule, ""))
        for rule, ones in _by_rule(found).items()
    ]


def _has_its_evidence(ticket: Ticket, draft: Draft, known: Progress | None) -> bool:
    return draft.kind in checking.WITHOUT_EVIDENCE or (known or current(ticket)).has_evidence


def _grouped(found: Sequence[Finding]) -> list[Found]:
    return [
        Found(rule, ones[0].title, ones[0].proposal, [one.text for one in ones], "")
        for rule, ones in _by_rule(found).items()
    ]


def _by_rule(found: Sequence[Finding]) -> dict[str, list[Finding]]:
    rules: dict[str, list[Finding]] = {}
    for one in found:
        rules.setdefault(one.rule, []).append(one)
    return rules


def _holding(ticket: Ticket, progress: Progress, kinds: Sequence[str]) -> dict[str, SafeString]:
    """The messages of some kinds that may leave in one step, as the customer will see them: kind to text."""
    promised = next_update.promised(ticket, now=timezone.now())
    values = filling.values_of(ticket, progress, next_update_at=promised)
    found = {}
    for kind in kinds:
        template = knowledge.entry("reply_template", kind)
        if template is not None:
            found[kind] = markdown.message_html(reply_templates.fill(template.body, values).text)
    return found
