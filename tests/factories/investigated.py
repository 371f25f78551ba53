"""Investigations of tickets, written row by row without an action, with references to made-up events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from asora.kernel.request_ids import new_request_id, uuid7
from plans.models import Tenant
from support.evidence.models import EvidenceLink
from support.investigations import rules
from support.investigations.models import Determination, Investigation, Step, StepEvidence
from support.investigations.queries import linked
from support.tickets.models import Ticket

AGENT = "u-agent00000"


def event_link(tenant: Tenant, **fields: Any) -> EvidenceLink:
    """A reference to a refused event that does not exist: the plan's limit of items was reached."""
    values = {
        "record": str(uuid7()),
        "request_id": new_request_id(tenant.slug),
        "occurred_at": timezone.now(),
        "action": "inventory.item.create",
        "outcome": "refused",
        "code": "PLAN_LIMIT_EXCEEDED",
        "reason": "PLAN_ITEMS",
        "rule_id": "plan.items",
        "number": 7,
        "event_hash": "ab" * 32,
        "seal_size": 12,
        "facts": {
            "limit": 3,
            "usage": 3,
            "sentence": "tried to create an item",
            "message": "The plan is full.",
        },
        "linked_by": AGENT,
        "access": uuid7(),
    }
    link = EvidenceLink(tenant=tenant, **{**values, **fields})
    link.save()
    return link


def investigated(
    ticket: Ticket, *, step: int = 3, links: Sequence[EvidenceLink] = (), determined: str = "", **facts: Any
) -> Investigation:
    """The investigation of a ticket up to `step`; step 3 is based on `links`, or on a new one.

    `determined`: key of a determination, which needs all five steps, with `facts` as what it is based on.
    """
    step = 5 if determined else step
    by = {"request_id": "tests-1"}
    found = Investigation(ticket=ticket, begun_by=AGENT, **by)
    found.save(force_insert=True)
    given = list(links) or ([event_link(ticket.tenant)] if ticket.tenant else [])
    for number in range(1, step + 1):
        findings: dict[str, Any] = {"request_ids": [link.request_id for link in given]}
        if number == 3:
            findings = {"links": [str(link.pk) for link in given], "sealed": len(given)}
        if number == 5:
            findings = {"matches": 0, "mismatches": 0}
        if number == 4:
            findings = rules.interpret(rules.deciding(linked(given))).as_json()
        row = Step(investigation=found, round=1, number=number, findings=findings, done_by=AGENT, **by)
        row.save()
        if number == 3:
            for link in given:
                StepEvidence(step=row, link=link).save()
        found.step = number
        found.save(update_fields=["step"])
    if determined:
        Determination(
            investigation=found, round=1, key=determined, facts=facts, determined_by=AGENT, **by
        ).save()
    return found
