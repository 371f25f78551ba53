"""How PostgreSQL reads lists of events: by an index that ends with the list's order, and never a JSON column."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import ValidationFailed
from audit.events.models import Event
from audit.events.readers import HEAVY
from audit.explorer.event_query import EventQuery
from audit.explorer.listings import EVENTS
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.kernel.example_action import door

#: A filter, and the index that finds its events in the order of the list. None: they are few, and are sorted.
FACETS = (
    ("", "audit_event_time"),
    ("outcome:refused", "audit_event_outcome"),
    ("action:ledger.receipt.post", "audit_event_action"),
    ("actor:u-0000000000", "audit_event_actor"),
    ("code:STATE_CONFLICT", "audit_event_code"),
    ("reason:INSUFFICIENT_STOCK", "audit_event_reason"),
    ("rule:inventory.manage", "audit_event_rule"),
    ("route:POST", "audit_event_route"),
    ("record:BOLT", "audit_event_label"),
    ("request:acacia-1", "audit_event_request_time"),
    ("since:2026-03-01 until:2026-03-02", "audit_event_time"),
)
JSON_COLUMN = re.compile(rf"\b(?:{'|'.join(HEAVY)})\b")


def plan_of(rows: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    return str(rows.explain(verbose=True))


def listed(act: Any, text: str) -> Any:
    """The rows of the first page of the list, as the listing asks for them."""
    filters = EventQuery.parse(text).as_params()
    return EVENTS.query(act, filters).order_by("-occurred_at", "-id")[:51]


@pytest.mark.parametrize(("text", "index"), FACETS)
def test_each_filter_has_an_index_that_ends_with_the_order(
    acacia: Any, act_as: Any, text: str, index: str
) -> None:
    plan = plan_of(listed(act_as("owner"), text))
    assert f"using {index}" in plan
    assert "Sort Key" not in plan or text.startswith("request:"), plan


@pytest.mark.parametrize("text", [text for text, _index in FACETS] + ["hub:NORTH", "record:inventory.item:5"])
@pytest.mark.parametrize("role", ["owner", "limited"])
def test_no_list_reads_a_json_column(master_data: MasterData, act_as: Any, text: str, role: str) -> None:
    if role == "limited":
        person = add_person("manager", name="limited", all_hubs=False)
        assign_perm("inventory.operate_hub", person, master_data.north)
        act = act_as(user=person)
    else:
        act = act_as(role)
    filters = EventQuery.parse(text).as_params()
    for rows in (
        listed(act, text),
        EVENTS.query(act, filters).order_by()[:10_001],
        EventQuery.parse(text).rows(act.actor),
    ):
        outputs = [line for line in plan_of(rows).splitlines() if line.strip().startswith("Output:")]
        assert outputs
        assert not [line for line in outputs if JSON_COLUMN.search(line)]


def test_the_test_sees_a_json_column(acacia: Any) -> None:
    assert JSON_COLUMN.search(plan_of(Event.objects.all()))


@pytest.fixture
def three(acacia: Any, act_as: Any) -> None:
    door()(act_as("manager"), code="V1")
    with pytest.raises(ValidationFailed):
        door()(act_as("manager"), code="BAD1")


@pytest.mark.parametrize("address", ["/audit/", "/audit/?outcome=refused", "/"])
def test_no_page_with_a_list_of_events_asks_for_one(three: None, client_as: Any, address: str) -> None:
    owner = client_as("owner")
    with CaptureQueriesContext(connection) as queries:
        assert owner.get(address).status_code == 200
    read = [
        query["sql"]
        for query in queries
        if query["sql"].startswith("SELECT")
        and "audit_event" in query["sql"]
        # The dashboard shows what support asked for in the last day: few events, and their facts say it.
        and "support.access.request" not in query["sql"]
    ]
    assert read
    columns = re.compile(rf'"audit_event"\."(?:{"|".join(HEAVY)})"')
    assert not [sql for sql in read if columns.search(sql.partition(" WHERE ")[0])]


@pytest.mark.parametrize("address", ["/admin/", "/admin/audit/event/", "/admin/tenants/acacia/"])
def test_nor_do_the_lists_of_operators(public: Any, client_as: Any, address: str) -> None:
    operator = client_as("ops_lead")
    with CaptureQueriesContext(connection) as queries:
        assert operator.get(address).status_code == 200
    read = [
        query["sql"]
        for query in queries
        if query["sql"].startswith("SELECT") and "audit_event" in query["sql"]
    ]
    columns = re.compile(rf'"audit_event"\."(?:{"|".join(HEAVY)})"')
    assert not [sql for sql in read if columns.search(sql.partition(" WHERE ")[0])]
