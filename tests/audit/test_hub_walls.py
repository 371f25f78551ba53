"""The trail and hub grants: details of a hub are for people who work there, on every page that reads the trail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse
from guardian.shortcuts import assign_perm

from asora.accounts.people.actions.people import change_hubs
from asora.jobs.actions import _record_request
from asora.jobs.kinds import KINDS
from asora.kernel.refusals import Refusal
from audit.events import readers
from audit.events.following import caused
from audit.events.models import Event
from audit.explorer.event_query import EventQuery
from audit.explorer.formats.catalogue import FORMATS
from inventory.actions.bins import create_bin
from inventory.actions.items import create_item, edit_item
from inventory.actions.vendors import create_vendor
from inventory.models import Category
from ledger.exports.actions import create_export
from ledger.models import Kind
from support.access import looks
from support.models import AccessSession
from tests.factories import counts, documents
from tests.factories.documents import line, receipt
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.headers import JSON
from tests.ledger.report_fixtures import export_request
from tests.ledger.test_document_pages import typed

TENANT = "asora.urls_tenant"
LIST = reverse("audit:event-list", urlconf=TENANT)
SECRETS = ("SOUTHERN-REF", "SOUTH", "INSUFFICIENT_STOCK")


def detail(event: Event) -> str:
    return reverse("audit:event-detail", args=[event.pk], urlconf=TENANT)


@pytest.fixture
def northerner(master_data: MasterData) -> Any:
    """A manager who works in NORTH only."""
    person = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", person, master_data.north)
    return person


def last(**lookup: Any) -> Event:
    return Event.objects.filter(**lookup).order_by("-number")[0]


@pytest.fixture
def story(master_data: MasterData, act_as: Any) -> dict[str, Event]:
    """One event of each hub, one of both, one of none, one with unknown hubs, and a refusal in SOUTH."""
    act = act_as("manager")
    answer = {}
    for name, address, reference in (
        ("north", "NORTH/A-1", "NORTHERN-REF"),
        ("south", "SOUTH/A-1", "SOUTHERN-REF"),
    ):
        draft = replace(
            receipt(master_data, line(master_data, "BOLT", address, "41", "2")), reference=reference
        )
        documents.deliver(act_as("manager"), master_data, draft)
        answer[name] = last()
    documents.post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "3"))
    answer["both"] = last()
    create_vendor(act, code="NOWHERE", name="Of no hub")
    answer["none"] = last()
    with pytest.raises(Refusal):
        documents.post_movement(act, master_data, Kind.ISSUE, ("BOLT", "SOUTH/A-2", "999"))
    answer["refused"] = last()
    with pytest.raises(Refusal):
        documents.import_rows(act, Kind.RECEIPT, "R-1,2026-03-02,ACME,BOLT,NOWHERE,A-1,1,1")
    answer["unknown"] = last()
    assert answer["unknown"].hubs is None
    return answer


@pytest.fixture
def limited(northerner: Any, client_as: Any) -> Any:
    return client_as(user=northerner)


@pytest.fixture
def unlimited(master_data: MasterData, client_as: Any) -> Any:
    return client_as("manager")


def test_the_list_names_nothing_of_another_hub(story: dict[str, Event], limited: Any, unlimited: Any) -> None:
    page = limited.get(LIST).content.decode()
    assert "NORTHERN-REF" in page
    assert not [
        secret for secret in ("SOUTHERN-REF", "INSUFFICIENT_STOCK", "Insufficient stock") if secret in page
    ]
    assert page.count("Another hub") == 3, "that something happened there is shown"
    assert detail(story["unknown"]) not in page
    everything = unlimited.get(LIST).content.decode()
    assert "SOUTHERN-REF" in everything
    assert everything.count("Insufficient stock") == 2, "in its row, and offered as a filter"
    assert detail(story["unknown"]) in everything


def test_the_file_of_the_list_neither(story: dict[str, Event], limited: Any, unlimited: Any) -> None:
    rows = limited.get(f"{LIST}?format=csv").content.decode()
    assert "NORTHERN-REF" in rows
    assert not [secret for secret in ("SOUTHERN-REF", "SOUTH", "INSUFFICIENT_STOCK") if secret in rows]
    assert story["south"].request_id not in rows
    assert str(story["south"].pk) in rows
    assert str(story["unknown"].pk) not in rows
    assert "SOUTHERN-REF" in unlimited.get(f"{LIST}?format=csv").content.decode()


def test_no_format_names_another_hub_where_a_refused_person_works(
    master_data: MasterData, act_as: Any, limited: Any, unlimited: Any
) -> None:
    southerner = add_person("manager", name="southerner", all_hubs=False)
    assign_perm("inventory.operate_hub", southerner, master_data.south)
    with pytest.raises(Refusal):
        create_bin(act_as(user=southerner), hub=master_data.north, code="B-9")
    copy = reverse("audit:event-copy", args=[last().pk], urlconf=TENANT)
    for form in FORMATS:
        assert "SOUTH" not in limited.post(copy, {"format": form}).context["copied"].text, form
    assert "SOUTH" in unlimited.post(copy, {"format": "jsonl"}).context["copied"].text


@pytest.mark.parametrize("name", ["south", "both", "refused"])
def test_the_page_of_an_event_says_who_when_action_and_outcome(
    story: dict[str, Event], limited: Any, unlimited: Any, name: str
) -> None:
    event = story[name]
    page = limited.get(detail(event)).content.decode()
    main = page[page.index("<main") :]
    assert "a hub where you do not work" in main
    assert "Manager" in main
    assert not [secret for secret in (*SECRETS, event.request_id, "BOLT", "stock:") if secret in main]
    assert event.request_id in unlimited.get(detail(event)).content.decode()


def test_an_event_of_which_it_is_not_known_is_not_there(
    story: dict[str, Event], limited: Any, unlimited: Any
) -> None:
    assert limited.get(detail(story["unknown"]), headers=JSON).status_code == 404
    assert unlimited.get(detail(story["unknown"])).status_code == 200


def test_what_concerns_no_hub_needs_no_grant(story: dict[str, Event], limited: Any) -> None:
    assert "NOWHERE" in limited.get(detail(story["none"])).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "reason=INSUFFICIENT_STOCK",
        "code=VALIDATION_FAILED",
        "rule=ledger.issue.insufficient_stock",
        "record=SOUTHERN-REF",
        "hub=SOUTH",
    ],
)
def test_a_filter_does_not_tell_what_the_list_conceals(
    story: dict[str, Event], limited: Any, unlimited: Any, query: str
) -> None:
    assert "Another hub" not in limited.get(f"{LIST}?{query}").content.decode()
    assert "No event matches" in limited.get(f"{LIST}?{query}").content.decode()
    assert "No event matches" not in unlimited.get(f"{LIST}?{query}").content.decode()


def test_search_by_request_id_neither(story: dict[str, Event], limited: Any, unlimited: Any) -> None:
    for client, is_shown in ((limited, False), (unlimited, True)):
        page = client.get(f"/search/?q={story['south'].request_id}", follow=True).content.decode()
        assert ("SOUTHERN-REF" in page) is is_shown


def test_the_dashboard_counts_no_rule_of_another_hub(
    story: dict[str, Event], limited: Any, unlimited: Any
) -> None:
    assert "INSUFFICIENT_STOCK" not in limited.get("/").content.decode()
    assert "INSUFFICIENT_STOCK" in unlimited.get("/").content.decode()


def test_a_stale_form_is_told_nothing_of_another_hub(
    master_data: MasterData, northerner: Any, act_as: Any
) -> None:
    item = master_data.items["BOLT"]
    edit_item(act_as("manager"), item=item, version=1, reorder_points={master_data.south: 41})
    assert last().hubs == [master_data.south.pk]
    with pytest.raises(Refusal) as refused:
        edit_item(act_as(user=northerner), item=item, version=1, name="Mine")
    assert refused.value.details["edits"] == []


def test_people_bins_and_items_say_their_hubs(master_data: MasterData, act_as: Any, northerner: Any) -> None:
    create_bin(act_as("manager"), hub=master_data.south, code="B-9")
    assert last().hubs == [master_data.south.pk]
    parts = Category.objects.get(code="PARTS")
    values = {"sku": "X", "name": "X", "category": parts, "unit": "EA"}
    create_item(act_as("manager"), **values, putaway_bin=master_data.bins["SOUTH/A-1"])
    assert last().hubs == [master_data.south.pk]
    change_hubs(act_as("owner"), person=northerner, hubs=["NORTH", "SOUTH"], seen="NORTH")
    assert last().hubs == [master_data.south.pk]
    assert f"grant:{northerner.ref}:{master_data.south.pk}" in last().touched


def test_the_trail_is_filtered_by_record(
    story: dict[str, Event], master_data: MasterData, unlimited: Any
) -> None:
    page = unlimited.get(f"{LIST}?record=NORTHERN-REF").content.decode()
    assert "NORTHERN-REF" in page
    assert "NOWHERE" not in page
    vendor = story["none"]
    page = unlimited.get(f"{LIST}?record={vendor.resource_type}:{vendor.resource_id}").content.decode()
    assert "NOWHERE" in page
    assert "NORTHERN-REF" not in page
    touched = unlimited.get(f"{LIST}?record=inventory.item:{master_data.items['BOLT'].pk}").content.decode()
    assert "NORTHERN-REF" in touched, "the first receipt fixed the item's unit"
    assert "NOWHERE" not in touched


def test_people_stand_by_name_in_labels_and_changes_until_they_are_erased(
    master_data: MasterData, act_as: Any, northerner: Any, client_as: Any
) -> None:
    change_hubs(act_as("owner"), person=northerner, hubs=["NORTH", "SOUTH"], seen="NORTH")
    event = last()
    assert event.resource_label == northerner.ref, "the event itself names nobody"
    owner = client_as("owner")
    for address in (LIST, detail(event), f"{LIST}?format=csv"):
        assert northerner.name in owner.get(address).content.decode(), address
    type(northerner).objects.filter(pk=northerner.pk).update(name="", email="", email_key="")
    page = owner.get(detail(event)).content.decode()
    assert northerner.ref in page


def test_positions_and_exports_are_links(story: dict[str, Event], unlimited: Any, act_as: Any) -> None:
    position = story["north"].first_position
    assert f'href="/ledger/{position}/"' in unlimited.get(detail(story["north"])).content.decode()
    # Revisions of items take positions too, and have no page of their own.
    parts = Category.objects.get(code="PARTS")
    create_item(act_as("manager"), sku="X", name="X", category=parts, unit="EA")
    created = last()
    page = unlimited.get(detail(created)).content.decode()
    assert f"{created.first_position}" in page
    assert f'href="/ledger/{created.first_position}/"' not in page
    export = create_export.submit(act_as("manager"), export_request(act_as("manager")))
    page = unlimited.get(detail(last())).content.decode()
    assert f'href="/exports/{export.pk}/download/"' in page


def test_what_an_event_read_is_a_link_too(master_data: MasterData, unlimited: Any, act_as: Any) -> None:
    """The position at which stock was judged, that of a count, and the document that a question was about."""
    act = act_as("manager")
    position = documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "5", "1"))
    with pytest.raises(Refusal):
        documents.post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "999"))
    judged = f'href="/ledger/?at={position}"'
    assert judged in unlimited.get(detail(last())).content.decode()
    assert unlimited.get(f"/ledger/?at={position}").status_code == 200
    counts.enter(act, master_data, counts.start(act, master_data), **{counts.PLACE: "4"})
    assert judged in unlimited.get(detail(last(action="ledger.count.record"))).content.decode()

    typed_twice = typed(
        {"sku": "BOLT", "bin": "A-1", "quantity": "5", "unit_cost": "1"}, vendor="ACME", hub="NORTH"
    )
    unlimited.post("/receive/", typed_twice | {"submission": str(uuid4())})
    earlier = f'href="/ledger/{last().first_position}/"'
    asked = unlimited.post("/receive/", typed_twice | {"submission": str(uuid4())}, headers=JSON).json()
    (question,) = asked["details"]["questions"]
    page = unlimited.get(detail(last(outcome="refused"))).content.decode()
    assert earlier in page
    assert "Post another?" in page
    assert question["key"] not in page, "what only the form needs"
    unlimited.post("/receive/", typed_twice | {"submission": str(uuid4()), "confirm": question["key"]})
    page = unlimited.get(detail(last(outcome="allowed"))).content.decode()
    assert earlier in page
    assert "REFERENCE_POSTED" in page


# One request id is enough.


def requested(act_as: Any) -> tuple[Any, Any]:
    """A click, and the act of the job that it started."""
    click = act_as("manager")
    kind = next(name for name, kind in KINDS.items() if kind.permission != "signed-in")
    _record_request(click, kind=kind, label="Long work", arguments={"n": str(uuid4())})
    return click, replace(act_as("manager"), cause_id=click.request_id)


def test_what_a_job_did_is_found_by_the_click_that_requested_it(
    master_data: MasterData, act_as: Any, unlimited: Any
) -> None:
    click, inside = requested(act_as)
    position = documents.receive(inside, master_data, ("BOLT", "NORTH/A-1", "1", "1"))
    posted = last()
    with pytest.raises(Refusal):
        documents.post_movement(inside, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-2", "999"))
    refused = last()
    of_the_request = reverse("audit:request-detail", args=[click.request_id], urlconf=TENANT)
    found = unlimited.get(f"/search/?q={click.request_id}")
    assert (found.status_code, found.url) == (302, of_the_request)
    page = unlimited.get(found.url).content.decode()
    assert f"/ledger/{position}/" in page
    assert "Long work" in page
    assert f"request={click.request_id}" in page
    trail = unlimited.get(f"{LIST}?request={click.request_id}").content.decode()
    for event in (posted, refused, last(action="jobs.job.order")):
        assert detail(event) in trail
    of_the_click = unlimited.get(detail(last(action="jobs.job.order"))).content.decode()
    assert "1 later request" in of_the_click
    of_the_job = unlimited.get(detail(posted)).content.decode()
    assert f'href="{of_the_request}"' in of_the_job
    of_the_posting = unlimited.get(f"/ledger/{position}/").content.decode()
    assert click.request_id in of_the_posting


def test_a_cause_is_looked_up_by_its_index(master_data: MasterData) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "audit_event_cause" in caused(["acacia-1", "acacia-2"]).explain()


FACETS = (
    ("audit_event_rule", {"rule": "inventory.manage"}),
    ("audit_event_label", {"record": "BOLT"}),
    ("audit_event_touched", {"record": "inventory.item:5"}),
    ("audit_event_resource", {"record": "inventory.item:5"}),
)


@pytest.mark.parametrize(("index", "filters"), FACETS)
def test_every_facet_has_its_index(
    master_data: MasterData, act_as: Any, index: str, filters: dict[str, str]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        # After earlier tests have filled and emptied the table, another index may seem just as cheap.
        cursor.execute(
            "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indrelid = 'audit_event'::regclass AND NOT i.indisunique AND c.relname <> ALL(%s)",
            [[name for name, _filters in FACETS]],
        )
        for (other,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {other}")
    assert index in EventQuery.from_params(filters).rows(act_as("owner").actor).explain()


def test_what_a_reader_of_all_hubs_looked_for_is_not_shown_to_others(
    master_data: Any, act_as: Any, client_as: Any, acacia: Any
) -> None:
    """The events of an export and a saved search have the text of the query."""
    person = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", person, master_data.north)
    first = Event.objects.order_by("-number").values_list("number", flat=True).first() or 0
    owner = client_as("owner")
    for query in ("hub:SOUTH", "outcome:refused"):
        owner.post("/audit/export/", {"format": "jsonl", "query": query})
        owner.post("/audit/searches/new/", {"name": query, "query": query})
    looks.record(
        act_as("owner"),
        AccessSession(),
        outcome="allowed",
        refusal=None,
        address="/audit/?hub=SOUTH",
        page="",
    )
    events = Event.objects.filter(number__gt=first).exclude(action="page.open")
    naming = [event.pk for event in events if "SOUTH" in str(vars(event))]
    seen = readers.readable(act_as(user=person).actor).in_bulk([event.pk for event in events])
    assert len(naming) >= 3
    assert {seen[pk].is_whole for pk in naming} == {False}
    assert {event.is_whole for pk, event in seen.items() if pk not in naming} == {True}
