"""The database of a test run: a copy of one that is prepared once per state of the migrations.

Preparing takes seconds, copying a fraction of one. Every run (and every xdist worker) has a copy of its own,
so that runs never disturb each other, and real commits need no cleaning up.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections
from procrastinate.contrib.django import app
from psycopg import sql

from asora import embedded
from asora.startup import preparation
from audit.tasks import LOOK as CHECKS
from audit.tasks import MAIL
from ledger.tasks import LOOK as PROOFS
from tests.factories import people, tenants

REPOSITORY = Path(__file__).resolve().parents[1]
SHAPED_BY = [
    "*/migrations/*.py",
    "asora/*/migrations/*.py",
    "plans/*.py",
    "asora/accounts/**/*.py",
    "asora/kernel/append_only.py",
    "asora/kernel/error_guide.py",
    "asora/startup/preparation.py",
    "support/access/database_role.py",
    "support/access/readable.py",
    "support/knowledge/**/*.py",
    "support/knowledge/shipped/**/*.md",
    "support/knowledge/shipped/*.toml",
    "support/clocks/publishing.py",
    "support/clocks/shipped.py",
    "tests/factories/people.py",
    "tests/factories/tenants.py",
    "tests/database.py",
]
#: Hourly tasks that tests start themselves.
PUT_OFF = (PROOFS, CHECKS, MAIL)
PREPARED, COPY = "asora_prepared_", "asora_run_"


@contextlib.contextmanager
def server() -> Iterator[None]:
    """The tests' own embedded server, stopped by the last run to leave it; with DATABASE_URL, that server."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    cluster = embedded.default()
    cluster.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (cluster.folder / "runs").open("w") as runs:
        fcntl.flock(runs, fcntl.LOCK_SH)
        cluster.start()
        try:
            yield
        finally:
            fcntl.flock(runs, fcntl.LOCK_UN)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(runs, fcntl.LOCK_EX | fcntl.LOCK_NB)
                cluster.stop()


@contextlib.contextmanager
def copy_of_prepared() -> Iterator[None]:
    """Point Django at a fresh copy of the prepared database, and drop it afterwards."""
    name = f"{COPY}{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with _maintenance() as maintenance:
        maintenance.execute("SELECT pg_advisory_lock(%s)", [_key(name)])  # held while the run lives
        maintenance.execute("SELECT pg_advisory_lock(%s)", [_key("prepare")])
        _drop_leftovers(maintenance)
        prepared = PREPARED + _fingerprint()
        if not _exists(maintenance, prepared):
            _prepare(maintenance, prepared)
        _create(maintenance, name, template=prepared)
        maintenance.execute("SELECT pg_advisory_unlock(%s)", [_key("prepare")])
        try:
            use(name)
            _put_off_proofs()
            yield
        finally:
            connections.close_all()
            _drop(maintenance, name)


def _put_off_proofs() -> None:
    """Workers that tests start think that they have looked for due proofs and checks already: which tests these would
    meet, depends on the time of day."""
    hours = range(int(time.time()) // 3600 - 1, int(time.time()) // 3600 + 24)
    known = {known.task.name: known for known in app.periodic_registry.periodic_tasks.values()}
    looks = [(known[name], int(known[name].cron.split()[0])) for name in PUT_OFF]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp) VALUES (%s, %s, %s)",
            [
                (look.task.name, look.periodic_id, hour * 3600 + minute * 60)
                for look, minute in looks
                for hour in hours
            ],
        )


@contextlib.contextmanager
def another_copy() -> Iterator[Any]:
    """A copy of the database that is in use, as it is now: yields a connection to it, to stand in for the default."""
    source = str(connection.settings_dict["NAME"])
    name = f"{COPY}{os.getpid()}_{uuid.uuid4().hex[:8]}"
    connection.close()
    with _maintenance() as maintenance:
        maintenance.execute("SELECT pg_advisory_lock(%s)", [_key(name)])  # held while it is in use
        _create(maintenance, name, template=source)
        copy = connections.create_connection("default")
        copy.settings_dict = {**copy.settings_dict, "NAME": name}
        try:
            yield copy
        finally:
            copy.close()
            _drop(maintenance, name)


def _prepare(maintenance: psycopg.Connection, name: str) -> None:
    unfinished = f"{COPY}unfinished_{uuid.uuid4().hex[:8]}"
    _create(maintenance, unfinished)
    use(unfinished)
    preparation.prepare()
    people.add_people(tenants.public())
    for slug, values in tenants.TENANTS.items():
        tenants.make_tenant(slug, **values)
    connection.set_schema_to_public()
    connections.close_all()
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    maintenance.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in SHAPED_BY:
        for path in sorted(REPOSITORY.glob(pattern)):
            digest.update(path.relative_to(REPOSITORY).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _maintenance() -> psycopg.Connection:
    database = settings.DATABASES["default"]
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {ours: str(database[theirs]) for ours, theirs in names.items() if database.get(theirs)}
    return psycopg.connect(autocommit=True, **given)  # type: ignore[arg-type]


def use(name: str) -> None:
    """Point Django at a database of this server."""
    connections.close_all()
    connection.settings_dict["NAME"] = name
    connection.set_schema_to_public()


def _drop_leftovers(maintenance: psycopg.Connection) -> None:
    """Copies whose run is gone, and what was prepared for another state of the migrations."""
    rows = maintenance.execute("SELECT datname FROM pg_database WHERE datname LIKE 'asora\\_%'").fetchall()
    for (name,) in rows:
        if name.startswith(PREPARED) and name != PREPARED + _fingerprint():
            _drop(maintenance, name)
        elif name.startswith(COPY):
            row = maintenance.execute("SELECT pg_try_advisory_lock(%s)", [_key(name)]).fetchone()
            if row == (True,) and not _is_connected(maintenance, name):
                _drop(maintenance, name)
            if row == (True,):
                maintenance.execute("SELECT pg_advisory_unlock(%s)", [_key(name)])


def _is_connected(maintenance: psycopg.Connection, name: str) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    return maintenance.execute(query, [name]).fetchone() != (0,)


def _exists(maintenance: psycopg.Connection, name: str) -> bool:
    return maintenance.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _create(maintenance: psycopg.Connection, name: str, *, template: str = "template0") -> None:
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    maintenance.execute(create.format(sql.Identifier(name), sql.Identifier(template)))


def _drop(maintenance: psycopg.Connection, name: str) -> None:
    """Drop a database, ending our sessions in it. FORCE would fail at an autovacuum worker, which PostgreSQL ends."""
    ours = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user"
    )
    maintenance.execute(ours, [name])
    maintenance.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"asora tests {name}".encode()).digest()[:8], "big", signed=True)
