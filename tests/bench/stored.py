"""Databases that take minutes to build. Each stays in `.asora/bench` until the code that makes it changes."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator

import psycopg
from django.db import connection, connections

from asora.embedded import Cluster
from asora.embedded.cluster import ADMINISTRATOR
from asora.startup import preparation
from tests import database as test_database
from tests.bench.harness import RESULTS
from tests.factories import people, tenants

MEMORY = os.environ.get("BENCH_MEMORY", "1GB")  # shared_buffers of the server


@contextlib.contextmanager
def database(name: str, *, mark: str, build: Callable[[], None]) -> Iterator[None]:
    """Connect Django to the stored database `name`; it is built if it is missing, incomplete or of another `mark`."""
    before = dict(connection.settings_dict)
    with contextlib.ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            stack.enter_context(_running(Cluster(RESULTS / "ledgers")))
        stack.enter_context(_alone())
        try:
            _open(name, mark, build)
            yield
        finally:
            connections.close_all()
            connection.settings_dict.update(before)
            connection.set_schema_to_public()


@contextlib.contextmanager
def _running(cluster: Cluster) -> Iterator[None]:
    connections.close_all()
    cluster.start()
    try:
        _give_memory(cluster)
        connection.settings_dict.update(cluster.connection_settings())
        yield
    finally:
        cluster.stop()


def _give_memory(cluster: Cluster) -> None:
    """Give the server as much memory as such tables need for their indexes. The product's default suits a laptop."""
    address = cluster.connection_settings("postgres") | {"USER": ADMINISTRATOR}
    names = {"NAME": "dbname", "USER": "user", "HOST": "host", "PORT": "port"}
    with psycopg.connect(autocommit=True, **{names[name]: value for name, value in address.items()}) as plain:
        if plain.execute("SHOW shared_buffers").fetchone() == (MEMORY,):
            return
        plain.execute(f"ALTER SYSTEM SET shared_buffers = '{MEMORY}'")
    cluster.stop()
    cluster.start()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Lock out other runs: they would slow each other down."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    with (RESULTS / "alone").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _open(name: str, mark: str, build: Callable[[], None]) -> None:
    with test_database._maintenance() as maintenance:
        query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
        is_ready = maintenance.execute(query, [name]).fetchone() == (mark,)
        if not is_ready:
            test_database._drop(maintenance, name)
            test_database._create(maintenance, name)
        test_database.use(name)
        preparation.prepare()
        if not is_ready:
            people.add_people(tenants.public())
            build()
            maintenance.execute(f"COMMENT ON DATABASE {name} IS '{mark}'")
