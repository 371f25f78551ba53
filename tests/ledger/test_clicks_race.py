"""The same movement sent eight times at once, with stock for one: posted once, and every answer says so.

The others must not be refused because the stock is gone: it left by the same movement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4, uuid5

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from ledger.actions.reversing import reverse, reverse_batch
from ledger.models import Kind, Posting
from tests.factories.documents import draft, import_rows, post, receive
from tests.factories.master_data import make_master_data

CLICKS = 8


def test_eight_clicks_on_the_last_unit(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    """The later ones wait for the first, and are told its position."""
    act = act_as("owner", tenant=committed_tenant())
    master_data = make_master_data()
    receive(act, master_data, ("BOLT", "NORTH/A-1", "5", "2"))
    wanted = draft(master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "5"), submission=uuid4())

    results = threads(CLICKS, lambda _: post(act, master_data, wanted))

    refused = [result for result in results if isinstance(result, StateConflict)]
    assert results.count(2) == 1
    assert [(refusal.reason, refusal.details["position"]) for refusal in refused] == [
        (Reason.ALREADY_POSTED, 2)
    ] * (CLICKS - 1)
    assert Posting.objects.count() == 2


def test_a_file_sent_eight_times_at_once(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    """One import posts the file; the others find it posted, and leave nothing out."""
    act = act_as("owner", tenant=committed_tenant())
    master_data = make_master_data()
    receive(act, master_data, ("BOLT", "NORTH/A-1", "5", "2"))
    rows = [f"D-{n},2026-03-02,BOLT,NORTH,A-1,1" for n in range(5)]

    results = threads(CLICKS, lambda _: import_rows(act, Kind.ISSUE, *rows, skip_refused=True))

    assert [result for result in results if isinstance(result, Exception)] == []
    assert sorted(result.postings for result in results) == [0] * (CLICKS - 1) + [5]
    assert sorted(result.already_posted for result in results) == [0] + [5] * (CLICKS - 1)
    assert {result.left_out_postings for result in results} == {0}
    assert Posting.objects.count() == 6


def test_a_reversal_sent_eight_times_at_once(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    """Reversals of a posting and of a file: the others are refused with ALREADY_POSTED, not with ALREADY_REVERSED."""
    act = act_as("owner", tenant=committed_tenant())
    master_data = make_master_data()
    receive(act, master_data, ("BOLT", "NORTH/A-1", "5", "2"))
    done = import_rows(act, Kind.ISSUE, *[f"D-{n},2026-03-02,BOLT,NORTH,A-1,1" for n in range(3)])
    receipt, once = Posting.objects.get(position=1), uuid4()

    batches = threads(CLICKS, lambda _: reverse_batch(act, batch=done.batch, submission=once))
    singles = threads(CLICKS, lambda _: reverse(act, posting=receipt, submission=uuid5(once, "receipt")))

    for results in (batches, singles):
        refused = [result for result in results if isinstance(result, Exception)]
        assert [getattr(refusal, "reason", refusal) for refusal in refused] == [Reason.ALREADY_POSTED] * (
            CLICKS - 1
        )
    assert Posting.objects.count() == 8
