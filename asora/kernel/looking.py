"""Looking: an action is judged without a trace, and without holding up anybody.

The transaction is READ ONLY, so PostgreSQL itself refuses every write and every lock on a row, and it is always rolled
back. Statements are sent without their row locks and advisory locks. A body is judged up to its first write: bodies
check first and write afterwards, and postings stop before the ledger's head. Time limits end a look that would take
long.

What a look supposes to be different (a role, a plan, a restored record) is passed to `looking`. Changed and added rows
of the bound schema become temporary views in front of their tables, so that every query of the bodies sees them. Other
suppositions are read by the gates and checks that know their class (`supposed`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from asora.kernel import binding
from asora.kernel.database_errors import sqlstate
from asora.kernel.shapes import ReadOnlyValues

LOCK_TIMEOUT, STATEMENT_TIMEOUT = "200ms", "2s"
MAX_SECONDS = 2.0  # of one look, between its statements
WRITES_TO_VIEW = {"55000", "0A000"}
READ_ONLY, LOCK_NOT_AVAILABLE, CANCELLED = "25006", "55P03", "57014"
LIMITS = f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"

ROW_LOCKS = re.compile(
    r"\bFOR\s+(?:NO\s+KEY\s+UPDATE|UPDATE|KEY\s+SHARE|SHARE)\b"
    r"(?:\s+OF\s+[\w.\"]+(?:\s*,\s*[\w.\"]+)*)?(?:\s+NOWAIT|\s+SKIP\s+LOCKED)?"
)
ADVISORY_LOCKS = re.compile(r"\bpg_advisory_(?:xact_)?(?:un)?lock(?:_shared)?\s*\(")
#: The function that is called instead of one that locks: it accepts any arguments and locks nothing.
NO_LOCK = "num_nulls("
TABLE_LOCK = re.compile(r"\s*LOCK\s+TABLE\b")

T = TypeVar("T")


class Busy(Exception):
    """The look would have had to wait, or took too long. It may be tried again."""


class _FirstWrite(Exception):
    """The body wants to change something: everything that it checks before has passed."""


@dataclass(frozen=True, slots=True)
class RowChanged:
    """A supposition: a row of the bound schema has other values. `values`: by the name of the model's field."""

    model: type[Model]
    pk: Any
    values: ReadOnlyValues


@dataclass(frozen=True, slots=True)
class RowAdded:
    """A supposition: the bound schema has one more row. `values`: every column by the name of its field's attribute."""

    model: type[Model]
    values: ReadOnlyValues


@dataclass(frozen=True, slots=True)
class _Look:
    supposes: Sequence[object]
    began: float


_look: ContextVar[_Look | None] = ContextVar("look", default=None)


def is_on() -> bool:
    """Returns True inside `looking`: nothing may be written, and nothing locked."""
    return _look.get() is not None


def supposed(kind: type[T]) -> list[T]:
    """The suppositions of one class; none outside of a look."""
    look = _look.get()
    return [] if look is None else [one for one in look.supposes if isinstance(one, kind)]


@contextmanager
def looking(*supposes: object) -> Iterator[None]:
    """Judge actions (`Action.look`) without a trace, supposing what is passed. Raises Busy."""
    try:
        with transaction.atomic(durable=True):
            token = _look.set(_Look(supposes, time.monotonic()))
            try:
                _prepare()
                with connection.execute_wrapper(_without_locks):
                    yield
            finally:
                _look.reset(token)
                transaction.set_rollback(True)
    except DatabaseError as error:
        if sqlstate(error) in {LOCK_NOT_AVAILABLE, CANCELLED}:
            raise Busy from error
        raise


def until_first_write(body: Callable[[], object]) -> bool:
    """Run a body until it wants to write. Returns True if it got so far, False if it ended before."""
    try:
        with transaction.atomic():
            body()
    except _FirstWrite:
        return True
    except DatabaseError as error:
        if not _is_write(error):
            raise
        return True
    return False


def _is_write(error: DatabaseError) -> bool:
    """Whether a statement was refused because it writes, to a table or to a view that a supposition put before it."""
    if sqlstate(error) == READ_ONLY:
        return "execute SELECT" not in str(error)  # a lock that ROW_LOCKS does not know is no write
    return sqlstate(error) in WRITES_TO_VIEW and bool(supposed(RowChanged) or supposed(RowAdded))


def _prepare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(LIMITS)
        for statement, values in _views():
            cursor.execute(statement, values)
        cursor.execute("SET TRANSACTION READ ONLY")


def _without_locks(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 (Django's)
    """Send a statement without its locks."""
    look = _look.get()
    if look is not None and time.monotonic() - look.began > MAX_SECONDS:
        raise Busy
    if isinstance(sql, str):
        if TABLE_LOCK.match(sql):
            raise _FirstWrite
        sql = ADVISORY_LOCKS.sub(NO_LOCK, ROW_LOCKS.sub("", sql))
    return execute(sql, params, many, context)


def _views() -> Iterator[tuple[str, list[Any]]]:
    """A temporary view in front of each table with changed or added rows: the search path finds it first."""
    changed, added = supposed(RowChanged), supposed(RowAdded)
    models = [one.model for one in changed] + [one.model for one in added]
    for model in dict.fromkeys(models):
        yield _view(
            model,
            [one for one in changed if one.model is model],
            [one for one in added if one.model is model],
        )


def _view(
    model: type[Model], changed: Sequence[RowChanged], added: Sequence[RowAdded]
) -> tuple[str, list[Any]]:
    quote = connection.ops.quote_name
    table = model._meta.db_table
    key = quote(str(model._meta.pk.column)) if model._meta.pk else ""
    columns, values = [], []
    for field in model._meta.concrete_fields:
        column, kind = quote(str(field.column)), field.db_type(connection)
        cases = [one for one in changed if field.name in one.values or field.attname in one.values]
        for one in cases:
            values += [one.pk, one.values.get(field.attname, one.values.get(field.name))]
        whens = "".join(f" WHEN {key} = %s THEN %s::{kind}" for _one in cases)
        columns.append(f"CASE{whens} ELSE {column} END AS {column}" if whens else column)
    parts = [f"SELECT {', '.join(columns)} FROM {quote(binding.schema_name())}.{quote(table)}"]  # noqa: S608 (our own names)
    for row in added:
        cells = []
        for field in model._meta.concrete_fields:
            cells.append(f"%s::{field.db_type(connection)}")
            values.append(row.values.get(field.attname))
        parts.append(f"SELECT {', '.join(cells)}")
    return f"CREATE TEMPORARY VIEW {quote(table)} AS {' UNION ALL '.join(parts)}", values
