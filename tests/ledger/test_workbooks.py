"""Workbooks: the same values as the CSV of the same scope, even those that a spreadsheet would change."""

from __future__ import annotations

import hashlib
import io
import json

import openpyxl
import pytest
from guardian.shortcuts import assign_perm

from asora.kernel import positions
from asora.kernel.refusals import ValidationFailed
from ledger.models import Export
from ledger.reports import REPORTS, workbooks
from ledger.reports.derivation import derive
from ledger.reports.scope import Scope
from tests.factories.people import add_person
from tests.factories.random_past import post_at_random
from tests.ledger.report_fixtures import HUBS, name_items

EVERY = pytest.mark.parametrize("slug", REPORTS)
NASTY = [
    "=cmd()",
    "+1",
    "@x",
    "-2+3",
    'quo"te',
    "it's",
    "\N{PACKAGE} \u05e9\u05dc\u05d5\u05dd",
    "n" * 120,
]


@pytest.fixture
def past(master_data, act_as):
    name_items(master_data)
    post_at_random(act_as("owner"), master_data, seed=21, steps=25)
    return master_data


def exported(client, slug: str, **typed: str) -> tuple[Export, bytes]:
    answer = client.post("/exports/create/", {"report": slug, "format": "xlsx", **typed})
    assert answer.status_code == 302, answer.content
    export = Export.objects.latest("created_at")
    return export, b"".join(client.get(answer.url).streaming_content)


def sheet_of(content: bytes) -> list[list[object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_text_is_never_a_formula_and_keeps_its_lines(tmp_path):
    texts = [*NASTY, "two\nlines", "https://example.com", "{=1}", "1e5", "n" * 300]
    with (tmp_path / "texts.xlsx").open("w+b") as file:
        workbooks.write("texts", ["text"], [(text,) for text in texts], into=file)
        file.seek(0)
        assert [row[0] for row in sheet_of(file.read())] == ["text", *texts]


def test_more_rows_than_a_sheet_holds_are_refused(past, client_as, monkeypatch, events):
    monkeypatch.setattr(workbooks, "MAX_ROWS", 1)
    client = client_as("manager")
    answer = client.post(
        "/exports/create/",
        {"report": "stock-on-hand", "format": "xlsx"},
        headers={"accept": "application/json"},
    )
    assert (answer.status_code, answer.json()["reason"]) == (400, "TOO_LARGE")
    assert not Export.objects.exists()
    assert events(action="ledger.export.create")[-1].reason == "TOO_LARGE"
    with pytest.raises(ValidationFailed):
        derive(REPORTS["stock-on-hand"], Scope(position=positions.current(), hubs=HUBS), extension="xlsx")


@pytest.mark.parametrize("extension", ["", "pdf", "XLSX", "csv\x00"])
def test_other_formats_are_refused(past, client_as, extension):
    answer = client_as("manager").post(
        "/exports/create/",
        {"report": "stock-on-hand", "format": extension},
        headers={"accept": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")


def test_the_manifest_says_what_the_file_is(past, client_as):
    client = client_as("manager")
    export, content = exported(client, "inventory-valuation", hub="NORTH")
    answer = client.get(f"/exports/{export.pk}/manifest/")
    assert answer["Content-Disposition"] == f'attachment; filename="{export.file_name}.manifest.json"'
    manifest = json.loads(answer.content)
    assert manifest["file_sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["columns"] == REPORTS["inventory-valuation"].header
    assert (manifest["rows"], manifest["position"]) == (len(sheet_of(content)) - 1, export.position)
    assert manifest["parameters"] == {"hubs": ["NORTH"], "categories": [], "items": []}
    southern = add_person("manager", name="southern", all_hubs=False)
    assign_perm("inventory.operate_hub", southern, past.south)
    assert client_as(user=southern).get(f"/exports/{export.pk}/manifest/").status_code == 403
    assert client_as("viewer").get(f"/exports/{export.pk}/manifest/").status_code == 403
