"""The tables of the trail's rooms, where Django looks for them. Import a model from its own room instead."""

from __future__ import annotations

from audit.disclosure.models import (
    AccessDecision,
    AccessPolicy,
    Statement,
    SupportQuestion,
    TicketStatement,
)
from audit.events.models import Event, TrailHead
from audit.explorer.models import CountHead, HourCount, SavedSearch
from audit.seals.models import (
    ReceiptSubscription,
    Seal,
    SealCheck,
    SealNodes,
    SealReceipt,
    SealStream,
)

__all__ = [
    "AccessDecision",
    "AccessPolicy",
    "CountHead",
    "Event",
    "HourCount",
    "ReceiptSubscription",
    "SavedSearch",
    "Seal",
    "SealCheck",
    "SealNodes",
    "SealReceipt",
    "SealStream",
    "Statement",
    "SupportQuestion",
    "TicketStatement",
    "TrailHead",
]
