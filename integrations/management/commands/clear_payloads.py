"""`manage.py clear_payloads`: delete old payloads of integrations. The worker does it every hour."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from django_tenants.utils import get_tenant_model, tenant_context

from asora.kernel.act import Tenancy, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from integrations.dispatch.deletion import delete_released_attempts
from integrations.dispatch.models import Dispatch
from integrations.endpoints.models import Endpoint
from integrations.outbox import deletion, queries
from integrations.outbox.actions import release_payloads
from integrations.outbox.rules import last_kept_moment
from plans.models import TenantFreeze

log = structlog.get_logger(__name__)
REF = "payload_retention"


class Command(BaseCommand):
    help = (
        "Delete payloads of integrations that are older than ASORA_PAYLOAD_DAYS, in every reachable tenant."
    )

    def handle(self, *args: object, **options: Any) -> None:
        """Delete them, sent or not; a frozen tenant keeps everything. The trail says what was deleted."""
        frozen = set(TenantFreeze.objects.filter(is_active=True).values_list("tenant_id", flat=True))
        deleted = 0
        for tenant in get_tenant_model().objects.customers().reachable().order_by("pk"):
            if tenant.pk not in frozen:
                deleted += self._clear(tenant)
        self.stdout.write(f"Payloads deleted: {deleted}.")

    def _clear(self, tenant: Tenancy) -> int:
        """Release and delete the payloads of one tenant. An error is logged and does not stop the others."""
        try:
            with tenant_context(tenant):
                release(tenant)
                return sum(_delete(endpoint) for endpoint in deletion.released() if not is_sending(endpoint))
        except Exception:
            log.exception("old payloads were not deleted", tenant=tenant.slug)
            return 0


def release(tenant: Tenancy) -> None:
    """Release the payloads of the bound tenant that are too old, one event for each endpoint."""
    days = settings.ASORA_PAYLOAD_DAYS
    moment = last_kept_moment(timezone.now().date(), days=days)
    for key, upto in queries.releasable(moment):
        actor = system(tenant.schema_name, REF, Permission.INTEGRATIONS_MANAGE)
        act = new_act(tenant, actor, route="manage.py clear_payloads")
        release_payloads(act, endpoint=Endpoint.everything.get(pk=key), upto=upto, days=days)


def is_sending(endpoint: UUID) -> bool:
    """Whether a dispatch of an endpoint is under way: it may have begun before its payloads were released.

    What it has chosen stays until the next hour. A dispatch that begins later chooses nothing that is released.
    """
    return Dispatch.objects.filter(endpoint_id=endpoint, finished_at=None).exists()


def _delete(endpoint: UUID) -> int:
    while delete_released_attempts(endpoint):
        pass
    amount = 0
    while deleted := deletion.delete_released(endpoint):
        amount += deleted
    return amount
