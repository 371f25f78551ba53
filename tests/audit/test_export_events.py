"""Copying an event and exporting a slice: the file is complete, a manifest describes it, the trail says who took it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest
from django.urls import reverse

from asora.kernel.refusals import PermissionDenied, ValidationFailed
from audit.events.models import Event
from audit.explorer.event_query import EventQuery
from audit.explorer.exports import slices
from audit.explorer.formats.catalogue import FORMATS
from ledger.models import Export
from tests.headers import JSON
from tests.kernel.example_action import door

TENANT = "asora.urls_tenant"
EXPORT = reverse("audit:event-export", urlconf=TENANT)


@pytest.fixture
def story(acacia, act_as):
    """One allowed, one invalid, one forbidden attempt."""
    door()(act_as("manager"), code="V1")
    with pytest.raises(ValidationFailed):
        door()(act_as("manager"), code="BAD1")
    with pytest.raises(PermissionDenied):
        door()(act_as("viewer"), code="V2")
    return list(Event.objects.order_by("number"))


def exported(client, query="", form="jsonl"):
    """The files of an export, and its manifest."""
    answer = client.post(EXPORT, {"query": query, "format": form})
    assert answer.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert archive.testzip() is None
    files = {name: archive.read(name) for name in archive.namelist()}
    return files, json.loads(files["manifest.json"])


@pytest.mark.parametrize("form", FORMATS)
def test_the_manifest_describes_the_file(story, client_as, form):
    files, manifest = exported(client_as("owner"), "action:inventory.vendor.create", form)
    data = files[manifest["file"]["name"]]
    assert manifest["file"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert manifest["file"]["bytes"] == len(data)
    assert (manifest["tenant"], manifest["format"], manifest["events"]) == ("acacia", form, 3)
    assert manifest["query"] == "action:inventory.vendor.create"
    assert (manifest["first"]["number"], manifest["last"]["number"]) == (story[0].number, story[2].number)
    assert len(data.splitlines()) == (4 if form == "csv" else 3)
    assert set(files) == {manifest["file"]["name"], "manifest.json", "README.txt"}


def test_it_exports_exactly_the_events_of_the_query_oldest_first(story, client_as):
    files, manifest = exported(client_as("owner"), "outcome:refused")
    lines = [json.loads(line) for line in files[manifest["file"]["name"]].splitlines()]
    assert [line["id"] for line in lines] == [str(story[1].pk), str(story[2].pk)]
    assert lines[1]["decision"][-1]["rule"] == "inventory.manage"


def test_the_same_slice_has_the_same_bytes_again(story, client_as):
    owner = client_as("owner")
    query = "action:inventory.vendor.create"
    (first, one), (second, two) = exported(owner, query, "ocsf"), exported(owner, query, "ocsf")
    assert one["file"]["sha256"] == two["file"]["sha256"]
    assert first[one["file"]["name"]] == second[two["file"]["name"]]


def test_both_ends_of_an_export_are_in_the_trail_and_no_report_export_is_counted(story, client_as, events):
    _files, manifest = exported(client_as("owner"), "outcome:refused", "ecs")
    (start,) = events(action="audit.export.start")
    (finish,) = events(action="audit.export.finish")
    assert (start.outcome, finish.outcome) == ("allowed", "allowed")
    assert start.facts["query"] == "outcome:refused"
    assert start.facts["format"] == "ecs"
    assert start.request_id == finish.request_id == manifest["request_id"]
    assert finish.facts == {"format": "ecs", "events": 2, "sha256": manifest["file"]["sha256"]}
    assert manifest["up_to_number"] == start.facts["up_to"] < start.number
    assert not Export.objects.exists()


def test_an_export_that_is_broken_off_says_so_and_cannot_be_opened(story, client_as, events, monkeypatch):
    monkeypatch.setattr(slices.pages, "__kwdefaults__", {"size": 1})
    answer = client_as("owner").post(EXPORT, {"query": "", "format": "jsonl"})
    pieces = iter(answer.streaming_content)
    received = next(pieces)
    for close in answer._resource_closers:
        close()
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(received))
    (finish,) = events(action="audit.export.finish")
    assert finish.outcome == "failed"


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_pages_read_every_event_once(story, act_as, size):
    actor = act_as("owner").actor
    found = [event.pk for page in slices.pages(EventQuery(), actor, up_to=10**9, size=size) for event in page]
    assert found == list(Event.objects.order_by("occurred_at", "id").values_list("pk", flat=True))


def test_events_after_the_request_are_left_out(story, act_as):
    query, actor = EventQuery(), act_as("owner").actor
    before = slices.last_number()
    door()(act_as("manager"), code="V9")
    found = [event.pk for page in slices.pages(query, actor, up_to=before) for event in page]
    assert found == [event.pk for event in story]


def test_an_export_of_nothing_is_refused(story, client_as, events):
    answer = client_as("owner").post(EXPORT, {"query": "actor:u-nobody", "format": "csv"}, headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (400, "NO_DATA")
    (refused,) = events(action="audit.export.start")
    assert refused.outcome == "refused"


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "colour:green", "format": "csv"},
        {"query": "outcome:maybe", "format": "csv"},
        {"query": "", "format": "pdf"},
        {"query": ""},
        {"query": "record:\x00", "format": "csv"},
        {"query": "since:2026-03-02 until:2026-03-01", "format": "csv"},
    ],
)
def test_an_export_that_makes_no_sense_is_refused(story, client_as, asked):
    answer = client_as("owner").post(EXPORT, asked, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("manager", 200), ("viewer", 403), ("counter", 403)]
)
def test_only_who_may_read_the_trail_takes_something_out(story, client_as, events, role, status):
    client = client_as(role)
    copy = reverse("audit:event-copy", args=[story[0].pk], urlconf=TENANT)
    assert client.post(EXPORT, {"format": "csv"}, headers=JSON).status_code == status
    assert client.post(copy, {"format": "csv"}, headers=JSON).status_code == status
    if status == 403:
        assert [event.outcome for event in events(action="audit.export.start")] == ["refused"]
        assert [event.outcome for event in events(action="audit.event.copy")] == ["refused"]
    assert client.get(EXPORT, headers=JSON).status_code == 404


@pytest.mark.parametrize("name", FORMATS)
def test_a_copied_event_has_its_hash_on_the_page_and_in_the_trail(story, client_as, events, name):
    copy = reverse("audit:event-copy", args=[story[2].pk], urlconf=TENANT)
    answer = client_as("owner").post(copy, {"format": name})
    copied = answer.context["copied"]
    assert copied.sha256 == hashlib.sha256(copied.text.encode()).hexdigest()
    assert copied.sha256 in answer.content.decode()
    assert str(story[2].pk) in copied.text
    (event,) = events(action="audit.event.copy")
    assert event.facts == {"format": name, "sha256": copied.sha256}
    assert event.resource_label == str(story[2].pk)


def test_an_unknown_format_of_a_copy_is_refused(story, client_as):
    copy = reverse("audit:event-copy", args=[story[2].pk], urlconf=TENANT)
    answer = client_as("owner").post(copy, {"format": "xml"}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")


def test_another_tenant_exports_only_its_own(story, client_as, birch):
    assert client_as("outsider").post(EXPORT, {"format": "jsonl"}).status_code == 401
    owner_of_birch = client_as("owner", tenant=birch)
    assert (
        owner_of_birch.post(EXPORT, {"format": "jsonl"}).status_code == 400
    )  # Birch has no event before this one
    answer = owner_of_birch.post(EXPORT, {"format": "jsonl"})
    text = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert not any(b"V1" in text.read(name) or b'"acacia"' in text.read(name) for name in text.namelist())


def test_the_list_offers_an_export_of_its_query(story, client_as):
    owner = client_as("owner")
    page = owner.get(reverse("audit:event-list", urlconf=TENANT), {"outcome": "refused"}).content.decode()
    assert EXPORT in page
    assert '<input type="hidden" name="query" value="outcome:refused">' in page
    empty = owner.get(reverse("audit:event-list", urlconf=TENANT), {"actor": "u-nobody"}).content.decode()
    assert EXPORT not in empty
