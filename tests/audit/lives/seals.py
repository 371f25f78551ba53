"""A check of the seals, and who gets their receipts."""

from __future__ import annotations

from django.utils import timezone

from audit.seals import sealer
from audit.seals.actions import record_check, subscribe
from audit.seals.checking import check_schema
from tests.audit.verdicts.company import Company

SEALS = {"audit.seals.check", "audit.receipts.subscribe"}


def seals(company: Company) -> None:
    sealer.seal_schema()
    record_check(company.owner, started_at=timezone.now(), checks=list(check_schema()))
    subscribe(company.owner, wanted=True)
