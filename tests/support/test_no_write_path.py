"""The desk cannot change a tenant: no room imports an action of one, and its database role is refused every statement.

The rights themselves are tested table by table in test_database_role. Here the statements are tried where the desk
reads: inside a tenant, on the connection that it has there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from asora.kernel.act import Act
from asora.kernel.refusals import PermissionDenied, Reason
from audit.events.models import Event
from plans.models import Tenant
from support.access import database_role, readable
from support.access.actions import request_access
from support.access.reading import inside
from support.models import AccessSession
from tests.factories import people, tenants
from tests.factories.master_data import make_master_data
from tests.kernel.actions import every_action

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
CONTRACT = "Support has no write path: it imports no action of a tenant"
#: What a tenant's own person says on the pages of the tenant's host that the room `help` serves.
SAID_BY_CUSTOMERS = "audit.disclosure.actions.tickets"
REFUSED = "42501"
TABLES = """
SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN (%s, 'public') AND c.relkind IN ('r', 'p', 'v', 'S') ORDER BY 1, 2
"""
OF_TABLE = (
    "INSERT INTO {} DEFAULT VALUES",
    "DELETE FROM {}",
    "TRUNCATE {}",
    "TRUNCATE {} CASCADE",
    "LOCK TABLE {} IN SHARE MODE",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "ALTER TABLE {} ADD COLUMN planted int",
    "DROP TABLE {}",
    "CREATE INDEX planted ON {} ((1))",
    "CREATE RULE planted AS ON INSERT TO {} DO INSTEAD NOTHING",
    "CREATE TRIGGER planted BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION public.asora_append_only()",
    "GRANT SELECT ON {} TO PUBLIC",
    "COPY {} FROM STDIN",
)
ELSEWHERE = (
    "CREATE TABLE planted (id int)",
    "CREATE VIEW planted AS SELECT 1",
    "CREATE FUNCTION planted() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SEQUENCE planted",
    "CREATE SCHEMA planted",
    "CREATE ROLE planted",
    "CREATE EXTENSION IF NOT EXISTS dblink",
    "CREATE DATABASE planted",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "SET ROLE asora",
    "SET SESSION AUTHORIZATION asora",
    "SET session_replication_role = 'replica'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/planted'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT public.asora_take_number()",
)


class Undone(Exception):
    """Rolls back a statement that was not refused."""


@pytest.fixture
def agent(committed_tenant: Callable[..., Tenant], settings: Any) -> Iterator[tuple[Act, Tenant]]:
    """An agent with an open session in a tenant with records, on support's own connection."""
    if not database_role.exists():
        pytest.skip("this database has no role for support: set ASORA_SUPPORT_DATABASE_URL")
    settings.ASORA_SUPPORT_OWN_CONNECTION = True
    tenant = committed_tenant()
    make_master_data()
    public = tenants.public()
    connection.set_tenant(public)
    act = people.act_of(people.person("agent", public), public)
    request_access(act, tenant=tenant, ticket="T-000012", minutes=30)
    yield act, tenant
    connection.set_schema_to_public()


def code_of(statement: str) -> str:
    """The error of a statement on the present connection; empty if it was not refused. Nothing remains of it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            raise Undone
    except Undone:
        return ""
    except DatabaseError as error:
        return str(getattr(error.__cause__, "sqlstate", None) or type(error.__cause__).__name__)


def test_no_room_imports_an_action_of_a_tenant() -> None:
    """The contract of imports names every module with an action that is not the desk's own."""
    contracts = tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
    [contract] = [contract for contract in contracts if contract["name"] == CONTRACT]
    assert contract["source_modules"] == ["support"]
    assert "ignore_imports" not in contract
    forbidden = contract["forbidden_modules"]
    modules = {
        action.body.__module__ for name, action in every_action().items() if not name.startswith("support.")
    }
    assert len(modules) > 40
    missing = [
        module
        for module in sorted(modules - {SAID_BY_CUSTOMERS})
        if not any(module == name or module.startswith(f"{name}.") for name in forbidden)
    ]
    assert missing == [], "add each to the contract"


def test_only_the_customers_own_pages_import_what_customers_say() -> None:
    root = PYPROJECT.parent / "support"
    importing = {
        path.relative_to(root).parts[0]
        for path in root.rglob("*.py")
        if SAID_BY_CUSTOMERS in path.read_text()
    }
    assert importing <= {"help"}


def test_every_statement_is_refused_where_the_desk_reads(agent: tuple[Act, Tenant]) -> None:
    act, tenant = agent
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [tenant.schema_name])
        found = cursor.fetchall()
    tried = 0
    add_look = OF_TABLE[0].format(f'"{tenant.schema_name}"."{readable.TRAIL}"')
    not_refused: list[str] = []
    with inside(act, tenant, page="tests", address="/audit/"):
        for schema, name, kind in found:
            full = f'"{schema}"."{name}"'
            statements = [statement.format(full) for statement in OF_TABLE]
            if kind == "S":
                statements = [f"SELECT setval('{full}', 1)", f"SELECT nextval('{full}')"]
            for statement in statements:
                if statement == add_look:
                    continue  # the only right to write; test_database_role says to which columns
                tried += 1
                # PostgreSQL reads a word like TABLE first, so a view is refused as a wrong object.
                if code_of(statement) not in ({REFUSED, "42809"} if kind == "v" else {REFUSED}):
                    not_refused.append(f"{statement}: {code_of(statement)}")
        for statement in ELSEWHERE:
            tried += 1
            if code_of(statement) == "":
                not_refused.append(statement)
    assert not_refused == []
    assert tried > 1_000


def test_what_the_desk_reads_leaves_nothing_but_its_look(agent: tuple[Act, Tenant]) -> None:
    act, tenant = agent
    with inside(act, tenant, page="tests", address="/audit/"), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_schema()")
        assert cursor.fetchone() == (database_role.name(), tenant.schema_name)
        assert Event.objects.filter(action="support.access.look").count() == 0
    connection.set_tenant(tenant)
    assert Event.objects.filter(action="support.access.look").count() == 1


@pytest.mark.parametrize("how", ["none", "expired", "another's", "of another tenant"])
def test_without_an_own_open_session_nothing_is_read(
    public: Tenant, act_as: Callable[..., Act], how: str
) -> None:
    acacia, birch = (Tenant.objects.get(slug=slug) for slug in ("acacia", "birch"))
    act = act_as("agent")
    at = None
    if how == "expired":
        at = request_access(act, tenant=acacia, ticket="T-1", minutes=15).expires_at
    elif how == "another's":
        request_access(act_as("support_lead"), tenant=acacia, ticket="T-1", minutes=30)
    elif how == "of another tenant":
        request_access(act, tenant=birch, ticket="T-1", minutes=30)
    before = list(AccessSession.objects.values_list("pk", flat=True))
    when = time_machine.travel(at, tick=False) if at else nullcontext()
    with when, pytest.raises(PermissionDenied) as caught, inside(act, acacia, page="x", address="/"):
        pytest.fail("the tenant was bound")
    assert caught.value.reason is Reason.ACCESS_NOT_OPEN
    assert connection.schema_name == "public"
    assert list(AccessSession.objects.values_list("pk", flat=True)) == before
