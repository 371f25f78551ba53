"""Loading an endpoint for a page, also one that was removed since: its payloads and attempts stay readable."""

from __future__ import annotations

from uuid import UUID

from asora.kernel.pages import AsoraRequest, load
from asora.kernel.permissions import Permission
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import Standing

DISPATCH = Permission.INTEGRATIONS_DISPATCH


def load_endpoint(request: AsoraRequest, endpoint: UUID) -> Endpoint:
    """The endpoint, removed or not. Refusals: PERMISSION_DENIED, ROUTE_NOT_FOUND NO_SUCH_RECORD."""
    return load(request, Endpoint.everything.all(), permission=DISPATCH, pk=endpoint)


def may_send(endpoint: Endpoint, now: Standing) -> bool:
    """Whether payloads can be sent to an endpoint now, as far as its page can say."""
    return endpoint.removed_at is None and endpoint.is_enabled and not now.is_paused
