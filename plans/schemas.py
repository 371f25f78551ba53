"""Making a tenant's schema: a clone of the migrated template, checked before anybody can reach it.

`search_path` falls through to public, so requests must not reach a half-made schema: they would read public rows. So a
tenant's host name is inserted only after `problems` has found nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.utils.module_loading import import_string
from django_tenants.clone import CloneSchema
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.utils import schema_exists

from asora.kernel import append_only, binding, locks

TEMPLATE = settings.TENANT_BASE_SCHEMA


class SchemaError(RuntimeError):
    """A schema is not fit to serve a tenant."""


def make(schema_name: str) -> None:
    """Clone the template into `schema_name`, or migrate it from scratch where clones are switched off.

    Drops a half-made schema with this name, left by a crash, first. Raises SchemaError if the result is incomplete.
    """
    binding.bind_public()
    with locks.advisory_lock("clone", "schemas"):  # one schema is made at a time
        if schema_exists(schema_name):
            if not problems(schema_name):
                return
            drop(schema_name)
        if settings.ASORA_CLONE_TEMPLATE:
            _in_own_session(partial(_clone, schema_name))
        else:
            _create(schema_name)
    binding.bind_public()
    if found := problems(schema_name):
        raise SchemaError(f"{schema_name}: " + "; ".join(found))
    import_string(settings.ASORA_SCHEMA_MADE)(schema_name)


def make_template() -> None:
    """Create or migrate the schema from which tenants are cloned."""
    _create(TEMPLATE)


def migrate(schema_name: str) -> None:
    """Apply the missing migrations to one schema."""
    # The library's own command, which is disabled on the command line (asora.library_commands).
    call_command(MigrateSchemasCommand(), schema_name=schema_name, interactive=False, verbosity=0)
    binding.bind_public()


def problems(schema_name: str) -> list[str]:
    """What the schema lacks compared with the template: tables, migrations, triggers or single rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s "
            "EXCEPT SELECT tablename FROM pg_tables WHERE schemaname = %s",
            [TEMPLATE, schema_name],
        )
        found = [f"table {name} is missing" for (name,) in cursor.fetchall()]
        if found:
            return found
        template, copy = connection.ops.quote_name(TEMPLATE), connection.ops.quote_name(schema_name)
        cursor.execute(
            f"SELECT app || '.' || name FROM {template}.django_migrations "  # noqa: S608 - quoted names
            f"EXCEPT SELECT app || '.' || name FROM {copy}.django_migrations"
        )
        found += [f"migration {name} is missing" for (name,) in cursor.fetchall()]
        for table in ("kernel_head", "audit_trailhead"):
            cursor.execute(f"SELECT count(*) FROM {copy}.{table}")  # noqa: S608 - quoted names
            if cursor.fetchone() != (1,):
                found.append(f"{table} must have exactly one row")
    return found + append_only.problems([schema_name])


def drop(schema_name: str) -> None:
    """Remove the schema of a tenant that cannot be reached. Refuses one with a host name."""
    if (
        schema_name == "public"
        or apps.get_model("plans.Domain").objects.filter(tenant__schema_name=schema_name).exists()
    ):
        raise SchemaError(f"{schema_name} is being served and cannot be dropped")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {connection.ops.quote_name(schema_name)} CASCADE")


def _in_own_session(work: Callable[[], None]) -> None:
    """Do `work` in a database session of its own, because a session that has cloned many schemas gets ever slower.

    Measured: the fourteenth clone in one session takes four times as long as the first. The caller's session stays open
    and does not release its locks.
    """
    if connection.in_atomic_block:  # another session would not see the uncommitted rows of this one
        work()
        return

    def do() -> None:
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=1) as own:
        own.submit(do).result()


def _clone(schema_name: str) -> None:
    CloneSchema().clone_schema(TEMPLATE, schema_name)


def _create(schema_name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {connection.ops.quote_name(schema_name)}")
    migrate(schema_name)
