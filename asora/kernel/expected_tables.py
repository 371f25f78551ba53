"""Checks that every schema has all its tables, and that nothing drops or adds rows in the append-only ones.

A tenant's search path ends with public. If a table is missing in the tenant's schema and public has one of that name,
PostgreSQL uses the public one, and rows would be written to the wrong trail. Checked at start-up and by `/readyz`.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.conf import settings
from django.db import connection

from asora.kernel import append_only, binding

#: Further triggers that Asora itself creates on append-only tables: trigger name to table name.
OURS: dict[str, str] = {}
TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY(%s)
"""
# Everything that could change what a statement does to an append-only table, except the two triggers that protect it.
BETWEEN = """
SELECT n.nspname, c.relname, 'the trigger ' || t.tgname || ' is not ours'
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgname <> ALL(ARRAY[c.relname || '_no_change', c.relname || '_no_statement'])
  AND c.relname || '.' || t.tgname <> ALL(%(ours)s)
  AND n.nspname = ANY(%(schemas)s) AND c.relname = ANY(%(tables)s)
UNION ALL
SELECT n.nspname, c.relname, 'the rule ' || r.rulename || ' is not ours'
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND c.relname = ANY(%(tables)s) AND c.relkind IN ('r', 'p')
UNION ALL
SELECT n.nspname, c.relname, 'row-level security hides rows of it'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relrowsecurity OR c.relforcerowsecurity)
  AND n.nspname = ANY(%(schemas)s) AND c.relname = ANY(%(tables)s)
ORDER BY 1, 2, 3
"""
ENABLED = """
SELECT n.nspname, c.relname || '.' || t.tgname
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgenabled IN ('O', 'A') AND n.nspname = ANY(%s) AND c.relname || '.' || t.tgname = ANY(%s)
"""


def expected(schema: str) -> set[str]:
    """The names of all tables that a schema must have: those of public, or those of a tenant."""
    is_public = schema == binding.PUBLIC
    wanted = _labels(settings.SHARED_APPS if is_public else settings.TENANT_APPS)
    models = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in wanted and model._meta.managed and not model._meta.proxy
    ]
    return {str(model._meta.db_table) for model in models}


def problems(schemas: Iterable[str]) -> list[str]:
    """Every missing table and trigger, and every foreign trigger, rule or policy on an append-only table."""
    wanted = list(schemas)
    ours = [f"{table}.{trigger}" for trigger, table in OURS.items()]
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [wanted])
        found = set(cursor.fetchall())
        cursor.execute(
            BETWEEN,
            {"schemas": wanted, "tables": list(append_only.append_only_tables()), "ours": ours},
        )
        between = cursor.fetchall()
        cursor.execute(ENABLED, [wanted, ours])
        enabled = set(cursor.fetchall())
    missing = [
        f"{schema}.{table}: the table is missing"
        for schema in wanted
        for table in sorted(expected(schema))
        if (schema, table) not in found
    ]
    missing += [
        f"{schema}.{table}: the trigger {trigger} is missing or disabled"
        for schema in wanted
        for trigger, table in OURS.items()
        if (schema, table) in found and (schema, f"{table}.{trigger}") not in enabled
    ]
    return missing + [f"{schema}.{table}: {what}" for schema, table, what in between]


def _labels(names: Iterable[str]) -> set[str]:
    """The labels of installed apps. Settings list an app by its module or by its configuration class."""
    named = set(names)
    return {
        config.label
        for config in apps.get_app_configs()
        if config.name in named or f"{type(config).__module__}.{type(config).__qualname__}" in named
    }
