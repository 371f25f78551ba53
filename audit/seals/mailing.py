"""Receipts by e-mail: each morning, the newest seal of each stream, to the people who asked for it.

A receipt outside of Asora cannot be changed by anybody who can change the database. The newest seal covers all earlier
ones, so one per stream is enough. People lose the mail with the right to read the trail.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import get_tenant_model, schema_context, tenant_context

from asora.kernel import binding
from asora.kernel.act import Tenancy
from asora.kernel.permissions import Permission
from asora.kernel.plugs import plug
from audit.seals import receipts, sealer
from audit.seals.canonical import STREAMS
from audit.seals.models import ReceiptSubscription, Seal

log = structlog.get_logger(__name__)
#: Hours of the day, in UTC, at which receipts are sent.
MORNING = range(5, 12)
#: A person who got a mail later than this long ago gets no other one.
APART = timedelta(hours=20)
TEMPLATE = "receipts"


def send_due() -> int:
    """Send the receipts that are due in all tenants; returns the number of mails. Safe to call at any time."""
    if timezone.now().hour not in MORNING:
        return 0
    with schema_context(binding.PUBLIC):
        tenants = list(get_tenant_model().objects.customers().reachable().order_by("slug"))
    return sum(_send(tenant) for tenant in tenants)


def _send(tenant: Tenancy) -> int:
    """Send for one tenant. An error is logged; the next hour tries again."""
    try:
        with tenant_context(tenant):
            return sum(_send_to(tenant, row) for row in _due())
    except DatabaseError:
        log.exception("receipts could not be sent", tenant=tenant.slug)
        return 0


def _due() -> list[ReceiptSubscription]:
    is_due = Q(sent_at=None) | Q(sent_at__lt=timezone.now() - APART)
    return list(ReceiptSubscription.objects.filter(is_due).order_by("pk"))


def _send_to(tenant: Tenancy, row: ReceiptSubscription) -> bool:
    """Send to one person, unless nothing was sealed since the last mail. Returns True if it was sent."""
    newest = [seal for stream in sealer.streams() if (seal := sealer.last_seal(stream.name))]
    if not any(row.sent_at is None or seal.sealed_at > row.sent_at for seal in newest):
        return False
    is_sent = plug("mail_to")(
        tenant,
        row.person_ref,
        permission=Permission.AUDIT_VIEW,
        template=TEMPLATE,
        path=reverse("audit:seals", urlconf="asora.urls_tenant"),
        context={"seals": [(STREAMS[seal.stream_id].label, seal) for seal in newest]},
        attachments=[_attachment(tenant, seal) for seal in newest],
    )
    if is_sent:
        with transaction.atomic():
            ReceiptSubscription.objects.filter(pk=row.pk).update(sent_at=timezone.now())
    return bool(is_sent)


def _attachment(tenant: Tenancy, seal: Seal) -> tuple[str, str]:
    return receipts.file_name(tenant.slug, seal), seal.note
