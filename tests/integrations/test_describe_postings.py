"""What is sent of a posting: its lines with the balances after them, at the hubs of the endpoint, with money or not."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.events.models import Event
from integrations.types.cloudevent import body
from integrations.types.definition import Occurrence
from integrations.types.describe import occurrences
from inventory.actions.items import edit_item
from ledger.models import Entry, Kind, Posting
from plans.models import Tenant
from tests.factories import counts, documents
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts
from tests.integrations.payloads import sent


def described(action: str) -> list[Occurrence]:
    """The occurrences of the last event of an action."""
    return occurrences(Event.objects.filter(action=action).latest("number"))


@pytest.fixture
def stocked(master_data: MasterData, act_as: Acts) -> MasterData:
    """10 bolts at 2 each in NORTH/A-1."""
    documents.receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    return master_data


def test_a_receipt(stocked: MasterData, acacia: Tenant) -> None:
    (receipt,) = described("ledger.receipt.post")
    posting = Posting.objects.get()
    assert sent(receipt, acacia) == {
        "position": posting.position,
        "reference": "PO-1",
        "effective_on": "2026-03-02",
        "recorded_at": posting.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "batch": None,
        "currency": "EUR",
        "value": "20.000000",
        "is_complete": True,
        "vendor": "ACME",
        "lines": [
            {
                "line": 1,
                "sku": "BOLT",
                "name": "Bolt M8",
                "hub": "NORTH",
                "bin": "A-1",
                "unit": "pcs",
                "quantity": "10",
                "bin_quantity": "10",
                "hub_quantity": "10",
                "unit_cost": "2.000000",
                "value": "20.000000",
                "hub_value": "20.000000",
            }
        ],
    }
    assert receipt.subject == f"ledger/{posting.position}"
    assert receipt.time == posting.recorded_at


def test_money_is_left_out(stocked: MasterData, acacia: Tenant) -> None:
    (receipt,) = described("ledger.receipt.post")
    text = body(receipt, source="urn:x", number=1, with_values=False).decode()
    assert "20.00" not in text
    assert "EUR" not in text
    assert set(sent(receipt, acacia, with_values=False)["lines"][0]) == {
        "line", "sku", "name", "hub", "bin", "unit", "quantity", "bin_quantity", "hub_quantity",
    }  # fmt: skip


def test_quantities_have_the_decimals_of_their_item(
    master_data: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    documents.receive(
        act_as("owner"), master_data, ("OIL", "NORTH/A-1", "1.5", "2"), ("CABLE", "NORTH/A-1", "0.0001", "1")
    )
    (receipt,) = described("ledger.receipt.post")
    assert [line["quantity"] for line in sent(receipt, acacia)["lines"]] == ["1.50", "0.0001"]


def test_an_endpoint_of_one_hub_gets_its_side_of_a_transfer(
    stocked: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    documents.post_movement(act_as("owner"), stocked, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "4"))
    (transfer,) = described("ledger.transfer.post")
    north, south = stocked.north.pk, stocked.south.pk
    assert transfer.hubs == {north, south}
    assert sent(transfer, acacia)["value"] == "0.000000"

    part = transfer.at(frozenset({south}))
    assert part is not None
    assert part.hubs == {south}
    assert part.id == transfer.id
    data = sent(part, acacia)
    assert data["is_complete"] is False
    assert data["value"] == "8.000000"
    assert [(line["line"], line["hub"], line["quantity"]) for line in data["lines"]] == [(2, "SOUTH", "4")]
    assert "NORTH" not in body(part, source="urn:x", number=1, with_values=True).decode()

    assert transfer.at(frozenset({north, south})) == transfer
    assert transfer.at(None) == transfer
    assert transfer.at(frozenset()) is None
    assert transfer.at(frozenset({10**6})) is None


def test_a_file_is_one_event_for_each_document(stocked: MasterData, act_as: Acts, acacia: Tenant) -> None:
    done = documents.import_rows(
        act_as("owner"),
        Kind.RECEIPT,
        "F-1,2026-03-02,ACME,BOLT,NORTH,A-1,1,1",
        "F-2,2026-03-02,ACME,BOLT,SOUTH,A-1,2,1",
        "F-1,2026-03-02,ACME,OIL,NORTH,A-1,3,1",
    )
    found = described("ledger.receipt.import")
    assert [each.position for each in found] == list(done.positions)
    assert [sent(each, acacia)["reference"] for each in found] == ["F-1", "F-2"]
    assert {sent(each, acacia)["batch"] for each in found} == {str(done.batch)}
    assert len({each.id for each in found}) == 2


def test_a_reversal_names_what_it_reverses(stocked: MasterData, act_as: Acts, acacia: Tenant) -> None:
    original = Posting.objects.get().position
    documents.reverse_posting(act_as("owner"), original)
    (reversal,) = described("ledger.reversal.post")
    data = sent(reversal, acacia)
    assert (data["reverses"], data["reversed_kind"]) == (original, "receipt")
    assert (data["lines"][0]["quantity"], data["lines"][0]["hub_quantity"]) == ("-10", "0")


def test_a_count_has_what_was_counted_and_expected(stocked: MasterData, act_as: Acts, acacia: Tenant) -> None:
    session = counts.start(act_as("owner"), stocked)
    counts.enter(act_as("owner"), stocked, session, **{"BOLT NORTH/A-1": "7"})
    counts.hand_in(act_as("owner"), session)
    counts.approve(act_as("owner"), session)
    (count,) = described("ledger.count.approve")
    data = sent(count, acacia)
    assert data["reference"] == str(session)
    assert (data["exact"], data["accepted"], data["rounds"]) == (0, 1, 1)
    assert [(each["counted"], each["expected"], each["quantity"]) for each in data["lines"]] == [
        ("7", "10", "-3")
    ]


def test_the_name_is_that_of_the_position(stocked: MasterData, act_as: Acts, acacia: Tenant) -> None:
    bolt = stocked.items["BOLT"]
    edit_item(act_as("owner"), item=bolt, version=1, name="Bolt, old name")
    documents.receive(act_as("owner"), stocked, ("BOLT", "NORTH/A-1", "1", "2"))
    bolt.refresh_from_db()
    edit_item(act_as("owner"), item=bolt, version=bolt.version, name="Bolt, new name")
    (receipt,) = described("ledger.receipt.post")
    assert sent(receipt, acacia)["lines"][0]["name"] == "Bolt, old name"


def test_a_secret_in_a_text_is_not_sent(stocked: MasterData, act_as: Acts, acacia: Tenant) -> None:
    secret = "whsec_" + "A1b2C3d4" * 4
    edit_item(act_as("owner"), item=stocked.items["BOLT"], version=1, name=f"Bolt {secret}")
    (changed,) = described("inventory.item.edit")
    documents.receive(act_as("owner"), stocked, ("BOLT", "NORTH/A-1", "1", "2"))
    (receipt,) = described("ledger.receipt.post")
    for each in (changed, receipt):
        text = body(each, source="urn:x", number=1, with_values=True).decode()
        assert secret not in text
        assert "Bolt [redacted]" in text


def test_a_text_that_json_cannot_carry_is_still_sent(
    stocked: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    name = 'Ø 9 "quoted" \\ \u2028 \x1f 🔩 </script>'
    Entry.objects.get()  # the name below is in no revision, so the item's own is sent
    type(stocked.items["BOLT"]).objects.filter(sku="BOLT").update(name=name)
    (receipt,) = described("ledger.receipt.post")
    assert sent(receipt, acacia)["lines"][0]["name"] == name


def test_describing_a_receipt_is_one_query(stocked: MasterData, act_as: Acts) -> None:
    event = Event.objects.filter(action="ledger.receipt.post").latest("number")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        occurrences(event)
    assert len(queries) == 1
    documents.post_movement(act_as("owner"), stocked, Kind.ISSUE, ("BOLT", "NORTH/A-1", "4"))
    event = Event.objects.filter(action="ledger.issue.post").latest("number")
    with CaptureQueriesContext(connection) as queries:
        occurrences(event)
    assert len(queries) == 2, "the posting, and the reorder points of what it took"
