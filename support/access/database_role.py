"""Support's own database role: a LOGIN role whose rights are GRANTs, and a connection that uses it.

Inside a tenant it may SELECT the columns of `readable.py` and INSERT audit events, and nothing else. The application's
role owns all tables, so it grants these rights. Only the role itself may need somebody else to create it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import psycopg
import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from asora.embedded.cluster import ADMINISTRATOR
from asora.kernel import binding, locks
from asora.kernel.database_errors import Unavailable
from plans import schemas
from plans.models import Tenant
from support.access import readable

log = structlog.get_logger("support.access")
#: Limits of every statement of an agent, so that looking cannot hold up a tenant.
SESSION_LIMITS = (
    "SET statement_timeout = '30s'; SET lock_timeout = '2s'; SET idle_in_transaction_session_timeout = '60s'"
)
HAS_ROLE = "SELECT 1 FROM pg_roles WHERE rolname = %s AND rolcanlogin"
#: The rights of a role on the tables of some schemas, and the columns that these tables have.
HELD = """
SELECT n.nspname, c.relname, a.attname,
       has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT'),
       has_column_privilege(r.oid, c.oid, a.attnum, 'INSERT'),
       has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE') OR has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE')
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_roles r ON r.rolname = %s
WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY(%s)
"""
HAS_USAGE = """
SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s) AND NOT has_schema_privilege(%s::name, oid, 'USAGE')
"""


def name() -> str:
    """The role's name; empty if the settings name none."""
    return str(_login().get("USER", ""))


def _login() -> dict[str, Any]:
    return dict(settings.ASORA_SUPPORT_DATABASE or {})


def open_connection() -> Any:
    """A new connection with support's rights, for one request. None where sessions share the application's (in tests).

    Raises Unavailable if the role is not set up.
    """
    if not settings.ASORA_SUPPORT_OWN_CONNECTION:
        return None
    own: Any = connections[DEFAULT_DB_ALIAS]
    if not name():
        raise _not_set_up()
    values = {**own.settings_dict, **_login(), "NAME": own.settings_dict["NAME"]}
    opened = type(own)(values, alias=DEFAULT_DB_ALIAS)
    try:
        with opened.cursor() as cursor:
            cursor.execute(SESSION_LIMITS)
    except Exception as error:
        opened.close()
        raise _not_set_up() from error
    return opened


def exists() -> bool:
    """Whether the role exists and can sign in."""
    if not name():
        return False
    with connection.cursor() as cursor:
        cursor.execute(HAS_ROLE, [name()])
        return cursor.fetchone() is not None


def state() -> str:
    """`ready`, `missing` (no agent can look into a tenant), or `wrong` (other rights than listed).

    Looks at public and the template; `prepare` looks at every schema.
    """
    if not exists():
        return "missing"
    return "wrong" if problems([binding.PUBLIC, schemas.TEMPLATE]) else "ready"


def problems(names: Iterable[str]) -> list[str]:
    """What support's role lacks, or has too much, in these schemas; empty if sessions can be opened."""
    if not exists():
        return [
            f"support's database role {name() or '(ASORA_SUPPORT_DATABASE_URL is not set)'} does not exist"
        ]
    wanted = list(names)
    with connection.cursor() as cursor:
        cursor.execute(HAS_USAGE, [wanted, name()])
        found = [f"{schema}: support's role may not use the schema" for (schema,) in cursor.fetchall()]
        cursor.execute(HELD, [name(), wanted])
        rows = cursor.fetchall()
    wrong = {
        (schema, table)
        for schema, table, column, reads, inserts, changes in rows
        if changes or (reads, inserts) != _right_on(schema, table, column)
    }
    return found + [
        f"{schema}.{table}: support's role has other rights than listed" for schema, table in sorted(wrong)
    ]


def prepare() -> list[str]:
    """Create the role if that is possible, and grant its rights everywhere. Returns what somebody else has to do."""
    if not name():
        return [
            "Support's access sessions need a database role of their own. Let a database administrator execute:",
            "  CREATE ROLE asora_support LOGIN PASSWORD '…';",
            "Then set ASORA_SUPPORT_DATABASE_URL, and run manage.py prepare again.",
        ]
    if not exists() and not _create():
        return [
            "Asora's database role may not create roles. Let a database administrator execute:",
            f"  CREATE ROLE {name()} LOGIN PASSWORD '…';  -- the password in ASORA_SUPPORT_DATABASE_URL",
            "Then run manage.py prepare again.",
        ]
    for schema in _schemas():
        if problems([schema]):
            grant(schema)
    return []


def grant(schema: str) -> None:
    """Give the role its rights in one schema, and take every other away. Does nothing while there is no role."""
    if not exists():
        return
    listed = readable.PUBLIC if schema == binding.PUBLIC else readable.READABLE
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("support", "rights")])
        cursor.execute(HELD, [name(), [schema]])
        columns: dict[str, set[str]] = {}
        for _schema, table, column, *_rights in cursor.fetchall():
            columns.setdefault(table, set()).add(column)
        for statement in _statements(schema, listed, columns):
            cursor.execute(statement)


def _statements(
    schema: str, listed: Mapping[str, str], columns: Mapping[str, set[str]]
) -> Iterator[sql.Composed]:
    role, here = sql.Identifier(name()), sql.Identifier(schema)
    yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(here, role)
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}").format(here, role)
    for table, names in listed.items():
        if present := [name for name in names.split() if name in columns.get(table, ())]:
            yield _grant("SELECT", present, schema, table)
    if schema != binding.PUBLIC:
        yield _grant("INSERT", readable.WRITTEN, schema, readable.TRAIL)


def _grant(right: str, columns: Iterable[str], schema: str, table: str) -> sql.Composed:
    return sql.SQL("GRANT {} ({}) ON {} TO {}").format(
        sql.SQL(right),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(schema, table),
        sql.Identifier(name()),
    )


def _right_on(schema: str, table: str, column: str) -> tuple[bool, bool]:
    """Whether the role may read a column, and whether it may insert into it."""
    listed = readable.PUBLIC if schema == binding.PUBLIC else readable.READABLE
    is_written = schema != binding.PUBLIC and table == readable.TRAIL and column in readable.WRITTEN
    return column in listed.get(table, "").split(), is_written


def _schemas() -> list[str]:
    """Public, the template, and every tenant that can be reached."""
    reachable = Tenant.objects.customers().reachable().order_by("schema_name")
    return [binding.PUBLIC, schemas.TEMPLATE, *reachable.values_list("schema_name", flat=True)]


def _create() -> bool:
    """Create the role: by the application's own role, or by the administrator of the embedded database."""
    password = str(_login().get("PASSWORD") or "")
    create = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(
        sql.Identifier(name())
    )
    if password:
        create += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
    if settings.EMBEDDED:
        place = connection.settings_dict
        administrator = {"host": place["HOST"], "port": place["PORT"], "dbname": place["NAME"]}
        with psycopg.connect(**administrator, user=ADMINISTRATOR, autocommit=True) as admin:
            try:
                admin.execute(create)
            except psycopg.errors.DuplicateObject:
                log.info("another process has created support's role")
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (True,):
            return False
        cursor.execute(cast(Any, create))
    return True


def _not_set_up() -> Unavailable:
    log.error("support's database role is not set up; run manage.py prepare")
    return Unavailable(_("Support's database role is not set up, so nothing can be shown."))
