"""The values of the variables of replies, from a ticket and the evidence of its investigation. Public rows only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.kernel.shapes import ReadOnlyValues
from audit.events.vocabulary import reason_in_words
from support.evidence.models import EvidenceLink
from support.investigations.queries import Progress
from support.knowledge import reply_templates
from support.knowledge.documentation import doc_link
from support.tickets import required_info
from support.tickets.models import Ticket

#: Characters that Markdown reads as markup. A value is shown as it is, whatever it contains.
MARKUP = re.compile(r"([\\`*\[\]<>~|]|(?<!\w)_|_(?!\w))")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
MOMENT = "%Y-%m-%d %H:%M UTC"
#: How the sentence of a refused event begins.
TRIED = "tried to "
EXACT_MOMENT = "%Y-%m-%d %H:%M:%S UTC"


def literal(value: object) -> str:
    """A value as one line of text in which Markdown finds no markup."""
    return MARKUP.sub(r"\\\1", " ".join(str(value).split()))


def unescaped(text: str) -> str:
    """A Markdown text without the backslashes before its characters."""
    return ESCAPED.sub(r"\1", text)


def values_of(ticket: Ticket, progress: Progress, *, next_update_at: datetime | None) -> dict[str, str]:
    """Variable to text, ready for Markdown. A variable without a value on this ticket has an empty text.

    `progress`: the investigation; what it linked and determined comes before what the customer named.
    """
    decided = progress.event
    values: dict[str, object] = {
        "ticket.ref": ticket.ref,
        "tenant.name": ticket.tenant.name if ticket.tenant else "",
        "plan.name": ticket.tenant.get_plan_display() if ticket.tenant else "",
        "request.id": decided.request_id if decided else ticket.about,
        "next_update_at": next_update_at.astimezone(UTC).strftime(MOMENT) if next_update_at else "",
    }
    if decided is not None:
        values |= _of_event(decided, progress)
    if ticket.known_issue is not None:
        values["known_issue.title"] = ticket.known_issue.title
        values["known_issue.workaround"] = ticket.known_issue.workaround
    if ticket.incident is not None:
        values["incident.ref"] = ticket.incident.ref
        values["incident.state"] = ticket.incident.get_state_display()
    filled = {name: literal(value) for name, value in values.items()}
    missing = missing_list(ticket)
    return {
        **filled,
        "doc.link": _doc_link(ticket, decided),
        "info.missing": missing,
        "missing_info": missing,
    }


def prepared(template: str, ticket: Ticket, progress: Progress, *, next_update_at: datetime | None) -> str:
    """The body of a template for a ticket, to be edited: optional paragraphs are decided, variables remain."""
    values = values_of(ticket, progress, next_update_at=next_update_at)
    return reply_templates.prepare(template, values)


def missing_list(ticket: Ticket) -> str:
    """What the desk asks the customer for, as a list in Markdown; empty if nothing is missing."""
    return "\n".join(f"- **{one.label}**: {one.question}" for one in required_info.missing(ticket))


def ledger_summary(facts: ReadOnlyValues) -> str:
    """The entries of a place and their sum, from what the quantity playbook found; empty if it found nothing."""
    if "replayed" not in facts:
        return ""
    sums = facts.get("sums") or {}
    parts = [
        _("Opening balance %(quantity)s.") % {"quantity": facts.get("opening", 0)},
        *(f"{str(kind).replace('_', ' ').capitalize()}: {net}." for kind, net in sums.items()),
        ngettext("%(number)s entry in all.", "%(number)s entries in all.", int(facts.get("entries") or 0))
        % {"number": facts.get("entries") or 0},
        _("Replay of the ledger: %(replayed)s. Shown by Asora: %(shown)s.")
        % {"replayed": facts["replayed"], "shown": facts.get("shown", "")},
    ]
    where = " · ".join(str(facts[name]) for name in ("item", "place") if facts.get(name))
    return f"{where}: {' '.join(parts)}" if where else " ".join(parts)


def _of_event(link: EvidenceLink, progress: Progress) -> dict[str, object]:
    facts: Mapping[str, object] = {**link.facts, **progress.facts}
    limit, usage = facts.get("limit"), facts.get("usage")
    rows = facts.get("rows")
    return {
        "event.time_utc": link.occurred_at.astimezone(UTC).strftime(EXACT_MOMENT),
        "event.action": _action(link),
        "rule.name": _rule(link),
        "rule.limit": "" if limit is None else limit,
        "rule.usage": "" if usage is None else usage,
        "rule.permission": facts.get("permission") or "",
        "audit.outcome": _outcome(link),
        "report.rows": "" if rows is None else rows,
        "ledger.summary": ledger_summary(progress.facts),
    }


def _action(link: EvidenceLink) -> str:
    """What was tried or done, in words: “create item BOLT”."""
    return str(link.facts.get("sentence") or link.action).removeprefix(TRIED)


def _doc_link(ticket: Ticket, decided: EvidenceLink | None) -> str:
    """The page of the error guide about the event, or about the refusal that the customer named, as a link."""
    code, reason, action = (
        (decided.code, decided.reason, decided.action)
        if decided
        else (ticket.code, ticket.reason, ticket.action)
    )
    found = doc_link(ticket.tenant, code, reason, action=action) if ticket.tenant and code else ""
    return f"<{found}>" if found else ""


def _rule(link: EvidenceLink) -> str:
    """The rule in words with its code. An event that no rule stopped says so."""
    if link.reason:
        return f"{reason_in_words(link.reason)} ({link.reason})"
    if link.outcome == "refused":
        return link.rule_id or link.code
    return _("no rule refused it")


def _outcome(link: EvidenceLink) -> str:
    return f"{link.outcome} ({link.code})" if link.code else link.outcome
