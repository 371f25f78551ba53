"""Opening stock: stock from before the ledger began, with its cost, before every other entry, and only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from asora.kernel.act import Act
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from ledger.actions.movements import adjust
from ledger.actions.reversing import reverse_batch
from ledger.adjustments.actions.reasons import add_reason, restore_reason
from ledger.adjustments.actions.requests import post_request, request_adjustment
from ledger.files.actions import import_adjustments
from ledger.files.forms import MovementUpload
from ledger.models import OPENING, AdjustmentReason, Entry, Kind, Posting
from ledger.posting import opening_stock
from ledger.posting.drafts import Draft
from ledger.reports.inventory_movement import INVENTORY_MOVEMENT
from ledger.reports.scope import Scope
from ledger.reports.shrink_adjustment import SHRINK_ADJUSTMENT
from plans.models import Tenant
from tests.factories.counts import approve, enter, hand_in, start
from tests.factories.documents import (
    BOTH_COSTINGS,
    draft,
    hubs_of,
    post,
    post_movement,
    receive,
    reverse_posting,
    with_costing,
)
from tests.factories.master_data import MasterData, make_master_data
from tests.headers import JSON
from tests.ledger.balances import assert_books_agree, bins, hubs, layers
from tests.ledger.test_document_pages import typed

D = Decimal
HEADER = "reference,effective_on,sku,hub_code,bin_code,quantity,reason,unit_cost"


def opening_of(master_data: MasterData, *lines: tuple[str, str, str, str | None]) -> Draft:
    """An opening of `(sku, address, quantity, cost)`."""
    base = draft(master_data, Kind.ADJUSTMENT, *(line[:3] for line in lines), reason=OPENING)
    priced = [
        replace(line, unit_cost=None if cost is None else D(cost))
        for line, (_sku, _address, _quantity, cost) in zip(base.lines, lines, strict=True)
    ]
    return replace(base, lines=priced)


def open_stock(act: Act, master_data: MasterData, *lines: tuple[str, str, str, str | None]) -> int:
    """Post an opening through the door."""
    wanted = opening_of(master_data, *lines)
    return adjust(act, draft=wanted, hubs=hubs_of(master_data, wanted), reference=wanted.reference)


def refused(work: Callable[[], Any]) -> list[tuple[str, str]]:
    """Field and reason of every fault."""
    with pytest.raises(ValidationFailed) as caught:
        work()
    lines = caught.value.details.get("lines") or caught.value.details.get("fields") or {}
    return [(entry.get("field", name), entry["reason"]) for name, listed in lines.items() for entry in listed]


def send(act: Act, *rows: str, **options: Any) -> Any:
    """A file of openings."""
    content = "\n".join([HEADER, *rows, ""]).encode()
    return import_adjustments.submit(
        act, MovementUpload(Kind.ADJUSTMENT, content, name="opening.csv", **options)
    )


@BOTH_COSTINGS
def test_works(master_data: MasterData, act_as: Callable, costing: str) -> None:
    """The stock has the given cost, in every bin of the document; proofs agree."""
    act = with_costing(act_as("owner"), costing)
    open_stock(
        act,
        master_data,
        ("BOLT", "NORTH/A-1", "10", "2"),
        ("BOLT", "NORTH/A-2", "5", "3"),
        ("OIL", "SOUTH/A-1", "1.5", "0"),
    )
    assert bins() == {"BOLT NORTH/A-1": 10, "BOLT NORTH/A-2": 5, "OIL SOUTH/A-1": D("1.5")}
    assert hubs()["BOLT NORTH"] == (15, 35)
    if costing == "fifo":
        assert layers("BOLT", "NORTH") == [(10, 20), (5, 15)]
    assert_books_agree()


def test_is_recorded(master_data: MasterData, act_as: Callable, events: Callable[..., list]) -> None:
    """Recorded as an adjustment, with its reason."""
    position = open_stock(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    (event,) = events(action="ledger.adjustment.post")
    assert (event.outcome, event.first_position, event.facts["reasons"]) == ("allowed", position, [OPENING])
    assert Posting.objects.get().kind == Kind.ADJUSTMENT


@pytest.mark.parametrize(
    ("quantity", "cost", "fault"),
    [
        ("-1", "2", ("quantity", "QUANTITY_NOT_POSITIVE")),
        ("0", "2", ("quantity", "QUANTITY_NOT_POSITIVE")),
        ("1", None, ("unit_cost", "COST_MISSING")),
        ("1", "-1", ("unit_cost", "COST_NEGATIVE")),
        ("1.5", "1", ("quantity", "QUANTITY_TOO_PRECISE")),
    ],
)
def test_it_is_an_adjustment_up_with_a_cost(
    master_data: MasterData, act_as: Callable, quantity: str, cost: str | None, fault: tuple[str, str]
) -> None:
    """Anything else is refused at its line."""
    assert refused(
        lambda: open_stock(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", quantity, cost))
    ) == [fault]
    assert not Posting.objects.exists()


def moved_by_receipt(act: Act, master_data: MasterData) -> None:
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))


def moved_and_gone(act: Act, master_data: MasterData) -> None:
    moved_by_receipt(act, master_data)
    post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "10"))


def opened_before(act: Act, master_data: MasterData) -> None:
    open_stock(act, master_data, ("BOLT", "NORTH/A-2", "1", "1"))


def moved_in(act: Act, master_data: MasterData) -> None:
    receive(act, master_data, ("BOLT", "SOUTH/A-1", "10", "1"))
    post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "SOUTH/A-1", "NORTH/A-2", "1"))


def found(act: Act, master_data: MasterData) -> None:
    post_movement(act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"))


def counted_as_nothing(act: Act, master_data: MasterData) -> None:
    session = start(act, master_data)
    enter(act, master_data, session, **{"BOLT NORTH/A-1": "0"})
    hand_in(act, session)
    approve(act, session)


def a_receipt_taken_back(act: Act, master_data: MasterData) -> None:
    moved_by_receipt(act, master_data)
    reverse_posting(act, 1)


EARLIER = [
    moved_by_receipt,
    moved_and_gone,
    opened_before,
    moved_in,
    found,
    counted_as_nothing,
    a_receipt_taken_back,
]


@pytest.mark.parametrize("earlier", EARLIER, ids=[earlier.__name__ for earlier in EARLIER])
def test_it_comes_before_everything_else(
    master_data: MasterData, act_as: Callable, earlier: Callable[[Act, MasterData], None]
) -> None:
    """Before every entry of the item in the hub, in any bin; other items and hubs do not matter."""
    act = act_as("owner")
    earlier(act, master_data)
    with pytest.raises(ValidationFailed) as caught:
        open_stock(act, master_data, ("BOLT", "NORTH/DOCK", "1", "1"), ("OIL", "NORTH/A-1", "1", "1"))
    assert list(caught.value.details["lines"]) == ["1"]
    (entry,) = caught.value.details["lines"]["1"]
    assert (entry["field"], entry["reason"]) == ("sku", "OPENING_TOO_LATE")
    assert "BOLT already has entries in hub NORTH since position" in entry["message"]
    open_stock(act, master_data, ("OIL", "NORTH/A-1", "1", "1"), ("CABLE", "SOUTH/A-1", "1", "1"))


def test_a_reversed_opening_can_be_done_again(master_data: MasterData, act_as: Callable) -> None:
    """One by one, or a whole file; but not after other entries."""
    act = act_as("owner")
    reverse_posting(act, open_stock(act, master_data, ("BOLT", "NORTH/A-1", "10", "2")))
    again = open_stock(act, master_data, ("BOLT", "NORTH/A-1", "12", "2"))
    post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))
    post_movement(act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"))
    reverse_posting(act, again)
    assert refused(lambda: open_stock(act, master_data, ("BOLT", "NORTH/A-1", "12", "2"))) == [
        ("sku", "OPENING_TOO_LATE")
    ]

    wrong = ["O-1,2026-03-02,OIL,NORTH,A-1,1.25,OPENING,3", "O-1,2026-03-02,CABLE,NORTH,A-1,2.5,OPENING,4"]
    done = send(act, *wrong)
    reverse_batch(act, batch=done.batch, submission=done.batch)
    right = send(act, *(row.replace("OPENING,3", "OPENING,30") for row in wrong))
    assert (right.postings, right.value) == (1, D("47.5"))


def test_a_file(master_data: MasterData, act_as: Callable) -> None:
    """Bins of one item in one hub are one document; two documents of a file cannot both open it; it posts once."""
    act = act_as("owner")
    rows = [
        "O-1,2026-03-02,BOLT,NORTH,A-1,10,OPENING,2",
        "O-1,2026-03-02,BOLT,NORTH,A-2,5,OPENING,2",
        "O-2,2026-03-02,BOLT,SOUTH,A-1,7,OPENING,2.5",
    ]
    faults = refused(lambda: send(act, *rows, "O-3,2026-03-02,BOLT,NORTH,DOCK,1,OPENING,2"))
    assert faults == [("sku", "OPENING_TOO_LATE")]
    assert refused(lambda: send(act, "O-1,2026-03-02,BOLT,NORTH,A-1,10,OPENING,")) == [
        ("unit_cost", "COST_MISSING")
    ]
    done = send(act, *rows)
    assert (done.postings, done.lines, done.value) == (2, 3, D("47.5"))
    again = send(act, *rows, "")
    assert (again.postings, again.already_posted) == (0, 2)


def test_a_form(master_data: MasterData, client_as: Callable) -> None:
    """The adjustment page does not offer the reason, but accepts it."""
    client = client_as("manager")
    line = {"sku": "BOLT", "bin": "A-1", "quantity": "10", "unit_cost": ""}
    without = client.post("/adjust/", typed(line, reason=OPENING), headers=JSON)
    assert without.json()["reason"] == "COST_MISSING"
    assert client.post("/adjust/", typed(line | {"unit_cost": "2"}, reason=OPENING)).status_code == 302
    late = client.post(
        "/adjust/", typed(line | {"unit_cost": "2"}, reason=OPENING, reference="X"), headers=JSON
    )
    assert late.json()["reason"] == "OPENING_TOO_LATE"


def test_it_is_of_adjustments_only(master_data: MasterData, act_as: Callable) -> None:
    """An issue with this reason is refused."""
    act = act_as("owner")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    wanted = replace(draft(master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1")), reason=OPENING)
    assert refused(lambda: post(act, master_data, wanted)) == [("reason", "NAME_RESERVED")]


def test_the_reason_is_reserved(master_data: MasterData, act_as: Callable, client_as: Callable) -> None:
    """Nobody can add it to the list or restore it; the database refuses it, too."""
    act = act_as("manager")
    for code in (OPENING, " opening "):
        assert refused(lambda code=code: add_reason(act, code=code, name="Opening")) == [
            ("code", "NAME_RESERVED")
        ]
    old = AdjustmentReason.objects.create(code=OPENING, name="Ours, from before", archived_at=timezone.now())
    assert refused(lambda: restore_reason(act, reason=old)) == [("code", "NAME_RESERVED")]
    with pytest.raises(IntegrityError), transaction.atomic():
        AdjustmentReason.objects.filter(pk=old.pk).update(archived_at=None)
    assert OPENING not in client_as("manager").get("/adjust/").content.decode()


def test_where_two_are_needed_two_are_needed(cedar: Tenant, act_as: Callable) -> None:
    """One person requests it and another posts it."""
    master_data = make_master_data()
    wanted = opening_of(master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    with pytest.raises(PermissionDenied):
        adjust(act_as("approver"), draft=wanted, hubs=[master_data.north], reference="O")
    early, late = (
        request_adjustment(
            act_as("receiver"), draft=replace(wanted, submission=submission), hubs=[master_data.north]
        )
        for submission in (
            wanted.submission,
            opening_of(master_data, ("BOLT", "NORTH/A-1", "1", "1")).submission,
        )
    )
    post_request(act_as("approver"), request=early)
    assert refused(lambda: post_request(act_as("approver"), request=late)) == [("sku", "OPENING_TOO_LATE")]


def test_the_viewer_is_refused(master_data: MasterData, act_as: Callable) -> None:
    with pytest.raises(PermissionDenied):
        open_stock(act_as("viewer"), master_data, ("BOLT", "NORTH/A-1", "10", "2"))


def test_reports_show_it(master_data: MasterData, act_as: Callable) -> None:
    """Movement counts it as adjusted; shrink has a row of its own for it, beside other found stock."""
    act = act_as("owner")
    open_stock(act, master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    post_movement(act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-1"))
    last = Posting.objects.count()
    scope = Scope(position=last, hubs=("NORTH", "SOUTH"), items=("BOLT",))
    columns = [column.name for column in INVENTORY_MOVEMENT.columns]
    (row,) = INVENTORY_MOVEMENT.stream(scope)
    shown = dict(zip(columns, row, strict=False))
    assert (shown["opening"], shown["adjusted"], shown["received"], shown["closing"]) == (0, 9, 0, 9)
    columns = [column.name for column in SHRINK_ADJUSTMENT.columns]
    rows = [dict(zip(columns, row, strict=False)) for row in SHRINK_ADJUSTMENT.stream(scope)]
    assert [(row["reason"], row["quantity_up"], row["quantity_down"], row["net_value"]) for row in rows] == [
        ("DAMAGED", 0, 1, -2),
        (OPENING, 10, 0, 20),
    ]


AN_ISSUE_THAT_OPENS = """
INSERT INTO ledger_posting (position, kind, reference, effective_on, recorded_at, actor_type, actor_ref, request_id,
                            reason, note, submission)
SELECT 99, 'issue', '', effective_on, recorded_at, actor_type, actor_ref, request_id, 'OPENING', '', gen_random_uuid()
FROM ledger_posting LIMIT 1
"""


def test_the_database_asks_too(
    master_data: MasterData, act_as: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the check in the code, the database refuses the commit with the same refusal."""
    act = act_as("owner")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    monkeypatch.setattr(
        "ledger.posting.master_data.opened", lambda drafts, hub_of_bin: opening_stock.Opened()
    )
    with pytest.raises(ValidationFailed) as caught:
        open_stock(act, master_data, ("BOLT", "NORTH/A-1", "5", "1"))
    assert caught.value.reason is Reason.OPENING_TOO_LATE
    assert Posting.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute(opening_stock.CHECK_LATER)
        cursor.execute(AN_ISSUE_THAT_OPENS)
        with pytest.raises(IntegrityError):
            cursor.execute(opening_stock.CHECK_NOW)


def test_a_new_tenant_has_the_check(committed_tenant: Callable[..., Tenant]) -> None:
    """A clone of the template has the same trigger: deferred, and only for openings."""
    tenant = committed_tenant()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(t.oid), t.tgdeferrable, t.tginitdeferred, t.tgenabled FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE t.tgname = %s AND n.nspname = %s",
            [opening_stock.CONSTRAINT, tenant.schema_name],
        )
        ((definition, *flags),) = cursor.fetchall()
    assert flags == [True, True, "O"]
    assert "OPENING" in definition
    assert "CONSTRAINT TRIGGER" in definition


CLICKS = 8


def test_eight_openings_and_receipts_at_once(
    committed_tenant: Callable[..., Any], threads: Callable[..., list[Any]], act_as: Callable[..., Act]
) -> None:
    """One opening of the same item succeeds, or none if a receipt was first."""
    act = act_as("owner", tenant=committed_tenant())
    master_data = make_master_data()

    def work(number: int) -> int:
        if number % 4 == 3:
            return receive(act, master_data, ("BOLT", "NORTH/A-1", "1", "1"))
        return open_stock(act, master_data, ("BOLT", f"NORTH/{'A-1' if number % 2 else 'A-2'}", "10", "2"))

    results = threads(CLICKS, work)
    wrong = [result for result in results if not isinstance(result, int)]
    assert {getattr(refusal, "reason", refusal) for refusal in wrong} == {Reason.OPENING_TOO_LATE}
    assert not [result for result in wrong if isinstance(result, StateConflict)]
    openings = list(Posting.objects.filter(reason=OPENING).values_list("position", flat=True))
    assert openings in ([], [1])
    assert len(wrong) == 6 - len(openings)
    assert Entry.objects.count() == 2 + len(openings)
    assert all(isinstance(results[number], int) for number in (3, 7))
