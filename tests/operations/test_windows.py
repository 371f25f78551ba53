"""Django admin's pages name people of the platform and show events as sentences; they never name people of a tenant."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from audit.events.models import Event
from plans.models import FreezeToggle, PlanChange, Tenant, TenantFreeze
from tests.factories import people

LIST = "/admin/audit/event/"


@pytest.fixture
def operator(public: Tenant) -> Any:
    """An operator whose name appears nowhere else."""
    user = people.person("operator", public)
    user.name = "Quirina Oldenburg"
    user.save(update_fields=["name"])
    return user


@pytest.fixture
def changed(operator: Any, client_as: Any) -> Tenant:
    """Acacia, after that operator changed its plan and froze it."""
    client = client_as("operator")
    form = {"from_plan": "pro", "to_plan": "enterprise", "reason": "Signed the larger contract"}
    assert client.post("/admin/tenants/acacia/plan/", form).status_code == 302
    tenant = Tenant.objects.get(slug="acacia")
    TenantFreeze.objects.create(tenant=tenant, reason="Counting", frozen_by=operator.ref)
    FreezeToggle.objects.create(
        tenant=tenant, kind="freeze", text="Counting", toggled_by=operator.ref, request_id="r"
    )
    return tenant


def event_of(action: str) -> Event:
    return Event.objects.filter(action=action).latest("occurred_at")


def test_the_list_of_events_says_who_did_what(changed, operator, client_as):
    page = client_as("operator").get(LIST).content.decode()
    assert "Quirina Oldenburg" in page
    assert "changed the plan" in page
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    assert operator.ref not in rows


def test_events_are_filtered_by_name(changed, operator, client_as):
    client = client_as("operator")
    assert f'?actor_ref={operator.ref}">Quirina Oldenburg</a>' in client.get(LIST).content.decode()
    mine = client.get(f"{LIST}?actor_ref={operator.ref}&q=plans.plan.change").content.decode()
    assert "changed the plan" in mine
    assert "changed the plan" not in client.get(f"{LIST}?actor_ref=u-0000000000").content.decode()


def test_one_event_is_a_story_and_no_raw_json(changed, operator, client_as):
    event = event_of("plans.plan.change")
    page = client_as("operator").get(f"{LIST}{event.pk}/change/").content.decode()
    page = page.split("<main")[1].split("</main>")[0]
    assert "Quirina Oldenburg changed the plan" in " ".join(page.split())
    assert '<span class="before">pro</span>' in page
    assert '<span class="after">enterprise</span>' in page
    assert "Gates of this decision" in page
    assert event.request_id in page
    for raw in ("[{", "{&quot;", "&#x27;gate&#x27;"):
        assert raw not in page
    visible = page.replace(f"actor_ref={operator.ref}", "")
    assert operator.ref not in visible


def test_links_of_a_story_lead_to_lists(changed, operator, client_as):
    event = event_of("plans.plan.change")
    client = client_as("operator")
    page = client.get(f"{LIST}{event.pk}/change/").content.decode()
    for query in (
        f"?resource_type=plans.tenant&amp;resource_id={changed.pk}",
        f"?actor_ref={operator.ref}",
        f"?request_id={event.request_id}",
    ):
        assert f'"{LIST}{query}"' in page
        answer = client.get(LIST + query.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert "changed the plan" in answer.content.decode()


def test_a_refusal_says_which_rule_and_what_would_change_it(public, client_as):
    client = client_as("operator")
    client.post("/admin/tenants/acacia/plan/", {"from_plan": "free", "to_plan": "pro", "reason": "x" * 20})
    event = Event.objects.filter(outcome="refused").latest("occurred_at")
    page = client.get(f"{LIST}{event.pk}/change/").content.decode()
    assert "Rule enforced" in page
    assert f"<code>{event.reason}</code>" in page


@pytest.mark.parametrize(
    ("window", "model", "field"),
    [
        ("planchange", PlanChange, "changed_by"),
        ("freezetoggle", FreezeToggle, "toggled_by"),
        ("tenantfreeze", TenantFreeze, "frozen_by"),
    ],
)
def test_other_windows_name_people_too(changed, operator, client_as, window, model, field):
    client = client_as("operator")
    row = model.objects.filter(tenant=changed, **{field: operator.ref}).get()
    for address in (f"/admin/plans/{window}/", f"/admin/plans/{window}/{row.pk}/change/"):
        page = client.get(address).content.decode()
        assert "Quirina Oldenburg" in page, address
        assert operator.ref not in page, address


def test_they_are_searched_by_name(changed, client_as):
    client = client_as("operator")
    for window in ("planchange", "freezetoggle"):
        assert (
            "acacia"
            in client.get(f"/admin/plans/{window}/?q=quirina").content.decode().lower().split("<tbody>")[1]
        )
        assert "<tbody>" not in client.get(f"/admin/plans/{window}/?q=nobody").content.decode()


def test_a_tenants_page_names_operators_and_the_tenants_own_pages_do_not(changed, operator, client_as):
    assert "Quirina Oldenburg" in client_as("operator").get("/admin/tenants/acacia/").content.decode()
    connection.set_tenant(changed)
    page = client_as("owner", tenant=changed).get("/settings/plan/").content.decode()
    assert "Signed the larger contract" in page
    assert "Quirina" not in page


def test_an_erased_person_is_shown_by_pseudonym(changed, operator, client_as):
    event = event_of("plans.plan.change")
    ref = operator.ref
    another = people.add_person("operator", name="another")
    operator.ref = "u-zzzzzzzzzz"
    operator.save(update_fields=["ref"])
    client = client_as(user=another)
    assert ref in client.get(f"{LIST}{event.pk}/change/").content.decode()
    assert ref in client.get("/admin/plans/planchange/").content.decode()


@pytest.mark.parametrize("address", ["/admin/", LIST])
def test_the_subject_of_an_event_is_named_as_well(operator, client_as, address):
    Event.objects.create(
        request_id="r", actor_type="system", actor_ref="reset_second_factor", action="accounts.second_factor.reset",
        outcome="allowed", resource_type="accounts.user", resource_id="1", resource_label=operator.ref,
    )  # fmt: skip
    page = client_as("operator").get(address).content.decode()
    assert "reset the second factor of Quirina Oldenburg" in page
    assert f"reset the second factor of {operator.ref}" not in page
