"""Describes an audit event: the occurrences of event types in it.

Only allowed events of the actions in `ACTIONS` are described, in a tenant's schema. What is described is read from
rows that the action has written, in its own transaction. An event that is described again later has the same
occurrences with the same ids and hubs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from asora.kernel import binding
from audit.events.models import Event
from integrations.types.counts.describing import approved
from integrations.types.counts.event_types import APPROVED
from integrations.types.definition import Described, Describers, Occurrence
from integrations.types.exports import describing as exports
from integrations.types.freezes import describing as freezes
from integrations.types.hubs import describing as hubs
from integrations.types.items import describing as items
from integrations.types.low_stock.describing import low
from integrations.types.low_stock.event_types import LOW
from integrations.types.messages import describing as messages
from integrations.types.plan_changes import describing as plan_changes
from integrations.types.postings import event_types as postings
from integrations.types.postings.describing import BY_KIND
from integrations.types.postings.reading import Read, read
from integrations.types.vendors import describing as vendors
from ledger.models import Kind


def occurrences(event: Event) -> list[Occurrence]:
    """What an audit event describes, in order; empty for most events.

    The event is numbered and has its time. Runs a few queries in the bound tenant's schema, none for an action that
    describes nothing.
    """
    found = _DESCRIBERS.get(event.action)
    if found is None or event.outcome != Event.Outcome.ALLOWED or binding.schema_name() == binding.PUBLIC:
        return []
    describe, _types = found
    return [_occurrence(event, ordinal, each) for ordinal, each in enumerate(describe(event), start=1)]


def description_failed(event: Event) -> Occurrence:
    """The message that an event could not be described. Reads nothing from the database."""
    return _occurrence(event, 0, messages.failed(event))


def _occurrence(event: Event, ordinal: int, described: Described) -> Occurrence:
    return Occurrence(
        type=described.type,
        id=f"{event.pk}-{ordinal}",
        subject=described.subject,
        time=described.time or _time(event),
        position=described.position,
        data=described.data,
        request_id=event.request_id,
    )


def _time(event: Event) -> datetime:
    """When it was recorded: of a copy of an operator's event, when the original was."""
    original = event.facts.get("occurred_at") if event.cause_id else None
    return datetime.fromisoformat(original) if original else event.occurred_at


def _postings(event: Event) -> Iterator[Described]:
    """Each posting of an event, followed by what it made low."""
    if event.first_position is None or event.last_position is None:
        return
    found = read(event.first_position, event.last_position)
    low_by_position = low(found)
    for each in found:
        yield _posting(each, event)
        yield from low_by_position.get(each.head.position, ())


def _posting(each: Read, event: Event) -> Described:
    kind = each.head.kind
    return approved(each, event) if kind == Kind.COUNT else BY_KIND[kind](each)


_ISSUE = (postings.ISSUE, LOW)
_TRANSFER = (postings.TRANSFER, LOW)
_ADJUSTMENT = (postings.ADJUSTMENT, LOW)
_REVERSAL = (postings.REVERSAL, LOW)
_DESCRIBERS: Describers = {
    "ledger.receipt.post": (_postings, (postings.RECEIPT,)),
    "ledger.receipt.import": (_postings, (postings.RECEIPT,)),
    "ledger.issue.post": (_postings, _ISSUE),
    "ledger.issue.import": (_postings, _ISSUE),
    "ledger.transfer.post": (_postings, _TRANSFER),
    "ledger.transfer.import": (_postings, _TRANSFER),
    "ledger.adjustment.post": (_postings, _ADJUSTMENT),
    "ledger.adjustment.import": (_postings, _ADJUSTMENT),
    "ledger.request.post": (_postings, _ADJUSTMENT),
    "ledger.reversal.post": (_postings, _REVERSAL),
    "ledger.batch.reverse": (_postings, _REVERSAL),
    "ledger.count.approve": (_postings, (APPROVED, LOW)),
    **items.DESCRIBERS,
    **vendors.DESCRIBERS,
    **hubs.DESCRIBERS,
    **exports.DESCRIBERS,
    **freezes.DESCRIBERS,
    **plan_changes.DESCRIBERS,
    **messages.DESCRIBERS,
}
#: The actions that are described, and the names of the types that each may yield.
ACTIONS: Mapping[str, frozenset[str]] = {
    action: frozenset(each.name for each in types) for action, (_describe, types) in _DESCRIBERS.items()
}
