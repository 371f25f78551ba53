"""Describes messages."""

from __future__ import annotations

from collections.abc import Iterator

from audit.events.models import Event
from integrations.types.definition import Described, Describers
from integrations.types.messages.event_types import FAILED, TEST
from integrations.types.messages.fields import DescriptionFailed, TestEvent


def tested(event: Event) -> Iterator[Described]:
    """A test event, for the endpoint that is the event's resource."""
    yield Described(type=TEST.name, subject="endpoint", data=TestEvent(endpoint=event.resource_label))


def failed(event: Event) -> Described:
    """Instead of the description of an event that failed. Reads nothing from the database."""
    data = DescriptionFailed(audit_event=event.pk, action=event.action)
    return Described(type=FAILED.name, subject=f"audit/{event.pk}", position=event.first_position, data=data)


DESCRIBERS: Describers = {"integrations.endpoint.test": (tested, (TEST,))}
