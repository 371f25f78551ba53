"""Files: all or nothing, every refused line named with its rule, and the same file twice changes nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from asora.kernel import positions
from asora.kernel.refusals import PermissionDenied, Reason, ValidationFailed
from audit.events.models import Event
from inventory.files.actions import import_bins, import_categories, import_hubs, import_items, import_vendors
from inventory.models import Bin, Category, Item, ItemRevision, Vendor
from plans.models import Tenant
from tests.factories.items import default_category, default_hub
from tests.inventory.nouns import DATASET, NOUNS, Noun

ITEMS = "sku,name,category_code,unit,standard_cost,reorder_point"
FILES = {
    "categories": (import_categories, 42),
    "hubs": (import_hubs, 14),
    "bins": (import_bins, 767),
    "vendors": (import_vendors, 104),
    "items": (import_items, 504),
}


@pytest.fixture
def act(acacia: Tenant, act_as: Any) -> Any:
    """The manager of Acacia, where GOODS and NORTH exist."""
    default_category(), default_hub()
    return act_as("manager")


def refused_lines(call: Any, act: Any, text: str | bytes) -> dict[int, list[tuple[str, str]]]:
    """The (column, reason) pairs of each line; the file must be refused."""
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ValidationFailed) as refused:
        call(act, content=content)
    lines = refused.value.details.get("lines", {})
    return {int(line): [(e["field"], e["reason"]) for e in entries] for line, entries in lines.items()}


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
def test_a_file_twice_is_created_once(noun: Noun, act: Any) -> None:
    first = noun.import_file(act, content=noun.file.encode())
    event = Event.objects.order_by("-occurred_at")[0]
    assert (first.rows, first.created, first.unchanged) == (1, 1, 0)
    assert event.facts["created"] == 1
    assert event.facts["sha256"] == first.sha256
    assert len(event.facts["codes"]) == 1
    again = noun.import_file(act, content=noun.file.encode())
    assert (again.created, again.unchanged) == (0, 1)
    assert Event.objects.order_by("-occurred_at")[0].outcome == "noop"


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
def test_a_rehearsal_leaves_nothing_behind(noun: Noun, act: Any) -> None:
    before, events = noun.model.objects.count(), Event.objects.count()
    assert noun.import_file.rehearse(act, content=noun.file.encode()).created == 1
    assert (noun.model.objects.count(), Event.objects.count(), positions.current()) == (before, events, 0)


def test_every_bad_line_is_named_and_none_is_written(act: Any) -> None:
    Vendor.objects.create(code="ALDER", name="Alder")
    text = "code,name,eligible\nOK,Fine,yes\nALDER,Other,true\nok,Fine,yes\nnew,New,1\nB D,,maybe\n"
    assert refused_lines(import_vendors, act, text) == {
        3: [("name", "ROW_DIFFERS")],
        4: [("code", "DUPLICATE_ROW")],
        5: [("code", "NAME_RESERVED")],
        6: [("code", "INVALID_INPUT"), ("name", "INVALID_INPUT"), ("eligible", "INVALID_INPUT")],
    }
    assert list(Vendor.objects.values_list("code", flat=True)) == ["ALDER"]
    event = Event.objects.order_by("-occurred_at")[0]
    assert (event.outcome, event.decision[-1]["refused"]) == ("refused", 4)
    assert "maybe" not in str(event.decision)


def test_parents_may_stand_anywhere_but_not_in_a_circle(act: Any) -> None:
    import_categories(act, content=b"code,name,parent_code\nC,C,b\nB,B,A\nA,A,\nG,G,GOODS\n")
    parents = dict(Category.objects.values_list("code", "parent__code"))
    assert (parents["C"], parents["B"], parents["A"], parents["G"]) == ("B", "A", None, "GOODS")
    text = "code,name,parent_code\nX,X,Y\nY,Y,X\nZ,Z,Z\nW,W,X\nV,V,NOWHERE\n"
    assert refused_lines(import_categories, act, text) == {
        2: [("parent_code", "PARENT_LOOP")],
        3: [("parent_code", "PARENT_LOOP")],
        4: [("parent_code", "PARENT_LOOP")],
        6: [("parent_code", "UNKNOWN_PARENT")],
    }


def test_items_refer_to_what_exists(act: Any) -> None:
    Bin.objects.create(hub=default_hub(), code="A-1")
    text = (
        f"{ITEMS},decimals,putaway_bin,barcodes\n"
        "S-1,One,GOODS,EA,1,2,0,NORTH/A-1,111 112\n"
        "S-2,Two,NOPE,EA,1,2,0,NORTH/A-9,111\n"
        "S-3,Three,GOODS,EA,-1,0.5,0,,s-1\n"
        "S-4,Four,GOODS,,x,,9,A-1,\n"
    )
    assert refused_lines(import_items, act, text) == {
        3: [
            ("category_code", "UNKNOWN_PARENT"),
            ("putaway_bin", "UNKNOWN_BIN"),
            ("barcodes", "BARCODE_TAKEN"),
        ],
        4: [
            ("standard_cost", "COST_NEGATIVE"),
            ("reorder_point", "QUANTITY_TOO_PRECISE"),
            ("barcodes", "BARCODE_TAKEN"),
        ],
        5: [
            ("unit", "INVALID_INPUT"),
            ("standard_cost", "INVALID_INPUT"),
            ("decimals", "INVALID_INPUT"),
            ("putaway_bin", "INVALID_INPUT"),
        ],
    }
    assert not Item.objects.exists()
    content = "\n".join(text.splitlines()[:2]).encode()
    assert import_items(act, content=content).created == 1
    assert import_items(act, content=content).unchanged == 1
    item = Item.objects.get()
    assert (item.putaway_bin.address, item.barcodes.count()) == ("NORTH/A-1", 2)


def test_revisions_follow_the_order_of_the_file(act: Any) -> None:
    import_items(act, content=f"{ITEMS}\nB,Bee,GOODS,EA,0,\nA,Ay,GOODS,EA,,5\n".encode())
    assert list(ItemRevision.objects.order_by("position").values_list("position", "item__sku")) == [
        (1, "B"),
        (2, "A"),
    ]
    event = Event.objects.order_by("-occurred_at")[0]
    assert (event.first_position, event.last_position) == (1, 2)


def test_an_eligible_vendor_is_a_decision(act: Any, cedar: Tenant) -> None:
    connection.set_tenant(cedar)
    from tests.factories import people

    manager = people.act_of(people.person("manager", cedar), cedar)
    assert import_vendors(manager, content=b"code,name,eligible\nV-1,Not yet,false\n").created == 1
    with pytest.raises(PermissionDenied):
        import_vendors(manager, content=b"code,name,eligible\nV-2,At once,true\n")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.INVALID_INPUT),
        (b"code,name\n", Reason.NO_DATA),
        (b"code\nA\n", Reason.INVALID_INPUT),
        (b"code,name,colour\nA,B,C\n", Reason.INVALID_INPUT),
        (b"code,name\nA\n", Reason.INVALID_INPUT),
        (b'code,name\nA,"B\n', Reason.INVALID_INPUT),
        ("code,name\nA,Ä\n".encode("latin-1"), Reason.INVALID_INPUT),
        ("code,name\nA,B\n".encode("utf-16"), Reason.INVALID_INPUT),
        (b"code,name\nA,B\x00\n", Reason.INVALID_INPUT),
        (b'code,name\nA,"two\nlines"\n', Reason.INVALID_INPUT),
        (b"code,name\nA," + b"x" * 301 + b"\n", Reason.INVALID_INPUT),
        (b"\x1f\x8b\x08\x00", Reason.INVALID_INPUT),
    ],
)
def test_files_that_are_none(content: bytes, reason: Reason, act: Any) -> None:
    with pytest.raises(ValidationFailed) as refused:
        import_hubs(act, content=content)
    assert refused.value.reason is reason
    assert Event.objects.order_by("-occurred_at")[0].outcome == "refused"


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("'=cmd()", "=cmd()"),
        ("=cmd()", "=cmd()"),
        ('"O\'Hara, ""Bob"""', 'O\'Hara, "Bob"'),
        ("שלום", "שלום"),
        ("🚲", "🚲"),
        ("  padded ", "padded"),
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["unix", "dos"])
def test_cells_arrive_as_they_were_meant(cell: str, name: str, mark: str, newline: str, act: Any) -> None:
    import_vendors(act, content=f"{mark}code,name,eligible{newline}V,{cell},yes{newline}".encode())
    assert Vendor.objects.get().name == name


def test_queries_do_not_grow_with_the_file(act: Any) -> None:
    def queries(first: int, count: int) -> int:
        rows = "\n".join(f"S-{n},Item {n},GOODS,EA,1,2" for n in range(first, first + count))
        with CaptureQueriesContext(connection) as captured:
            import_items(act, content=f"{ITEMS}\n{rows}\n".encode())
        return len(captured)

    queries(0, 1)  # what is looked up once about a person is known from here on
    assert queries(10, 2) == queries(1_000, 600)


@pytest.mark.skipif(not DATASET.exists(), reason=f"no real input at {DATASET}")
def test_real_input_is_taken_whole_and_only_once(committed_tenant: Any, act_as: Any) -> None:
    committed_tenant(plan="enterprise")
    act = act_as("manager")
    started = time.monotonic()
    for name, (call, rows) in FILES.items():
        done = call(act, content=(DATASET / f"{name}.csv").read_bytes())
        assert (done.rows, done.created) == (rows, rows)
    for name, (call, rows) in FILES.items():
        assert call(act, content=(DATASET / f"{name}.csv").read_bytes()).unchanged == rows
    assert (positions.current(), ItemRevision.objects.count()) == (504, 504)
    assert time.monotonic() - started < 60
