"""Files that are too long for a request: the worker processes them, and their page looks like that of short ones."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.accounts.models import User
from asora.files import staging
from asora.files.kinds import FILES
from asora.files.models import Upload
from asora.files.staging import MAX_STORED
from asora.jobs import runner
from asora.jobs.models import Job
from asora.kernel import progress
from audit.events.models import Event
from inventory.models import Hub, Vendor
from ledger.models import Entry, Posting
from plans.models import TenantFreeze
from tests.factories.master_data import MasterData

URL = "/receive/import/"
HEADER = "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"
GOOD = (
    HEADER
    + "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,10,2.5\n"
    + "PO-2,2026-03-03,ACME,OIL,SOUTH,A-1,1.25,3\n"
    + "PO-2,2026-03-03,ACME,BOLT,SOUTH,A-1,4,2\n"
)
BAD = GOOD + "PO-3,2026-03-03,ACME,NUT,SOUTH,A-1,4,2\n" + "PO-3,2026-03-03,ACME,BOLT,SOUTH,Z-9,4,2\n"


@pytest.fixture(autouse=True)
def _long(settings: Any) -> None:
    """Three lines are long."""
    settings.ASORA_JOB_LINES = 2


def work(answer: Any) -> str:
    """Let the worker do the job that an answer leads to; returns the address of the file's page with its outcome."""
    job = Job.objects.get(pk=answer.url.split("/")[2])
    assert answer.url == f"/jobs/{job.pk}/"
    assert job.state == "waiting"
    runner.run(connection.schema_name, str(job.pk))
    return f"{URL}?job={job.pk}"


def upload_in(response: Any) -> str:
    found = re.search(r'name="upload" value="([0-9a-f-]{36})"', response.content.decode())
    assert found, "the page does not hold the file"
    return found[1]


def test_a_long_file_is_checked_and_imported_as_a_short_one_is(
    master_data: MasterData, client_as: Any
) -> None:
    client = client_as("manager")
    checked = client.get(work(client.post(URL, {"text": GOOD, "check": "1"})))
    assert [document.reference for document in checked.context["outcome"].documents] == ["PO-1", "PO-2"]
    assert "2 documents would be posted" in checked.content.decode()
    assert not Posting.objects.exists()

    answer = client.post(URL, {"upload": upload_in(checked), "import": "1"})
    done = client.get(work(answer))
    batch = Posting.objects.values_list("batch", flat=True).distinct().get()
    assert done.url == f"/ledger/batches/{batch}/"
    assert Posting.objects.count() == 2
    event = Event.objects.get(action="ledger.receipt.import", outcome="allowed")
    assert (event.route, event.cause_id) == (
        "JOB uploads.import",
        Job.objects.latest("created_at").request_id,
    )


def test_lines_that_end_as_old_programs_end_them_are_counted_too(
    master_data: MasterData, client_as: Any
) -> None:
    answer = client_as("manager").post(URL, {"text": GOOD.replace("\n", "\r"), "check": "1"})
    work(answer)
    assert Job.objects.get().state == "done"


def test_who_watches_is_led_on(master_data: MasterData, client_as: Any) -> None:
    client = client_as("manager")
    answer = client.post(URL, {"text": GOOD, "check": "1"})
    watching = {"HTTP_HX_REQUEST": "true"}
    assert "HX-Redirect" not in client.get(answer.url, **watching).headers
    onward = work(answer)
    assert client.get(answer.url, **watching)["HX-Redirect"] == onward
    assert f'href="{onward}"' in client.get(answer.url).content.decode()


@pytest.mark.parametrize("button", ["check", "import"])
def test_what_is_wrong_stands_at_its_cells(master_data: MasterData, client_as: Any, button: str) -> None:
    client = client_as("manager")
    answer = client.post(URL, {"text": BAD, button: "1"})
    page = client.get(work(answer))
    refused = page.context["refused"]
    assert [line.number for line in refused.lines] == [5, 6]
    at = {
        cell.column: [fault["reason"] for fault in cell.faults]
        for cell in refused.lines[0].cells
        if cell.faults
    }
    assert at == {"sku": ["UNKNOWN_ITEM"]}
    job = Job.objects.get()
    assert page.context["request_id"] == job.refusal["requestId"]
    event = Event.objects.get(request_id=job.refusal["requestId"])
    assert (event.outcome, event.code) == ("refused", "VALIDATION_FAILED")
    assert upload_in(page) == str(Upload.objects.get().pk)
    assert not Posting.objects.exists()


def test_what_a_crash_left_is_posted_once(master_data: MasterData, client_as: Any) -> None:
    client = client_as("manager")
    answer = client.post(URL, {"text": GOOD, "import": "1"})
    work(answer)
    # As if the worker had died between the commit and marking the job as done.
    Job.objects.update(state="running", finished_at=None, result=None)
    runner.run(connection.schema_name, answer.url.split("/")[2])
    job = Job.objects.get()
    assert (job.state, job.attempts, job.result["outcome"]["already_posted"]) == ("done", 2, 2)
    assert Posting.objects.count() == 2
    again = client.get(f"{URL}?job={job.pk}", follow=True)
    assert (
        "Nothing was posted. Every document in this file is already in the ledger." in again.content.decode()
    )


def test_a_foreign_header_is_asked_about_at_once(master_data: MasterData, client_as: Any) -> None:
    asked = client_as("manager").post(URL, {"text": GOOD.replace("sku", "Part number"), "check": "1"})
    assert asked.status_code == 400
    assert asked.context["mapping"] is not None
    assert not Job.objects.exists()


def test_what_was_mapped_is_worked_on_as_it_was_mapped(master_data: MasterData, client_as: Any) -> None:
    client = client_as("manager")
    asked = client.post(URL, {"text": GOOD.replace("sku", "Part number"), "check": "1"})
    chosen = {
        name: str(asked.context["mapping"][name].value() or "") for name in asked.context["mapping"].fields
    }
    answer = client.post(URL, {"upload": upload_in(asked), "check": "1", **chosen})
    page = client.get(work(answer))
    assert page.context["outcome"].postings == 2


def test_what_a_job_checked_is_imported_as_it_was_mapped_then(
    master_data: MasterData, client_as: Any
) -> None:
    client = client_as("manager")
    answer = client.post(URL, {"text": GOOD, "check": "1"})
    onward = work(answer)
    Upload.objects.update(mapping={"7": "unit_cost", "8": "quantity"})  # in another tab
    page = client.get(onward)
    hidden = dict(re.findall(r'type="hidden" name="(column-[^"]+)" value="([^"]*)"', page.content.decode()))
    work(client.post(URL, {"upload": upload_in(page), "import": "1", **hidden}))
    assert sum(Entry.objects.values_list("quantity", flat=True)) == Decimal("15.25")


def test_records_too(master_data: MasterData, client_as: Any) -> None:
    client = client_as("manager")
    text = "code,name,eligible\n" + "".join(f"V-{n},Vendor {n},true\n" for n in range(5))
    answer = client.post("/vendors/import/", {"text": text, "import": "1"})
    work(answer)
    done = client.get(f"/vendors/import/?job={Job.objects.get().pk}")
    assert done.url == "/vendors/"
    assert Vendor.objects.filter(code__startswith="V-").count() == 5


TOO_MUCH = "reference,effective_on,sku,hub_code,bin_code,quantity\n" + "".join(
    f"SO-{n},2026-03-04,BOLT,NORTH,A-1,100\n" for n in range(3)
)


@pytest.mark.parametrize("lost", ["role", "hub", "nothing"])
@pytest.mark.parametrize("text", [TOO_MUCH, TOO_MUCH.replace(",100", ",1")], ids=["refused", "done"])
def test_what_came_of_it_is_shown_only_with_the_rights_that_it_was_done_with(
    master_data: MasterData, client_as: Any, act_as: Any, lost: str, text: str
) -> None:
    client = client_as("manager")
    client.post(URL, {"text": GOOD, "import": "1"})
    runner.run(connection.schema_name, str(Job.objects.latest("created_at").pk))
    answer = client.post("/issue/import/", {"text": text, "check": "1"})
    onward = work(answer).replace(URL, "/issue/import/")
    reported = (
        "Not enough BOLT in bin NORTH/A-1: 100 needed, 10 available"
        if text is TOO_MUCH
        else "3 documents would be posted"
    )
    assert reported in client.get(onward).content.decode()

    person = User.objects.filter(ref=act_as("manager").actor.ref)
    if lost == "role":
        person.update(role="receiver")  # who may still issue, and no longer see values
    if lost == "hub":
        person.update(all_hubs=False)
        assign_perm("inventory.operate_hub", person.get(), Hub.objects.get(code="SOUTH"))
    assert client.get(onward).status_code == (200 if lost == "nothing" else 403)
    job = client.get(answer.url)
    assert job.status_code == 200
    assert (onward in job.content.decode()) == (lost == "nothing")
    if lost != "nothing":
        assert "so its result is hidden" in job.content.decode()
        for address in (onward, answer.url):
            assert reported not in client.get(address).content.decode()
        assert "HX-Redirect" not in client.get(answer.url, HTTP_HX_REQUEST="true").headers


def test_who_was_deactivated_in_between_changes_nothing(
    master_data: MasterData, client_as: Any, act_as: Any
) -> None:
    act = act_as("manager")
    answer = client_as("manager").post(URL, {"text": GOOD, "import": "1"})
    User.objects.filter(ref=act.actor.ref).update(is_active=False)
    work(answer)
    job = Job.objects.get()
    assert (job.state, job.refusal["code"]) == ("refused", "PERMISSION_DENIED")
    event = Event.objects.get(action="ledger.receipt.import")
    assert (event.outcome, event.actor_ref, event.cause_id) == ("refused", act.actor.ref, job.request_id)
    assert not Posting.objects.exists()
    assert not Upload.objects.exists()


def test_what_public_knows_of_a_file_is_its_number_alone(master_data: MasterData, client_as: Any) -> None:
    client_as("manager").post(URL, {"text": GOOD, "import": "1"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(queued)::text FROM public.procrastinate_jobs queued")
        queued = "".join(row for (row,) in cursor.fetchall())
    assert str(Job.objects.get().pk) in queued
    assert not [word for word in ("PO-1", "BOLT", "ACME", "receipt", "mapping") if word in queued]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode("utf-16"),
        GOOD.encode("utf-16-le"),
        GOOD.replace("BOLT", "BO\0LT").encode(),
        b"PK\x03\x04\n\n\n\xff",
    ],
    ids=["utf-16", "utf-16-le", "nul", "zip"],
)
def test_what_is_no_text_is_refused_at_once(master_data: MasterData, client_as: Any, content: bytes) -> None:
    file = SimpleUploadedFile("long.csv", content)
    assert client_as("manager").post(URL, {"file": file, "import": "1"}).status_code == 400
    assert not Job.objects.exists()
    event = Event.objects.get(action="ledger.receipt.import")
    assert (event.outcome, event.code) == ("refused", "VALIDATION_FAILED")


def test_a_freeze_in_between_stops_it(master_data: MasterData, client_as: Any, acacia: Any) -> None:
    client = client_as("manager")
    answer = client.post(URL, {"text": GOOD, "import": "1"})
    TenantFreeze.objects.create(tenant=acacia, reason="A test", is_active=True)
    onward = work(answer)
    assert Job.objects.get().refusal["reason"] == "FREEZE_ACTIVE"
    assert not Posting.objects.exists()
    assert not Upload.objects.exists(), "what a freeze refuses is not kept"
    page = client.get(onward)
    assert (page.status_code, page.context["refusal"].reason) == (200, "FREEZE_ACTIVE")
    assert page.context["request_id"] == Job.objects.get().refusal["requestId"]


def test_a_file_that_a_job_awaits_is_not_crowded_out(master_data: MasterData, client_as: Any) -> None:
    client = client_as("manager")
    first = client.post(URL, {"text": GOOD, "import": "1"})
    for number in range(MAX_STORED + 1):
        client.post(URL, {"text": GOOD.replace("PO-", f"PO-{number}"), "check": "1"})
    work(first)
    assert Job.objects.get(pk=first.url.split("/")[2]).state == "done"


def test_a_file_that_waits_longer_than_a_day_is_worked_on_all_the_same(
    master_data: MasterData, client_as: Any
) -> None:
    answer = client_as("manager").post(URL, {"text": GOOD, "import": "1"})
    Upload.objects.update(created_at=timezone.now() - timedelta(days=2))
    staging.sweep()
    work(answer)
    assert Job.objects.get().state == "done"
    assert Posting.objects.count() == 2


def test_a_file_that_is_gone_is_said_to_be(master_data: MasterData, client_as: Any) -> None:
    client = client_as("manager")
    answer = client.post(URL, {"text": GOOD, "import": "1"})
    Upload.objects.all().delete()
    onward = work(answer)
    assert "This file is no longer stored." in client.get(answer.url).content.decode()
    assert client.get(onward).status_code == 404


@pytest.mark.parametrize("whose", ["another's", "another page's", "nobody's", "nonsense", "unfinished"])
def test_only_ones_own_finished_job_of_this_page_is_shown(
    master_data: MasterData, client_as: Any, whose: str
) -> None:
    client = client_as("manager")
    answer = client.post(URL, {"text": GOOD, "check": "1"})
    onward = f"{URL}?job={answer.url.split('/')[2]}" if whose == "unfinished" else work(answer)
    match whose:
        case "another's":
            client = client_as("owner")
        case "another page's":
            onward = onward.replace(URL, "/vendors/import/")
        case "nobody's":
            onward = f"{URL}?job=01900000-0000-7000-8000-000000000000"
        case "nonsense":
            onward = f"{URL}?job=%00'"
    assert client.get(onward).status_code == 404


def test_outcomes_come_back_from_a_job_as_they_were(master_data: MasterData, act_as: Any) -> None:
    from asora.files.models import upload_of

    def sent(kind: str, text: str) -> Upload:
        return upload_of(kind=kind, name="", content=text.encode(), actor_ref="x")

    found = FILES["receipt"].check(act_as("manager"), sent("receipt", BAD), skip_refused=True)
    stored = json.loads(json.dumps(found.to_json()))
    back = FILES["receipt"].outcome_type.from_json(stored)
    assert (back.documents, back.reasons, back.left_out) == (found.documents, found.reasons, found.left_out)
    assert (back.quantity, back.value, back.batch) == (found.quantity, found.value, found.batch)
    assert [*back.positions] == [found.positions[0], found.positions[-1]]
    made = FILES["vendors"].check(act_as("manager"), sent("vendors", "code,name,eligible\nV-1,Vera,true\n"))
    assert FILES["vendors"].outcome_type.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_its_phases_are_said(
    master_data: MasterData, client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(progress, "at", lambda phase, done=0, total=0: heard.append(phase))
    answer = client_as("manager").post(URL, {"text": GOOD, "import": "1"})
    work(answer)
    assert list(dict.fromkeys(heard)) == ["reading", "checking", "writing"]
