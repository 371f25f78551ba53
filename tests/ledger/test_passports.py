"""Number passports: a stranger adds up each figure of an export from sealed entries, with one file and no Asora."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.refusals import PermissionDenied, StateConflict, ValidationFailed
from audit.seals import sealer
from audit.seals.models import Seal
from audit.seals.verify import verify
from inventory.models import Vendor
from ledger.exports.actions import create_export
from ledger.exports.requests import DownloadRequest, Requested
from ledger.models import Export, Kind
from ledger.passports import rows
from ledger.passports.actions import prove_export
from ledger.reports import REPORTS
from ledger.reports.derivation import file_name
from ledger.reports.scope import Scope
from plans.models import Tenant
from tests.audit.proof_files import changed, check
from tests.factories.documents import deliver, line, post_movement, receipt
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.factories.random_past import FIRST_DAY, post_at_random, set_high_reorder_points
from tests.fixture_types import Acts
from tests.headers import JSON
from tests.ledger.report_fixtures import HUBS, export_request, name_items

COSTS = {"unit_cost", "value", "hub_value", "layers"}
SLUGS = sorted(REPORTS)


@pytest.fixture
def history(master_data: MasterData, act_as: Acts) -> MasterData:
    """A short random history that is sealed."""
    name_items(master_data)
    post_at_random(act_as("owner"), master_data, seed=11, steps=16)
    set_high_reorder_points(act_as("owner"), master_data)
    sealer.seal_schema()
    return master_data


@pytest.fixture(params=["average", "fifo"])
def long_history(
    request: pytest.FixtureRequest, master_data: MasterData, act_as: Acts, acacia: Tenant
) -> MasterData:
    """A random history with reversals, transfers, counts and reorder points, sealed twice."""
    acacia.costing = request.param
    Tenant.objects.filter(pk=acacia.pk).update(costing=request.param)
    act = act_as("owner")
    name_items(master_data)
    post_at_random(act, master_data, seed=7, steps=35)
    sealer.seal_schema()
    set_high_reorder_points(act, master_data)
    post_at_random(act, master_data, seed=8, steps=35)
    sealer.seal_schema()
    return master_data


def exported(act: Act, slug: str, *, extension: str = "csv", **narrower: Any) -> Export:
    """An export of a report, of all hubs unless some are named."""
    asked = {"position": positions.current(), "hubs": HUBS} | narrower
    scope, report = Scope(**asked), REPORTS[slug]
    name = file_name(report, scope, tenant="acacia", extension=extension)
    return create_export(act, report=report, requested=Requested(report, scope, extension, name), hubs=[])


def passport(act: Act, export: Export) -> bytes:
    file = io.BytesIO()
    prove_export(act, export=export, file=file, hubs=[])
    return file.getvalue()


def verified(tmp_path: Path, proof: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """Checked in this process: the program itself runs alone in other tests."""
    place = tmp_path / "proof.zip"
    place.write_bytes(proof)
    findings = verify(place)
    return findings.problems, findings.passed


def narrower_scopes(report: Any) -> list[dict[str, Any]]:
    scopes: list[dict[str, Any]] = [
        {},
        {"hubs": ("NORTH",)},
        {"items": ("BOLT",)},
        {"categories": ("HARDWARE",)},
        {"position": positions.current() - 20},
    ]
    if report.has_period:
        scopes += [
            {"after": positions.current() // 2},
            {"since": FIRST_DAY + timedelta(days=3), "until": FIRST_DAY + timedelta(days=20)},
            {"until": date(2100, 1, 1)},
        ]
    if report.has_vendors:
        scopes.append({"vendors": (Vendor.objects.order_by("pk")[0].code,)})
    return scopes


def test_every_figure_is_added_up_again(long_history: MasterData, act_as: Acts, tmp_path: Path) -> None:
    for slug in SLUGS:
        proved = 0
        for narrower in narrower_scopes(REPORTS[slug]):
            try:
                export = exported(act_as("owner"), slug, **narrower)
            except ValidationFailed:  # no rows in this scope
                continue
            problems, passed = verified(tmp_path, passport(act_as("owner"), export))
            assert problems == [], (slug, narrower)
            assert passed[-1].startswith(f"figures of {export.file_name}: ")
            proved += 1
        assert proved >= 3, slug


def test_workbooks_are_added_up_too(long_history: MasterData, act_as: Acts, tmp_path: Path) -> None:
    for slug in SLUGS:
        export = exported(act_as("owner"), slug, extension="xlsx")
        problems, passed = verified(tmp_path, passport(act_as("owner"), export))
        assert problems == [], slug
        assert export.file_name in passed[-1]


def test_is_checked_where_nothing_of_asora_is_installed(
    history: MasterData, client_as: Callable[..., Any], act_as: Acts, tmp_path: Path
) -> None:
    export = exported(act_as("owner"), "inventory-valuation")
    response = client_as("owner").get(f"/exports/{export.pk}/proof/")
    assert response["Content-Disposition"].endswith('_proof.zip"')
    seal = Seal.objects.filter(stream_id="ledger").latest("number")
    result = check(tmp_path / "empty", b"".join(response), "--key", seal.vkey, receipts=(seal.note,))
    assert (result.status, result.problems) == (0, []), result.output


def test_the_file_of_the_export_is_in_it_byte_by_byte(
    history: MasterData, client_as: Callable[..., Any], act_as: Acts
) -> None:
    export = exported(act_as("owner"), "stock-on-hand")
    plain = b"".join(client_as("owner").get(f"/exports/{export.pk}/download/"))
    with zipfile.ZipFile(io.BytesIO(passport(act_as("owner"), export))) as book:
        assert book.read(export.file_name) == plain


def test_names_a_figure_that_was_changed(history: MasterData, act_as: Acts, tmp_path: Path) -> None:
    export = exported(act_as("owner"), "stock-on-hand")
    stem = export.file_name.split(".")[0]

    def more(text: bytes) -> bytes:
        first, second, *rest = text.split(b"\n")
        cells = second.split(b",")
        cells[-1] = b"9" + cells[-1]
        return b"\n".join([first, b",".join(cells), *rest])

    problems, _passed = verified(tmp_path, changed(passport(act_as("owner"), export), **{stem: more}))
    [(kind, text)] = problems
    assert kind == "figure"
    assert text.startswith(f"row 1 of {export.file_name} (BOLT, NORTH, ")
    assert "quantity is 9" in text
    assert "but the sealed entries give " in text


def test_names_rows_that_were_added_or_left_out(history: MasterData, act_as: Acts, tmp_path: Path) -> None:
    export = exported(act_as("owner"), "stock-on-hand")
    stem = export.file_name.split(".")[0]
    proof = passport(act_as("owner"), export)

    def fewer(text: bytes) -> bytes:
        first, _second, *rest = text.split(b"\n")
        return b"\n".join([first, *rest])

    [(kind, text)] = verified(tmp_path, changed(proof, **{stem: fewer}))[0]
    assert (kind, text.split(" has no row for ")[0]) == ("figure", export.file_name)
    more = verified(tmp_path, changed(proof, **{stem: lambda text: text + b"GOLD,Gold,X,NORTH,A-1,kg,7\n"}))[
        0
    ]
    assert [kind for kind, _text in more] == ["figure"]
    assert "(GOLD, NORTH, A-1): no sealed entry is behind this row" in more[0][1]


def test_names_an_entry_that_was_left_out(history: MasterData, act_as: Acts, tmp_path: Path) -> None:
    export = exported(act_as("owner"), "stock-on-hand")

    def hide(text: bytes) -> bytes:
        lines = [json.loads(line) for line in text.splitlines()]
        shown = [
            line["shown"]["lists"] for line in lines if line.get("shown", {}).get("lists", {}).get("entries")
        ]
        shown[2]["entries"] = [None] * len(shown[2]["entries"])
        return b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    problems, _passed = verified(tmp_path, changed(passport(act_as("owner"), export), rows=hide))
    assert any(kind == "missing" and "is left out after position " in text for kind, text in problems)


def test_names_a_part_that_was_changed(history: MasterData, act_as: Acts, tmp_path: Path) -> None:
    export = exported(act_as("owner"), "stock-on-hand")

    def forge(text: bytes) -> bytes:
        return text.replace(b'\\"quantity\\":\\"', b'\\"quantity\\":\\"1', 1)

    proof = passport(act_as("owner"), export)
    assert changed(proof, rows=forge) != changed(proof)
    problems, _passed = verified(tmp_path, changed(proof, rows=forge))
    assert problems[0][0] == "changed"
    assert problems[0][1].endswith("shows something else than what was sealed")


def test_names_the_position_that_was_changed_before_the_export(
    history: MasterData, act_as: Acts, tmp_path: Path
) -> None:
    """Somebody changes the ledger as superuser so that all balances agree; the export is made from it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT min(position) FROM ledger_entry")
        [position] = cursor.fetchone()
        for table in ("ledger_entry", "ledger_posting"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_posting SET reference = 'FORGED' WHERE position = %s", [position])
    export = exported(act_as("owner"), "ledger-history")
    problems, _passed = verified(tmp_path, passport(act_as("owner"), export))
    assert problems[0] == ("changed", f"position {position} is not the row that was sealed")


def shown_in(proof: bytes) -> list[dict[str, Any]]:
    """The texts of all parts that a proof shows."""
    with zipfile.ZipFile(io.BytesIO(proof)) as book:
        lines = [json.loads(line) for line in book.read("rows.jsonl").splitlines()]
    parts = []
    for one in lines:
        shown = one.get("shown", {})
        parts += shown.get("parts", {}).values()
        for groups in shown.get("lists", {}).values():
            parts += [part for group in groups if group for part in group]
    return [json.loads(part["text"]) for part in parts if "text" in part]


def test_shows_no_costs_unless_the_report_has_values(history: MasterData, act_as: Acts) -> None:
    for slug in SLUGS:
        names = {
            name
            for part in shown_in(passport(act_as("owner"), exported(act_as("owner"), slug)))
            for name in part
        }
        has_values = slug in (
            "inventory-valuation",
            "ledger-history",
            "receiving-summary",
            "shrink-adjustment",
        )
        assert bool(COSTS & names) is has_values, slug
        assert not {"actor_ref", "note", "request_id"} & names, slug


def test_shows_no_other_hub_and_no_other_item(history: MasterData, act_as: Acts) -> None:
    act = act_as("owner")
    post_movement(act, history, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "5"))
    post_movement(act, history, Kind.ADJUSTMENT, ("BOLT", "SOUTH/A-1", "5"))
    sealer.seal_schema()
    for slug in SLUGS:
        parts = shown_in(passport(act, exported(act, slug, hubs=("NORTH",), items=("BOLT",))))
        assert {part["hub"] for part in parts if part.get("hub")} == {"NORTH"}, slug
        assert {part["sku"] for part in parts if "sku" in part} == {"BOLT"}, slug
        assert "SOUTH" not in json.dumps(parts), slug


def test_hidden_figures_cannot_be_guessed(history: MasterData, act_as: Acts) -> None:
    """The salt of a hidden part is not in the file, nor that of the stream."""
    proof = passport(act_as("owner"), exported(act_as("owner"), "stock-on-hand"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT salt FROM audit_sealstream WHERE name = 'ledger'")
        salt = bytes(cursor.fetchone()[0])
    with zipfile.ZipFile(io.BytesIO(proof)) as book:
        text = book.read("rows.jsonl")
    assert salt.hex().encode() not in text
    groups = [
        group
        for one in text.splitlines()
        for group in (json.loads(one).get("shown", {}).get("lists", {}).get("entries") or ())
        if group
    ]
    assert groups
    assert all(set(group[0]) == {"salt", "text"} and set(group[1]) == {"hash"} for group in groups)


def test_is_recorded_and_not_counted(
    history: MasterData, act_as: Acts, events: Callable[..., Any], client_as: Callable[..., Any]
) -> None:
    export = exported(act_as("owner"), "stock-on-hand")
    b"".join(client_as("owner").get(f"/exports/{export.pk}/proof/"))
    [event] = events(action="ledger.export.prove")
    assert (event.outcome, event.export_ref) == ("allowed", str(export.pk))
    assert event.facts["file_sha256"] == export.file_sha256
    assert event.facts["proof_rows"] > 5
    assert Export.objects.count() == 1


def test_refuses_a_position_that_is_not_sealed_yet(history: MasterData, act_as: Acts) -> None:
    deliver(act_as("owner"), history, receipt(history, line(history, "BOLT", "NORTH/A-1", "2", "1")))
    export = exported(act_as("owner"), "stock-on-hand")
    with pytest.raises(StateConflict, match="sealed up to position") as refused:
        passport(act_as("owner"), export)
    assert refused.value.reason == "NOT_SEALED"
    sealer.seal_schema()
    assert passport(act_as("owner"), export)


def test_refuses_a_file_that_can_no_longer_be_derived(history: MasterData, act_as: Acts) -> None:
    export = exported(act_as("owner"), "stock-on-hand")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_entry SET bin_quantity = bin_quantity + 1")
    with pytest.raises(StateConflict) as refused:
        passport(act_as("owner"), export)
    assert refused.value.reason == "EXPORT_CHANGED"


def test_refuses_too_many_entries(history: MasterData, act_as: Acts, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exported(act_as("owner"), "stock-on-hand")
    monkeypatch.setattr(rows, "MAX_ENTRIES", 3)
    with pytest.raises(ValidationFailed, match="more than 3 entries") as refused:
        passport(act_as("owner"), export)
    assert refused.value.reason == "TOO_LARGE"


def test_refuses_people_who_may_not_see_the_report(
    history: MasterData, act_as: Acts, client_as: Callable[..., Any], acacia: Tenant
) -> None:
    both = exported(act_as("owner"), "stock-on-hand")
    worth = exported(act_as("owner"), "inventory-valuation")
    limited = add_person("manager", name="Limited", all_hubs=False)
    assert client_as(user=limited).get(f"/exports/{both.pk}/proof/", headers=JSON).status_code == 403
    assert client_as("counter").get(f"/exports/{both.pk}/proof/", headers=JSON).status_code == 403
    with pytest.raises(PermissionDenied):
        prove_export.submit(act_as("counter"), DownloadRequest(worth, file=io.BytesIO()))


def test_another_tenant_finds_nothing(
    history: MasterData, act_as: Acts, client_as: Callable[..., Any], birch: Tenant
) -> None:
    export = exported(act_as("owner"), "stock-on-hand")
    assert (
        client_as("owner", tenant=birch).get(f"/exports/{export.pk}/proof/", headers=JSON).status_code == 404
    )


def test_a_new_column_leaves_old_proofs_valid(history: MasterData, act_as: Acts, tmp_path: Path) -> None:
    export = exported(act_as("owner"), "ledger-history")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("ledger_posting", "ledger_entry", "ledger_layeruse", "inventory_itemrevision"):
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN shoe_size int DEFAULT 43")
    assert verified(tmp_path, passport(act_as("owner"), export))[0] == []


def test_export_request_of_a_page_can_be_proved(history: MasterData, act_as: Acts, tmp_path: Path) -> None:
    export = create_export.submit(act_as("owner"), export_request(act_as("owner")))
    assert verified(tmp_path, passport(act_as("owner"), export))[0] == []
    assert Decimal(export.rows) > 0
