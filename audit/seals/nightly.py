"""The check of all seals: once a night, and whenever somebody asks for it."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.utils import timezone
from django_tenants.utils import get_tenant_model

from asora.kernel.act import Tenancy, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Rows
from asora.nightly.schedule import NightlyWork
from audit.seals.actions import record_check
from audit.seals.checking import check_schema
from audit.seals.models import SealCheck

log = structlog.get_logger(__name__)

#: The task that checks the seals of one tenant, or of public.
CHECK = "asora.audit.check_seals"


def _tenants() -> Rows:
    rows: Rows = get_tenant_model().objects.reachable()
    return rows


def _has_check_since(moment: datetime) -> bool:
    return SealCheck.objects.filter(finished_at__gte=moment).exists()


def _check(tenant: Tenancy) -> SealCheck:
    """Check the seals of the bound schema and record the result."""
    started_at = timezone.now()
    checks = list(check_schema())
    permitted = system(tenant.schema_name, "nightly_seal_check", Permission.AUDIT_VIEW)
    act = new_act(tenant, permitted, route=f"TASK {CHECK}")
    result = record_check(act, started_at=started_at, checks=checks)
    if not result.is_intact:
        log.error("seals are not intact", streams=[check.stream for check in checks if not check.is_intact])
    return result


CHECKS = NightlyWork(task=CHECK, tenants=_tenants, has_result_since=_has_check_since, work=_check)
