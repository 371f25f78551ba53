"""The e-mail that asks the people of a tenant to approve an access session."""

from __future__ import annotations

import structlog
from django.http import HttpRequest
from django.urls import reverse
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.roles.holders import holders
from asora.accounts.sign_in.background import in_background
from asora.accounts.sign_in.mail import link, send
from asora.kernel.database_errors import Unavailable
from asora.kernel.permissions import Permission
from plans.models import Tenant
from support.access.models import AccessSession

ASKED = "access_asked"
log = structlog.get_logger(__name__)


def ask_for_approval(tenant: Tenant, session: AccessSession, *, request: HttpRequest) -> None:
    """Tell everybody in the tenant who may approve it. Called after the commit; sent in the background."""
    path = reverse("audit:access-session", args=[session.pk], urlconf="asora.urls_tenant")
    context = {
        "tenant": tenant.name,
        "ticket": session.ticket,
        "minutes": session.minutes,
        "link": link(tenant, path, request=request),
    }
    try:
        in_background(tenant, lambda: _send(tenant, context))
    except Unavailable:  # the request is made, and the tenant's dashboard shows it
        log.warning("mail not sent", template=ASKED, why="too much work is waiting")


def _send(tenant: Tenant, context: dict[str, object]) -> None:
    with tenant_context(tenant):
        able = holders(Permission.AUDIT_MANAGE_SUPPORT_ACCESS)
        people = list(User.objects.filter(role__in=able, is_active=True).order_by("pk"))
    for person in people:
        send(ASKED, to=person.email, context=context | {"name": person.name})
