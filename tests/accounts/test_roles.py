"""The role table, cell by cell, checked with real people through the permission back ends."""

from __future__ import annotations

import pytest
from django_tenants.utils import tenant_context

from asora.accounts.roles.table import GRANTS, PERMISSIONS
from plans.models import Tenant
from tests.factories import people

# The role models once more, written out in words, so that a slip in the table's letters is noticed.
STANDARD = {
    "owner": set(PERMISSIONS),
    "manager": set(PERMISSIONS) - {
        "integrations.manage", "accounts.manage_staff", "audit.manage_support_access", "plans.view_usage",
    },
    "receiver": {"inventory.view", "ledger.view_stock", "ledger.receive", "ledger.issue", "ledger.transfer"},
    "counter": {"inventory.view", "ledger.count"},
    "viewer": {"inventory.view", "ledger.view_stock", "ledger.report"},
}  # fmt: skip
SEGREGATED = {
    "owner": set(PERMISSIONS),
    "manager": {
        "inventory.view", "inventory.manage", "ledger.view_stock", "ledger.view_value", "ledger.issue",
        "ledger.transfer", "ledger.request_adjustment", "ledger.report", "ledger.export", "integrations.dispatch",
    },
    "receiver": {
        "inventory.view", "ledger.view_stock", "ledger.receive", "ledger.issue", "ledger.transfer",
        "ledger.request_adjustment",
    },
    "counter": {"inventory.view", "ledger.count"},
    "approver": {
        "inventory.view", "inventory.vendor_eligibility", "ledger.view_stock", "ledger.view_value", "ledger.adjust",
        "ledger.approve_count", "ledger.reverse", "ledger.report",
    },
    "auditor": {
        "inventory.view", "ledger.view_stock", "ledger.view_value", "ledger.report", "ledger.export", "audit.view",
    },
}  # fmt: skip
SIMPLE = {
    "owner": set(PERMISSIONS),
    "staff": set(PERMISSIONS) - {
        "inventory.vendor_eligibility", "ledger.reverse", "integrations.manage", "integrations.dispatch", "audit.view",
        "accounts.manage_staff", "audit.manage_support_access", "plans.view_usage",
    },
    "viewer": {"inventory.view", "ledger.view_stock", "ledger.report"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "expected"), [("simple", SIMPLE), ("standard", STANDARD), ("segregated", SEGREGATED)]
)
def test_the_table_is_the_written_out_role_models(model, expected):
    assert {role: set(held) for role, held in GRANTS[model].items()} == expected


@pytest.mark.parametrize(("slug", "expected"), [("acacia", STANDARD), ("cedar", SEGREGATED)])
def test_people_have_exactly_the_permissions_of_their_role(db, slug, expected):
    tenant = Tenant.objects.get(slug=slug)
    with tenant_context(tenant):
        for role, held in expected.items():
            person = people.person(role, tenant)
            assert {name for name in PERMISSIONS if person.has_perm(name)} == held, role


def test_an_unknown_role_may_nothing(acacia):
    nobody = people.add_person("nothing")
    assert not any(nobody.has_perm(name) for name in PERMISSIONS)
