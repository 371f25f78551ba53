"""The catalogue of event types: every version of each, by name."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.types.counts import event_types as counts
from integrations.types.definition import EventType
from integrations.types.exports import event_types as exports
from integrations.types.freezes import event_types as freezes
from integrations.types.hubs import event_types as hubs
from integrations.types.items import event_types as items
from integrations.types.low_stock import event_types as low_stock
from integrations.types.messages import event_types as messages
from integrations.types.plan_changes import event_types as plan_changes
from integrations.types.postings import event_types as postings
from integrations.types.vendors import event_types as vendors

#: In the order in which pages and the catalogue's file show them.
TYPES: Mapping[str, EventType] = {
    each.name: each
    for each in (
        postings.RECEIPT,
        postings.ISSUE,
        postings.TRANSFER,
        postings.ADJUSTMENT,
        postings.REVERSAL,
        counts.APPROVED,
        low_stock.LOW,
        items.CREATED,
        items.CHANGED,
        items.ARCHIVED,
        items.RESTORED,
        vendors.ELIGIBILITY,
        hubs.CREATED,
        hubs.CHANGED,
        hubs.ARCHIVED,
        hubs.RESTORED,
        exports.MADE,
        freezes.FROZEN,
        freezes.UNFROZEN,
        plan_changes.CHANGED,
        messages.TEST,
        messages.FAILED,
    )
}
#: The names that an endpoint can choose. The others are messages that every endpoint gets.
CHOSEN: tuple[str, ...] = tuple(name for name, each in TYPES.items() if each.is_chosen)
TEST = messages.TEST.name
DESCRIPTION_FAILED = messages.FAILED.name
