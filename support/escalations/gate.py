"""Builds the claim that the gate checks, from what the desk knows about a ticket and what has just been verified."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from support.access import reading
from support.escalations import rules
from support.escalations.models import EngineeringCase
from support.evidence import checking
from support.evidence.models import EvidenceLink
from support.investigations import queries as investigations
from support.investigations.models import GuaranteeCheck
from support.knowledge import queries as knowledge
from support.tickets.models import Ticket

CHECKED = "support:case"


@dataclass(frozen=True, slots=True)
class Proved:
    """The linked evidence of a ticket, each with the result of its check just now."""

    facts: Sequence[rules.Fact]
    links: Sequence[EvidenceLink]


def prove(act: Act, ticket: Ticket) -> Proved:
    """Derive the linked events of a ticket again, inside the agent's access session.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, ACCESS_NOT_OPEN.
    """
    links = list(investigations.current(ticket).links)
    if ticket.tenant is None or not links:
        return Proved([], links)
    about = f"/audit/requests/{links[0].request_id}/"
    own = [link for link in links if link.tenant_id == ticket.tenant_id]
    with reading.inside(act, ticket.tenant, page=CHECKED, address=about) as within:
        checks = {checked.link.pk: checked for checked in checking.check(within, own)}
    return Proved([_fact(link, checks.get(link.pk)) for link in links], links)


def unproved(ticket: Ticket) -> Proved:
    """The linked evidence of a ticket without a check, for showing what is missing before anything is proposed."""
    links = list(investigations.current(ticket).links)
    return Proved([_fact(link, None) for link in links], links)


def proved_for(case: EngineeringCase) -> Proved:
    """The linked evidence of a case's ticket now; proved is what was verified when the case was proposed."""
    verified = set(case.evidence.values_list("link", flat=True))
    links = list(investigations.current(case.ticket).links)
    facts = [replace(_fact(link, None), is_proved=link.pk in verified) for link in links]
    return Proved(facts, links)


def claim(
    ticket: Ticket,
    proved: Proved,
    *,
    criterion: str = "",
    entered: Mapping[str, str] | None = None,
    confirmed: Collection[str] = (),
) -> rules.Claim:
    """What the gate checks."""
    progress = investigations.current(ticket)
    checks = [
        rules.Check(check.guarantee, check.outcome == GuaranteeCheck.Outcome.VIOLATED)
        for check in progress.checks
    ]
    return rules.Claim(
        criterion=criterion,
        tenant=ticket.tenant_id,
        category=ticket.category,
        severity=ticket.severity,
        step=progress.step,
        determination=progress.determined,
        request_id=progress.request_id,
        request_tenant=_tenant_of(progress.request_id, ticket),
        facts=proved.facts,
        checks=checks,
        mismatches=progress.mismatches,
        entered=dict(entered or {}),
        confirmed=confirmed,
        known_issue_with_workaround=_known_issue(ticket, progress),
    )


def is_open_for(act: Act, ticket: Ticket) -> bool:
    """Whether the agent has an open access session for the ticket's tenant."""
    if ticket.tenant is None:
        return False
    try:
        reading.open_session(act, ticket.tenant)
    except Refusal:
        return False
    return True


def _fact(link: EvidenceLink, checked: checking.Checked | None) -> rules.Fact:
    return rules.Fact(
        tenant=link.tenant_id,
        request_id=link.request_id,
        occurred_at=link.occurred_at,
        outcome=link.outcome,
        code=link.code,
        is_event=link.kind == EvidenceLink.Kind.EVENT,
        is_proved=checked is not None and checked.is_proved,
        problem=" ".join(checked.problems) if checked else "",
    )


def _tenant_of(request_id: str, ticket: Ticket) -> int | None:
    """The tenant of a request id: its first part is the tenant's name."""
    if ticket.tenant is None or not request_id:
        return None
    return ticket.tenant_id if request_id.rpartition("-")[0] == ticket.tenant.slug else None


def _known_issue(ticket: Ticket, progress: investigations.Progress) -> str:
    """The reference of a known issue with a workaround that explains the ticket exactly; empty if there is none."""
    issues = knowledge.exact_issues(
        code=ticket.code, action=ticket.action, reason=ticket.reason, release=progress.release
    )
    return next((issue.ref for issue in issues if issue.workaround), "")
