"""A superuser changes the ledger past the product: the proof finds and names the change."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from asora.embedded import Cluster, default
from asora.kernel.act import Act
from ledger.proof.verification import verify
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import make_master_data

needs_superuser = pytest.mark.skipif(
    bool(os.environ.get("DATABASE_URL")),
    reason="only the embedded database has a superuser that tests may be",
)
TAMPERING = {
    "a quantity": ("UPDATE ledger_entry SET quantity = quantity + 1 WHERE position = 2", "2.1"),
    "a value": ("UPDATE ledger_entry SET value = value + 1 WHERE position = 2", "2.1"),
    "a balance in between": (
        "UPDATE ledger_entry SET bin_quantity = bin_quantity + 1 WHERE position = 2",
        "2.1",
    ),
    "a document gone": (
        "DELETE FROM ledger_entry WHERE position = 2; DELETE FROM ledger_posting WHERE position = 2",
        "2",
    ),
    "a moment": ("UPDATE ledger_posting SET recorded_at = '2001-01-01' WHERE position = 3", "3"),
}


@needs_superuser
@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found_and_named(
    committed_tenant: Callable[..., Any], act_as: Callable[..., Act], what: str
) -> None:
    """With the triggers switched off, as only a superuser can; rebuilding derived figures cannot hide it."""
    tenant = committed_tenant()
    master_data = make_master_data()
    act = act_as("receiver", tenant=tenant)
    for _ in range(3):
        deliver(act, master_data, receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "2", "1.5")))
    before = {check.name for check in verify() if check.broken}

    statement, names = TAMPERING[what]
    with superuser(tenant.schema_name) as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)

    broken = [check for check in verify() if check.broken and check.name not in before]
    assert broken
    assert any(names in str(check.example) for check in broken), [check.example for check in broken]


@contextmanager
def superuser(schema: str) -> Iterator[psycopg.Cursor]:
    """A connection past all triggers, in one schema; commits at the end."""
    cluster: Cluster = default()
    wanted = cluster.connection_settings(connection.settings_dict["NAME"])
    host = connection.settings_dict.get("HOST") or wanted["HOST"]
    with (
        psycopg.connect(
            host=str(host), dbname=str(connection.settings_dict["NAME"]), user="asora_admin"
        ) as conn,
        conn.cursor() as cursor,
    ):
        cursor.execute(f'SET search_path = "{schema}"')
        yield cursor
