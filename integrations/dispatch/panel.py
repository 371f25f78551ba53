"""The panel of an endpoint's page that shows how its payloads are sent."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.dispatch.forms import ScheduleForm, interval
from integrations.dispatch.models import Schedule
from integrations.dispatch.queries import amount_queued, schedule_of
from integrations.endpoints.models import Endpoint


@dataclass(frozen=True, slots=True)
class SendingPanel:
    """The schedule of an endpoint and its interval in words, or the form to set one.

    `can_send`: something is queued, and the endpoint is enabled.
    """

    schedule: Schedule | None
    interval: str
    form: ScheduleForm
    can_send: bool


def sending_panel(endpoint: Endpoint) -> SendingPanel:
    """How payloads of an endpoint are sent. Two queries."""
    schedule = schedule_of(endpoint)
    words = interval(schedule.every_minutes) if schedule else ""
    can_send = endpoint.is_enabled and amount_queued(endpoint, most=1) > 0
    return SendingPanel(schedule, words, ScheduleForm(None, endpoint=endpoint), can_send)
