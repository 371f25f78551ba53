"""The operators' admin: read-only, and for operators only."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from asora.kernel.read_only_admin import ReadOnlyAdmin
from audit.events.models import Event
from plans.models import Domain, Tenant

URLCONF = "asora.urls_public"
PAGES = [
    "/admin/",
    "/admin/plans/tenant/",
    "/admin/plans/domain/",
    "/admin/plans/tenantfreeze/",
    "/admin/plans/planchange/",
    "/admin/plans/freezetoggle/",
    "/admin/audit/event/",
    "/admin/support/accesssession/",
]


def test_only_known_models_are_shown_and_all_read_only():
    shown = admin.site._registry
    assert {model._meta.label for model in shown} == {
        "plans.Tenant",
        "plans.Domain",
        "plans.TenantFreeze",
        "plans.PlanChange",
        "plans.FreezeToggle",
        "audit.Event",
        "support.AccessSession",
    }
    assert all(isinstance(window, ReadOnlyAdmin) for window in shown.values())


@pytest.mark.parametrize("page", PAGES)
def test_an_operator_sees_it_and_nobody_else_does(public, client_as, page):
    assert client_as("operator").get(page).status_code == 200
    refused = client_as("agent").get(page, headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_DENIED")
    anonymous = client_as().get(page)
    assert anonymous.status_code == 401
    assert b'type="password"' in anonymous.content


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_a_tenants_host_has_no_admin(acacia, client_as, role):
    assert client_as(role).get("/admin/", headers={"accept": "application/json"}).status_code == 404


def test_a_detail_page_offers_nothing_to_save(public, client_as):
    tenant = Tenant.objects.get(slug="acacia")
    page = client_as("operator").get(reverse("admin:plans_tenant_change", args=[tenant.pk], urlconf=URLCONF))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert b"deletelink" not in page.content


@pytest.mark.parametrize("model", [Tenant, Domain, Event])
def test_nobody_adds_changes_or_deletes(public, client_as, model):
    label = f"{model._meta.app_label}_{model._meta.model_name}"
    row = model.objects.first()
    before = model.objects.filter(pk=row.pk).values().get()
    operator = client_as("operator")
    json = {"headers": {"accept": "application/json"}}
    for address in (
        reverse(f"admin:{label}_add", urlconf=URLCONF),
        reverse(f"admin:{label}_change", args=[row.pk], urlconf=URLCONF),
        reverse(f"admin:{label}_delete", args=[row.pk], urlconf=URLCONF),
    ):
        assert operator.post(address, {"name": "x", "post": "yes"}, **json).status_code == 403, address
    actions = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    operator.post(reverse(f"admin:{label}_changelist", urlconf=URLCONF), actions, **json)
    assert model.objects.filter(pk=row.pk).values().get() == before


def test_passwords_are_not_changed_there(public, client_as):
    for page in ("/admin/password_change/", "/admin/password_change/done/"):
        assert client_as("operator").get(page, headers={"accept": "application/json"}).status_code == 404


def test_its_own_sign_in_is_ours(public, client_as):
    answer = client_as().get("/admin/login/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_link_does_not_sign_anybody_out(public, client_as, events, method):
    client = client_as("operator")
    answer = getattr(client, method)("/admin/logout/", headers={"accept": "application/json"})
    assert (answer.status_code, answer["Allow"]) == (404, "POST")
    assert client.get("/settings/security/").status_code == 200
    assert events(action="accounts.sign_out") == []


def test_signing_out_there_is_recorded(public, client_as, events):
    client_as("operator").post("/admin/logout/")
    assert [event.outcome for event in events(action="accounts.sign_out")] == ["allowed"]
