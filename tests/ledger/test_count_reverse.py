"""A count is reversed like every posting, with its zero variances; then its figures are no longer used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from ledger.actions.reversing import reverse
from ledger.counts.queries.figures import figures_of
from ledger.models import BinBalance, Entry, HubBalance, Posting
from ledger.proof.verification import verify
from plans.models import Tenant
from tests.factories.counts import approve, enter, hand_in, start
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData
from tests.ledger.report_fixtures import name_items


@pytest.mark.parametrize("costing", ["average", "fifo"])
def test_takes_everything_back(master_data: MasterData, act_as: Callable[..., Any], costing: str) -> None:
    act = act_as("manager")
    act.tenant.costing = costing
    Tenant.objects.filter(pk=act.tenant.pk).update(
        costing=costing
    )  # the proof reads it from the table; rolled back
    name_items(master_data)
    deliver(
        act,
        master_data,
        receipt(
            master_data,
            line(master_data, "BOLT", "NORTH/A-1", "10", "2"),
            line(master_data, "BOLT", "NORTH/A-2", "5", "5", number=2),
            line(master_data, "OIL", "NORTH/A-1", "3", "7", number=3),
        ),
    )
    before = _stock()
    session = start(act, master_data)
    enter(act, master_data, session, **{"BOLT NORTH/A-1": "4", "BOLT NORTH/A-2": "6", "OIL NORTH/A-1": "3"})
    hand_in(act, session)
    posting = Posting.objects.get(position=approve(act, session))
    assert _stock() != before
    assert figures_of(hubs=[master_data.north.pk])

    position = reverse(act, posting=posting, submission=uuid4())

    assert _stock() == before
    assert Entry.objects.filter(posting=position).count() == 3
    assert figures_of(hubs=[master_data.north.pk]) == []
    assert not [(check.says, check.example) for check in verify() if check.broken]


def _stock() -> set[tuple[Any, ...]]:
    return {
        *((row.item_id, row.bin_id, row.quantity) for row in BinBalance.objects.all()),
        *((row.item_id, row.hub_id, row.quantity, row.value) for row in HubBalance.objects.all()),
    }
