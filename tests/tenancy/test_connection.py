"""The connection binds its schema or raises; a lost connection raises an error that pages answer with 503."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from django.db import DataError, InternalError, OperationalError, connection, connections, transaction
from django.test import RequestFactory
from django_tenants.utils import tenant_context

from asora.postgresql import base
from asora.web.middleware import RefusalMiddleware
from inventory.models import Category
from ledger.reports.definition import Report
from plans.models import Tenant
from tests.factories import people
from tests.ledger.report_fixtures import STOCK, scope

BROKEN = "SELECT %s, 1 / length(%s) / 0 = 0"


def schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("name", ["", "server_side"])
def test_a_search_path_that_cannot_be_set_is_raised(committed_tenant, monkeypatch, name):
    """django-tenants ignored the failure: the next query ran in the previous schema."""
    tenant = committed_tenant()
    connection.set_schema_to_public()
    assert schema() == "public"
    monkeypatch.setattr(base, "BIND", BROKEN)
    connection.set_tenant(tenant)
    for _attempt in range(2):
        with pytest.raises(DataError):
            connection._cursor(name or None)
    monkeypatch.undo()
    assert schema() == tenant.schema_name


def test_it_is_raised_in_a_transaction_and_undone_with_it(committed_tenant, monkeypatch):
    tenant = committed_tenant()
    connection.set_schema_to_public()

    @transaction.atomic
    def bind_in_between() -> None:
        assert schema() == "public"
        connection.set_tenant(tenant)
        monkeypatch.setattr(base, "BIND", BROKEN)
        people.add_person("owner")

    with pytest.raises(DataError):
        bind_in_between()
    monkeypatch.undo()
    assert schema() == tenant.schema_name


@transaction.atomic
def fail_and_bind(tenant: Tenant) -> None:
    """As in a page: an error of a query reaches the `finally` of the code that bound another tenant."""
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT 1 / 0")
        finally:
            connection.set_schema_to_public()
            with pytest.raises(InternalError):
                schema()
            connection.set_tenant(tenant)


def test_a_failed_transaction_can_still_be_rolled_back(committed_tenant):
    """Only a rollback succeeds in a failed transaction, so the schema is bound after it."""
    tenant = committed_tenant()
    with transaction.atomic():
        with pytest.raises(DataError):
            fail_and_bind(tenant)
        assert schema() == tenant.schema_name
        with tenant_context(Tenant.objects.get(schema_name="public")):
            assert schema() == "public"
    assert schema() == tenant.schema_name


@pytest.fixture
def cut_off(committed_tenant: Callable[..., Tenant]) -> Iterator[Callable[[], None]]:
    """A temporary tenant, bound; calling it ends the connection from outside, as a killed database would."""
    committed_tenant()
    other = connections.create_connection("default")
    other.settings_dict = connection.settings_dict

    def cut() -> None:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])

    yield cut
    other.close()
    connection.close()


def categories() -> Generator[Any]:
    Category.objects.bulk_create(Category(code=f"C{number}", name="C") for number in range(40))
    return Category.objects.order_by("pk").iterator(chunk_size=10)


def test_closing_a_server_side_cursor_that_is_lost_raises_nothing(cut_off):
    """It used to raise the driver's own error, which hid the first one and was not recognised as a lost connection."""
    cursor = connection.chunked_cursor()
    cursor.execute("SELECT generate_series(1, 100)")
    cursor.fetchmany(10)
    cut_off()
    cursor.close()


def test_lost_under_a_server_side_cursor_it_is_djangos_error(cut_off):
    rows = categories()
    next(rows)
    cut_off()
    with pytest.raises(OperationalError):
        list(rows)


def test_lost_before_a_server_side_cursor_binds_its_schema_too(cut_off):
    rows = categories()
    connection.set_tenant(connection.tenant)
    cut_off()
    with pytest.raises(OperationalError):
        list(rows)


def test_lost_under_a_copy_too(cut_off, monkeypatch):
    @contextlib.contextmanager
    def settled_and_lost(_report: Report) -> Iterator[None]:
        connection.ensure_connection()
        cut_off()
        yield

    Category.objects.exists()
    monkeypatch.setattr(Report, "_settled", settled_and_lost)
    with pytest.raises(OperationalError):
        list(STOCK.copied(scope(1)))


def test_and_a_page_answers_503(cut_off):
    """An error at any point, from the first chunk to the last."""
    rows = categories()
    next(rows)
    cut_off()
    request = RequestFactory().get("/categories/", headers={"accept": "application/json"})
    with pytest.raises(OperationalError) as caught:
        list(rows)
    answer = RefusalMiddleware(lambda request: None).process_exception(request, caught.value)
    assert answer is not None
    assert answer.status_code == 503
