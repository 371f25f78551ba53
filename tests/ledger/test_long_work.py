"""Exports that are too long for a request, and the proof: requested in the browser, done by the worker."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from guardian.shortcuts import assign_perm, remove_perm

from asora.jobs import runner
from asora.jobs.actions import request_job
from asora.jobs.models import Job
from audit.events.models import Event
from inventory.models import Hub
from ledger.exports.requests import EXPORT_JOB
from ledger.models import Export, Kind, Posting, VerificationRun
from ledger.proof.actions import PROOF_JOB
from tests.factories.documents import import_rows
from tests.factories.people import add_person
from tests.ledger import report_fixtures


def run(job: Job) -> Job:
    runner.run(connection.schema_name, str(job.pk))
    return Job.objects.get(pk=job.pk)


def test_rights_are_those_of_when_it_is_done(stocked, act_as):
    north = Hub.objects.get(code="NORTH")
    nell = add_person("manager", name="nell", all_hubs=False)
    assign_perm("inventory.operate_hub", nell, north)
    act = act_as(user=nell)
    arguments = report_fixtures.export_request(act, hub="NORTH").as_job(most=1)
    assert arguments is not None
    job = request_job(act, kind=EXPORT_JOB, label="Stock", arguments=arguments)
    remove_perm("inventory.operate_hub", nell, north)
    assert run(job).refusal["reason"] == "HUB_NOT_GRANTED"
    assert not Export.objects.exists()


def test_a_long_export_becomes_a_job_whose_page_leads_to_the_file(stocked, client_as, settings):
    settings.ASORA_JOB_ROWS = 1
    client = client_as("manager")
    answer = client.post("/exports/create/", {"report": "stock-on-hand", "hub": "south"})
    job = Job.objects.get()
    assert answer.url == f"/jobs/{job.pk}/"
    assert not Export.objects.exists()
    assert 'hx-trigger="every 1s"' in client.get(answer.url).content.decode()
    assert run(job).state == "done"
    export = Export.objects.get()
    page = client.get(answer.url).content.decode()
    assert f"/exports/{export.pk}/download/" in page
    assert "hx-trigger" not in page
    assert client.get(f"/exports/{export.pk}/download/").status_code == 200
    event = Event.objects.get(action="ledger.export.create")
    assert (event.route, event.cause_id) == (f"JOB {EXPORT_JOB}", job.request_id)


def test_a_long_export_is_the_one_that_a_short_one_would_be(stocked, act_as, client_as, settings):
    client = client_as("manager")
    client.post("/exports/create/", {"report": "stock-on-hand"})
    short = Export.objects.get()
    settings.ASORA_JOB_ROWS = 1
    client.post("/exports/create/", {"report": "stock-on-hand"})
    job = run(Job.objects.get())
    assert job.result["export"] == str(short.pk)
    assert Export.objects.count() == 1


@pytest.mark.parametrize("typed", [{"hub": "nowhere"}, {"format": "pdf"}, {"at": "x"}])
def test_a_refused_request_is_never_enqueued(stocked, client_as, settings, typed):
    settings.ASORA_JOB_ROWS = 1
    answer = client_as("manager").post("/exports/create/", {"report": "stock-on-hand", **typed})
    assert answer.status_code == 400
    assert not Job.objects.exists()


def test_a_proof_can_be_requested_and_is_stored(stocked, client_as):
    client = client_as("manager")
    answer = client.post("/ledger/health/prove/")
    job = Job.objects.get(kind=PROOF_JOB)
    assert answer.url == f"/jobs/{job.pk}/"
    assert run(job).result["is_proved"]
    assert VerificationRun.objects.get().is_proved
    assert "The ledger is proved" in client.get(answer.url).content.decode()


@pytest.fixture
def batch(stocked, act_as, settings):
    """An import of two deliveries, which is treated as a long one."""
    rows = [f"PO-9{n},2026-03-02,ACME,OIL,SOUTH,A-1,1.25,3" for n in range(2)]
    import_rows(act_as("manager"), Kind.RECEIPT, *rows)
    settings.ASORA_JOB_LINES = 1
    return Posting.objects.exclude(batch=None).values_list("batch", flat=True).distinct().get()


def taken_back(batch) -> int:
    return Posting.objects.filter(batch=batch, kind=Kind.REVERSAL).count()


def test_a_long_import_is_taken_back_by_the_worker_once(batch, client_as):
    client = client_as("manager")
    submission = str(uuid4())
    answer = client.post(
        f"/ledger/batches/{batch}/reverse/", {"submission": submission, "note": "Wrong file"}
    )
    job = Job.objects.get()
    assert answer.url == f"/jobs/{job.pk}/"
    assert taken_back(batch) == 0
    assert run(job).state == "done"
    assert taken_back(batch) == 2
    assert client.get(answer.url, HTTP_HX_REQUEST="true")["HX-Redirect"] == f"/ledger/batches/{batch}/"
    # As if the worker had died between the commit and marking the job as done.
    Job.objects.update(state="running", finished_at=None, result=None)
    assert run(job).state == "done"
    assert taken_back(batch) == 2


def test_what_cannot_be_taken_back_says_so_on_the_job(batch, client_as):
    client = client_as("manager")
    for _ in range(2):
        answer = client.post(f"/ledger/batches/{batch}/reverse/", {"submission": str(uuid4())})
        job = run(Job.objects.latest("created_at"))
    assert job.refusal["reason"] == "ALREADY_REVERSED"
    assert "HX-Redirect" not in client.get(answer.url, HTTP_HX_REQUEST="true").headers
    assert "ALREADY_REVERSED" in client.get(answer.url).content.decode()


def test_a_reversal_without_its_submission_is_refused_at_once(batch, client_as):
    answer = client_as("manager").post(f"/ledger/batches/{batch}/reverse/", {"submission": "x"})
    assert answer.status_code == 400
    assert not Job.objects.exists()
