"""The e-mail of a call. It names the reference and the severity, and nothing of what the ticket says."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog
from django.urls import reverse
from django.utils import timezone

from asora.accounts.sign_in.background import in_background
from asora.accounts.sign_in.mail import link, send
from asora.kernel.database_errors import Unavailable
from plans.models import Tenant
from support.oncall.models import Contact, Page

TEMPLATE = "page"
log = structlog.get_logger(__name__)


def send_soon(pk: UUID) -> None:
    """Send the e-mail of a call in the background, after its commit. The worker sends what this could not."""
    try:
        in_background(_public(), lambda: _send_one(pk))
    except Unavailable:
        log.warning("mail not sent", template=TEMPLATE, why="too much work is waiting")


def _send_one(pk: UUID) -> None:
    _send(pk)


def send_waiting(calls: Sequence[UUID]) -> int:
    """Send the e-mails of these calls that were not sent, a hundred at most.

    A call without a contact goes to the one that there is now.

    Returns how many were sent.
    """
    return sum(_send(pk) for pk in calls[:100])


def _send(pk: UUID) -> bool:
    row = Page.objects.select_related("contact").filter(pk=pk, mailed_at=None).first()
    if row is None:
        return False
    contact = row.contact or Contact.objects.filter(duty=row.duty, is_active=True).first()
    if contact is None:
        return False
    context = {
        "name": contact.name,
        "ref": row.subject_ref,
        "severity": row.severity,
        "is_security": row.is_security,
        "informs": row.informs,
        "is_passed_on": row.due_at is not None,
        "link": link(_public(), reverse("support:calls", urlconf="asora.urls_public")),
    }
    if not send(TEMPLATE, to=contact.email, context=context):
        return False
    return bool(Page.objects.filter(pk=pk, mailed_at=None).update(mailed_at=timezone.now(), contact=contact))


def _public() -> Tenant:
    return Tenant.objects.get(schema_name="public")
