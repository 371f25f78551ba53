"""Operators cannot change a ledger, a balance, an audit trail or a ceiling through any URL of the public host."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django_tenants.utils import tenant_context

from plans.models import Tenant
from tests.architecture.test_writing import name_of, sources
from tests.factories import people, tenants
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import make_master_data
from tests.headers import JSON
from tests.tenancy.routes import PUBLIC, SAMPLES, every_route

ROLES = people.PLATFORM_PEOPLE
# Fields that an attacker would send to change rows, of Django's forms and Asora's; none of them complete.
TAMPERING = {
    "quantity": "1", "value": "1", "bin_quantity": "1", "hub_quantity": "1", "position": "1", "unit_cost": "1",
    "plan": "enterprise", "to_plan": "enterprise", "limit": "9999", "outcome": "allowed", "action": "delete_selected",
    "_selected_action": "1", "post": "yes", "_save": "Save", "name": "Tampered", "is_active": "", "pk": "1",
}  # fmt: skip
# A proof may be recorded, because it changes nothing else. Events are counted in `audit_trailhead`.
MAY_GROW = {"audit_event", "ledger_verificationrun"}
IN_PUBLIC = ("plans_tenant", "plans_domain", "plans_planchange", "plans_freezetoggle", "plans_tenantfreeze")


@pytest.fixture
def acacia_with_stock(acacia: Tenant, act_as: Any) -> Tenant:
    """Acacia, with stock, entries and a trail, seen from the public host."""
    master_data = make_master_data()
    deliver(
        act_as("receiver"),
        master_data,
        receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "2", "1.5")),
    )
    connection.set_schema_to_public()
    return acacia


def rows_of(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {table} t")
        return {row for (row,) in cursor.fetchall()}


def everything(tenant: Tenant) -> dict[str, set[str]]:
    """All rows that operators must not be able to change."""
    found = {f"public.{table}": rows_of(f"public.{table}") for table in (*IN_PUBLIC, "audit_event")}
    with tenant_context(tenant):
        for model in apps.get_models():
            if model._meta.db_table == "audit_trailhead":
                continue
            if model._meta.app_label in {"ledger", "inventory", "audit", "kernel"}:
                found[model._meta.db_table] = rows_of(model._meta.db_table)
    return found


def assert_unchanged(before: dict[str, set[str]], after: dict[str, set[str]]) -> None:
    for table, rows in before.items():
        if table.removeprefix("public.") in MAY_GROW:
            assert rows <= after[table], f"{table} lost or changed a row"
        else:
            assert rows == after[table], f"{table} is not what it was"


@pytest.mark.parametrize("role", ROLES)
def test_no_address_changes_anything(acacia_with_stock: Tenant, client_as: Any, role: str) -> None:
    """Every route, including Django admin's, gets GET and POST requests with possible changes."""
    client = client_as(role, tenant=tenants.public())
    before = everything(acacia_with_stock)
    assert len(before["ledger_entry"]) == 1
    assert before["ledger_hubbalance"]
    asked = 0
    for route in every_route(PUBLIC):
        address = route.address.replace(SAMPLES["slug"], "acacia")
        for window in (address, address.replace("sample", str(acacia_with_stock.pk))):
            for ask in (client.get, lambda url, **options: client.post(url, TAMPERING, **options)):
                if address in {"/sign-out/", "/admin/logout/"}:
                    continue
                assert ask(window, headers=JSON).status_code < 500, address
                asked += 1
    assert asked > 100
    assert_unchanged(before, everything(acacia_with_stock))


@pytest.mark.parametrize("role", ROLES)
def test_no_window_writes_a_real_row(acacia_with_stock: Tenant, client_as: Any, role: str) -> None:
    client = client_as(role, tenant=tenants.public())
    for model in admin.site._registry:
        row = model._default_manager.order_by("pk").first()
        if row is None:
            continue
        before = everything(acacia_with_stock)
        where = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
        for address in (f"{where}/add/", f"{where}/{row.pk}/change/", f"{where}/{row.pk}/delete/"):
            assert client.post(address, TAMPERING, headers=JSON).status_code == 403, address
        client.post(f"{where}/", TAMPERING | {"_selected_action": str(row.pk)}, headers=JSON)
        assert_unchanged(before, everything(acacia_with_stock))


def test_nothing_of_a_tenant_has_a_window() -> None:
    """Entries, balances and a tenant's trail cannot even be read: the admin pages are for public tables only."""
    assert {model._meta.app_label for model in admin.site._registry} <= {"plans", "audit", "support"}


@pytest.mark.parametrize(
    "model", ["entry", "posting", "binbalance", "hubbalance", "export", "verificationrun"]
)
def test_the_ledger_has_no_address_there(public: Tenant, client_as: Any, model: str) -> None:
    for role in ROLES:
        client = client_as(role)
        for page in ("", "add/", "1/change/", "1/delete/"):
            assert client.get(f"/admin/ledger/{model}/{page}", headers=JSON).status_code in {403, 404}
            assert client.post(f"/admin/ledger/{model}/{page}", TAMPERING, headers=JSON).status_code in {
                403,
                404,
            }


def test_only_the_action_writes_a_plan() -> None:
    """`tenant.plan = …`, `update(plan=…)` and `update_fields=["plan"]` are used in one file only."""
    writes = re.compile(r"\.plan\s*=(?!=)|update\([^)]*\bplan\s*=|update_fields=\[[^\]]*[\"']plan[\"']")
    found = {name_of(path) for path in sources() if writes.search(path.read_text())}
    drafts = {
        name for name in found if "onboarding" in name
    }  # the plan of a draft is not yet the plan of a tenant
    assert found - drafts == {"plans/actions/plan_changes.py"}
