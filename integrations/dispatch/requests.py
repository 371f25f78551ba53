"""A request to send: short ones are done at once, long ones by a job, which is not begun again after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from asora.kernel.shapes import ReadOnlyValues, Values
from integrations.dispatch import queries
from integrations.dispatch.models import Dispatch
from integrations.dispatch.plan import Chosen
from integrations.endpoints.models import Endpoint

DISPATCH_JOB = "integrations.send"
#: More payloads are sent by a job.
MAX_IN_REQUEST = 20
#: So are fewer, if they would take longer than this at the receiver's latest pace. A time-out takes 5 seconds each,
#: and a receiver that was never tried may time out.
MAX_MS_IN_REQUEST = 10_000


def is_long(endpoint: Endpoint, chosen: Sequence[Chosen]) -> bool:
    """Returns True if a dispatch takes too long for a request."""
    amount = len(chosen) or queries.amount_queued(endpoint, most=MAX_IN_REQUEST + 1)
    return amount > MAX_IN_REQUEST or amount * queries.latest_pace(endpoint) > MAX_MS_IN_REQUEST


def as_arguments(endpoint: Endpoint, *, kind: str, chosen: Sequence[Chosen]) -> Values:
    """The arguments of a job that sends."""
    return {
        "endpoint": str(endpoint.pk),
        "kind": str(kind),
        "chosen": [[str(one.payload), one.seen] for one in chosen],
    }


def chosen_in(arguments: ReadOnlyValues) -> list[Chosen]:
    """The chosen payloads in the arguments of a job."""
    return [Chosen(UUID(payload), seen) for payload, seen in arguments["chosen"]]


def result_of(dispatch: Dispatch) -> Values:
    """A finished dispatch, for the page of its job."""
    return {
        "dispatch": str(dispatch.pk),
        "amount": dispatch.amount,
        "delivered": dispatch.delivered,
        "failed": dispatch.failed,
        "unknown": dispatch.unknown,
    }
