"""What moves stock or looks at it: documents, files, counts, requests, exports, proofs and jobs."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

from django.utils import timezone

from asora.jobs.actions import request_job
from audit.seals import sealer
from ledger.actions.reversing import reverse_batch
from ledger.adjustments.actions.reasons import add_reason, archive_reason, rename_reason, restore_reason
from ledger.adjustments.actions.requests import decline_request, post_request
from ledger.counts.actions.approval import cancel_count, choose_reading, request_recount
from ledger.counts.actions.counting import scan_one
from ledger.exports.actions import create_export, download_export
from ledger.models import CountLine, Kind
from ledger.passports.actions import prove_export
from ledger.proof import verification
from ledger.proof.actions import PROOF_JOB, record_verification
from tests.audit.verdicts.company import Company
from tests.audit.verdicts.stock import a_rebuilt_balance, a_request
from tests.factories import counts, documents
from tests.factories.people import add_person
from tests.ledger.report_fixtures import export_request

DOCUMENTS = {
    "ledger.receipt.post",
    "ledger.issue.post",
    "ledger.transfer.post",
    "ledger.adjustment.post",
    "ledger.reversal.post",
    "ledger.request.create",
    "ledger.request.post",
    "ledger.request.decline",
    "ledger.reason.add",
    "ledger.reason.rename",
    "ledger.reason.archive",
    "ledger.reason.restore",
}
FILES = {
    "ledger.receipt.import",
    "ledger.issue.import",
    "ledger.transfer.import",
    "ledger.adjustment.import",
    "ledger.batch.reverse",
}
COUNTS = {
    "ledger.count.open",
    "ledger.count.record",
    "ledger.count.scan",
    "ledger.count.submit",
    "ledger.count.recount",
    "ledger.count.choose",
    "ledger.count.decide",
    "ledger.count.approve",
    "ledger.count.cancel",
}
PROOFS = {
    "ledger.export.create",
    "ledger.export.download",
    "ledger.export.prove",
    "ledger.verification.record",
    "ledger.derived.rebuild",
    "jobs.job.order",
}


def documents_by_hand(company: Company) -> None:
    """Every kind of document, requests of adjustments, and the tenant's list of reasons."""
    company.receive()
    company.issue()
    documents.post_movement(
        company.manager, company.master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-2", "NORTH/A-1", "2")
    )
    documents.reverse_posting(company.manager, company.adjust("1"))
    post_request(company.manager, request=a_request(company))
    decline_request(company.manager, request=a_request(company))
    reason = add_reason(company.manager, code="RUST", name="Rust")
    rename_reason(company.manager, reason=reason, name="Rusty")
    archive_reason(company.manager, reason=company.fresh(reason))
    restore_reason(company.manager, reason=company.fresh(reason))


def documents_by_file(company: Company) -> None:
    """Every kind of file, and a reversed batch."""
    rows = {
        Kind.ISSUE: "I-1,2026-03-02,BOLT,NORTH,A-2,1",
        Kind.TRANSFER: "T-1,2026-03-02,BOLT,NORTH,A-2,NORTH,A-1,1",
        Kind.ADJUSTMENT: "A-1,2026-03-02,BOLT,NORTH,A-2,-1,DAMAGED",
    }
    for kind, row in rows.items():
        documents.import_rows(company.manager, kind, row)
    received = documents.import_rows(company.manager, Kind.RECEIPT, "R-1,2026-03-02,ACME,BOLT,NORTH,A-1,1,1")
    reverse_batch(company.manager, batch=received.batch, submission=uuid4())


def a_count(company: Company) -> None:
    """Two people count; a line is sent back, a reading chosen, a correction decided, and the count approved."""
    act, master_data = company.manager, company.master_data
    other = company.act_as(user=add_person("counter", name="second"))
    place = "BOLT NORTH/A-2"
    session = counts.start(act, master_data)
    scan_one(act, session=session, item=company.bolt, bin_=master_data.bins["NORTH/A-2"], scan=uuid4())
    counts.hand_in(act, counts.enter(other, master_data, session, **{place: "8"}))
    line = _only_line(session)
    session = request_recount(act, session=session, lines=[line.pk], seen=company.fresh(session).version)
    counts.enter(act, master_data, session, **{place: "7"})
    counts.hand_in(act, counts.enter(other, master_data, session, **{place: "9"}))
    reading = line.readings.get(round=company.fresh(line).round, quantity=9)
    session = company.fresh(session)
    owner = company.owner
    session = choose_reading(owner, session=session, reading=reading.pk, seen=session.version)
    documents.post_movement(act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-2", "-1"))
    counts.decide(owner, session, "BOLT", "A-2", CountLine.Decision.ANOTHER)
    counts.approve(owner, session)
    cancel_count(act, session=counts.start(act, master_data))


def _only_line(session: Any) -> Any:
    return session.lines.get()


def proofs_and_exports(company: Company) -> None:
    """An export is made and downloaded, the ledger proved and rebuilt, and a job requested."""
    export = create_export.submit(company.manager, export_request(company.manager))
    download_export(company.manager, export=export, file=io.BytesIO(), hubs=[])
    sealer.seal_schema()
    prove_export(company.manager, export=export, file=io.BytesIO(), hubs=[])
    checks = list(verification.verify())
    record_verification(company.manager, started_at=timezone.now(), checks=checks)
    _issue, rebuild = a_rebuilt_balance(company)
    rebuild()
    request_job(company.manager, kind=PROOF_JOB, label="Proof", arguments={})
