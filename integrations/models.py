"""The tables of the rooms of integrations, where Django looks for them. Import a model from its own room instead."""

from __future__ import annotations

from integrations.dispatch.models import Attempt, Dispatch, Schedule
from integrations.endpoints.models import Endpoint, EndpointSecret
from integrations.feed.models import FeedDay, FeedToken
from integrations.outbox.models import EndpointNumber, Payload

__all__ = [
    "Attempt",
    "Dispatch",
    "Endpoint",
    "EndpointNumber",
    "EndpointSecret",
    "FeedDay",
    "FeedToken",
    "Payload",
    "Schedule",
]
