"""Loading an endpoint for a page, also one that was removed since: its payloads and attempts stay readable."""

from __future__ import annotations

from uuid import UUID

from asora.kernel.pages import AsoraRequest, load
from asora.kernel.permissions import Permission
from integrations.endpoints.models import Endpoint

DISPATCH = Permission.INTEGRATIONS_DISPATCH


def load_endpoint(request: AsoraRequest, endpoint: UUID) -> Endpoint:
    """The endpoint, removed or not. Refusals: PERMISSION_DENIED, ROUTE_NOT_FOUND NO_SUCH_RECORD."""
    return load(request, Endpoint.everything.all(), permission=DISPATCH, pk=endpoint)
