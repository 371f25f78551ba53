"""Many receipts at once, with threads and commits: nothing is lost, no gap, no visible deadlock."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

from asora.kernel.act import Act
from asora.kernel.models import Head
from asora.kernel.refusals import Reason, StateConflict
from audit.events.models import Event
from ledger.files.actions import import_receipts
from ledger.files.forms import MovementUpload
from ledger.models import BinBalance, Entry, HubBalance, Kind, Posting
from tests.factories.documents import deliver, line, receipt, receipts_csv
from tests.factories.master_data import make_master_data

WRITERS, EACH = 8, 25
IMPORTED = 500


def test_eight_writers_and_an_import_into_the_same_bins(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    """Eight threads receive into one bin while a file of 500 postings goes through the same bins."""
    tenant = committed_tenant()
    master_data = make_master_data()
    act = act_as("receiver", tenant=tenant)
    rows = [
        f"IMP-{n},2026-03-02,ACME,{sku},NORTH,{bin_},{1 + n % 3},2.5"
        for n in range(IMPORTED)
        for sku, bin_ in (("BOLT", "A-1"), ("OIL", "A-2"))
    ]
    upload = MovementUpload(Kind.RECEIPT, receipts_csv(*rows), name="big.csv")

    def work(number: int) -> Any:
        if number == WRITERS:
            return import_receipts.submit(act, upload).postings
        return [
            deliver(
                act, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "2", "1.5"))
            )
            for _ in range(EACH)
        ]

    results = threads(WRITERS + 1, work)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert results[WRITERS] == IMPORTED
    _assert_whole(postings=WRITERS * EACH + IMPORTED)
    imported = sum(1 + n % 3 for n in range(IMPORTED))
    assert BinBalance.objects.get(item=master_data.items["BOLT"]).quantity == WRITERS * EACH * 2 + imported
    expected = Decimal(WRITERS * EACH * 3) + imported * Decimal("2.5")
    assert HubBalance.objects.get(item=master_data.items["BOLT"]).value == expected
    assert Event.objects.filter(action="ledger.receipt.post", outcome="allowed").count() == WRITERS * EACH


def test_eight_clicks_post_once(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    """The same form sent eight times at once: one posting, seven ALREADY_POSTED, eight events."""
    tenant = committed_tenant()
    master_data = make_master_data()
    act = act_as("receiver", tenant=tenant)
    draft = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "2", "1.5"), submission=uuid4())

    results = threads(WRITERS, lambda _: deliver(act, master_data, draft))

    refused = [result for result in results if isinstance(result, StateConflict)]
    assert len(refused) == WRITERS - 1
    assert {refusal.reason for refusal in refused} == {Reason.ALREADY_POSTED}
    assert Posting.objects.count() == 1
    assert Event.objects.filter(action="ledger.receipt.post").count() == WRITERS


def _assert_whole(*, postings: int) -> None:
    """Check that positions have no gap, recorded_at never goes back, and running balances are continuous."""
    rows = list(Posting.objects.order_by("position").values_list("position", "recorded_at"))
    assert [position for position, _ in rows] == list(range(1, postings + 1))
    assert [moment for _, moment in rows] == sorted(moment for _, moment in rows)
    assert Head.objects.get().position == postings
    running: dict[tuple[int, int], Decimal] = {}
    for entry in Entry.objects.order_by("posting_id", "line"):
        key = entry.item_id, entry.bin_id
        running[key] = running.get(key, Decimal(0)) + entry.quantity
        assert entry.bin_quantity == running[key]
