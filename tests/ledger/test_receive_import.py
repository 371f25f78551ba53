"""Receiving from a file: a posting per reference, all or nothing, every wrong line named, the same file once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from asora.kernel.refusals import PermissionDenied, Reason, ValidationFailed
from inventory.models import Bin
from ledger.files.actions import import_receipts
from ledger.files.forms import MovementUpload
from ledger.files.outcome import FileImport
from ledger.models import BinBalance, Entry, Kind, Posting
from tests.factories import people
from tests.factories.documents import receipts_csv
from tests.factories.master_data import MasterData

GOOD = (
    "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,10,2.5",
    "PO-2,2026-03-03,ACME,OIL,SOUTH,A-1,1.25,3",
    "PO-1,2026-03-02,ACME,BOLT,NORTH,A-2,5,2.5",
)


def load(act: object, *rows: str, skip_refused: bool = False) -> FileImport:
    """Import these lines through the door."""
    return import_receipts.submit(
        act, MovementUpload(Kind.RECEIPT, receipts_csv(*rows), name="receipts.csv", skip_refused=skip_refused)
    )


def test_works(master_data: MasterData, act_as: Callable) -> None:
    """Lines of one reference are one posting, in the order of their first lines."""
    done = load(act_as("receiver"), *GOOD)

    assert (done.postings, done.lines, done.already_posted) == (2, 3, 0)
    assert list(Posting.objects.order_by("position").values_list("reference", flat=True)) == ["PO-1", "PO-2"]
    assert Posting.objects.filter(batch=None).count() == 0
    assert Posting.objects.values("batch").distinct().count() == 1
    assert sum(balance.quantity for balance in BinBalance.objects.all()) == done.quantity


def test_is_recorded(master_data: MasterData, act_as: Callable, events: Callable[..., list]) -> None:
    """One event for the file: its digest, its totals, its positions."""
    done = load(act_as("receiver"), *GOOD)
    (event,) = events(action="ledger.receipt.import")
    assert (event.first_position, event.last_position) == (done.positions[0], done.positions[-1])
    assert event.facts["postings"] == 2
    assert event.facts["lines"] == 3
    assert len(event.facts["sha256"]) == 64


def test_the_same_file_posts_once(
    master_data: MasterData, act_as: Callable, events: Callable[..., list]
) -> None:
    """Sent again, it is a no-op; a file that differs by one byte is another file."""
    load(act_as("receiver"), *GOOD)
    again = load(act_as("receiver"), *GOOD)
    assert (again.postings, again.already_posted) == (0, 2)
    assert Posting.objects.count() == 2
    assert [event.outcome for event in events(action="ledger.receipt.import")] == ["allowed", "noop"]


def test_the_same_file_posts_once_although_its_bins_are_closed_by_now(
    master_data: MasterData, act_as: Callable, events: Callable[..., list]
) -> None:
    """Sent again, it is reported as posted; new documents in a file are still checked."""
    rows = (*GOOD, "PO-3,2026-03-02,ACME,BOLT,NORTH,A-1,0,1")
    load(act_as("receiver"), *rows, skip_refused=True)
    Bin.objects.update(archived_at=timezone.now())
    again = load(act_as("receiver"), *rows, skip_refused=True)
    assert (again.postings, again.already_posted, list(again.left_out.lines)) == (0, 2, [5])


BAD = [
    ("PO-9,2026-03-02,NOBODY,BOLT,NORTH,A-1,1,1", "vendor_code", Reason.UNKNOWN_VENDOR),
    ("PO-9,2026-03-02,BANNED,BOLT,NORTH,A-1,1,1", "vendor", Reason.VENDOR_INELIGIBLE),
    ("PO-9,2026-03-02,ACME,NOTHING,NORTH,A-1,1,1", "sku", Reason.UNKNOWN_ITEM),
    ("PO-9,2026-03-02,ACME,BOLT,NOWHERE,A-1,1,1", "hub_code", Reason.UNKNOWN_HUB),
    ("PO-9,2026-03-02,ACME,BOLT,NORTH,Z-9,1,1", "bin_code", Reason.UNKNOWN_BIN),
    ("PO-9,2026-03-02,ACME,BOLT,NORTH,A-1,0,1", "quantity", Reason.QUANTITY_NOT_POSITIVE),
    ("PO-9,2026-03-02,ACME,BOLT,NORTH,A-1,1.5,1", "quantity", Reason.QUANTITY_TOO_PRECISE),
    ("PO-9,2026-03-02,ACME,BOLT,NORTH,A-1,many,1", "quantity", Reason.INVALID_INPUT),
    ("PO-9,2026-03-02,ACME,BOLT,NORTH,A-1,1e3,1", "quantity", Reason.INVALID_INPUT),
    ("PO-9,2026-03-02,ACME,BOLT,NORTH,A-1,NaN,1", "quantity", Reason.INVALID_INPUT),
    ("PO-9,2026-03-02,ACME,BOLT,NORTH,A-1,99999999999999999999,1", "quantity", Reason.INVALID_INPUT),
    ("PO-9,2026-03-02,ACME,BOLT,NORTH,A-1,1,-1", "unit_cost", Reason.COST_NEGATIVE),
    ("PO-9,2026-03-02,ACME,BOLT,NORTH,A-1,1,0.0000001", "unit_cost", Reason.INVALID_INPUT),
    ("PO-9,yesterday,ACME,BOLT,NORTH,A-1,1,1", "effective_on", Reason.INVALID_INPUT),
    ("PO-9,2999-01-01,ACME,BOLT,NORTH,A-1,1,1", "effective_on", Reason.DATE_IN_FUTURE),
    (",2026-03-02,ACME,BOLT,NORTH,A-1,1,1", "reference", Reason.INVALID_INPUT),
    ("PO-1,2026-03-02,BANNED,BOLT,NORTH,A-1,1,1", "vendor_code", Reason.VENDOR_DIFFERS),
    ("PO-1,2026-03-09,ACME,BOLT,NORTH,A-1,1,1", "effective_on", Reason.DATE_DIFFERS),
]


@pytest.mark.parametrize(
    ("row", "column", "reason"), BAD, ids=[str(reason) + "-" + row[:40] for row, _, reason in BAD]
)
def test_one_bad_line_refuses_the_file(
    master_data: MasterData,
    act_as: Callable,
    events: Callable[..., list],
    row: str,
    column: str,
    reason: Reason,
) -> None:
    """The line is named with its rule, and nothing of the file is written."""
    with pytest.raises(ValidationFailed) as refused:
        load(act_as("receiver"), *GOOD, row)

    assert (column, str(reason)) in {
        (entry["field"], entry["reason"]) for entry in refused.value.details["lines"]["5"]
    }
    assert not Posting.objects.exists()
    (event,) = events(action="ledger.receipt.import")
    assert event.outcome == "refused"
    assert "5" in event.decision[-1]["lines"]


def test_skipping_leaves_whole_postings_out(master_data: MasterData, act_as: Callable) -> None:
    """A posting with one refused line is left out as a whole, and reported."""
    done = load(act_as("receiver"), *GOOD, "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,0,1", skip_refused=True)
    assert (done.postings, done.left_out_postings, list(done.left_out.lines)) == (1, 1, [5])
    assert Posting.objects.get().reference == "PO-2"


def test_a_purchasing_file_is_understood(master_data: MasterData, act_as: Callable) -> None:
    """The columns of a delivery file, where stocked = received - rejected, line by line."""
    header = (
        "po_number,po_line,received_on,vendor_code,sku,hub_code,bin_code,"
        "received_qty,rejected_qty,stocked_qty,unit_cost"
    )
    right = f"{header}\nPO-1,1,2026-03-02,ACME,BOLT,NORTH,A-1,5.00,2.00,3.00,1.5\n"
    wrong = f"{header}\nPO-1,1,2026-03-02,ACME,BOLT,NORTH,A-1,5.00,2.00,4.00,1.5\n"
    done = import_receipts.submit(
        act_as("receiver"), MovementUpload(Kind.RECEIPT, right.encode(), name="a.csv")
    )
    assert done.quantity == 3
    with pytest.raises(ValidationFailed):
        import_receipts.submit(act_as("receiver"), MovementUpload(Kind.RECEIPT, wrong.encode(), name="b.csv"))


UNREADABLE = [
    b"",
    b"\xff\xfe\x00",
    b"reference,sku\n1,2\n",
    receipts_csv("a,b"),
    receipts_csv(),
    receipts_csv('"open,2026'),
    b"\x00" + receipts_csv(*GOOD),
]


@pytest.mark.parametrize("content", UNREADABLE, ids=range(len(UNREADABLE)))
def test_an_unreadable_file_is_refused_and_audited(
    master_data: MasterData, act_as: Callable, events: Callable[..., list], content: bytes
) -> None:
    """The door refuses any unreadable file as a whole."""
    with pytest.raises(ValidationFailed):
        import_receipts.submit(act_as("receiver"), MovementUpload(Kind.RECEIPT, content, name="x.csv"))
    assert [event.outcome for event in events(action="ledger.receipt.import")] == ["refused"]
    assert not Posting.objects.exists()


def test_a_check_leaves_nothing(
    master_data: MasterData, act_as: Callable, events: Callable[..., list]
) -> None:
    """A rehearsal runs everything and leaves neither rows nor an event."""
    upload = MovementUpload(Kind.RECEIPT, receipts_csv(*GOOD), name="x.csv")
    assert upload.is_valid()
    done = import_receipts.rehearse(act_as("receiver"), **upload.values())
    assert (done.postings, done.lines) == (2, 3)
    assert not Entry.objects.exists()
    assert not events(action="ledger.receipt.import")


def test_a_file_over_ungranted_hubs_is_refused(master_data: MasterData, act_as: Callable) -> None:
    """A person who works at one hub cannot import into another one."""
    local = people.add_person("receiver", name="local", all_hubs=False)
    with pytest.raises(PermissionDenied):
        load(act_as(user=local), *GOOD)
    assert not Posting.objects.exists()


DELIVERY = (
    "reference,effective_on,vendor_code,sku,hub_code,bin_code,received_qty,rejected_qty,quantity,unit_cost"
)


def delivered(act: object, *rows: str, header: str = DELIVERY) -> FileImport:
    """Import a delivery with received and, optionally, rejected quantities."""
    content = "\n".join([header, *rows, ""]).encode()
    return import_receipts.submit(act, MovementUpload(Kind.RECEIPT, content, name="delivery.csv"))


def test_what_is_not_said_to_be_rejected_was_not(master_data: MasterData, act_as: Callable) -> None:
    """Without the column, or with an empty cell, nothing was rejected; a line that does not add up is refused."""
    whole = "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,5,,5,1"
    assert delivered(act_as("receiver"), whole).quantity == 5
    without = DELIVERY.replace("rejected_qty,", "")
    assert (
        delivered(act_as("receiver"), "PO-2,2026-03-02,ACME,BOLT,NORTH,A-1,6,6,1", header=without).quantity
        == 6
    )
    for row in ("PO-3,2026-03-02,ACME,BOLT,NORTH,A-1,5,,4,1", "PO-3,2026-03-02,ACME,BOLT,NORTH,A-1,,2,4,1"):
        with pytest.raises(ValidationFailed):
            delivered(act_as("receiver"), row)
    for row in ("-5,-10,5", "15,-2,17", "5,-1,6"):
        with pytest.raises(ValidationFailed) as refused:
            delivered(act_as("receiver"), f"PO-3,2026-03-02,ACME,BOLT,NORTH,A-1,{row},1")
        assert "negative" in str(refused.value.details["lines"])
    assert Posting.objects.count() == 2


def test_a_line_that_was_rejected_as_a_whole_is_passed_over(
    master_data: MasterData, act_as: Callable, events: Callable[..., list]
) -> None:
    """The other lines of its document are posted; a document with only such lines is dropped; the result says so."""
    done = delivered(
        act_as("receiver"),
        "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,5,5,0,1",
        "PO-1,2026-03-02,ACME,OIL,NORTH,A-1,2.5,0.5,2,1",
        "PO-2,2026-03-02,ACME,BOLT,NORTH,A-1,3.00,3.00,0.00,1",
    )
    assert (done.postings, done.lines, done.left_out_postings) == (1, 1, 0)
    assert (list(done.passed_over), done.passed_over_lines) == ([(2, "PO-1"), (4, "PO-2")], 2)
    assert [(one.reference, one.state) for one in done.documents] == [
        ("PO-1", "fresh"),
        ("PO-2", "passed_over"),
    ]
    (event,) = events(action="ledger.receipt.import")
    assert event.facts["passed_over"] == 2
    assert Entry.objects.get().item.sku == "OIL"

    nothing = delivered(act_as("receiver"), "PO-3,2026-03-02,ACME,BOLT,NORTH,A-1,3,3,0,1")
    assert (nothing.postings, nothing.passed_over_lines) == (0, 1)
    with pytest.raises(ValidationFailed):
        load(act_as("receiver"), "PO-3,2026-03-02,ACME,BOLT,NORTH,A-1,0,1")  # without a rejected quantity


def test_the_page_says_what_is_passed_over(master_data: MasterData, client_as: Callable) -> None:
    """Shown before the import, with its line; and after an import with nothing left to post."""
    client = client_as("receiver")
    rows = "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,5,5,0,1\n"
    kept = "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,5,,5,1\n"
    checked = client.post("/receive/import/", {"text": f"{DELIVERY}\n{rows}{kept}", "check": "1"})
    page = checked.content.decode()
    assert "1 line was rejected in full, so nothing is received from it." in page
    assert "line 2 of PO-1" in page
    answer = client.post("/receive/import/", {"text": f"{DELIVERY}\n{rows}", "import": "1"}, follow=True)
    assert "Every line of this file was rejected in full" in answer.content.decode()
