"""Append-only tables: the migration operation that makes a table append-only, and the check that it still is.

PostgreSQL enforces the guarantee: triggers refuse UPDATE, DELETE and TRUNCATE for every role, including the
application's own. `problems()` reads the catalogue; it is called at start-up and by `/readyz`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, models
from django.db.migrations.operations.base import Operation

FUNCTION = "asora_append_only"
CHUNK = 5_000  # keys per query

# One statement each, with the table from TG_TABLE_SCHEMA, so that a distributed PostgreSQL accepts them too.
BODY = """
BEGIN
    RAISE EXCEPTION '%.% is append-only: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
"""
CREATE_FUNCTION = (
    f"CREATE FUNCTION public.{FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $function${BODY}$function$"
)
ROW_TRIGGER = (
    "CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION public.{function}()"
)
# Also refuses statements that match no row, so that the refusal does not depend on the table's contents.
STATEMENT_TRIGGER = (
    "CREATE TRIGGER {table}_no_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION public.{function}()"
)
# pg_trigger.tgtype: row 1, before 2, delete 8, update 16, truncate 32.
ROW, STATEMENT = 1 + 2 + 8 + 16, 2 + 8 + 16 + 32


class AppendOnlyError(TypeError):
    """Code tried to change an append-only row. Raised before the statement reaches the database."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """A query set that can add and read rows, but not change or delete them."""

    def update(self, **values: Any) -> int:
        raise AppendOnlyError(f"{self.model._meta.label} is append-only")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{self.model._meta.label} is append-only")

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        """Insert the rows. Raises DatabaseError if any of them is not there afterwards."""
        rows = super().bulk_create(objs, *args, **options)
        if not options.get("ignore_conflicts"):
            require_rows(self.model, [row.pk for row in rows])
        return rows

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        raise AppendOnlyError(f"{self.model._meta.label} is append-only")


class AppendOnly(models.Model):
    """The base class of every model whose rows are written once and never changed."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, **options: Any) -> None:
        """Insert the row; an existing one cannot be saved again."""
        if not self._state.adding:
            raise AppendOnlyError(f"{self._meta.label} is append-only")
        super().save(**{**options, "force_insert": True})
        require_rows(type(self), [self.pk])

    def delete(self, **options: Any) -> tuple[int, dict[str, int]]:  # type: ignore[override]
        raise AppendOnlyError(f"{self._meta.label} is append-only")


def require_rows(model: type[models.Model], keys: list[Any]) -> None:
    """Raise DatabaseError unless rows with these keys exist: a trigger or rule can silently drop inserted rows."""
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        if model._default_manager.filter(pk__in=chunk).count() != len(chunk):
            raise DatabaseError(f"rows of {model._meta.label} were not written")


class MakeAppendOnly(Operation):
    """Migration operation: put the triggers on a model's table, in whichever schema is being migrated."""

    reversible = False

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Django's model state does not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Create the shared function once, then the two triggers."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_proc WHERE proname = %s AND pronamespace = 'public'::regnamespace",
                [FUNCTION],
            )
            if cursor.fetchone() is None:
                cursor.execute(CREATE_FUNCTION)
        for trigger in (ROW_TRIGGER, STATEMENT_TRIGGER):
            schema_editor.execute(trigger.format(table=model._meta.db_table, function=FUNCTION))

    def describe(self) -> str:
        return f"Make {self.model_name} append-only"


def append_only_tables() -> dict[str, str]:
    """Table name to app label of every append-only model."""
    return {
        model._meta.db_table: model._meta.app_label
        for model in apps.get_models()
        if issubclass(model, AppendOnly)
    }


def problems(schemas: Iterable[str]) -> list[str]:
    """Every append-only table, per schema, with a trigger that is missing, disabled or changed."""
    wanted = list(schemas)
    tables = append_only_tables()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT n.nspname, c.relname,
                   coalesce(bool_or(t.tgtype & %s = %s) FILTER (WHERE t.tgtype & 1 = 1), false)
                   AND coalesce(bool_or(t.tgtype & %s = %s) FILTER (WHERE t.tgtype & 1 = 0), false)
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN (
                SELECT t.tgrelid, t.tgtype FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                WHERE p.oid = to_regproc(%s) AND p.prosrc = %s
                  AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL AND t.tgattr = ''
            ) t ON t.tgrelid = c.oid
            WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY(%s) AND c.relname = ANY(%s)
            GROUP BY 1, 2
            """,
            [*[ROW] * 2, *[STATEMENT] * 2, f"public.{FUNCTION}", BODY, wanted, list(tables)],
        )
        found = {(schema, table): triggers for schema, table, triggers in cursor.fetchall()}
    return [
        f"{schema}.{table}: append-only triggers are missing or disabled"
        for (schema, table), is_guarded in sorted(found.items())
        if not is_guarded
    ]
