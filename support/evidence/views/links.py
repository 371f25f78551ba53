"""The page of one reference, which derives it again while it is opened."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse

from asora.kernel.pages import AsoraRequest, load, page, respond
from asora.kernel.permissions import Permission
from plans.grants import managed_tenants
from support.access.reading import inside
from support.evidence.checking import Checked, check
from support.evidence.facts import EventFact
from support.evidence.models import EvidenceLink

WORK_DESK = Permission.SUPPORT_WORK_DESK


@page(permission=WORK_DESK, host="public")
def link_detail(request: AsoraRequest, link: UUID) -> HttpResponse:
    """What a record said when it was linked, what it says now, and whether a seal proves it.

    The agent needs an open access session of its tenant, and the tenant's trail says that the record was looked at.
    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD for references to tenants that the agent does not work for;
    PERMISSION_DENIED ACCESS_NOT_OPEN.
    """
    rows = EvidenceLink.objects.filter(tenant__in=managed_tenants(request.act.actor)).select_related("tenant")
    found: EvidenceLink = load(request, rows, permission=WORK_DESK, pk=link)
    address = f"/audit/requests/{found.request_id}/"
    with inside(request.act, found.tenant, page="support:evidence-link", address=address) as within:
        [checked] = check(within, [found])
    context = {
        "link": found,
        "fact": EventFact.of_link(found),
        "checked": checked,
        "state": state_of(checked),
    }
    return respond(request, "support/evidence/link.html", context)


def state_of(checked: Checked) -> str:
    """The badge of a reference (`support.evidence`)."""
    if checked.is_proved:
        return "proved"
    return "same" if checked.is_intact else "differs"
