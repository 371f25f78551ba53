"""Append-only rows cannot be changed, not even by the application's own role, in any schema."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.test import Client

from asora.kernel import append_only
from asora.kernel.append_only import AppendOnly, AppendOnlyError
from asora.kernel.database_errors import Unavailable
from asora.startup import guarantees
from audit.events.models import Event
from audit.seals import schedule
from inventory.actions.categories import create_category
from inventory.actions.items import create_item
from inventory.models import Category, Item
from ledger.models import BinBalance
from tests.factories.documents import receive
from tests.factories.master_data import make_master_data

EVERYWHERE = "SELECT schemaname, tablename FROM pg_tables WHERE tablename = ANY(%s) ORDER BY 1, 2"


def guarded_tables() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(EVERYWHERE, [list(append_only.append_only_tables())])
        return cursor.fetchall()


def refused(statement: str) -> str:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return str(caught.value.__cause__.sqlstate)  # type: ignore[union-attr]


def test_the_tables_that_must_never_change_are_known(db: None) -> None:
    assert set(append_only.append_only_tables()) >= {
        "audit_event",
        "inventory_itemrevision",
        "inventory_reorderrevision",
        "ledger_entry",
        "ledger_export",
        "ledger_layeruse",
        "ledger_posting",
    }
    schemas = {schema for schema, _ in guarded_tables()}
    assert schemas >= {"public", "_template", "t_acacia", "t_birch", "t_cedar"}


def test_update_delete_and_truncate_fail_for_the_application_in_every_schema(db: None) -> None:
    for schema, table in guarded_tables():
        column = "request_id" if table == "audit_event" else None
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
                [schema, table],
            )
            column = column or cursor.fetchone()[0]
        name = f'"{schema}"."{table}"'
        assert refused(f'UPDATE {name} SET "{column}" = "{column}"') == "23001", name
        assert refused(f"DELETE FROM {name}") == "23001", name
        assert refused(f"DELETE FROM {name} WHERE false") == "23001", name
        assert refused(f"TRUNCATE {name} CASCADE") == "23001", name


def test_a_row_that_is_there_can_neither_change_nor_go(public: Any) -> None:
    kept = Event.objects.count()
    assert kept > 0  # the tenants of all tests were created by actions
    assert refused("UPDATE audit_event SET reason = ''") == "23001"
    assert refused("DELETE FROM audit_event") == "23001"
    assert Event.objects.count() == kept


@pytest.mark.parametrize("change", ["save", "delete", "update", "all_delete", "bulk_update"])
def test_the_models_refuse_before_the_database_has_to(public: Any, change: str) -> None:
    event = Event.objects.first()
    assert event is not None
    changes = {
        "save": event.save,
        "delete": event.delete,
        "update": lambda: Event.objects.update(reason="X"),
        "all_delete": lambda: Event.objects.all().delete(),
        "bulk_update": lambda: Event.objects.bulk_update([event], ["reason"]),
    }
    with pytest.raises(AppendOnlyError):
        changes[change]()


def test_every_append_only_model_has_the_manager_that_refuses() -> None:
    from django.apps import apps

    for model in apps.get_models():
        if issubclass(model, AppendOnly):
            assert isinstance(model._default_manager.all(), append_only.AppendOnlyQuerySet), model


SABOTAGE = {
    "all triggers disabled": ["ALTER TABLE t_acacia.audit_event DISABLE TRIGGER USER"],
    "one trigger disabled": ["ALTER TABLE t_acacia.ledger_posting DISABLE TRIGGER ledger_posting_no_change"],
    "one trigger dropped": ["DROP TRIGGER ledger_entry_no_statement ON t_acacia.ledger_entry"],
    "template disabled": ["ALTER TABLE _template.ledger_entry DISABLE TRIGGER USER"],
    "a replica's trigger": ["ALTER TABLE t_acacia.audit_event ENABLE REPLICA TRIGGER audit_event_no_change"],
    "a trigger with a condition": [
        "DROP TRIGGER audit_event_no_change ON t_acacia.audit_event",
        (
            "CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON t_acacia.audit_event "
            "FOR EACH ROW WHEN (false) EXECUTE FUNCTION public.asora_append_only()"
        ),
    ],
    "a trigger for less": [
        "DROP TRIGGER audit_event_no_statement ON t_acacia.audit_event",
        (
            "CREATE TRIGGER audit_event_no_statement BEFORE UPDATE OR DELETE ON t_acacia.audit_event "
            "FOR EACH STATEMENT EXECUTE FUNCTION public.asora_append_only()"
        ),
    ],
    "a function that lets pass": [
        (
            "CREATE OR REPLACE FUNCTION public.asora_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NEW; END $$"
        )
    ],
}


@pytest.mark.parametrize("statements", SABOTAGE.values(), ids=SABOTAGE)
def test_a_guard_that_is_gone_stops_the_start_and_readiness(db: None, statements: list[str]) -> None:
    assert guarantees.problems() == []
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    assert guarantees.problems()
    with pytest.raises(ImproperlyConfigured, match="append-only triggers are missing or disabled"):
        guarantees.prove()
    answer = Client(HTTP_HOST="localhost").get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"


def test_all_is_well_otherwise(db: None) -> None:
    guarantees.prove()
    schedule.seal_everywhere()  # the events of the prepared database may be old
    answer = Client(HTTP_HOST="whatever.example").get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "status": "ok",
            "problems": 0,
            "proofs": {"broken": 0, "overdue": 0},
            "seals": {"broken": 0, "late": 0, "unchecked": 0},
            "support_role": "ready" if settings.ASORA_SUPPORT_DATABASE else "missing",
        },
    )


def test_the_applications_role_cannot_switch_triggers_off_for_a_session(db: None) -> None:
    assert refused("SET session_replication_role = replica") == "42501"


SWALLOW = "CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        (
            ["ALTER TABLE audit_event RENAME TO audit_event_away"],
            "t_acacia.audit_event: the table is missing",
        ),
        (["ALTER TABLE accounts_user RENAME TO away"], "t_acacia.accounts_user: the table is missing"),
        (
            ["DROP TABLE guardian_userobjectpermission"],
            "t_acacia.guardian_userobjectpermission: the table is missing",
        ),
        (["CREATE VIEW shadow AS SELECT 1", "ALTER TABLE audit_trailhead RENAME TO gone"], "audit_trailhead"),
        (
            [
                SWALLOW,
                "CREATE TRIGGER s BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION public.swallow()",
            ],
            "t_acacia.audit_event: the trigger s is not ours",
        ),
        (
            [
                SWALLOW,
                "CREATE TRIGGER s AFTER INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION public.swallow()",
            ],
            "t_acacia.ledger_entry: the trigger s is not ours",
        ),
        (
            [
                SWALLOW,
                (
                    "CREATE TRIGGER ledger_posting_opening_first BEFORE INSERT ON ledger_entry "
                    "FOR EACH ROW EXECUTE FUNCTION public.swallow()"
                ),
            ],
            "t_acacia.ledger_entry: the trigger ledger_posting_opening_first is not ours",
        ),
        (
            ["ALTER TABLE ledger_posting DISABLE TRIGGER ledger_posting_opening_first"],
            "t_acacia.ledger_posting: the trigger ledger_posting_opening_first is missing or disabled",
        ),
        (
            ["CREATE RULE away AS ON INSERT TO ledger_posting DO INSTEAD NOTHING"],
            "t_acacia.ledger_posting: the rule away is not ours",
        ),
        (
            ["ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY"],
            "t_acacia.audit_event: row-level security hides rows of it",
        ),
    ],
)
def test_what_swallows_or_diverts_rows_stops_the_start_and_readiness(
    acacia: Any, statements: list[str], problem: str
) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    assert [found for found in guarantees.problems() if problem in found]


def swallow(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SWALLOW)
        cursor.execute(
            f"CREATE TRIGGER s BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION public.swallow()"
        )


def test_an_event_that_is_swallowed_undoes_the_action(acacia: Any, act_as: Any) -> None:
    act = act_as("owner")
    swallow("audit_event")
    with pytest.raises(Unavailable):
        create_category(act, code="C", name="C")
    assert not Category.objects.exists()


def test_a_revision_that_is_swallowed_undoes_the_action(acacia: Any, act_as: Any) -> None:
    category = create_category(act_as("owner"), code="C", name="C")
    act = act_as("owner")
    swallow("inventory_itemrevision")
    with pytest.raises(DatabaseError):
        create_item(act, sku="S-1", name="S", category=category, unit="EA", decimals=0)
    assert not Item.objects.exists()


@pytest.mark.parametrize("table", ["ledger_posting", "ledger_entry"])
def test_a_ledger_row_that_is_swallowed_undoes_the_posting(acacia: Any, act_as: Any, table: str) -> None:
    act = act_as("owner")
    master_data = make_master_data()
    swallow(table)
    with pytest.raises(DatabaseError):
        receive(act, master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    assert not BinBalance.objects.filter(quantity__gt=0).exists()


def test_no_event_of_a_tenant_falls_through_to_public(acacia: Any, act_as: Any) -> None:
    """A tenant's trail that changes while a process runs."""
    act = act_as("owner")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.audit_event")
        before = cursor.fetchone()
        cursor.execute("ALTER TABLE audit_event RENAME TO away")
    with pytest.raises(Unavailable):
        create_category(act, code="C", name="C")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.audit_event")
        assert cursor.fetchone() == before
