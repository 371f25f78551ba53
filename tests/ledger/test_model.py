"""Random histories against the model: the same acceptances, the same reasons, the same entries with the same balances.

`ASORA_SEED=… ASORA_EXAMPLES=… make test OPTIONS=tests/ledger/test_model.py` replays or lengthens a run; hypothesis
shrinks what fails and prints how to reproduce it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from audit.models import Event
from inventory.models import Item
from ledger.actions.movements import adjust, issue, transfer
from ledger.actions.receiving import receive
from ledger.actions.reversing import reverse
from ledger.drafts import Draft, DraftLine
from ledger.models import BinBalance, Entry, HubBalance, Kind, Posting
from ledger.verification import verify
from plans.models import Tenant
from tests.ledger.model import Document, Line, Model, Refused, Written
from tests.ledger.stage import DAY, Stage

SEED = int(os.environ.get("ASORA_SEED", "20110423"))
EXAMPLES = int(os.environ.get("ASORA_EXAMPLES", "60"))
NAMESPACE = UUID("6f1f7c1e-7c7e-5d43-9f57-0a2f4d1f9d11")
PLACES = [("NORTH", "A-1"), ("NORTH", "A-2"), ("SOUTH", "A-1"), ("SOUTH", "A-2")]
DECIMALS = {"BOLT": 0, "OIL": 2, "CABLE": 4}
STANDARD = {"BOLT": Decimal("1.25"), "OIL": Decimal(0), "CABLE": Decimal("0.333333")}

quantities = st.sampled_from(["1", "2", "3", "7", "10", "0.5", "1.25", "0.3333", "0.00001", "0", "-1"]).map(
    Decimal
)
changes = st.sampled_from(["1", "-1", "3", "-3", "-2.5", "0.25", "0", "-7", "0.0001"]).map(Decimal)
costs = st.sampled_from(["0", "1", "2.5", "0.333333", "9.999999", "0.000001", "100"]).map(Decimal)
skus = st.sampled_from(list(DECIMALS))
places = st.sampled_from(PLACES)


def lines(
    quantity: st.SearchStrategy[Decimal], cost: st.SearchStrategy, to: st.SearchStrategy
) -> st.SearchStrategy:
    """One to three lines of a document."""
    return st.lists(st.builds(Line, skus, places, quantity, cost, to), min_size=1, max_size=3).map(tuple)


none = st.none()
documents = st.one_of(
    st.builds(Document, st.just("receipt"), lines(quantities, costs, none)),
    st.builds(Document, st.just("receipt"), lines(quantities, costs, none)),
    st.builds(Document, st.just("issue"), lines(quantities, none, none)),
    st.builds(Document, st.just("transfer"), lines(quantities, none, places)),
    st.builds(Document, st.just("adjustment"), lines(changes, none, none)),
)
steps = st.tuples(
    st.sampled_from(["post", "post", "post", "post", "retry", "reverse"]), documents, st.integers(0, 50)
)
histories = st.lists(steps, min_size=1, max_size=14)


@pytest.mark.parametrize("costing", ["average", "fifo"])
def test_histories(stage: Stage, acacia: Tenant, act_as: Callable[..., Act], costing: str) -> None:
    """A few dozen histories of each costing; a refused step leaves no trace but its event."""
    acacia.costing = costing
    binding.tenant().costing = costing
    Tenant.objects.filter(pk=acacia.pk).update(costing=costing)
    for sku, cost in STANDARD.items():
        Item.objects.filter(sku=sku).update(standard_cost=cost)
    act = act_as("owner", tenant=acacia)

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(histories)
    def run(history: list[tuple[str, Document, int]]) -> None:
        with undone():
            play(act, stage, Model(fifo=costing == "fifo", decimals=DECIMALS, standard=STANDARD), history)

    run()


def play(act: Act, stage: Stage, model: Model, history: list[tuple[str, Document, int]]) -> None:
    """Do every step in both worlds and compare what comes of it."""
    positions: list[int] = []
    sent: list[Document] = []
    for number, (what, fresh, pick) in enumerate(history):
        document = step_of(what, fresh, pick, number, sent, positions)
        before = Event.objects.count(), Posting.objects.count()
        expected = answer_of(lambda document=document: model.post(document))
        actual = answer_of(lambda document=document: post(act, stage, document, positions))
        sent.append(document)
        assert (actual if isinstance(actual, str) else "") == (expected if isinstance(expected, str) else "")
        if isinstance(actual, str):
            assert (Event.objects.count(), Posting.objects.count()) == (before[0] + 1, before[1])
        else:
            positions.append(actual)
            assert entries_at(stage, actual) == [plain(entry) for entry in model.postings[-1][1]]
    assert_balances(model)
    # The stage inserts items without revisions, so they have no name yet that a report could print.
    assert [check.name for check in verify() if check.broken and check.name != "named"] == []


def step_of(
    what: str, document: Document, pick: int, number: int, sent: list[Document], positions: list[int]
) -> Document:
    """The document of one step: a fresh one, one that was sent before, or the reversal of an accepted one."""
    if what == "retry" and sent:
        return sent[pick % len(sent)]
    if what == "reverse" and positions:
        return Document("reversal", reverses=pick % len(positions), submission=number)
    return Document(document.kind, document.lines, submission=number)


def answer_of(step: Callable[[], int]) -> int | str:
    """What a step returned, or the reason of its refusal."""
    try:
        return step()
    except Refused as refused:
        return refused.reason
    except Refusal as refusal:
        reasons = {
            entry["reason"] for entries in refusal.details.get("lines", {}).values() for entry in entries
        } or {str(refusal.reason)}
        return "+".join(sorted(reasons))


def post(act: Act, stage: Stage, document: Document, positions: list[int]) -> int:
    """The same document through the product's own actions."""
    submission = uuid5(NAMESPACE, str(document.submission))
    if document.reverses is not None:
        posting = Posting.objects.get(position=positions[document.reverses])
        return reverse(act, posting=posting, submission=submission)
    kind = Kind(document.kind)
    draft = Draft(
        kind=kind,
        submission=submission,
        effective_on=DAY,
        reference="R",
        vendor_id=stage.vendor.pk if kind is Kind.RECEIPT else None,
        reason="FOUND" if kind is Kind.ADJUSTMENT else "",
        lines=[
            DraftLine(
                number,
                stage.items[line.item].pk,
                stage.bins["/".join(line.place)].pk,
                line.quantity,
                line.cost,
                stage.bins["/".join(line.to)].pk if line.to else None,
            )
            for number, line in enumerate(document.lines, start=1)
        ],
    )
    action = {Kind.RECEIPT: receive, Kind.ISSUE: issue, Kind.TRANSFER: transfer, Kind.ADJUSTMENT: adjust}[
        kind
    ]
    return action(act, draft=draft, hubs=[])


def plain(entry: Written) -> tuple:
    """An entry of the model as a row to compare."""
    return (
        entry.item, "/".join(entry.place), entry.quantity, entry.value,
        entry.bin_quantity, entry.hub_quantity, entry.hub_value,
    )  # fmt: skip


def entries_at(stage: Stage, position: int) -> list[tuple]:
    """The entries of a posting as rows to compare."""
    skus = {item.pk: sku for sku, item in stage.items.items()}
    addresses = {bin_.pk: address for address, bin_ in stage.bins.items()}
    return [
        (
            skus[entry.item_id], addresses[entry.bin_id], entry.quantity, entry.value,
            entry.bin_quantity, entry.hub_quantity, entry.hub_value,
        )
        for entry in Entry.objects.filter(posting=position).order_by("line")
    ]  # fmt: skip


def assert_balances(model: Model) -> None:
    """The derived tables hold what the model holds."""
    bins = {
        (balance.item.sku, (balance.bin.hub.code, balance.bin.code)): balance.quantity
        for balance in BinBalance.objects.select_related("item", "bin__hub")
        if balance.quantity
    }
    hubs = {
        (balance.item.sku, balance.hub.code): (balance.quantity, balance.value)
        for balance in HubBalance.objects.select_related("item", "hub")
        if balance.quantity
    }
    assert bins == {key: quantity for key, quantity in model.bins.items() if quantity}
    assert hubs == {key: stock for key, stock in model.hubs.items() if stock[0]}


@contextmanager
def undone() -> Iterator[None]:
    """Everything inside is rolled back; the door may still open its transactions inside."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)
