"""Jobs as people see them: requested, left, opened again, finished while the page is open; and refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from asora.accounts.sign_in.queries import actor_of
from asora.jobs import runner, transitions
from asora.jobs.locking import job_lock
from asora.jobs.models import Job, State
from asora.jobs.rights import rights_of
from ledger.models import Export
from plans.models import Tenant
from tests.browser.page_faults import faults_of
from tests.factories import people
from tests.factories.master_data import make_master_data
from tests.fixture_types import Open
from tests.ledger.report_fixtures import name_items, post_three_deliveries


@pytest.fixture
def stocked(committed_tenant: Callable[..., Tenant]) -> Tenant:
    """A throw-away tenant with three deliveries, bound."""
    tenant = committed_tenant()
    master_data = make_master_data()
    name_items(master_data)
    post_three_deliveries(people.act_of(people.person("manager", tenant), tenant), master_data)
    return tenant


def test_a_long_export_is_watched_left_and_fetched(
    stocked: Tenant, open_as: Open, settings: Any, tmp_path: Path
) -> None:
    settings.ASORA_JOB_ROWS = 1
    page = open_as("manager")
    page.goto("/reports/stock-on-hand/")
    page.get_by_role("button", name="Export CSV").click()
    expect(page).to_have_url(re.compile(r"/jobs/[0-9a-f-]+/$"))
    expect(page.get_by_role("heading", name="Waiting to start")).to_be_visible()
    assert faults_of(page) == []

    job = Job.objects.get()
    transitions.begin(job)
    with job_lock(job.pk) as beside:
        assert beside is not None
        beside("deriving", 1500, 6000)
        expect(page.get_by_role("heading", name="Calculating every row")).to_be_visible()
        expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("value", "1500")
        assert faults_of(page) == []

    page.goto("/jobs/")
    expect(page.get_by_role("row", name=re.compile("stock-on-hand.*Running"))).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("link", name=re.compile("stock-on-hand")).click()
    runner.run(stocked.schema_name, str(job.pk))
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    expect(page.get_by_text("restarted after an interruption")).to_be_visible()
    assert faults_of(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    export = Export.objects.get()
    assert download.value.suggested_filename == export.file_name
    download.value.save_as(tmp_path / "file")
    assert (tmp_path / "file").read_bytes().startswith(b"sku,item,category,hub,bin,unit,quantity\n")


def test_a_long_file_is_checked_and_imported_while_one_watches(
    stocked: Tenant, open_as: Open, settings: Any
) -> None:
    settings.ASORA_JOB_LINES = 2
    page = open_as("manager")
    page.goto("/receive/import/")
    page.get_by_text("Paste the lines instead").click()
    page.get_by_label("Or paste it here").fill(
        "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"
        "PO-8001,2026-03-02,ACME,BOLT,NORTH,A-1,10,2.5\nPO-8002,2026-03-03,ACME,OIL,SOUTH,A-1,1.25,3\n"
    )
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="Waiting to start")).to_be_visible()
    runner.run(stocked.schema_name, str(Job.objects.get().pk))
    expect(page.get_by_role("heading", name="What would be posted")).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("button", name="Import 2 documents").click()
    expect(page.get_by_role("heading", name="Waiting to start")).to_be_visible()
    runner.run(stocked.schema_name, str(Job.objects.latest("created_at").pk))
    expect(page.get_by_text("2 documents with 2 lines were posted")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/ledger/batches/"))


def test_a_proof_is_requested_and_seen(stocked: Tenant, open_as: Open) -> None:
    page = open_as("manager")
    page.goto("/ledger/health/")
    page.get_by_role("button", name="Start a proof").click()
    expect(page.get_by_role("heading", name="Waiting to start")).to_be_visible()
    runner.run(stocked.schema_name, str(Job.objects.get().pk))
    expect(page.get_by_role("heading", name="The ledger is proved")).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("link", name="Ledger health").last.click()
    expect(page.get_by_text(re.compile(r"in \d+ checks"))).to_be_visible()


def test_what_was_refused_or_failed_says_so(stocked: Tenant, open_as: Open) -> None:
    page = open_as("manager")
    page.goto("/ledger/health/")
    page.get_by_role("button", name="Start a proof").click()
    expect(page.get_by_role("heading", name="Waiting to start")).to_be_visible()
    job = Job.objects.get()
    transitions.end(job, State.FAILED, result={"why": "The job was interrupted twice, so it was stopped."})
    expect(page.get_by_role("heading", name=re.compile("interrupted twice"))).to_be_visible()
    assert faults_of(page) == []
    refusal = {
        "code": "VALIDATION_FAILED",
        "reason": "UNKNOWN_ITEM",
        "message": "2 of 3 lines have errors, so nothing was saved.",
        "requestId": "x",
        "details": {
            "refused": 2,
            "total": 3,
            "reasons": {"UNKNOWN_ITEM": 2},
            "lines": {
                number: [{"field": "sku", "reason": "UNKNOWN_ITEM", "message": "There is no item “NUT”."}]
                for number in ("2", "4")
            },
        },
    }
    person = actor_of(people.person("manager", stocked))
    Job.objects.filter(pk=job.pk).update(state=State.REFUSED, refusal=refusal, rights=rights_of(person))
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("2 of 3 lines"))).to_be_visible()
    assert faults_of(page) == []
    Job.objects.filter(pk=job.pk).update(rights=None)
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("its result is hidden"))).to_be_visible()
    assert faults_of(page) == []


def test_without_scripts_one_looks_again(stocked: Tenant, open_as: Open) -> None:
    page = open_as("manager", java_script_enabled=False)
    page.goto("/ledger/health/")
    page.get_by_role("button", name="Start a proof").click()
    expect(page.get_by_role("heading", name="Waiting to start")).to_be_visible()
    runner.run(stocked.schema_name, str(Job.objects.get().pk))
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="The ledger is proved")).to_be_visible()
