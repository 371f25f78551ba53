"""Reports from their index down to the entries of a figure, exported files, and printed labels."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Locator, Page, expect

from asora.kernel import positions
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.definition import Report
from ledger.reports.derivation import derive
from ledger.reports.scope import Scope
from plans import limits
from plans.models import Tenant
from tests.conftest import throwaway_tenants
from tests.factories import people
from tests.factories.master_data import make_master_data
from tests.factories.random_past import post_at_random, set_high_reorder_points
from tests.ledger.report_fixtures import name_items

MILLIMETRE = 96 / 25.4  # pixels, as browsers compute
# A4 without its margins.
SHEET = {"width": round((210 - 2 * 12) * MILLIMETRE), "height": round((297 - 2 * 14) * MILLIMETRE)}


@pytest.fixture(scope="module")
def lived(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """A tenant with a past in which there is something for every report."""
    with django_db_blocker.unblock(), throwaway_tenants() as make:
        tenant = make(plan="pro")
        master_data = make_master_data()
        act = people.act_of(people.person("owner", tenant), tenant)
        name_items(master_data)
        set_high_reorder_points(act, master_data)
        post_at_random(act, master_data, seed=21, steps=40)
        yield tenant


@pytest.fixture
def tenant(lived: Tenant) -> Tenant:
    """The tenant, bound."""
    connection.set_tenant(lived)
    return lived


def number(cell: Locator) -> Decimal:
    """What a cell says, without its unit and the way it is written."""
    text = cell.inner_text().replace(",", "").replace("\N{MINUS SIGN}", "-")
    found = re.search(r"[+-]?\d[\d.]*", text)
    return Decimal(found[0]) if found else Decimal(0)


def label_of(report: Report, name: str) -> str:
    return str(next(column.label for column in report.columns if column.name == name))


@pytest.mark.parametrize("slug", REPORTS)
def test_from_the_index_down_to_the_entries(tenant: Tenant, open_as: Callable[..., Page], slug: str) -> None:
    report = REPORTS[slug]
    page = open_as("manager")
    page.goto("/reports/")
    page.get_by_role("main").get_by_role("link", name=str(report.title), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(str(report.title))
    expect(page.get_by_text("Reconciled")).to_be_visible()
    everything = page.locator("#listing tbody tr").count()

    page.get_by_label("Hub", exact=True).select_option("SOUTH")
    expect(page).to_have_url(re.compile(r"\?.*hub=SOUTH"))
    expect(page.locator("#listing tbody tr")).not_to_have_count(everything)
    hub = report.header.index("hub")
    hubs = page.locator(f"#listing tbody tr td:nth-child({hub + 1})").all_inner_texts()
    assert {text.strip() for text in hubs} - {""} == {"SOUTH"}
    expect(page.get_by_text("Reconciled")).to_be_visible()

    name = "closing" if "closing" in report.quantities else report.quantities[0]
    cell = page.locator(f'#listing tbody td[data-label="{label_of(report, name)}"]:has(a)').first
    figure = number(cell)
    cell.get_by_role("link").click()
    if re.search(r"/ledger/entries/", page.url):
        quantities = page.locator('#listing tbody td[data-label="Quantity"]').all()
        assert abs(sum(map(number, quantities), Decimal(0))) == abs(figure)
    else:
        expect(page.get_by_role("heading", level=1)).to_contain_text("Position")
        assert figure in [number(one) for one in page.locator("tbody td.numeric").all()]
    page.go_back()
    expect(page).to_have_url(re.compile(rf"/reports/{slug}/\?.*hub=SOUTH"))


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_an_export_is_requested_fetched_and_requested_again(
    tenant: Tenant, open_as: Callable[..., Page], tmp_path: Path, extension: str
) -> None:
    """The file is what the derivation gives for the scope on the page; the same again is counted no second time."""
    page = open_as("manager")
    page.goto("/reports/inventory-movement/")
    page.get_by_label("Hub", exact=True).select_option("NORTH")
    expect(page).to_have_url(re.compile("hub=NORTH"))
    page.get_by_label("SKUs").fill("bolt oil")
    page.get_by_label("SKUs").press("Enter")
    expect(page).to_have_url(re.compile("item=bolt"))
    expect(page.locator("#listing tbody tr")).to_have_count(2)
    before = limits.usage("exports")
    button = f"Export {extension.upper()}"
    with page.expect_download() as downloading:
        page.get_by_role("button", name=button).click()
    downloading.value.save_as(tmp_path / "file")

    export = Export.objects.latest("created_at")
    assert downloading.value.suggested_filename == export.file_name
    assert export.parameters == {"hubs": ["NORTH"], "categories": [], "items": ["BOLT", "OIL"]}
    scope = Scope(position=positions.current(), hubs=("NORTH",), items=("BOLT", "OIL"))
    with (tmp_path / "derived").open("w+b") as file:
        derive(REPORTS["inventory-movement"], scope, extension=extension, into=file)
    content = (tmp_path / "file").read_bytes()
    assert content == (tmp_path / "derived").read_bytes()
    assert hashlib.sha256(content).hexdigest() == export.file_sha256
    assert limits.usage("exports") == before + 1

    page.goto("/exports/")
    row = page.locator("#listing tbody tr").filter(has_text=export.file_name)
    with page.expect_download() as again:
        row.get_by_role("link", name=export.file_name).click()
    assert again.value.path().read_bytes() == content
    row.get_by_role("link", name="Export again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inventory movement")
    expect(page.get_by_label("Hub", exact=True)).to_have_value("NORTH")
    expect(page.get_by_label("SKUs")).to_have_value("BOLT,OIL")
    with page.expect_download() as once_more:
        page.get_by_role("button", name=button).click()
    assert once_more.value.path().read_bytes() == content
    assert limits.usage("exports") == before + 1


def test_labels_on_paper(tenant: Tenant, open_as: Callable[..., Page]) -> None:
    """Only the labels, three beside each other, each as high as the sheet's, its code large enough for a scanner."""
    page = open_as("manager", viewport=SHEET)
    page.goto("/labels/?kind=items&codes=BOLT,OIL,CABLE&copies=13")
    page.emulate_media(media="print")
    labels = page.locator(".label")
    expect(labels).to_have_count(39)
    for hidden in (".rail", ".bar", ".page-header", "form", ".dock", ".breadcrumbs"):
        for found in page.locator(hidden).all():
            expect(found).to_be_hidden()
    boxes = [label.bounding_box() for label in labels.all()]
    assert {round(box["height"] / MILLIMETRE) for box in boxes if box} == {37}
    lefts = [round(box["x"]) for box in boxes if box]
    assert lefts[:3] == lefts[3:6]
    assert len(set(lefts)) == 3
    code = labels.first.locator(".qr")
    expect(code).to_be_visible()
    box = code.bounding_box()
    assert box is not None
    assert 25 <= box["width"] / MILLIMETRE <= 34
    assert round(box["width"]) == round(box["height"])
    for label in labels.all()[:3]:
        room, text = label.bounding_box(), label.locator(".label-text").bounding_box()
        assert room is not None
        assert text is not None
        assert text["y"] >= room["y"]
        assert text["y"] + text["height"] <= room["y"] + room["height"] + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= SHEET["width"]
    # Seven rows of three fit on a sheet, and none is cut in two.
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True))) == 2


def test_a_scanner_reads_what_a_label_says(tenant: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("manager")
    page.goto("/labels/?kind=items&codes=CABLE")
    message = page.locator(".label strong").inner_text()
    assert message == "CABLE"
    page.goto("/labels/?kind=bins&codes=SOUTH/A-2")
    place = page.locator(".label strong").inner_text()

    page.goto("/receive/")
    page.get_by_label("Hub").select_option(label="SOUTH · South")
    page.locator("[name=lines-0-sku]").focus()
    for scanned in (message, place):
        page.keyboard.type(scanned)
        page.keyboard.press("Enter")
    expect(page.locator("[data-line]:visible .line-name").first).to_have_text("Cable")
    expect(page.locator("[name=lines-0-bin]")).to_have_value("A-2")
    expect(page.locator("[name=lines-0-quantity]")).to_be_focused()
