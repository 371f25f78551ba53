"""The automatic proof of every ledger: once a night, and by day if a night was missed."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.utils import timezone

from asora.kernel.act import Tenancy, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Rows
from asora.nightly.schedule import FRESH, NightlyWork
from ledger.models import VerificationRun
from ledger.proof.actions import record_verification
from ledger.proof.verification import verify
from plans.models import Tenant

log = structlog.get_logger(__name__)

#: The task that proves one ledger.
PROVE = "asora.ledger.prove"


def _tenants() -> Rows:
    return Tenant.objects.customers().reachable()


def _has_proof_since(moment: datetime) -> bool:
    return VerificationRun.objects.filter(finished_at__gte=moment).exists()


def _prove(tenant: Tenancy) -> VerificationRun | None:
    """Prove the bound ledger and record the result, unless it was proved while the job waited."""
    if _has_proof_since(timezone.now() - FRESH):
        return None
    permitted = system(tenant.schema_name, "nightly_proof", Permission.LEDGER_REPORT)
    act = new_act(tenant, permitted, route=f"TASK {PROVE}")
    structlog.contextvars.bind_contextvars(request_id=act.request_id)
    started_at = timezone.now()
    checks = list(verify())
    run = record_verification(act, started_at=started_at, checks=checks)
    if not run.is_proved:
        log.error("a ledger is not proved", broken=[check.name for check in checks if check.broken])
    return run


PROOFS = NightlyWork(task=PROVE, tenants=_tenants, has_result_since=_has_proof_since, work=_prove)
