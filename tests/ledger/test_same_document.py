"""The same document twice: recognised however it is sent; if only its reference is the same, the sender is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, ValidationFailed
from inventory.models import Vendor
from ledger.adjustments.actions.requests import request_adjustment
from ledger.files.actions import import_receipts
from ledger.files.forms import MovementUpload
from ledger.files.outcome import FileImport
from ledger.models import Kind, Posting
from ledger.posting.drafts import Draft
from plans.models import Tenant
from tests.factories import people
from tests.factories.documents import (
    HEADERS,
    IMPORTS,
    deliver,
    draft,
    line,
    receipt,
    receipts_csv,
    receive,
    reverse_posting,
)
from tests.factories.master_data import MasterData, make_master_data
from tests.headers import JSON
from tests.ledger.test_document_pages import typed

ROWS = (
    "DBL-1,2026-03-02,ACME,BOLT,NORTH,A-1,3,2.5",
    "DBL-2,2026-03-02,ACME,OIL,NORTH,A-1,1.25,3",
    "DBL-1,2026-03-02,ACME,BOLT,NORTH,A-2,5,2.5",
)


GOOD = receipts_csv(*ROWS)


def send(act: Act, content: bytes, kind: Kind = Kind.RECEIPT, **options: Any) -> FileImport:
    """Import a file, without answers unless given."""
    return IMPORTS[kind].submit(act, MovementUpload(kind, content, name="file.csv", **options))


def asked(act: Act, content: bytes, kind: Kind = Kind.RECEIPT, **options: Any) -> ValidationFailed:
    """The refusal of a file with questions."""
    with pytest.raises(ValidationFailed) as refused:
        send(act, content, kind, **options)
    return refused.value


SAVED_AGAIN = {
    "CR LF": GOOD.replace(b"\n", b"\r\n"),
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "blank line": GOOD.replace(b"\nDBL-2", b"\n\nDBL-2"),
    "row of separators": GOOD + b",,,,,,,\n",
    "semicolons": GOOD.replace(b",", b";"),
    "zeros and spaces": GOOD.replace(b",3,2.5", b", 3.0 ,2.50000"),
    "other order": b"\n".join([GOOD.splitlines()[0], *reversed(GOOD.splitlines()[1:]), b""]),
    "a note": receipts_csv(*(f"{row},seen" for row in ROWS)).replace(b"unit_cost", b"unit_cost,note"),
}


@pytest.mark.parametrize("content", SAVED_AGAIN.values(), ids=SAVED_AGAIN)
def test_a_file_that_was_saved_again_posts_nothing(
    master_data: MasterData, act_as: Callable, events: Callable[..., list], content: bytes
) -> None:
    """Its check names the positions of its documents; importing it leaves them alone and says so."""
    done = send(act_as("receiver"), GOOD)
    upload = MovementUpload(Kind.RECEIPT, content, name="again.csv")
    assert upload.is_valid()
    checked = import_receipts.rehearse(act_as("receiver"), **upload.values())
    assert {(one.reference, one.state, one.position) for one in checked.documents} == {
        ("DBL-1", "known", done.positions[0]),
        ("DBL-2", "known", done.positions[1]),
    }
    again = send(act_as("receiver"), content)
    assert (again.postings, again.already_posted, again.is_sent_before) == (0, 2, False)
    assert Posting.objects.count() == 2
    assert [event.outcome for event in events(action="ledger.receipt.import")] == ["allowed", "noop"]


def test_a_corrected_file_posts_what_was_left_out(master_data: MasterData, act_as: Callable) -> None:
    """Only the document that was left out before is posted."""
    wrong = receipts_csv(*ROWS, "DBL-3,2026-03-02,ACME,BOLT,NORTH,Z-9,1,1")
    right = receipts_csv(*ROWS, "DBL-3,2026-03-02,ACME,BOLT,NORTH,A-1,1,1")
    assert send(act_as("receiver"), wrong, skip_refused=True).postings == 2
    done = send(act_as("receiver"), right)
    assert (done.postings, done.already_posted) == (1, 2)
    assert list(Posting.objects.values_list("reference", flat=True).order_by("position")) == [
        "DBL-1",
        "DBL-2",
        "DBL-3",
    ]


DIFFERENT = {
    "quantity": ROWS[0].replace(",3,", ",4,"),
    "cost": ROWS[0].replace("2.5", "2.6"),
    "bin": ROWS[0].replace("A-1", "DOCK"),
    "item": ROWS[0].replace("BOLT", "CABLE"),
    "day": ROWS[0].replace("2026-03-02", "2026-03-03"),
}


@pytest.mark.parametrize("row", DIFFERENT.values(), ids=DIFFERENT)
def test_other_lines_under_the_same_reference_are_asked_about(
    master_data: MasterData, act_as: Callable, events: Callable[..., list], row: str
) -> None:
    """Asked at each line; left out with other refused documents; posted once the sender confirms."""
    send(act_as("receiver"), receipts_csv(ROWS[0]))
    act, other = act_as("receiver"), receipts_csv(row, ROWS[1])
    refusal = asked(act, other)
    (entry,) = refusal.details["lines"]["2"]
    assert entry == {
        "field": "reference",
        "reason": "REFERENCE_POSTED",
        "message": "DBL-1 from ACME was already received at position 1 (3 pcs). Post another?",
    }
    assert refusal.details["another"] == 1
    assert asked(act, other).reason is Reason.REFERENCE_POSTED

    left_out = send(act, other, skip_refused=True)
    assert (left_out.postings, left_out.left_out_postings, left_out.another) == (1, 1, 1)
    done = send(act, other, another=1)
    assert (done.postings, done.already_posted) == (1, 1)
    assert Posting.objects.filter(reference="DBL-1").count() == 2
    event = events(action="ledger.receipt.import")[-1]
    assert event.facts["confirmed"] == [
        {"reason": "REFERENCE_POSTED", "documents": 1, "what": [["DBL-1", "1"]]}
    ]


def test_an_answer_does_not_cover_what_was_posted_after_the_question(
    master_data: MasterData, act_as: Callable
) -> None:
    """If somebody else posts one in the meantime, the sender is asked again."""
    send(act_as("receiver"), receipts_csv(ROWS[0]))
    send(act_as("receiver"), receipts_csv(DIFFERENT["bin"]), another=1)
    refusal = asked(act_as("receiver"), receipts_csv(DIFFERENT["quantity"]), another=1)
    assert refusal.details["another"] == 2


def test_what_was_reversed_does_not_count(master_data: MasterData, act_as: Callable) -> None:
    """The same file posts once more after each reversal, and only once."""
    owner = act_as("owner")
    for round_ in range(3):
        done = send(owner, GOOD)
        assert (done.postings, done.already_posted) == (2, 0), round_
        assert send(owner, GOOD).already_posted == 2
        for position in done.positions:
            reverse_posting(owner, position)
    half = send(owner, GOOD)
    reverse_posting(owner, half.positions[0])
    assert (send(owner, GOOD).postings, send(owner, GOOD).postings) == (1, 0)


def test_a_document_is_of_its_kind_and_party(master_data: MasterData, act_as: Callable) -> None:
    """The same reference of another vendor, hub or kind is a different document."""
    act = act_as("owner")
    Vendor.objects.create(code="OTHER", name="Other")
    send(act, receipts_csv(ROWS[0], "STOCK,2026-03-02,ACME,BOLT,SOUTH,A-1,9,1"))
    assert send(act, receipts_csv(ROWS[0].replace("ACME", "OTHER"))).postings == 1
    moves = {
        Kind.ISSUE: ("DBL-1,2026-03-02,BOLT,NORTH,A-1,1", "DBL-1,2026-03-02,BOLT,SOUTH,A-1,1"),
        Kind.TRANSFER: (
            "DBL-1,2026-03-02,BOLT,NORTH,A-1,NORTH,A-2,1",
            "DBL-1,2026-03-02,BOLT,SOUTH,A-1,SOUTH,A-2,1",
        ),
        Kind.ADJUSTMENT: (
            "DBL-1,2026-03-02,BOLT,NORTH,A-1,-1,LOST",
            "DBL-1,2026-03-02,BOLT,SOUTH,A-1,2,FOUND",
        ),
    }
    for kind, rows in moves.items():
        for row in rows:
            content = f"{HEADERS[kind]}\n{row}\n".encode()
            assert send(act, content, kind).postings == 1, (kind, row)
            assert send(act, content + b"\n", kind).already_posted == 1, (kind, row)
    issued = asked(act, f"{HEADERS[Kind.ISSUE]}\nDBL-1,2026-03-02,BOLT,NORTH,A-1,2\n".encode(), Kind.ISSUE)
    assert "DBL-1 at NORTH was already issued at position 4 (1 pcs). Post another?" in str(
        issued.details["lines"]
    )
    lost = asked(
        act,
        f"{HEADERS[Kind.ADJUSTMENT]}\nDBL-1,2026-03-02,BOLT,NORTH,A-2,-1,LOST\n".encode(),
        Kind.ADJUSTMENT,
    )
    assert "was already adjusted at position 8 (\u22121 pcs)." in str(lost.details["lines"])
    # A transfer between hubs concerns both hubs.
    both = f"{HEADERS[Kind.TRANSFER]}\nDBL-1,2026-03-02,BOLT,SOUTH,A-1,NORTH,DOCK,1\n".encode()
    assert asked(act, both, Kind.TRANSFER).details["another"] == 7


def test_what_cannot_be_read_whole_is_not_taken_for_the_same(
    master_data: MasterData, act_as: Callable
) -> None:
    """An unreadable line is still reported, even if the other lines are posted already."""
    send(act_as("receiver"), receipts_csv(ROWS[0]))
    refusal = asked(act_as("receiver"), receipts_csv(ROWS[0], "DBL-1,2026-03-02,ACME,NOTHING,NORTH,A-1,1,1"))
    assert {entry["reason"] for entry in refusal.details["lines"]["3"]} == {"UNKNOWN_ITEM"}


def asked_for(wanted: Draft) -> Draft:
    """A draft as a form sends it, without answers."""
    return replace(wanted, confirmed=frozenset())


def form(**head: Any) -> dict[str, Any]:
    """A delivery as a browser sends it."""
    first = {"sku": "BOLT", "bin": "A-1", "quantity": "3", "unit_cost": "2.5"}
    return typed(first, **{"vendor": "ACME", "reference": "DBL-1"} | head)


def test_a_form_asks_before_it_posts_another(
    master_data: MasterData, client_as: Callable, events: Callable[..., list]
) -> None:
    """The second time, the form asks; the answer posts the document and is in the event."""
    client = client_as("receiver")
    client.post("/receive/", form())
    answer = client.post("/receive/", form())
    page = answer.content.decode()
    assert answer.status_code == 400
    assert (
        "DBL-1 from ACME was already received at position 1 (3 pcs). Post another? Yes, post another." in page
    )
    assert "Open posting 1" in page
    (question,) = answer.context["refusal"].details["questions"]
    assert Posting.objects.count() == 1

    yes = {"confirm": [question["key"]]}
    client.post("/receive/", form(reference="DBL-2"))
    for other in ({"reference": "DBL-2"}, {"confirm": ["REFERENCE_POSTED:0"]}):
        # An answer is only valid for the document that was asked about.
        assert client.post("/receive/", form(**yes) | other).status_code == 400
    assert client.post("/receive/", form(**yes)).status_code == 302
    assert Posting.objects.filter(reference="DBL-1").count() == 2
    assert (
        client.post("/receive/", form(**yes)).status_code == 400
    )  # it was about the first, not about the second
    event = events(action="ledger.receipt.post", outcome="allowed")[-1]
    assert event.facts["confirmed"] == [
        {"reason": "REFERENCE_POSTED", "what": ["receipt", "ACME", "DBL-1", "1"]}
    ]
    refused = events(action="ledger.receipt.post", outcome="refused")[0]
    assert refused.reason == "REFERENCE_POSTED"


def test_it_is_asked_before_it_is_looked_what_is_left(
    master_data: MasterData, act_as: Callable, client_as: Callable
) -> None:
    """A second issue of all stock is a question, not a shortage; an old day is asked about at the same time."""
    receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    client, line_ = client_as("manager"), {"sku": "BOLT", "bin": "A-1", "quantity": "10"}
    client.post("/issue/", typed(line_, reference="SO-1"))
    answer = client.post("/issue/", typed(line_, reference="SO-1", effective_on="2006-03-02"), headers=JSON)
    questions = answer.json()["details"]["questions"]
    assert [question["key"].partition(":")[0] for question in questions] == [
        "REFERENCE_POSTED",
        "DATE_LONG_AGO",
    ]
    message = client.post(
        "/issue/",
        typed(line_, reference="SO-1", effective_on="2006-03-02", confirm=[one["key"] for one in questions]),
        headers=JSON,
    )
    assert message.json()["reason"] == "INSUFFICIENT_STOCK"


def test_a_reversed_one_is_not_asked_about(
    master_data: MasterData, act_as: Callable, client_as: Callable
) -> None:
    """Nor is a document without a reference."""
    client = client_as("owner")
    client.post("/receive/", form())
    reverse_posting(act_as("owner"), 1)
    assert client.post("/receive/", form()).status_code == 302
    nameless = asked_for(receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1")))
    for _ in range(2):
        deliver(act_as("owner"), master_data, replace(nameless, reference="", submission=uuid4()))


def test_the_same_click_is_still_the_same_click(master_data: MasterData, client_as: Callable) -> None:
    """A form that is sent twice gets its own posting, not a question."""
    client, values = client_as("receiver"), form()
    client.post("/receive/", values)
    assert client.post("/receive/", values, headers=JSON).json()["reason"] == "ALREADY_POSTED"


def test_a_request_asks_whoever_posts_it(cedar: Tenant, act_as: Callable, client_as: Callable) -> None:
    """A request changes no stock; the question is for the person who posts it."""
    master_data = make_master_data()
    receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    requests = [
        request_adjustment(
            act_as("receiver"),
            draft=draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-1")),
            hubs=[master_data.north],
        )
        for _ in range(2)
    ]
    client = client_as("approver")
    first, second = (f"/adjust/requests/{request.pk}/post/" for request in requests)
    assert client.post(first, {"note": ""}).status_code == 302
    answer = client.post(second, {"note": ""})
    assert answer.status_code == 400
    assert (
        "DOC-1 at NORTH was already adjusted at position 2 (\u22121 pcs). Post another?"
        in answer.content.decode()
    )
    (question,) = answer.context["refusal"].details["questions"]
    assert client.post(second, {"note": "", "confirm": [question["key"]]}).status_code == 302
    assert Posting.objects.filter(kind=Kind.ADJUSTMENT).count() == 2


def test_the_page_of_a_file_asks_and_takes_the_answer(master_data: MasterData, client_as: Callable) -> None:
    """From the check, through the question and the ticked answer, to the import."""
    client = client_as("receiver")
    client.post("/receive/import/", {"text": GOOD.decode(), "import": "1"})
    other = receipts_csv(DIFFERENT["quantity"], ROWS[1]).decode()
    refused = client.post("/receive/import/", {"text": other, "check": "1"})
    page = refused.content.decode()
    assert "DBL-1 from ACME was already received at position 1 (8 pcs). Post another?" in page
    assert '<input type="checkbox" name="another" value="1"' in page
    kept = str(refused.context["upload"].pk)

    skipped = client.post("/receive/import/", {"upload": kept, "skip_refused": "on", "check": "1"})
    assert 'name="another" value="1"' in skipped.content.decode()
    checked = client.post("/receive/import/", {"upload": kept, "another": "1", "check": "1"})
    assert '<input type="hidden" name="another" value="1">' in checked.content.decode()
    assert "Already in the ledger" in checked.content.decode()
    client.post("/receive/import/", {"upload": kept, "another": "1", "import": "1"})
    assert Posting.objects.filter(reference="DBL-1").count() == 2
    assert Posting.objects.count() == 3

    again = client.post("/receive/import/", {"text": f"{GOOD.decode()}\n", "import": "1"}, follow=True)
    assert "Every document in this file is already in the ledger" in again.content.decode()


def test_nothing_of_another_hub_is_told(
    master_data: MasterData, act_as: Callable, events: Callable[..., list]
) -> None:
    """A person at one hub learns that there is a document, but not how much; neither do readers of the trail there."""
    deliver(
        act_as("owner"), master_data, receipt(master_data, line(master_data, "BOLT", "SOUTH/A-1", "77", "1"))
    )
    local = people.add_person("receiver", name="local", all_hubs=False)
    assign_perm("inventory.operate_hub", local, master_data.north)
    here = asked_for(receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "3", "1")))
    with pytest.raises(ValidationFailed) as refused:
        deliver(act_as(user=local), master_data, here)
    assert "77" not in str(refused.value)
    assert "also at a hub where you do not work" in str(refused.value)
    (event,) = events(action="ledger.receipt.post", outcome="refused")
    assert set(event.hubs) == {master_data.north.pk, master_data.south.pk}
