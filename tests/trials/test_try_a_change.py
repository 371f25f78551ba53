"""Trying a change on the pages: it says what would differ, changes nothing, and shows nobody more than they may see."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.accounts.models import User
from asora.kernel.refusals import PermissionDenied
from audit.events.models import Event
from inventory.actions.bins import create_bin
from inventory.actions.items import create_item
from inventory.actions.vendors import create_vendor
from plans.models import Tenant
from tests.factories import people
from tests.factories.items import default_category
from tests.headers import JSON

TENANT, PUBLIC = "asora.urls_tenant", "asora.urls_public"
FRAGMENT = {"HX-Request": "true"}
ROLE_MODEL = reverse("trials:role-model", urlconf=TENANT)


def address(name, person):
    return reverse(f"trials:{name}", args=[person.ref], urlconf=TENANT)


@pytest.fixture
def past(acacia, act_as):
    """The manager made two items and a vendor; the counter was refused an item."""
    for number in (1, 2):
        create_item(
            act_as("manager"), sku=f"A-{number}", name="Axle", category=default_category(), unit="pcs"
        )
    create_vendor(act_as("manager"), code="V1", name="Vale")
    with pytest.raises(PermissionDenied):
        create_item(act_as("counter"), sku="C-1", name="Chain", category=default_category(), unit="pcs")
    return {role: User.objects.get(email=f"{role}@example.com") for role in ("manager", "counter", "owner")}


def figures(answer):
    replay = answer.context["trial"].replay
    return replay.newly_refused, replay.newly_passed, replay.same


def test_another_role_of_a_person(past, client_as):
    answer = client_as("owner").post(address("role", past["manager"]), {"role": "receiver"}, headers=FRAGMENT)
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert figures(answer) == (3, 0, 0)
    text = " ".join(answer.content.decode().split())
    assert "Manager as Receiver" in text
    assert "created item" in text
    assert "inventory.manage" in text
    assert (
        reverse("audit:event-detail", args=[Event.objects.get(resource_label="V1").pk], urlconf=TENANT)
        in text
    )


def test_a_role_with_more_rights_gets_past_the_rule(past, client_as):
    answer = client_as("owner").post(address("role", past["counter"]), {"role": "manager"})
    assert figures(answer) == (0, 1, 0)
    assert "Back to the form" in answer.content.decode()


def test_other_hubs_of_a_person(past, master_data, act_as, client_as):
    create_bin(act_as("manager"), hub=master_data.north, code="N-9")
    create_bin(act_as("manager"), hub=master_data.south, code="S-9")
    asked = {"where": "some", "hubs": ["NORTH"]}
    answer = client_as("owner").post(address("hubs", past["manager"]), asked)
    assert figures(answer) == (1, 0, 4)
    assert "inventory.operate_hub" in answer.content.decode()
    assert figures(client_as("owner").post(address("hubs", past["manager"]), {"where": "all"})) == (0, 0, 5)


def test_another_role_model(past, client_as):
    owner = client_as("owner")
    page = owner.get(ROLE_MODEL).content.decode()
    assert "simple" in page
    assert "segregated" in page
    answer = owner.post(ROLE_MODEL, {"role_model": "simple"})
    assert figures(answer) == (0, 1, 3)  # the counter would be one of the staff
    assert "Counter → Staff" in " ".join(answer.content.decode().split())


def test_another_plan_of_a_tenant(past, client_as, public):
    address_ = reverse("trials:plan", args=["acacia"], urlconf=PUBLIC)
    answer = client_as("operator", tenant=public).post(address_, {"to_plan": "free", "from_plan": "pro"})
    assert answer.status_code == 200
    assert figures(answer) == (0, 0, 3)
    text = answer.content.decode()
    assert "A-1" not in text
    assert not any(str(pk) in text for pk in Event.objects.values_list("pk", flat=True))


def test_it_changes_nothing_and_is_recorded(past, client_as, events):
    before = list(User.objects.order_by("pk").values("role", "all_hubs"))
    client_as("owner").post(address("role", past["manager"]), {"role": "viewer"})
    assert list(User.objects.order_by("pk").values("role", "all_hubs")) == before
    (event,) = events(action="accounts.role.try")
    assert (event.outcome, event.resource_type, event.touched) == ("allowed", "accounts.user", [])
    assert event.facts == {"role": "viewer", "decisions": 3, "newly_refused": 3, "newly_passed": 0}


def test_the_tenant_reads_in_its_own_trail_that_an_operator_tried_a_plan(committed_tenant, client_as):
    tenant = committed_tenant()
    public = Tenant.objects.get(schema_name="public")
    address_ = reverse("trials:plan", args=[tenant.slug], urlconf=PUBLIC)
    assert client_as("operator", tenant=public).post(address_, {"to_plan": "free"}).status_code == 200
    (copy,) = Event.objects.filter(action="plans.plan.try")
    assert copy.actor_type == "operator"


@pytest.mark.parametrize("role", ["manager", "receiver", "counter", "viewer"])
def test_only_who_manages_people_tries_their_rights(past, client_as, role):
    client = client_as(role)
    for where in (address("role", past["owner"]), address("hubs", past["owner"]), ROLE_MODEL):
        answer = client.post(where, {"role": "viewer", "where": "all", "role_model": "simple"}, headers=JSON)
        assert (answer.status_code, answer.json()["reason"]) == (403, "ROLE_LACKS_PERMISSION")


@pytest.mark.parametrize(("role", "status"), [("operator", 200), ("ops_lead", 200), ("agent", 403)])
def test_only_who_changes_plans_tries_them(past, public, client_as, role, status):
    address_ = reverse("trials:plan", args=["acacia"], urlconf=PUBLIC)
    answer = client_as(role, tenant=public).post(address_, {"to_plan": "free"}, headers=JSON)
    assert answer.status_code == status


def test_an_operator_tries_only_the_tenants_that_were_granted(past, public, client_as):
    with tenant_context(public):
        User.objects.filter(email="operator@example.com").update(all_hubs=False)
    address_ = reverse("trials:plan", args=["acacia"], urlconf=PUBLIC)
    answer = client_as("operator", tenant=public).post(address_, {"to_plan": "free"}, headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (403, "TENANT_NOT_GRANTED")


def test_decisions_at_other_hubs_do_not_come_out(past, master_data, act_as, client_as):
    create_bin(act_as("manager"), hub=master_data.north, code="N-9")
    create_bin(act_as("manager"), hub=master_data.south, code="S-9")
    limited = people.add_person("owner", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", limited, master_data.north)
    answer = client_as(user=limited).post(address("role", past["manager"]), {"role": "viewer"})
    replay = answer.context["trial"].replay
    assert replay.decisions == 4  # two items, a vendor, and the bin at the north
    assert "Events of hubs where you do not work were left out." in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("role", {"role": "emperor"}),
        ("role", {}),
        ("hubs", {"where": "some"}),
        ("hubs", {"where": "some", "hubs": ["MOON"]}),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(past, master_data, client_as, name, asked):
    answer = client_as("owner").post(address(name, past["manager"]), asked, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")
    answer = client_as("owner").post(ROLE_MODEL, {"role_model": "platform"}, headers=JSON)
    assert answer.status_code == 400


def test_a_person_of_another_tenant_cannot_be_tried(past, birch, client_as):
    outsider = people.person("outsider", birch)
    assert client_as("owner").post(address("role", outsider), {"role": "viewer"}).status_code == 404


def test_the_forms_offer_it(past, public, client_as):
    owner = client_as("owner")
    for name in ("role", "hubs"):
        form = reverse(f"accounts:person-{name}", args=[past["manager"].ref], urlconf=TENANT)
        assert address(name, past["manager"]) in owner.get(form).content.decode()
    assert ROLE_MODEL in owner.get(reverse("accounts:roles", urlconf=TENANT)).content.decode()
    assert (
        ROLE_MODEL not in client_as("viewer").get(reverse("accounts:roles", urlconf=TENANT)).content.decode()
    )
    lead = client_as("platform_lead", tenant=public)
    plan = lead.get(reverse("plans:plan-change", args=["acacia"], urlconf=PUBLIC)).content.decode()
    assert reverse("trials:plan", args=["acacia"], urlconf=PUBLIC) in plan
    operator = people.person("operator", public)
    form = lead.get(reverse("accounts:person-role", args=[operator.ref], urlconf=PUBLIC)).content.decode()
    assert "Try it on the last 90 days" not in form
