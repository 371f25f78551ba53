"""Every kind of wish, and the function of the model that does it."""

from __future__ import annotations

from typing import Any

from tests.ledger.model.batches import BatchReversal, Import, import_file, reverse_batch
from tests.ledger.model.counts import (
    Opening,
    Recording,
    Scan,
    Submission,
    open_count,
    record,
    scan_one,
    submit,
)
from tests.ledger.model.deciding import (
    Approval,
    Cancellation,
    Choice,
    Recount,
    Verdict,
    approve,
    cancel,
    choose,
    decide_correction,
    request_recount,
)
from tests.ledger.model.postings import Document, Ledger, post
from tests.ledger.model.requests import Asking, Decision, ask, decide

DOES: dict[type, Any] = {
    Document: post,
    Import: import_file,
    BatchReversal: reverse_batch,
    Asking: ask,
    Decision: decide,
    Opening: open_count,
    Recording: record,
    Scan: scan_one,
    Submission: submit,
    Recount: request_recount,
    Choice: choose,
    Verdict: decide_correction,
    Approval: approve,
    Cancellation: cancel,
}


def do(ledger: Ledger, wish: Any) -> Any:
    """Do a wish, or raise Refused and change nothing."""
    return ledger.attempt(lambda tried: DOES[type(wish)](tried, wish))
