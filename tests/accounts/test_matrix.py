"""Every role of every role model at every URL and every action: the result must be what the role table says.

Addresses and actions are walked, never listed, so that what is added is covered. The counts at the end of each test
see to it that nothing passes because nothing was asked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from asora.accounts.roles.table import GRANTS, PLATFORM
from asora.kernel.actors import anonymous
from asora.kernel.door import Action
from asora.kernel.permissions import SIGNED_IN
from asora.kernel.refusals import AuthRequired
from asora.kernel.request_ids import new_request_id
from audit.events.models import Event
from plans.models import Tenant
from tests.accounts.permission_matrix import (
    ROLES,
    NeverValid,
    Tally,
    ask,
    attempts,
    check_action,
    check_route,
    expected,
    settle,
    undone,
    written_since,
)
from tests.kernel.actions import every_action
from tests.tenancy.routes import ANYONE, PUBLIC, TENANT, Route, every_route

# Permissions of commands, of Asora's own acts and of the holder of a link; no role has them.
NO_ROLES = {
    "accounts.accept_invitation",
    "accounts.ask_for_reset",
    "ledger.rebuild",
    "integrations.read_feed",
    "support.receive",
}


def closed(urlconf: str) -> list[tuple[Route, str]]:
    """Every URL that needs a permission, with each of its methods."""
    return [
        (route, method)
        for route in every_route(urlconf)
        if route.policy != ANYONE
        for method in route.methods
    ]


def host_of(model: str) -> str:
    """The URL conf of the host of a role model."""
    return PUBLIC if model == PLATFORM else TENANT


@pytest.fixture(scope="module")
def actions() -> dict[str, Action[Any, Any]]:
    return every_action()


@pytest.fixture
def home(request: pytest.FixtureRequest) -> Any:
    """`home(model)`: a tenant with a role model, or the public host; bound, with a person for each role."""

    def make(model: str) -> Tenant:
        tenant: Tenant = request.getfixturevalue("public" if model == PLATFORM else "acacia")
        settle(tenant, model)
        return tenant

    return make


def test_every_address_names_a_permission_of_the_table() -> None:
    """Fails if a page needs a permission that no role of its host has."""
    for urlconf, models in ((TENANT, set(GRANTS) - {PLATFORM}), (PUBLIC, {PLATFORM})):
        for route in every_route(urlconf):
            policy = route.policy
            assert policy, f"{route} declares no policy"
            if policy not in {ANYONE, SIGNED_IN}:
                holders = [
                    model
                    for model in models
                    if any(policy in permissions for permissions in GRANTS[model].values())
                ]
                assert set(holders) == models, f"{route} asks for {policy}"


def test_every_action_names_a_permission_of_the_table(actions: dict[str, Action[Any, Any]]) -> None:
    granted = {name for roles in GRANTS.values() for grants in roles.values() for name in grants}
    asked = {action.permission for action in actions.values()} - {SIGNED_IN}
    assert asked - granted == NO_ROLES


def test_every_permission_of_the_table_is_asked_for(actions: dict[str, Action[Any, Any]]) -> None:
    """So that every row of the roles page has an effect, and both results are checked below."""
    asked = {action.permission for action in actions.values()}
    asked |= {route.policy for urlconf in (TENANT, PUBLIC) for route, _method in closed(urlconf)}
    in_table = {name for roles in GRANTS.values() for grants in roles.values() for name in grants}
    # Checked inside pages, for columns and panels, not to open them.
    within = {"ledger.view_value"}
    assert in_table - asked <= within


@pytest.mark.parametrize(("model", "role"), ROLES, ids=lambda part: part)
def test_every_address(home: Any, client_as: Any, model: str, role: str) -> None:
    home(model)
    client, permissions, tally = client_as(role), GRANTS[model][role], Tally()
    cells = closed(host_of(model))
    before = attempts()
    # The refused cells come first, so that the written rows can be checked once for all of them.
    for route, method in sorted(cells, key=lambda cell: expected(model, role, cell[0].policy)):
        if tally.allowed == 0 and expected(model, role, route.policy):
            assert not written_since(before), "a refusal writes its event and nothing else"
        with undone():
            check_route(tally, client, permissions, route, method)
    assert not tally.wrong, "\n".join(tally.wrong)
    assert tally.allowed + tally.refused == len(cells)
    assert tally.allowed == sum(expected(model, role, route.policy) for route, _method in cells)
    if model != PLATFORM:
        assert len(cells) > 100
        assert tally.allowed > 5, "every role may open some pages"
        assert tally.refused or role in {"owner", "manager"}, "every other role is refused at some pages"


@pytest.mark.parametrize(("model", "role"), ROLES, ids=lambda part: part)
def test_every_action(
    home: Any, act_as: Any, actions: dict[str, Action[Any, Any]], model: str, role: str
) -> None:
    """Checks every action on the role's host: no role of a tenant may do what operators do."""
    act, permissions, tally = act_as(role, tenant=home(model)), GRANTS[model][role], Tally()
    before = attempts()
    for action in actions.values():
        with undone():
            cell = replace(act, request_id=new_request_id(act.tenant.slug))
            check_action(tally, cell, permissions, action)
    assert not written_since(before), "whichever gate refuses, only its event is written"
    assert not tally.wrong, "\n".join(tally.wrong)
    assert tally.allowed + tally.refused == len(actions) > 50
    assert tally.allowed == sum(expected(model, role, action.permission) for action in actions.values())
    assert tally.refused > 2, "an owner cannot do an operator's actions, nor an operator an owner's"


@pytest.mark.parametrize("who", ["", "outsider", "operator", "platform_lead", "agent"])
def test_strangers_on_a_tenants_host_have_no_access(acacia: Tenant, client_as: Any, who: str) -> None:
    """Without a session, or with one of another tenant or of an operator: 401 at every URL, and no event."""
    assert_nobody(client_as(who), closed(TENANT))


@pytest.mark.parametrize("who", ["", "owner", "viewer"])
def test_strangers_on_the_public_host_have_no_access(
    public: Tenant, acacia: Tenant, client_as: Any, who: str
) -> None:
    client = client_as(who, tenant=acacia, HTTP_HOST="localhost")
    if who:
        assert client.cookies["asora_session"].value
    assert_nobody(client, closed(PUBLIC))


def assert_nobody(client: Any, cells: list[tuple[Route, str]]) -> None:
    before = attempts()
    assert len(cells) > 20
    for route, method in cells:
        response = ask(client, route, method)
        assert response.status_code == 401, f"{method} {route}"
        assert response.json()["code"] == "AUTH_REQUIRED", f"{method} {route}"
    assert not Event.objects.exists()
    assert not written_since(before)


@pytest.mark.parametrize("who", ["anonymous", "outsider", "operator", "agent"])
def test_strangers_are_refused_by_every_action(
    acacia: Tenant, act_as: Any, actions: dict[str, Action[Any, Any]], who: str
) -> None:
    act = act_as("owner" if who == "anonymous" else who)
    if who == "anonymous":
        act = replace(act, actor=anonymous(connection.schema_name))
    before = attempts()
    for action in actions.values():
        with pytest.raises(AuthRequired):
            action.submit(act, NeverValid())
        with pytest.raises(AuthRequired):
            action.rehearse(act)
    assert not written_since(before)
    assert {event.outcome for event in Event.objects.all()} == {"refused"}
