"""A dispatch from its beginning to its end: the lock, what an interrupted one left, start, sending, finish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from asora.kernel.act import Act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from integrations.dispatch import locking, sending
from integrations.dispatch.actions.finishing import finish_dispatch, settle_dispatch
from integrations.dispatch.actions.starting import start_dispatch
from integrations.dispatch.models import Dispatch
from integrations.dispatch.plan import Chosen
from integrations.endpoints.models import Endpoint


def dispatch(act: Act, *, endpoint: Endpoint, kind: str, chosen: Sequence[Chosen] = ()) -> Dispatch:
    """Send payloads of an endpoint, one attempt each, and return the finished dispatch. Takes as long as it takes.

    `chosen`: which ones; empty: everything that is queued. Refusals: those of `start_dispatch`.
    """
    with locking.sender(endpoint.pk) as sender:
        if sender.take():
            settle(act, endpoint.pk)
        plan = start_dispatch(act, endpoint=endpoint, kind=Dispatch.Kind(kind), chosen=chosen, sender=sender)
        cut_short: str = Dispatch.CutShort.INTERRUPTED
        try:
            cut_short = sending.send(act, plan)
        finally:
            finished = finish_dispatch(_as_system(act), dispatch=plan.dispatch, cut_short=cut_short)
        return finished


def settle(act: Act, endpoint: UUID) -> None:
    """Close a dispatch of an endpoint whose sender died. Only with the endpoint's lock."""
    for left in Dispatch.objects.filter(endpoint_id=endpoint, finished_at=None):
        settle_dispatch(replace(_as_system(act), cause_id=left.request_id), dispatch=left)


def _as_system(act: Act) -> Act:
    """Results are recorded whatever became of the rights of the person who dispatches, under the same request."""
    actor = system(act.tenant.schema_name, "dispatcher", Permission.INTEGRATIONS_DISPATCH)
    return replace(act, actor=actor)
