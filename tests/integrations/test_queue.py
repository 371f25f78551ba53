"""Events are queued as payloads in their own transaction, for the endpoints that are enabled then and may have them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm, remove_perm

from asora.accounts.models import User
from asora.kernel.database_errors import Unavailable
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from integrations.endpoints.models import Endpoint
from integrations.outbox import queueing
from integrations.outbox.models import EndpointNumber, Payload
from integrations.types import cloudevent, describe
from integrations.types.catalogue import CHOSEN, DESCRIPTION_FAILED, TEST
from inventory.actions.categories import create_category
from ledger.actions.receiving import receive as receive_draft
from ledger.models import Kind, Posting
from tests.factories import people
from tests.factories.documents import import_rows, line, post_movement, receipt, receive, reverse_posting
from tests.factories.master_data import MasterData
from tests.factories.payloads import make_endpoint_row
from tests.integrations.payloads import checked

RECEIPT, TRANSFER, ISSUE = (f"inventory.posting.{kind}.v1" for kind in ("receipt", "transfer", "issue"))
BOLTS = ("BOLT", "NORTH/A-1", "10", "2")
Make = Callable[..., Endpoint]


@pytest.fixture
def make(master_data: MasterData, acacia: Any) -> Make:
    """Makes endpoints of the owner, for all hubs and event types unless something else is given."""

    def made(name: str = "Warehouse system", *, hubs: Any = None, **values: Any) -> Endpoint:
        owner = people.person("owner", acacia)
        given = {"maker": owner.ref, "event_types": list(CHOSEN), "all_hubs": hubs is None} | values
        endpoint = make_endpoint_row(name, **given)
        endpoint.hubs.set(hubs or [])
        return endpoint

    return made


def queued(endpoint: Endpoint) -> list[dict[str, Any]]:
    """The bodies that are queued for an endpoint, in order, each checked as a receiver would."""
    rows = Payload.objects.filter(endpoint=endpoint).order_by("number")
    bodies = [checked(bytes(row.body)) for row in rows]
    assert [body["asoranumber"] for body in bodies] == list(range(1, len(bodies) + 1))
    assert EndpointNumber.objects.get(endpoint=endpoint).last == len(bodies)
    return bodies


def types(endpoint: Endpoint) -> list[str]:
    return [body["type"] for body in queued(endpoint)]


def test_a_receipt_is_queued_for_each_endpoint(master_data, act_as, make):
    endpoints = [make(name) for name in ("One", "Two", "Three")]

    position = receive(act_as("receiver"), master_data, BOLTS)

    event = Event.objects.get(action="ledger.receipt.post")
    for endpoint in endpoints:
        (payload,) = Payload.objects.filter(endpoint=endpoint)
        (body,) = queued(endpoint)
        assert (payload.number, payload.state, payload.event_type) == (1, "queued", RECEIPT)
        assert (payload.position, payload.audit_event, payload.request_id) == (
            position,
            event.pk,
            event.request_id,
        )
        assert payload.hubs == [master_data.north.pk]
        assert payload.queued_at == event.occurred_at
        assert (body["id"], body["type"], body["asorarequest"]) == (
            payload.event_id,
            RECEIPT,
            event.request_id,
        )
        assert int(body["sequence"]) == position
    assert len({payload.event_id for payload in Payload.objects.all()}) == 1, "the same event for everybody"


@pytest.mark.parametrize(
    "values",
    [
        {"is_enabled": False},
        {"is_enabled": False, "removed_at": "2026-01-01T00:00Z"},
        {"event_types": [ISSUE, TRANSFER]},
    ],
    ids=["disabled", "removed", "other types"],
)
def test_nothing_is_queued_for_an_endpoint_that_does_not_want_it(master_data, act_as, make, values):
    endpoint = make(**values)

    receive(act_as("receiver"), master_data, BOLTS)

    assert types(endpoint) == []


def test_what_is_refused_is_not_queued(master_data, act_as, make):
    endpoint = make()

    with pytest.raises(Refusal):
        post_movement(act_as("receiver"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "5"))

    assert types(endpoint) == []


def test_an_endpoint_gets_its_own_hubs_only(master_data, act_as, make):
    north, south = make("North", hubs=[master_data.north]), make("South", hubs=[master_data.south])
    both, nowhere = make("Both", hubs=[master_data.north, master_data.south]), make("Nowhere", hubs=[])
    Endpoint.objects.filter(pk=nowhere.pk).update(all_hubs=False)
    manager = act_as("manager")

    receive(manager, master_data, BOLTS, ("OIL", "SOUTH/A-1", "3", "4"))
    post_movement(manager, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))

    assert types(north) == types(both) == [RECEIPT, ISSUE]
    assert types(south) == [RECEIPT]
    assert types(nowhere) == []
    assert [[each["sku"] for each in queued(one)[0]["data"]["lines"]] for one in (north, south)] == [
        ["BOLT"],
        ["OIL"],
    ]
    assert [row.hubs for row in Payload.objects.filter(endpoint=north)] == [[master_data.north.pk]] * 2


def test_values_only_where_they_were_asked_for(master_data, act_as, make):
    plain, rich = make("Plain"), make("Rich", with_values=True)

    receive(act_as("receiver"), master_data, BOLTS)

    assert b"cost" not in bytes(Payload.objects.get(endpoint=plain).body)
    assert b'"unit_cost":"2' in bytes(Payload.objects.get(endpoint=rich).body)
    assert [Payload.objects.get(endpoint=one).with_values for one in (plain, rich)] == [False, True]


@pytest.mark.parametrize("lost", ["account", "role", "hub", "all hubs", "values"])
def test_an_endpoint_pauses_while_its_maker_lacks_a_right(master_data, act_as, make, acacia, lost):
    owner = people.person("owner", acacia)
    at_north = lost == "hub"
    endpoint = make(hubs=[master_data.north] if at_north else None, with_values=lost == "values")
    manager = act_as("manager")
    receive(manager, master_data, BOLTS)

    people_rows = User.objects.filter(pk=owner.pk)
    lose: dict[str, Callable[[], Any]] = {
        "account": lambda: people_rows.update(is_active=False),
        "role": lambda: people_rows.update(role="viewer"),
        "hub": lambda: people_rows.update(all_hubs=False),
        "all hubs": lambda: people_rows.update(all_hubs=False),
        "values": lambda: people_rows.update(role="receiver"),
    }
    lose[lost]()
    receive(manager, master_data, BOLTS)
    assert types(endpoint) == [RECEIPT]

    people_rows.update(is_active=True, role="owner", all_hubs=not at_north)
    if at_north:
        assign_perm("inventory.operate_hub", owner, master_data.north)
    receive(manager, master_data, BOLTS)
    assert types(endpoint) == [RECEIPT, RECEIPT], "and nothing of the time between, and no number of it"
    if at_north:
        remove_perm("inventory.operate_hub", owner, master_data.north)
        receive(manager, master_data, BOLTS)
        assert len(types(endpoint)) == 2


def test_each_posting_of_a_file_is_one_payload_in_order(master_data, act_as, make):
    endpoint = make()
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "100", "1"))
    rows = [f"DOC-{number},2026-03-0{number},BOLT,NORTH,A-1,{number}" for number in range(1, 8)]

    done = import_rows(act_as("manager"), Kind.ISSUE, *rows)

    bodies = queued(endpoint)[1:]
    assert [body["type"] for body in bodies] == [ISSUE] * 7
    positions = [int(body["sequence"]) for body in bodies]
    assert positions == sorted(positions)
    assert set(positions) == set(Posting.objects.filter(kind=Kind.ISSUE).values_list("position", flat=True))
    assert len({body["id"] for body in bodies}) == 7
    assert done is not None


@pytest.mark.parametrize("few", [1, 100], ids=["copied", "inserted"])
def test_many_rows_are_the_same_however_they_are_written(master_data, act_as, make, monkeypatch, few):
    monkeypatch.setattr(queueing, "FEW", few)
    endpoints = [make("One"), make("Two", with_values=True)]
    rows = [f"DOC-{number},2026-03-0{number},ACME,BOLT,NORTH,A-1,{number},2" for number in range(1, 9)]

    import_rows(act_as("manager"), Kind.RECEIPT, *rows)

    event = Event.objects.get(action="ledger.receipt.import")
    for endpoint in endpoints:
        assert types(endpoint) == [RECEIPT] * 8
        for row in Payload.objects.filter(endpoint=endpoint):
            assert (row.state, row.audit_event, row.request_id) == ("queued", event.pk, event.request_id)
            assert (row.hubs, row.with_values) == ([master_data.north.pk], endpoint.with_values)
            assert row.queued_at == event.occurred_at
            assert checked(bytes(row.body))["id"] == row.event_id


def test_a_reversal_follows_what_it_reverses(master_data, act_as, make):
    endpoint = make()
    position = receive(act_as("manager"), master_data, BOLTS)

    reverse_posting(act_as("manager"), position)

    assert types(endpoint) == [RECEIPT, "inventory.posting.reversal.v1"]


def test_a_rehearsal_queues_nothing(master_data, act_as, make):
    endpoint = make()

    draft = receipt(master_data, line(master_data, *BOLTS))
    receive_draft.rehearse(act_as("manager"), draft=draft, hubs=[master_data.north], reference="PO-1")

    assert types(endpoint) == []


# --- what it costs --------------------------------------------------------------------------------------------------


def statements(work: Callable[[], Any]) -> list[str]:
    """The statements that read or write the tables of integrations."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured if "integrations_" in query["sql"]]


def test_an_action_that_describes_nothing_asks_nothing(act_as, make):
    make()

    assert statements(lambda: create_category(act_as("manager"), code="BOLTS", name="Bolts")) == []


def test_without_an_endpoint_it_is_one_query(master_data, act_as):
    assert len(statements(lambda: receive(act_as("manager"), master_data, BOLTS))) == 1


def test_with_three_endpoints_it_is_two_statements(master_data, act_as, make):
    for name in ("One", "Two", "Three"):
        make(name)

    assert len(statements(lambda: receive(act_as("manager"), master_data, BOLTS))) == 2


# --- what goes wrong ------------------------------------------------------------------------------------------------


def fail(*_args: Any, **_values: Any) -> Any:
    raise KeyError("something that nobody thought of")


def fail_in_the_database(*_args: Any, **_values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT no_such_column FROM ledger_posting")


@pytest.mark.parametrize("where", ["describing", "writing"])
def test_a_fault_in_describing_does_not_stop_a_receipt(master_data, act_as, make, monkeypatch, where):
    one, two, other = make("One"), make("Two"), make("Other", event_types=[ISSUE])
    south = make("South", hubs=[master_data.south])
    if where == "describing":
        monkeypatch.setattr(describe, "occurrences", fail)
    else:
        body = cloudevent.body
        monkeypatch.setattr(
            cloudevent,
            "body",
            lambda occurrence, **values: (fail if occurrence.type == RECEIPT else body)(occurrence, **values),
        )

    with structlog.testing.capture_logs() as logs:
        position = receive(act_as("receiver"), master_data, BOLTS)

    assert Posting.objects.get().position == position
    event = Event.objects.get(action="ledger.receipt.post")
    for endpoint in (one, two):
        (found,) = queued(endpoint)
        assert found["type"] == DESCRIPTION_FAILED
        assert found["data"] == {"audit_event": str(event.pk), "action": "ledger.receipt.post"}
        assert "nobody thought of" not in json.dumps(found)
        assert Payload.objects.get(endpoint=endpoint).position == position
    assert types(other) == types(south) == []
    assert {line["event"] for line in logs if line["log_level"] == "error"} == {queueing.FAILED}
    assert {line["event_id"] for line in logs if line["log_level"] == "error"} == {str(event.pk)}

    monkeypatch.undo()
    receive(act_as("receiver"), master_data, BOLTS)
    assert types(one) == [DESCRIPTION_FAILED, RECEIPT], "no number is missing"


def test_a_database_error_refuses_the_receipt(master_data, act_as, make, monkeypatch):
    endpoint = make()
    monkeypatch.setattr(describe, "occurrences", fail_in_the_database)

    with pytest.raises(Unavailable):
        receive(act_as("receiver"), master_data, BOLTS)

    assert not Posting.objects.exists()
    assert types(endpoint) == []


@pytest.mark.parametrize("few", [0, 50], ids=["copied", "inserted"])
def test_a_payload_that_the_database_refuses_refuses_the_receipt(master_data, act_as, make, monkeypatch, few):
    monkeypatch.setattr(queueing, "FEW", few)
    endpoint = make()
    receive(act_as("receiver"), master_data, BOLTS)
    key = Payload.objects.get().pk
    monkeypatch.setattr(queueing, "uuid7", lambda: key)

    with pytest.raises(Unavailable):
        receive(act_as("receiver"), master_data, BOLTS)

    assert Posting.objects.count() == 1
    assert EndpointNumber.objects.get(endpoint=endpoint).last == 1


# --- a test event ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [{}, {"is_enabled": False}, {"maker": "nobody"}, {"event_types": [ISSUE]}])
def test_a_test_event_is_for_its_endpoint_alone(make, master_data, values):
    wanted, other = make("Wanted", **values), make("Other")
    event = Event(
        action="integrations.endpoint.test",
        outcome="allowed",
        resource_type="integrations.endpoint",
        resource_id=str(wanted.pk),
        resource_label="Wanted",
        request_id="request-1",
        occurred_at=people.timezone.now(),
    )

    with transaction.atomic():
        queueing.queue_payloads(event=event)

    assert types(wanted) == [TEST]
    assert types(other) == []
    assert Payload.objects.get().audit_event == event.pk
