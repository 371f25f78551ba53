"""The same document sent twice at once, and what the question costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, ValidationFailed
from audit.events.models import Event
from ledger.files.actions import import_receipts
from ledger.files.forms import MovementUpload
from ledger.models import Entry, Kind, Posting
from ledger.posting import identity
from ledger.posting.csv_reader import read_movements
from ledger.posting.master_data import master_data_of
from tests.factories.documents import (
    deliver,
    draft,
    line,
    post,
    receipt,
    receipts_csv,
    receive,
)
from tests.factories.master_data import MasterData, make_master_data
from tests.ledger.test_same_document import asked_for, send


def test_a_check_costs_the_same_however_many_documents(master_data: MasterData, act_as: Callable) -> None:
    """No query per document, neither for known documents nor for questions."""

    def queries(count: int) -> int:
        rows = [f"N-{count}-{n},2026-03-02,ACME,BOLT,NORTH,A-1,1,1" for n in range(count)]
        content = receipts_csv(*rows)
        send(act_as("owner"), content)
        other = receipts_csv(*(row.replace("A-1,1", "A-2,1") for row in rows))
        upload = MovementUpload(Kind.RECEIPT, other, name="x.csv", skip_refused=True)
        assert upload.is_valid()
        with CaptureQueriesContext(
            connection,
        ) as caught:
            asked_about = import_receipts.rehearse(act_as("owner"), **upload.values())
            known = import_receipts.rehearse(
                act_as("owner"), file=read_movements(Kind.RECEIPT, content + b"\n"), name=""
            )
        assert (asked_about.left_out_postings, known.already_posted) == (count, count)
        return len(caught)

    assert queries(3) == queries(300)


def test_a_long_file_takes_few_locks(master_data: MasterData) -> None:
    """10,000 documents must not fill the server's lock table."""
    one = line(master_data, "BOLT", "NORTH/A-1", "1", "1")
    drafts = [replace(receipt(master_data, one), reference=f"PO-{number}") for number in range(5_000)]
    with transaction.atomic(), connection.cursor() as cursor:
        master_data_of(drafts)
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        (held,) = cursor.fetchone()
    assert 1 < held <= identity.LOCKS + 1


SENDERS = 8


def test_two_at_once_are_kept_apart(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    """Eight people post the same delivery note by form at once: one is posted, the others are asked."""
    act = act_as("owner", tenant=committed_tenant())
    master_data = make_master_data()

    def work(number: int) -> int:
        bin_ = "A-1" if number % 2 else "A-2"
        own = receipt(master_data, line(master_data, "BOLT", f"NORTH/{bin_}", "3", "1"), submission=uuid4())
        return deliver(act, master_data, asked_for(own))

    results = threads(SENDERS, work)
    refused = [result for result in results if isinstance(result, ValidationFailed)]
    assert [refusal.reason for refusal in refused] == [Reason.REFERENCE_POSTED] * (SENDERS - 1)
    assert Posting.objects.count() == 1
    outcomes = Event.objects.filter(action="ledger.receipt.post").values_list("outcome", flat=True)
    assert sorted(outcomes) == ["allowed"] + ["refused"] * (SENDERS - 1)


def test_two_ends_of_transfers_at_once(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    """Documents of several hubs lock in one order: no deadlock, and one of them is posted."""
    act = act_as("owner", tenant=committed_tenant())
    master_data = make_master_data()
    receive(act, master_data, ("BOLT", "NORTH/A-1", "50", "1"), ("BOLT", "SOUTH/A-1", "50", "1"))

    def work(number: int) -> int:
        ends = ("NORTH/A-1", "SOUTH/A-1") if number % 2 else ("SOUTH/A-1", "NORTH/A-1")
        return post(act, master_data, asked_for(draft(master_data, Kind.TRANSFER, ("BOLT", *ends, "1"))))

    results = threads(SENDERS, work)
    assert [type(result) for result in results if not isinstance(result, int)] == [ValidationFailed] * (
        SENDERS - 1
    )
    assert Posting.objects.filter(kind=Kind.TRANSFER).count() == 1


def test_differently_saved_files_at_once(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    """Each is a different file to the lock of files; still, each document is posted once."""
    act = act_as("owner", tenant=committed_tenant())
    make_master_data()
    rows = [f"D-{n},2026-03-02,ACME,BOLT,NORTH,A-1,{1 + n % 5},1" for n in range(60)]
    contents = [receipts_csv(*rows) + b"\n" * number for number in range(SENDERS)]
    contents = [
        content if number % 2 else receipts_csv(*rows[::-1]) + b"\n" * number
        for number, content in enumerate(contents)
    ]

    results = threads(SENDERS, lambda number: send(act, contents[number]))
    assert [result for result in results if isinstance(result, Exception)] == []
    assert sorted(result.postings for result in results) == [0] * (SENDERS - 1) + [60]
    assert Posting.objects.count() == 60
    assert Entry.objects.count() == 60
