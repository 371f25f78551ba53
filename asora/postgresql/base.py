"""The connection, which binds its schema before its first query and raises an error if it cannot.

django-tenants ignores a `SET search_path` that fails, and PostgreSQL accepts a search_path with schemas that do not
exist. In both cases the next query would read and write in the previous schema, or in public. Here both raise.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import psycopg
from django.db.utils import OperationalError
from django_tenants.postgresql_backend import base
from django_tenants.utils import get_limit_set_calls
from psycopg.pq import TransactionStatus

from asora.postgresql import pooling

# One round trip for both. `set_config` does the same as `SET SESSION search_path`, but as a query.
BIND = """
SELECT set_config('search_path', %s, false), to_regnamespace(quote_ident(%s)) IS NOT NULL
"""


class SchemaMissing(OperationalError):
    """The bound schema does not exist: the tenant was dropped, or has not been created yet."""


class DatabaseWrapper(base.DatabaseWrapper):
    """django-tenants' connection, with a search_path that is certainly the right one."""

    search_path_set_schemas: list[str] | None
    _setting_search_path: bool

    def get_new_connection(self, conn_params: dict[str, Any]) -> object:
        """A new connection; some of them are checked for a pooler. Raises SessionNotKept."""
        connection = super().get_new_connection(conn_params)
        try:
            pooling.look_now_and_then(connection, conn_params)
        except BaseException:
            connection.close()
            raise
        return connection

    def keeps_its_session(self) -> bool:
        """Return True if the connection keeps its session now. Inside a transaction it always does."""
        self.ensure_connection()
        if self.in_atomic_block:
            return True
        with self.wrap_database_errors:
            return pooling.keeps_its_session(self.connection, self.get_connection_params())

    def create_cursor(self, name: str | None = None) -> object:
        """A cursor. Closing a server-side one raises no error if the connection is lost.

        Django closes those outside the code that translates the driver's errors, so an error of closing would replace
        the error that reports the lost connection.
        """
        cursor = super().create_cursor(name)
        if name:
            cursor.close = _quietly(cursor.close)
        return cursor

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Bind the schema, unless it is already bound. Raises SchemaMissing and the database's errors.

        Does nothing in a failed transaction, because only a rollback can succeed there.
        """
        if self._setting_search_path or (get_limit_set_calls() and self.search_path_set_schemas):
            return
        if self._is_in_failed_transaction():
            self.search_path_set_schemas = None
            return
        names = self._get_cursor_search_paths()
        path = ", ".join(self.ops.quote_name(name) for name in names)
        self._setting_search_path = True
        self.search_path_set_schemas = None
        own = self.connection.cursor() if cursor is None else cursor
        try:
            with self.wrap_database_errors:
                own.execute(BIND, [path, self.schema_name])
                (_path, is_there) = own.fetchone()
        finally:
            self._setting_search_path = False
            if cursor is None:
                _quietly(own.close)()
        if not is_there:
            raise SchemaMissing(f"the schema {self.schema_name} does not exist")
        self.search_path_set_schemas = names

    def _is_in_failed_transaction(self) -> bool:
        return self.connection.info.transaction_status == TransactionStatus.INERROR


def _quietly(close: Callable[[], None]) -> Callable[[], None]:
    def closing() -> None:
        with contextlib.suppress(psycopg.Error):
            close()

    return closing
