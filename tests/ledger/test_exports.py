"""Exports: the ladder of the two actions. test_determinism checks that the bytes never change."""

from __future__ import annotations

import hashlib
import io
import re
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from guardian.shortcuts import assign_perm

from asora.kernel import positions
from asora.kernel.refusals import PermissionDenied, PlanLimitExceeded, StateConflict, ValidationFailed
from inventory.actions.categories import edit_category
from inventory.models import Category
from ledger.exports.actions import create_export, download_export
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.derivation import Derived, canonical
from plans.models import Tenant, TenantFreeze
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import make_master_data
from tests.factories.people import add_person
from tests.ledger import report_fixtures
from tests.ledger.report_fixtures import export_request


def content_of(response) -> bytes:
    return b"".join(response.streaming_content)


def exported(act, **typed) -> Export:
    return create_export.submit(act, export_request(act, **typed))


def test_works(stocked, client_as):
    client = client_as("manager")
    answer = client.post("/exports/create/", {"report": "stock-on-hand", "hub": "south", "item": "bolt oil"})
    export = Export.objects.get()
    assert answer.url == f"/exports/{export.pk}/download/"
    assert export.parameters == {"hubs": ["SOUTH"], "categories": [], "items": ["BOLT", "OIL"]}
    assert (export.rows, export.position, export.format) == (2, positions.current(), "csv")
    response = client.get(answer.url)
    content = content_of(response)
    assert content == (
        b"sku,item,category,hub,bin,unit,quantity\n"
        b"BOLT,Bolt M8,PARTS,SOUTH,A-2,pcs,7\n"
        b"OIL,Oil,PARTS,SOUTH,A-1,l,1.50\n"
    )
    assert hashlib.sha256(content).hexdigest() == export.file_sha256 == response["X-Asora-File-SHA256"]
    name = f"acacia_stock-on-hand_p{export.position}_{export.parameters_sha256[:8]}.csv"
    assert export.file_name == name
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


def test_is_sent_as_it_was_written_to_who_reads_compressed_files(stocked, client_as):
    client = client_as("manager")
    own = {"Accept-Encoding": "gzip, br", "Sec-Fetch-Site": "same-origin"}
    answer = client.post("/exports/create/", {"report": "stock-on-hand"}, headers=own)
    response = client.get(answer.url, headers=own)
    content = content_of(response)
    assert response.streaming
    assert "Content-Encoding" not in response
    assert int(response["Content-Length"]) == len(content)
    assert hashlib.sha256(content).hexdigest() == response["X-Asora-File-SHA256"]


def test_is_recorded(stocked, act_as, events):
    act = act_as("manager")
    export = exported(act)
    (event,) = events(action="ledger.export.create")
    assert (event.outcome, event.export_ref, event.actor_ref) == ("allowed", str(export.pk), act.actor.ref)
    assert event.changes[0]["after"]["rows_sha256"] == export.rows_sha256
    assert event.resource_label == export.file_name
    assert export.request_id == act.request_id
    assert export.parameters["hubs"] == ["NORTH", "SOUTH"]  # all permitted ones, by name


def test_the_same_again_is_the_same(stocked, act_as, events):
    first = exported(act_as("manager"))
    again = exported(act_as("owner"), at=first.position, hub="SOUTH,NORTH")
    assert again.pk == first.pk
    assert Export.objects.count() == 1
    assert [event.outcome for event in events(action="ledger.export.create")] == ["allowed", "noop"]
    assert exported(act_as("owner"), hub="NORTH").pk != first.pk
    assert exported(act_as("owner"), at=first.position - 1).pk != first.pk


def test_refuses_the_viewer(stocked, act_as, client_as, events):
    with pytest.raises(PermissionDenied):
        exported(act_as("viewer"))
    assert client_as("viewer").get("/exports/").status_code == 403
    (event,) = events(action="ledger.export.create")
    assert (event.outcome, event.code) == ("refused", "PERMISSION_DENIED")
    assert not Export.objects.exists()


def test_nothing_to_export(stocked, act_as, events):
    for typed in ({"at": "0"}, {"item": "CABLE"}):
        with pytest.raises(ValidationFailed) as refused:
            exported(act_as("manager"), **typed)
        assert str(refused.value.reason) == "NO_DATA"
    assert {event.reason for event in events(action="ledger.export.create")} == {"NO_DATA"}
    with pytest.raises(ValidationFailed):
        exported(act_as("manager"), at=positions.current() + 1)
    with pytest.raises(ValidationFailed):
        exported(act_as("manager"), hub="EAST")
    assert not Export.objects.exists()


def test_obeys_the_ceiling(birch, act_as, events):
    """Birch has five exports a month: identical and empty ones do not count, the sixth is refused."""
    master_data = make_master_data()
    report_fixtures.name_items(master_data)
    last = report_fixtures.post_three_deliveries(act_as("owner"), master_data)
    for position in (last, last - 1, last - 2):
        exported(act_as("owner"), at=position)
        exported(act_as("owner"), at=position)
    for item in ("BOLT", "OIL"):
        exported(act_as("owner"), item=item)
    with pytest.raises(ValidationFailed):
        exported(act_as("owner"), item="CABLE")  # empty: refused for that, not by the plan
    with pytest.raises(PlanLimitExceeded) as refused:
        exported(act_as("owner"), hub="SOUTH")
    assert refused.value.details["limit"] == 5
    assert exported(act_as("owner"), at=last).position == last  # the ceiling does not stop what exists
    assert Export.objects.count() == 5
    assert events(outcome="refused")[-1].reason == "PLAN_EXPORTS"


def test_hidden_from_the_neighbour(stocked, act_as, client_as):
    export = exported(act_as("owner"))
    url = f"/exports/{export.pk}/download/"
    assert client_as("outsider").get(url).status_code == 401
    birch = Tenant.objects.get(slug="birch")
    assert client_as("owner", tenant=birch).get(url).status_code == 404


def test_a_hub_that_is_not_granted(stocked, act_as, client_as, events):
    whole = exported(act_as("owner"))
    northern = add_person("manager", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", northern, stocked.north)
    client = client_as(user=northern)
    refused = client.get(f"/exports/{whole.pk}/download/", headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["reason"]) == (403, "HUB_NOT_GRANTED")
    assert events(action="ledger.export.download")[-1].outcome == "refused"
    assert client.post("/exports/create/", {"report": "stock-on-hand", "hub": "SOUTH"}).status_code == 403
    answer = client.post("/exports/create/", {"report": "stock-on-hand"}, follow=True)
    assert b"SOUTH" not in content_of(answer)
    assert Export.objects.exclude(pk=whole.pk).get().parameters["hubs"] == ["NORTH"]
    assert client.get("/exports/").status_code == 200


def test_a_file_that_changed_is_never_sent(stocked, act_as, client_as, events, monkeypatch):
    export = exported(act_as("owner"))
    lying = Derived(export.rows, export.rows_sha256, "0" * 64)
    monkeypatch.setattr("ledger.exports.requests.derive", lambda *args, **options: lying)
    refused = client_as("owner").get(
        f"/exports/{export.pk}/download/", headers={"accept": "application/json"}
    )
    assert (refused.status_code, refused.json()["reason"]) == (409, "EXPORT_CHANGED")
    (event,) = events(action="ledger.export.download")
    assert (event.outcome, event.reason) == ("refused", "EXPORT_CHANGED")
    with pytest.raises(StateConflict):
        download_export(act_as("owner"), export=export, file=io.BytesIO(), hubs=[])


def test_downloads_are_recorded(stocked, act_as, client_as, events):
    export = exported(act_as("owner"))
    content_of(client_as("manager").get(f"/exports/{export.pk}/download/"))
    (event,) = events(action="ledger.export.download")
    assert (event.outcome, event.export_ref, event.facts["rows"]) == ("allowed", str(export.pk), export.rows)
    assert event.facts["file_sha256"] == export.file_sha256


def test_frozen_tenants_can_export(stocked, act_as):
    TenantFreeze.objects.create(tenant=connection.tenant, reason="audit", frozen_by="o-1")
    assert exported(act_as("owner")).rows == 4


def test_rows_are_digested_without_ambiguity():
    """Rows that differ only in where a cell ends have different digests."""
    assert canonical(["a", "b,c"]) != canonical(["a,b", "c"])
    assert canonical(["a", ""]) != canonical(["", "a"])
    assert canonical(["=1"]) == b"=1\0"  # unguarded: the guard belongs to one file format


PERIODS = {
    "none": {},
    "recorded": {"by": "recorded", "since": "2031-05-02", "until": "2031-05-03"},
    "recorded from": {"since": "2031-05-03"},
    "effective": {"by": "effective", "since": "2026-03-02", "until": "2026-03-08"},
    "effective to": {"by": "effective", "until": "2026-03-08"},
}


def page_rows(client, address: str) -> list[tuple[object, ...]]:
    """The figures of a report's page, row by row."""
    page = client.get(address)
    assert page.status_code == 200, address
    return [
        tuple(column.value(row) for column, _address in addresses) for row, addresses in page.context["rows"]
    ]


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("slug", ["inventory-movement", "receiving-summary", "stock-on-hand"])
def test_same_again_shows_what_was_exported(stocked, act_as, client_as, slug, period):
    """The same scope, however it was named and whatever came later; exported again, it is the same export."""
    owner = act_as("owner")
    for day in ("01", "02", "03", "04"):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE kernel_head SET recorded_at = %s", [f"2031-05-{day}T12:00Z"])
        deliver(owner, stocked, receipt(stocked, line(stocked, "BOLT", "NORTH/A-1", "10", "1")))
    asked = {"report": slug, "category": "parts", "item": "bolt"} | PERIODS[period]
    if REPORTS[slug].has_vendors:
        asked |= {"vendor": "acme"}
    with time_machine.travel("2031-06-01T12:00Z", tick=False):
        client = client_as("owner")
        client.post("/exports/create/", asked)
        export = Export.objects.get()
        query = {name: value for name, value in asked.items() if name != "report"}
        before = page_rows(client, f"/reports/{slug}/?{urlencode(query)}")
        # Later changes: more stock, and a new category below the requested one.
        deliver(owner, stocked, receipt(stocked, line(stocked, "BOLT", "NORTH/A-1", "1", "1")))
        cables = Category.objects.create(code="CABLES", name="Cables")
        edit_category(
            owner, category=cables, version=1, name="Cables", parent=Category.objects.get(code="PARTS")
        )
        ((_export, _is_permitted, again),) = client.get("/exports/").context["rows"]
        assert page_rows(client, again) == before
        form = dict(
            re.findall(
                r'name="(\w+)" value="([^"]*)"', client.get(again).content.decode().split("export-form")[1]
            )
        )
        client.post("/exports/create/", form)
        assert Export.objects.get() == export


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("later=99999", "POSITION_UNKNOWN"),
        ("later=3&at=2", "INVALID_INPUT"),
        ("later=3&by=effective&since=2026-03-01", "INVALID_INPUT"),
        ("later=x", "INVALID"),
        ("later=-1", "MIN_VALUE"),
    ],
)
def test_a_beginning_that_makes_no_sense_is_refused(stocked, client_as, query, reason):
    answer = client_as("owner").get(
        f"/reports/inventory-movement/?{query}", headers={"accept": "application/json"}
    )
    error = answer.json()["details"]["fields"]["later"][0]
    assert (answer.status_code, error["reason"]) == (400, reason)
