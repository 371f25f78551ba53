"""Support's own database role: what it may read is listed column by column, and it can write nothing but its looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django_tenants.utils import tenant_context

from asora.kernel import binding
from asora.kernel.events import record_event
from asora.kernel.ladder import Outcome
from asora.kernel.refusals import PermissionDenied, StateConflict
from audit.disclosure.actions.access import revoke_access
from audit.events.models import Event
from audit.explorer.exports import slices
from inventory.models import Hub
from ledger.models import Kind
from plans import schemas
from plans.models import Tenant
from support.access import database_role, pages, readable, visits
from support.access.actions import request_access
from support.models import AccessSession
from support.words import LOOK
from tests.factories import documents, people, tenants
from tests.factories.endpoints import ISSUE, RECEIPT
from tests.factories.endpoints import make_endpoint as make_real_endpoint
from tests.factories.master_data import find_master_data, make_master_data
from tests.headers import JSON
from tests.integrations.rows import attempt_payload, make_endpoint, queue_payload
from tests.support.inside_pages import show_instead

pytestmark = pytest.mark.usefixtures("_has_role")
COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""


@pytest.fixture
def _has_role(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        if not database_role.exists():
            pytest.skip("this database has no role for support: set ASORA_SUPPORT_DATABASE_URL")


@pytest.fixture
def raw(committed_tenant: Callable[..., Tenant]) -> Iterator[Any]:
    """A bare connection of support's role, in a tenant's schema."""
    tenant = committed_tenant()
    make_master_data()
    place = connection.settings_dict
    opened = psycopg.connect(
        host=place["HOST"],
        port=place["PORT"],
        dbname=place["NAME"],
        user=database_role.name(),
        autocommit=True,
    )
    opened.execute(f"SET search_path = {tenant.schema_name}, public")
    yield opened
    opened.close()


def columns_of(schema: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [schema])
        for table, column in cursor.fetchall():
            found.setdefault(table, set()).add(column)
    return found


def test_every_column_of_a_tenant_is_in_one_of_two_lists(public):
    for schema in (schemas.TEMPLATE, "t_acacia"):
        undecided = []
        for table, columns in columns_of(schema).items():
            readable_ = set(readable.READABLE.get(table, "").split())
            listed = readable.UNREADABLE.get(table, "")
            hidden = columns if listed == "*" else set(listed.split())
            assert not readable_ & hidden, table
            undecided += [f"{table}.{column}" for column in sorted(columns - readable_ - hidden)]
            assert readable_ | hidden <= columns | ({"*"} & hidden), f"{table}: a column that is not there"
        assert undecided == [], "add each to READABLE or UNREADABLE in support/access/readable.py"
    assert {*readable.READABLE, *readable.UNREADABLE} <= set(columns_of(schemas.TEMPLATE))


def test_what_must_stay_secret_is_never_readable():
    secret = {"password", "secret", "session_data", "digest", "nonce", "salt", "content", "email", "token"}
    named = {
        f"{table}.{column}" for table, columns in readable.READABLE.items() for column in columns.split()
    }
    assert not {name for name in named if name.rpartition(".")[2] in secret}


def test_every_schema_has_exactly_the_listed_rights(public):
    assert database_role.problems(["public", schemas.TEMPLATE, "t_acacia", "t_birch", "t_cedar"]) == []


def test_a_new_tenant_has_them_too(committed_tenant):
    assert database_role.problems([committed_tenant().schema_name]) == []


def test_a_right_too_much_or_too_little_is_found_and_repaired(committed_tenant):
    schema = committed_tenant().schema_name
    role = database_role.name()
    for statement in (
        f"GRANT UPDATE (name) ON {schema}.inventory_item TO {role}",
        f"GRANT SELECT (password) ON {schema}.accounts_user TO {role}",
        f"GRANT DELETE ON {schema}.ledger_entry TO {role}",
        f"REVOKE SELECT ON {schema}.ledger_posting FROM {role}",
        f"GRANT INSERT ON {schema}.jobs_job TO {role}",
    ):
        with connection.cursor() as cursor:
            cursor.execute(statement)
        assert len(database_role.problems([schema])) == 1, statement
        connection.set_schema_to_public()
        assert database_role.prepare() == []
        assert database_role.problems([schema]) == [], statement


def test_readyz_says_whether_the_role_is_ready(public, client_as, settings):
    assert client_as().get("/readyz").json()["support_role"] == "ready"
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT SELECT (email) ON _template.accounts_user TO {database_role.name()}")
    assert client_as().get("/readyz").json()["support_role"] == "wrong"
    settings.ASORA_SUPPORT_DATABASE = {"USER": "asora_nobody"}
    response = client_as().get("/readyz")
    assert (response.status_code, response.json()["support_role"]) == (200, "missing")


def test_prepare_prints_what_an_administrator_has_to_do(public, settings, monkeypatch):
    settings.ASORA_SUPPORT_DATABASE = None
    assert "ASORA_SUPPORT_DATABASE_URL" in " ".join(database_role.prepare())
    settings.ASORA_SUPPORT_DATABASE = {"USER": "asora_nobody", "PASSWORD": "not-to-be-printed"}
    settings.EMBEDDED = False
    printed = " ".join(database_role.prepare())
    assert "CREATE ROLE asora_nobody LOGIN" in printed
    assert "not-to-be-printed" not in printed


def test_without_the_role_no_page_is_shown(inside, settings):
    tenant, client = inside
    for login in (None, {"USER": "asora_nobody"}):
        settings.ASORA_SUPPORT_DATABASE = login
        response = client.get(f"/support/tenants/{tenant.slug}/audit/")
        assert response.status_code == 503
        assert "Audit trail" not in response.content.decode()
    with tenant_context(tenant):
        assert not Event.objects.filter(action=LOOK).exists()


def refusal_of(raw: Any, statement: str) -> str:
    try:
        raw.execute(statement)
    except psycopg.Error as error:
        return str(error.sqlstate)
    return ""


def test_every_table_is_tried_one_by_one(raw):
    """It changes no table, inserts into none but the trail, and reads only what is listed."""
    schema, tried = connection.schema_name, 0
    for place, listed in ((schema, readable.READABLE), ("public", readable.PUBLIC)):
        for table, columns in columns_of(place).items():
            full, one = f'{place}."{table}"', min(columns)
            for statement in (
                f'UPDATE {full} SET "{one}" = DEFAULT',
                f"DELETE FROM {full}",
                f"TRUNCATE {full}",
                f"SELECT * FROM {full} FOR UPDATE",
                f"DO 'BEGIN LOCK TABLE {full} IN SHARE MODE; END'",
                f"ALTER TABLE {full} ADD COLUMN x int",
                f"DROP TABLE {full}",
            ):
                assert refusal_of(raw, statement) == "42501", statement
            is_trail = (place, table) == (schema, readable.TRAIL)
            if not is_trail:
                assert refusal_of(raw, f"INSERT INTO {full} DEFAULT VALUES") == "42501", table
            for column in columns:
                may = column in listed.get(table, "").split()
                assert refusal_of(raw, f'SELECT "{column}" FROM {full} LIMIT 1') == (
                    "" if may else "42501"
                ), column
                if not (is_trail and column in readable.WRITTEN):
                    insert = (
                        f'INSERT INTO {full} ("{column}") OVERRIDING SYSTEM VALUE SELECT NULL WHERE false'
                    )
                    assert refusal_of(raw, insert) == "42501", f"{table}.{column}"
            tried += 1
    assert tried > 80


def insert(raw: Any, **values: Any) -> None:
    given = {
        "id": "01900000-0000-7000-8000-000000000001", "request_id": "x", "client_request_id": "", "cause_id": "",
        "actor_type": "support", "actor_ref": "u-x", "session_ref": "", "route": "", "action": LOOK,
        "outcome": "allowed", "error": "", "code": "", "reason": "", "message": "", "decision": "[]",
        "resource_type": "", "resource_id": "", "resource_label": "", "changes": "[]", "facts": "{}",
        "export_ref": "", "dispatch_ref": "", "ticket_ref": "", "schema_version": 2, "redactions": "[]",
        "rule_id": "", "release": "",
    } | values  # fmt: skip
    marks = ", ".join("%s" for _ in given)
    raw.execute(f"INSERT INTO audit_event ({', '.join(given)}) VALUES ({marks})", list(given.values()))


def test_it_can_add_a_look_which_gets_the_next_number(raw):
    before = Event.objects.order_by("-number").values_list("number", flat=True).first() or 0
    insert(raw)
    assert Event.objects.get(action=LOOK).number == before + 1


@pytest.mark.parametrize(
    "values",
    [
        {"actor_type": "user"},
        {"actor_type": "operator"},
        {"number": 7},
        {"occurred_at": "2020-01-01"},
        {"number": None, "actor_type": "system"},
    ],
)
def test_it_cannot_add_an_event_of_somebody_else_or_of_another_time(raw, values):
    before = Event.objects.count()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        insert(raw, **values)
    assert Event.objects.count() == before


def test_it_cannot_take_a_number_without_an_event(raw):
    for statement in (
        "SELECT public.asora_take_number()",
        "UPDATE audit_trailhead SET number = number + 1",
        "CREATE TABLE public.x (y int)",
        "CREATE SCHEMA x",
        "SET ROLE asora",
        "SELECT * FROM accounts_session",
    ):
        assert refusal_of(raw, statement), statement


@pytest.fixture
def inside(
    committed_tenant: Callable[..., Tenant], client_as: Any, settings: Any
) -> Iterator[tuple[Tenant, Any]]:
    """A tenant with an event, and the browser of an agent with an open session there, on support's own connection."""
    settings.ASORA_SUPPORT_OWN_CONNECTION = True
    tenant = committed_tenant()
    make_master_data()
    client_as("viewer").get("/audit/")
    public = tenants.public()
    connection.set_tenant(public)
    agent = people.person("agent", public)
    request_access(people.act_of(agent, public), tenant=tenant, ticket="SUP-1", minutes=30)
    yield tenant, client_as("agent", tenant=public)
    connection.set_schema_to_public()


def test_pages_run_with_supports_rights(inside, monkeypatch):
    tenant, client = inside
    users: list[str] = []

    def refused(statement: str) -> bool:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        except DatabaseError as error:
            return "permission denied" in str(error)
        return False

    def run(*_rest: Any, **_options: Any) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, session_user, current_schema()")
            users.extend(cursor.fetchone())
        assert refused("UPDATE inventory_item SET name = 'x'")
        assert refused("DELETE FROM ledger_entry")
        assert refused("SELECT password FROM accounts_user")
        return HttpResponse("fine")

    show_instead(monkeypatch, run)
    response = client.get(f"/support/tenants/{tenant.slug}/audit/")
    assert response.content == b"fine"
    assert users == [database_role.name(), database_role.name(), tenant.schema_name]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] != database_role.name()


def test_every_page_that_agents_may_open_works_with_these_rights(inside):
    tenant, client = inside
    with tenant_context(tenant):
        event = Event.objects.get(outcome="refused")
        endpoint = make_endpoint()
        attempt_payload(queue_payload(endpoint, request_id=event.request_id), request_id=event.request_id)
    base = f"/support/tenants/{tenant.slug}/"
    with tenant_context(tenant):
        other = Event.objects.exclude(pk=event.pk).first()
    compare = f"{event.pk}/compare/{other.pk}/"
    reads = [
        f"audit/{compare}",
        "audit/",
        f"audit/{event.pk}/",
        "audit/?outcome=refused",
        "audit/?format=csv",
        f"audit/requests/{event.request_id}/",
        "audit/proof/verify.py",
        "integrations/status/",
        "integrations/status/why/",
    ]
    for address in reads:
        assert client.get(base + address).status_code == 200, address
    asks = {
        f"audit/{event.pk}/copy/": {"format": "jsonl"},
        "audit/export/": {"format": "jsonl", "query": ""},
        "audit/now/": {"event": str(event.pk)},
        "audit/why/": {"event": str(event.pk)},
    }
    for address, values in asks.items():
        response = client.post(base + address, values)
        assert response.status_code == 200, (address, response.content)
        body = response.getvalue()
        assert body
    assert len(reads) - 2 + len(asks) == len(pages.READ | pages.ASKED), (
        "every page on the lists is opened here"
    )
    with tenant_context(tenant):
        looks = Event.objects.filter(action=LOOK).order_by("number")
        assert [look.resource_label for look in looks] == [f"/{address}" for address in [*reads, *asks]]
        assert {look.outcome for look in looks} == {"allowed"}
        others = Event.objects.filter(actor_type="support", number__gte=looks[0].number).exclude(action=LOOK)
        assert [other.action for other in others.order_by("number")] == [
            "list.download",
            "audit.event.copy",
            "audit.export.start",
            "audit.export.finish",
        ]
        numbers = list(Event.objects.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))


def test_support_asks_with_these_rights_why_nothing_arrived(inside):
    tenant, client = inside
    with tenant_context(tenant):
        owner = people.act_of(people.person("owner", tenant), tenant)
        sent = make_real_endpoint(owner, event_types=[RECEIPT, ISSUE])
        other = make_real_endpoint(
            owner, name="Other", event_types=[ISSUE], hubs=[Hub.objects.get(code="NORTH")]
        )
        master_data = find_master_data()
        received = documents.receive(owner, master_data, ("BOLT", "NORTH/A-1", "9", "2"))
        issued = documents.post_movement(owner, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "2"))
        attempt_payload(sent.payloads.get(number=1))
    address = f"/support/tenants/{tenant.slug}/integrations/status/why/"
    ends = {
        (sent, received): "answer",
        (sent, issued): "dispatch",
        (other, received): "type",
        (other, issued): "dispatch",
    }
    for (endpoint, position), end in ends.items():
        response = client.get(address, {"endpoint": endpoint.pk, "about": position})
        assert response.status_code == 200
        assert f'data-end="{end}"' in response.content.decode()


def test_a_stream_that_nobody_reads_gives_its_connection_back(inside, monkeypatch):
    tenant, client = inside
    opened: list[Any] = []
    open_connection = database_role.open_connection
    monkeypatch.setattr(
        database_role, "open_connection", lambda: opened.append(open_connection()) or opened[-1]
    )
    form = {"format": "jsonl", "query": ""}
    response = client.post(f"/support/tenants/{tenant.slug}/audit/export/", form)
    assert opened[0].connection is not None
    response.close()
    assert opened[0].connection is None


def test_revoking_stops_paging_and_an_export_in_the_middle(inside, monkeypatch):
    """With real commits: the owner revokes while the agent's export is being sent."""
    tenant, client = inside
    monkeypatch.setattr(visits, "CHECKED_EVERY", 0)
    monkeypatch.setattr(slices, "PAGE", 1)
    base = f"/support/tenants/{tenant.slug}/audit/"
    assert client.get(base).status_code == 200
    chunks = iter(client.post(f"{base}export/", {"format": "jsonl", "query": ""}).streaming_content)
    assert next(chunks)
    with tenant_context(tenant):
        session = Event.objects.get(action="support.access.request").resource_id
        revoke_access(people.act_of(people.person("owner", tenant), tenant), session=UUID(session))
    with pytest.raises(PermissionDenied):
        for _chunk in chunks:
            pass
    answer = client.get(base, headers=JSON)
    assert (answer.status_code, answer.json()["details"]["state"]) == (403, "revoked")
    with tenant_context(tenant):
        last = Event.objects.filter(action=LOOK).order_by("-number").first()
        assert (last.outcome, last.reason) == ("refused", "ACCESS_NOT_OPEN")


def test_two_requests_at_the_same_moment_give_one_session(committed_tenant, threads):
    tenant = committed_tenant()
    public = tenants.public()
    connection.set_tenant(public)
    agent = people.person("agent", public)

    def work(_number: int) -> Any:
        return request_access(people.act_of(agent, public), tenant=tenant, ticket="SUP-1", minutes=15)

    results = threads(4, work)
    assert sum(isinstance(result, AccessSession) for result in results) == 1
    assert sum(isinstance(result, StateConflict) for result in results) == 3
    assert AccessSession.objects.filter(tenant=tenant).count() == 1


def test_looks_and_postings_at_the_same_moment_leave_no_gap(inside, threads):
    """Numbers taken by the trigger and by the application come from the same row."""
    tenant, _client = inside
    connection.set_tenant(tenant)

    def work(number: int) -> Any:
        for _time in range(5):
            if number % 2:
                record_event(people.act_of(owner, tenant), Outcome("page.open", "allowed", []))
            else:
                opened = database_role.open_connection()
                with binding.in_place_of_default(opened):
                    binding.bind(tenant)
                    act = people.act_of(owner, tenant)
                    act = replace(act, actor=replace(act.actor, type="support", account=None))
                    record_event(act, Outcome(LOOK, "allowed", []))
                opened.close()
        return None

    owner = people.person("owner", tenant)
    assert threads(8, work) == [None] * 8
    connection.set_tenant(tenant)
    numbers = list(Event.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 40
