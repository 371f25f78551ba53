"""Exports that are too long for a request, and the proof: ordered in the browser, done by the worker."""

from __future__ import annotations

import pytest
from django.db import connection
from guardian.shortcuts import assign_perm, remove_perm

from asora.jobs import running
from asora.jobs.actions import order_job
from asora.jobs.models import Job
from audit.models import Event
from inventory.models import Hub
from ledger.jobs import EXPORT, PROOF
from ledger.models import Export, VerificationRun
from tests.ledger import books as made
from tests.people import add_person


def run(job: Job) -> Job:
    running.run(connection.schema_name, str(job.pk))
    return Job.objects.get(pk=job.pk)


def test_rights_are_those_of_when_it_is_done(books, act_as):
    north = Hub.objects.get(code="NORTH")
    nell = add_person("manager", name="nell", all_hubs=False)
    assign_perm("inventory.operate_hub", nell, north)
    act = act_as(user=nell)
    arguments = made.order(act, hub="NORTH").as_job(most=1)
    assert arguments is not None
    job = order_job(act, kind=EXPORT, label="Stock", arguments=arguments)
    remove_perm("inventory.operate_hub", nell, north)
    assert run(job).refusal["reason"] == "HUB_NOT_GRANTED"
    assert not Export.objects.exists()


def test_a_long_export_becomes_a_job_whose_page_leads_to_the_file(books, client_as, settings):
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
    assert (event.route, event.cause_id) == (f"JOB {EXPORT}", job.request_id)


def test_a_long_export_is_the_one_that_a_short_one_would_be(books, act_as, client_as, settings):
    client = client_as("manager")
    client.post("/exports/create/", {"report": "stock-on-hand"})
    short = Export.objects.get()
    settings.ASORA_JOB_ROWS = 1
    client.post("/exports/create/", {"report": "stock-on-hand"})
    job = run(Job.objects.get())
    assert job.result["export"] == str(short.pk)
    assert Export.objects.count() == 1


@pytest.mark.parametrize("typed", [{"hub": "nowhere"}, {"format": "pdf"}, {"at": "x"}])
def test_what_is_refused_is_never_ordered(books, client_as, settings, typed):
    settings.ASORA_JOB_ROWS = 1
    answer = client_as("manager").post("/exports/create/", {"report": "stock-on-hand", **typed})
    assert answer.status_code == 400
    assert not Job.objects.exists()


def test_a_proof_can_be_ordered_and_is_kept(books, client_as):
    client = client_as("manager")
    answer = client.post("/ledger/health/prove/")
    job = Job.objects.get(kind=PROOF)
    assert answer.url == f"/jobs/{job.pk}/"
    assert run(job).result["is_proved"]
    assert VerificationRun.objects.get().is_proved
    assert "The ledger is proved" in client.get(answer.url).content.decode()
