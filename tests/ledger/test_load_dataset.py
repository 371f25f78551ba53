"""A real data set, with the control totals from its README."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.events.models import Event
from inventory.models import Item
from ledger.models import BinBalance, Entry, HubBalance, Posting

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ASORA_DATA") or REPOSITORY.parent / "shared" / "data") / "adventureworks"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the AdventureWorks files are not here (ASORA_DATA)"
)


def load(
    slug: str, capsys: pytest.CaptureFixture[str], *options: str, data: Path = DATA
) -> tuple[int, dict[str, Any], str]:
    """Run the command; returns its exit status, the totals of its last line, and its stderr."""
    status = 0
    try:
        call_command("load_dataset", str(data), "--tenant", slug, *options)
    except SystemExit as stopped:
        status = int(str(stopped.code))
    output = capsys.readouterr()
    return status, json.loads(output.out.strip().splitlines()[-1]), output.err


@needs_data
def test_adventureworks(committed_tenant: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Refused as a whole; without the refused postings, exact to the last unit; a second time, nothing is posted."""
    tenant = committed_tenant(plan="enterprise")

    status, totals, output = load(tenant.slug, capsys)
    assert status == 2
    assert totals["refused"]["refused"] == 650
    assert totals["refused"]["reasons"] == {"QUANTITY_NOT_POSITIVE": 141, "VENDOR_INELIGIBLE": 521}
    assert len({line.split(":")[0] for line in output.splitlines() if line.startswith("  line ")}) == 650
    assert not Posting.objects.exists()
    (event,) = Event.objects.filter(action="ledger.receipt.import")
    assert event.outcome == "refused"
    assert len(event.decision[-1]["lines"]) == 650

    status, totals, _ = load(tenant.slug, capsys, "--skip-refused")
    assert status == 0
    assert totals["items"] == {"rows": 504, "created": 0, "unchanged": 504}
    receipts = totals["receipts"]
    assert (receipts["lines"], receipts["postings"]) == (8195, 3730)
    assert (receipts["units"], receipts["value"]) == ("2118713", "58639335.258")
    assert receipts["left_out"]["lines"] == 650
    assert BinBalance.objects.filter(quantity__gt=0).count() == 265
    assert sum(balance.quantity for balance in HubBalance.objects.all()) == 2118713
    assert Entry.objects.count() == 8195
    allowed = Event.objects.get(action="ledger.receipt.import", outcome="allowed")
    assert allowed.facts["confirmed"][0]["reason"] == "DATE_LONG_AGO"

    before = Posting.objects.count(), Event.objects.count()
    status, totals, _ = load(tenant.slug, capsys, "--skip-refused")
    assert (status, totals["receipts"]["postings"], totals["receipts"]["already_posted"]) == (0, 0, 3730)
    assert Posting.objects.count() == before[0]
    assert set(Event.objects.order_by("occurred_at")[before[1] :].values_list("outcome", flat=True)) == {
        "noop"
    }


def test_a_small_set_of_files(
    committed_tenant: Callable[..., Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A small generated data set; a master data row that differs is refused and changes nothing."""
    tenant = committed_tenant(plan="enterprise")
    files = {
        "categories": "code,name,parent_code\nPARTS,Parts,\n",
        "hubs": "code,name\nNORTH,North\n",
        "bins": "hub_code,code\nNORTH,N/A-0\n",
        "vendors": "code,name,eligible\nG&K,G & K,true\n",
        "items": "sku,name,category_code,unit,standard_cost,reorder_point\nBOLT,Bolt,PARTS,EA,1.5,10\n",
        "receipts": (
            "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"
            "PO-1,2026-01-31,G&K,BOLT,NORTH,N/A-0,3,2\n"
        ),
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)

    status, totals, _ = load(tenant.slug, capsys, data=tmp_path)
    assert (status, totals["receipts"]["units"], totals["receipts"]["value"]) == (0, "3", "6")
    assert Item.objects.get(sku="BOLT").reorder_point == 10

    (tmp_path / "items.csv").write_text(files["items"].replace("Bolt,", "Nut,"))
    status, totals, output = load(tenant.slug, capsys, data=tmp_path)
    assert status == 2
    assert totals["refused"]["reasons"] == {"ROW_DIFFERS": 1}
    assert "line 2" in output
    assert Item.objects.get(sku="BOLT").name == "Bolt"


@pytest.mark.parametrize(("command", "place"), [("load_dataset", "folder"), ("import_counts", "file")])
def test_a_path_that_leads_nowhere_is_named(acacia: Any, tmp_path: Path, command: str, place: str) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(CommandError, match=f"missing is not a {place}"):
        call_command(command, str(missing), "--tenant", "acacia")
