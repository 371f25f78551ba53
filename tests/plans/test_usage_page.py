"""The owner's page of the plan, and the command that changes the plan."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory.models import Category
from plans import limits
from plans.models import PlanChange, Tenant

PAGE = "/settings/plan/"


def test_the_owner_sees_usage_plans_and_history(birch: Tenant, client_as: Any) -> None:
    Category.objects.bulk_create(Category(code=f"C-{number}", name="C") for number in range(8))
    page = " ".join(client_as("owner").get(PAGE).content.decode().split())
    assert '<progress max="10" value="8" data-tone="ochre" aria-label="Categories">' in page
    for ceiling in ("5,000", "no ceiling"):
        assert ceiling in page
    assert "The plan that the tenant was created with" in page
    assert "system <code>tests</code>" in page


def test_who_changed_it_is_an_operator_with_a_pseudonym(birch: Tenant, client_as: Any) -> None:
    change = {"tenant": birch, "from_plan": "free", "to_plan": "pro", "request_id": "r"}
    PlanChange.objects.create(**change, reason="<b>Grown</b>", changed_by="u-abcdefghjk")
    page = client_as("owner").get(PAGE).content.decode()
    assert "operator <code>u-abcdefghjk</code>" in page
    assert "&lt;b&gt;Grown&lt;/b&gt;" in page


def test_a_tenant_sees_its_own_history_only(birch: Tenant, acacia: Tenant, client_as: Any) -> None:
    change = {"tenant": acacia, "from_plan": "free", "to_plan": "pro", "request_id": "r"}
    PlanChange.objects.create(**change, reason="Of the neighbour", changed_by="u-1")
    assert "Of the neighbour" not in client_as("owner", tenant=birch).get(PAGE).content.decode()
    assert "Of the neighbour" in client_as("owner", tenant=acacia).get(PAGE).content.decode()


@pytest.mark.parametrize("role", ["manager", "receiver", "counter", "viewer"])
def test_only_the_owner_does(acacia: Tenant, client_as: Any, role: str) -> None:
    answer = client_as(role).get(PAGE, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["details"]["permission"]) == (403, "plans.view_usage")
    assert PAGE not in client_as(role).get("/items/").content.decode()


def test_the_owner_finds_it_and_cannot_post_there(acacia: Tenant, client_as: Any) -> None:
    assert PAGE in client_as("owner").get("/").content.decode()
    answer = client_as("owner").post(PAGE, {"plan": "enterprise"}, headers={"accept": "application/json"})
    assert answer.json()["reason"] == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("resource", "limit", "asked", "message"),
    [
        ("hubs", 1, 1, "Your plan allows 1 hub, and you have 1."),
        ("items", 5_000, 1, "Your plan allows 5,000 items, and you have 5,000."),
        ("categories", 10, 3, "Your plan allows 10 categories. You have 10 and requested 3 more."),
        ("exports", 5, 1, "Your plan allows 5 exports a month, and you have 5."),
    ],
)
def test_a_refusal_counts_in_real_plurals(resource: str, limit: int, asked: int, message: str) -> None:
    facts = {"rule": f"plans.{resource}", "limit": limit, "usage": limit, "asked": asked}
    assert limits._exceeded(facts).message == message


# manage.py change_plan


def run(*arguments: str) -> str:
    output = io.StringIO()
    connection.set_schema_to_public()
    call_command("change_plan", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_changes_a_plan(public: Tenant, events: Any) -> None:
    assert (
        run("acacia", "free", "--reason", "Fewer items now")
        == "Changed the plan of acacia from pro to free.\n"
    )
    tenant = Tenant.objects.get(slug="acacia")
    assert tenant.plan == "free"
    assert tenant.plan_changes.order_by("pk").last().changed_by == "change_plan"
    (event,) = events(action="plans.plan.change")
    assert (event.actor_type, event.actor_ref, event.route) == (
        "system",
        "change_plan",
        "manage.py change_plan",
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobody", "free", "--reason", "x"), "no tenant nobody"),
        (("public", "free", "--reason", "x"), "no tenant public"),
        (("acacia", "pro", "--reason", "x"), "SAME_PLAN"),
        (("acacia", "free", "--reason", "  "), "INVALID_INPUT"),
        (("acacia", "gold", "--reason", "x"), "invalid choice"),
        (("acacia", "free"), "--reason"),
    ],
)
def test_the_command_refuses_what_the_action_refuses(
    public: Tenant, arguments: tuple[str, ...], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        run(*arguments)
    assert Tenant.objects.get(slug="acacia").plan == "pro"
