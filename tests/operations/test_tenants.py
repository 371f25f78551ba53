"""The operators' own pages: their content, who may see them, and how a plan is changed."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.operations import tenants as pages
from asora.operations.health import PROOF_VALID_FOR, health_of
from audit.events.models import Event
from inventory.models import Category
from ledger.models import VerificationRun
from plans.grants import customers
from plans.models import Domain, Tenant, TenantFreeze
from tests.factories import people
from tests.headers import HTMX, JSON

PAGE = "/admin/tenants/acacia/"
PLAN = "/admin/tenants/acacia/plan/"
FORM = {"from_plan": "pro", "to_plan": "enterprise", "reason": "Signed the larger contract"}


@pytest.fixture
def acacia_outside(public: Tenant) -> Tenant:
    """Acacia, seen from the public host."""
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def limited(public: Tenant) -> Any:
    """An operator who works for Birch only."""
    user = people.add_person("operator", name="limited", all_hubs=False)
    assign_perm("plans.manage_tenant", user, Tenant.objects.get(slug="birch"))
    return user


# The list


def test_the_list_shows_the_tenants_and_not_the_public_host(public, client_as):
    page = client_as("operator").get("/admin/tenants/").content.decode()
    for name in ("Acacia Trading", "Birch &amp; Sons", "Cedar Pharma"):
        assert name in page
    assert "3 in all" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=acacia", {"acacia"}),
        ("q=sons+birch", {"birch"}),
        ("q=%25", set()),
        ("plan=free", {"birch"}),
        ("role_model=segregated", {"cedar"}),
        ("state=frozen", {"cedar"}),
        ("state=open", {"acacia", "birch"}),
        ("state=unopened", {"draft"}),
        ("plan=pro&state=open", {"acacia"}),
    ],
)
def test_the_list_is_filtered(public, client_as, query, found):
    cedar = Tenant.objects.get(slug="cedar")
    TenantFreeze.objects.create(tenant=cedar, reason="Drill", frozen_by="u-1")
    Tenant.objects.create(
        slug="draft", schema_name="t_draft", name="Draft", plan="enterprise", role_model="simple"
    )
    answer = client_as("operator").get(f"/admin/tenants/?{query}&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {row["address"] for row in rows} == found


@pytest.mark.parametrize(
    "query", ["plan=gold", "state=%00", "q=%00", "role_model=platform", "after=nonsense"]
)
def test_nonsense_in_the_address_is_refused(public, client_as, query):
    answer = client_as("operator").get(f"/admin/tenants/?{query}", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")


def test_the_list_is_paged_by_key(public, client_as, monkeypatch):
    for number in range(60):
        Tenant.objects.create(
            slug=f"many-{number:02}",
            schema_name=f"t_many_{number}",
            name="Many",
            plan="free",
            role_model="simple",
        )
    client = client_as("operator")
    first = client.get("/admin/tenants/", headers=HTMX).content.decode()
    assert "<html" not in first
    assert first.count("many-") < 60 * 3
    after = first.split("after=")[1].split('"')[0]
    second = client.get(f"/admin/tenants/?after={after}").content.decode()
    assert "many-59" in second
    assert "acacia" not in second


def test_a_download_is_in_the_trail(public, client_as, events):
    client_as("operator").get("/admin/tenants/?format=csv")
    assert [event.facts["list"] for event in events(action="list.download")] == ["tenants"]


# Who may see the pages


def test_an_operator_of_one_tenant_sees_only_that_one(limited, client_as):
    client = client_as(user=limited)
    for address in ("/admin/tenants/", "/admin/tenants/?format=csv", "/admin/", "/admin/plans/tenant/"):
        answer = client.get(address)
        assert answer.status_code == 200
        text = answer.content.decode().lower()
        assert "birch" in text, address
        assert "acacia" not in text, address
        assert "cedar" not in text, address
    assert client.get("/admin/tenants/birch/").status_code == 200
    assert client.get("/admin/tenants/birch/plan/").status_code == 200


@pytest.mark.parametrize(
    ("method", "address"),
    [("get", PAGE), ("get", PLAN), ("post", PLAN), ("post", f"{PAGE}verify/")],
)
def test_and_is_refused_at_the_others(limited, client_as, acacia_outside, method, address):
    answer = getattr(client_as(user=limited), method)(address, FORM, headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (403, "TENANT_NOT_GRANTED")
    acacia_outside.refresh_from_db()
    assert acacia_outside.plan == "pro"


def test_windows_show_the_rows_of_granted_tenants_only(limited, client_as, act_as):
    client, acacia = client_as(user=limited), Tenant.objects.get(slug="acacia")
    change = acacia.plan_changes.get()
    about_acacia = Event.objects.filter(resource_type="plans.tenant", resource_id=str(acacia.pk)).first()
    for address in (
        f"/admin/plans/tenant/{acacia.pk}/change/",
        f"/admin/plans/domain/{Domain.objects.get(tenant=acacia).pk}/change/",
        f"/admin/plans/planchange/{change.pk}/change/",
        f"/admin/audit/event/{about_acacia.pk}/change/",
    ):
        assert client_as("operator").get(address).status_code == 200, address
        assert client.get(address).status_code == 302, f"{address}: Django's way to say that there is none"


@pytest.mark.parametrize("role", ["agent", ""])
@pytest.mark.parametrize("address", ["/admin/", "/admin/tenants/", PAGE, PLAN])
def test_nobody_else_gets_in(public, client_as, role, address):
    answer = client_as(role).get(address, headers=JSON)
    assert answer.status_code == (403 if role else 401)


@pytest.mark.parametrize("slug", ["public", "nobody", "ACACIA", "t_acacia"])
def test_an_unknown_tenant_is_not_found(public, client_as, slug):
    assert client_as("operator").get(f"/admin/tenants/{slug}/", headers=JSON).status_code == 404


def test_none_of_it_is_on_a_tenants_host(acacia, client_as):
    for address in ("/admin/", "/admin/tenants/", PAGE):
        assert client_as("owner").get(address, headers=JSON).status_code == 404


# A tenant's page


def test_a_tenants_page_counts_in_the_tenants_schema_and_comes_back(acacia_outside, client_as):
    with tenant_context(acacia_outside):
        Category.objects.bulk_create(Category(code=f"C-{number}", name="C") for number in range(7))
        people.add_person("receiver", name="gone")
    answer = client_as("operator").get(PAGE)
    page = " ".join(answer.content.decode().split())
    assert connection.schema_name == "public"
    assert '<b><span class="quantity">7</span></b>' in page
    assert "The plan that the tenant was created with" in page


def test_it_shows_roles_as_numbers_and_nobodys_name(acacia_outside, client_as):
    page = client_as("operator").get(PAGE).content.decode()
    for role in ("Owner", "Manager", "Receiver", "Counter", "Viewer"):
        assert f"<td>{role}</td>" in page
    assert "@example.com" not in page
    with tenant_context(acacia_outside):
        owner = people.person("owner", acacia_outside)
    assert owner.ref not in page


def test_a_half_made_tenant_has_a_page_too(public, client_as):
    tenant = Tenant.objects.create(
        slug="draft", schema_name="t_draft", name="Draft", plan="free", role_model="simple"
    )
    client = client_as("operator")
    for address in (f"/admin/tenants/{tenant.slug}/", f"/admin/tenants/{tenant.slug}/plan/"):
        assert client.get(address).status_code == 200, address
    answer = client.post(f"/admin/tenants/{tenant.slug}/verify/", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "STATE_CONFLICT")
    assert client.get("/admin/").status_code == 200


def test_a_frozen_tenant_says_so(acacia_outside, client_as):
    TenantFreeze.objects.create(tenant=acacia_outside, reason="Counting <b>again</b>", frozen_by="u-1")
    page = client_as("operator").get(PAGE).content.decode()
    assert "Counting &lt;b&gt;again&lt;/b&gt;" in page


# Proofs of the ledger


def test_a_proof_is_recorded_in_the_tenant_by_the_operator(acacia_outside, client_as):
    answer = client_as("operator").post(f"{PAGE}verify/")
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    with tenant_context(acacia_outside):
        run = VerificationRun.objects.get()
        assert run.is_proved
        event = Event.objects.get(action="ledger.verification.record")
    operator = people.person("operator", acacia_outside)
    assert (event.actor_type, event.actor_ref) == ("operator", operator.ref)


def test_a_frozen_tenant_can_be_proved(acacia_outside, client_as):
    TenantFreeze.objects.create(tenant=acacia_outside, reason="Drill", frozen_by="u-1")
    assert client_as("operator").post(f"{PAGE}verify/").status_code == 302


def test_a_long_ledger_is_not_proved_while_a_page_waits(acacia_outside, client_as, monkeypatch):
    monkeypatch.setattr(pages, "MAX_POSITIONS", -1)
    answer = client_as("operator").post(f"{PAGE}verify/", headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (400, "TOO_LARGE")
    assert b"verify_ledger --tenant acacia" in client_as("operator").get(PAGE).content
    with tenant_context(acacia_outside):
        assert not VerificationRun.objects.exists()


def _run(tenant: Tenant, *, is_proved: bool, hours: float) -> None:
    moment = timezone.now() - timezone.timedelta(hours=hours)
    with tenant_context(tenant):
        VerificationRun.objects.create(
            started_at=moment, finished_at=moment, position=0, is_proved=is_proved, checks=[]
        )


def test_the_health_of_all_tenants_is_shown_worst_first(public, client_as):
    acacia, birch, cedar = (Tenant.objects.get(slug=slug) for slug in ("acacia", "birch", "cedar"))
    _run(acacia, is_proved=False, hours=24)
    _run(acacia, is_proved=True, hours=0)
    _run(birch, is_proved=True, hours=37)
    found = {health.tenant.slug: health.state for health in health_of(list(customers()))}
    assert found == {"acacia": "proved", "birch": "old", "cedar": "never"}
    _run(cedar, is_proved=False, hours=0)
    assert [health.tenant.slug for health in health_of(list(customers()))] == ["cedar", "birch", "acacia"]
    assert health_of([]) == []
    page = client_as("operator").get("/admin/").content.decode()
    assert "1 broken" in page
    assert "/admin/tenants/cedar/#ledger" in page
    assert "/admin/tenants/birch/#ledger" in page
    assert "Proof is overdue" in page
    assert "/admin/tenants/acacia/#ledger" not in page


def test_readiness_counts_proofs_that_are_broken_or_overdue_and_stays_ready(public, client_as):
    acacia, birch, cedar = (Tenant.objects.get(slug=slug) for slug in ("acacia", "birch", "cedar"))
    _run(acacia, is_proved=False, hours=1)
    _run(birch, is_proved=True, hours=37)
    _run(cedar, is_proved=True, hours=35)
    answer = client_as().get("/readyz")
    assert (answer.status_code, answer.json()["proofs"]) == (200, {"broken": 1, "overdue": 1})


def test_a_tenant_opened_today_needs_no_proof_yet(public, client_as):
    Tenant.objects.filter(slug="cedar").update(created_at=timezone.now() - PROOF_VALID_FOR)
    found = {health.tenant.slug: health.is_overdue for health in health_of(list(customers()))}
    assert found == {"acacia": False, "birch": False, "cedar": True}


def test_a_tenant_whose_proofs_are_gone_hides_no_other(public, client_as):
    acacia, birch = (Tenant.objects.get(slug=slug) for slug in ("acacia", "birch"))
    _run(birch, is_proved=True, hours=1)
    with tenant_context(acacia), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_verificationrun RENAME TO elsewhere")
    found = {health.tenant.slug: health.state for health in health_of([acacia, birch])}
    assert found == {"acacia": "never", "birch": "proved"}
    assert client_as("operator").get("/admin/").status_code == 200


def test_a_guarantee_that_is_not_met_is_shown(public, client_as, monkeypatch):
    monkeypatch.setattr(
        "asora.startup.guarantees.problems", lambda: ["t_acacia.ledger_entry: triggers are missing"]
    )
    page = client_as("operator").get("/admin/").content.decode()
    assert "t_acacia.ledger_entry: triggers are missing" in page
    assert "Not met" in page


# Changing the plan with the form


def test_a_plan_is_changed_by_its_form(acacia_outside, client_as, events):
    answer = client_as("operator").post(PLAN, FORM)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    acacia_outside.refresh_from_db()
    assert acacia_outside.plan == "enterprise"
    assert [event.outcome for event in events(action="plans.plan.change")] == ["allowed"]
    page = client_as("operator").get(PAGE).content.decode()
    assert "Signed the larger contract" in page


def test_a_stale_form_is_refused_and_nothing_typed_is_lost(acacia_outside, client_as):
    client = client_as("operator")
    client.post(PLAN, FORM)
    answer = client.post(PLAN, FORM | {"to_plan": "free", "reason": "The other contract"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The other contract" in page
    assert 'name="from_plan" value="enterprise"' in page
    acacia_outside.refresh_from_db()
    assert acacia_outside.plan == "enterprise"
    assert client.post(PLAN, FORM | {"from_plan": "enterprise", "to_plan": "free"}).status_code == 302


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "from_plan"),
        (FORM | {"to_plan": ""}, "to_plan"),
        (FORM | {"to_plan": "gold"}, "to_plan"),
        (FORM | {"to_plan": "pro"}, "to_plan"),
        (FORM | {"reason": ""}, "reason"),
        (FORM | {"reason": "x" * 501}, "reason"),
        (FORM | {"reason": "a\x00b"}, "reason"),
        (FORM | {"from_plan": "p" * 5000}, "from_plan"),
        (FORM | {"to_plan": ["free", "gold"]}, "to_plan"),
    ],
)
def test_invalid_values_are_refused_at_their_fields(acacia_outside, client_as, form, says):
    answer = client_as("operator").post(PLAN, form, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    assert says in answer.json()["details"]["fields"]
    assert client_as("operator").post(PLAN, form).status_code == 400
    acacia_outside.refresh_from_db()
    assert acacia_outside.plan == "pro"


def test_the_form_marks_where_a_plan_is_less_than_what_is_used(public, client_as):
    birch = Tenant.objects.get(slug="birch")
    Tenant.objects.filter(pk=birch.pk).update(plan="pro")
    with tenant_context(birch):
        Category.objects.bulk_create(Category(code=f"C-{number}", name="C") for number in range(11))
    page = client_as("operator").get("/admin/tenants/birch/plan/").content.decode()
    assert page.count("plan-over") == 1


def test_a_fresh_proof_is_required_before_the_form_is_shown(acacia_outside, client_as):
    client = client_as("operator")
    session = client.session
    for name in [name for name in session.keys() if "prove" in name]:  # noqa: SIM118 (a session is not a dictionary)
        del session[name]
    session.save()
    answer = client.get(PLAN, headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (401, "STEP_UP_REQUIRED")
    assert client.get(PAGE).status_code == 200
