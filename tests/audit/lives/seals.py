"""A check of the seals, and who gets their receipts."""

from __future__ import annotations

import io

from django.utils import timezone

from audit.events.models import Event
from audit.seals import sealer
from audit.seals.actions import compare_receipt, download_receipt, record_check, request_check, subscribe
from audit.seals.checking import check_schema
from audit.seals.proof.actions import prove_event, prove_trail
from tests.audit.verdicts.company import Company

SEALS = {
    "audit.seals.check",
    "audit.seals.request_check",
    "audit.receipts.subscribe",
    "audit.receipts.download",
    "audit.receipts.compare",
    "audit.event.prove",
    "audit.trail.prove",
}


def seals(company: Company) -> None:
    sealer.seal_schema()
    record_check(company.owner, started_at=timezone.now(), checks=list(check_schema()))
    subscribe(company.owner, wanted=True)
    event = Event.objects.latest("number")
    sealer.seal_schema()
    prove_event(company.owner, event=event, name=str(event.pk), file=io.BytesIO())
    prove_trail(company.owner, first=None, last=None, file=io.BytesIO())
    request_check(company.owner)
    seal = sealer.last_seal("audit")
    assert seal is not None
    download_receipt(company.owner, seal=seal)
    compare_receipt(company.owner, note=seal.note)
