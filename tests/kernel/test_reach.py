"""Where each kind of actor works: one answer, and it fails closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.accounts.models import Invitation
from asora.accounts.people.queries import act_of_invited
from asora.accounts.roles import grants, holders
from asora.jobs.rights import rights_of
from asora.kernel.act import new_act
from asora.kernel.actors import Actor, anonymous, system
from asora.kernel.reach import (
    MANAGE_TENANT,
    NOWHERE,
    OPERATE_HUB,
    permission_on_places,
    reach,
)
from audit.events.readers import hubs_of
from inventory.models import Hub
from inventory.queries import permitted_hubs
from plans.grants import managed_tenants, manages_all
from plans.models import Tenant
from tests.factories import people


@pytest.fixture
def hubs(acacia: Tenant) -> list[Hub]:
    """NORTH, which is granted to people who work somewhere, and SOUTH, which is not."""
    return [Hub.objects.create(code=code, name=code.title()) for code in ("NORTH", "SOUTH")]


@pytest.fixture
def in_public(public: Tenant) -> Iterator[Tenant]:
    """The public host, bound."""
    with tenant_context(public):
        yield public


def person(act_as: Any, role: str = "manager", *, all_hubs: bool, granted: Any = ()) -> Actor:
    """Somebody new who works everywhere, or at what is granted."""
    user = people.add_person(role, name="somebody", all_hubs=all_hubs)
    for place in granted:
        assign_perm(permission_on_places(), user, place)
    return act_as(user=user).actor


def agrees(actor: Actor, hubs: list[Hub]) -> list[str]:
    """The codes of the hubs that an actor reaches; each reader says the same, and so does the gate of hubs."""
    within = reach(actor)
    found = [hub.code for hub in within.of(Hub.objects.order_by("code"))]
    assert sorted(permitted_hubs(actor).values_list("code", flat=True)) == found
    assert grants.named(grants.within_reach(actor)) == found
    ids = [hub.pk for hub in hubs] if hubs_of(actor) is None else hubs_of(actor)
    assert ids == sorted(hub.pk for hub in hubs if hub.code in found)
    assert [hub.code for hub in hubs if actor.may(OPERATE_HUB, hub)] == found
    rights = rights_of(actor)["hubs"]
    assert (rights is None) == within.is_everywhere
    assert within.is_everywhere or rights == found
    assert holders.of(actor)["hubs"] == ("all" if within.is_everywhere else found)
    return found


class TestInATenant:
    """Places are hubs."""

    def test_nobody_who_is_anonymous_works_anywhere(self, hubs: list[Hub]) -> None:
        nobody = anonymous("t_acacia")
        assert reach(nobody) == NOWHERE
        assert agrees(nobody, hubs) == []

    def test_not_even_one_that_carries_the_permission(self, hubs: list[Hub]) -> None:
        assert reach(replace(anonymous("t_acacia"), granted=frozenset({OPERATE_HUB}))) == NOWHERE

    def test_the_system_works_everywhere_if_it_carries_the_permission(self, hubs: list[Hub]) -> None:
        assert agrees(system("t_acacia", "tests", OPERATE_HUB), hubs) == ["NORTH", "SOUTH"]
        assert agrees(system("t_acacia", "tests", "ledger.receive", MANAGE_TENANT), hubs) == []

    def test_the_holder_of_a_link_works_nowhere(self, acacia: Tenant, hubs: list[Hub]) -> None:
        invitation = Invitation(ref="u-invited", role="owner", all_hubs=True)
        invited = act_of_invited(new_act(acacia, anonymous("t_acacia")), invitation)
        assert agrees(invited.actor, hubs) == []

    def test_a_person_with_all_hubs_works_at_new_ones_too(self, hubs: list[Hub], act_as: Any) -> None:
        actor = person(act_as, all_hubs=True)
        within = reach(actor)
        assert agrees(actor, hubs) == ["NORTH", "SOUTH"]
        Hub.objects.create(code="EAST", name="East")
        assert within.of(Hub.objects.all()).count() == 3

    def test_a_person_with_some_hubs_works_at_those(self, hubs: list[Hub], act_as: Any) -> None:
        actor = person(act_as, all_hubs=False, granted=hubs[:1])
        assert agrees(actor, hubs) == ["NORTH"]
        assert reach(actor).ids() == [hubs[0].pk]

    def test_a_person_without_hubs_works_nowhere(self, hubs: list[Hub], act_as: Any) -> None:
        assert agrees(person(act_as, all_hubs=False), hubs) == []

    @pytest.mark.parametrize("all_hubs", [True, False])
    def test_a_deactivated_person_works_nowhere(
        self, hubs: list[Hub], act_as: Any, *, all_hubs: bool
    ) -> None:
        actor = person(act_as, all_hubs=all_hubs, granted=hubs)
        actor.account.is_active = False  # type: ignore[union-attr]
        assert agrees(actor, hubs) == []

    def test_an_operator_inside_carries_the_permission_by_name(
        self, acacia: Tenant, hubs: list[Hub], act_as: Any
    ) -> None:
        act = act_as("operator")
        assert agrees(act.in_tenant(acacia, "ledger.report", OPERATE_HUB).actor, hubs) == ["NORTH", "SOUTH"]
        assert agrees(act.in_tenant(acacia, "ledger.report").actor, hubs) == []

    @pytest.mark.parametrize("role", ["outsider", "operator", "platform_lead", "agent"])
    def test_an_actor_of_another_schema_works_nowhere(self, hubs: list[Hub], act_as: Any, role: str) -> None:
        assert reach(act_as(role).actor) == NOWHERE
        assert agrees(act_as(role).actor, hubs) == []

    def test_an_account_of_another_schema_works_nowhere(self, hubs: list[Hub], act_as: Any) -> None:
        """User ids repeat across tenants, so an actor that claims this schema with that account gets nothing."""
        stranger = replace(act_as("outsider").actor, schema="t_acacia")
        assert reach(stranger) == NOWHERE
        assert agrees(stranger, hubs) == []

    def test_the_system_of_another_schema_works_nowhere(self, hubs: list[Hub]) -> None:
        assert reach(system("t_birch", "tests", OPERATE_HUB)) == NOWHERE


class TestOnThePublicHost:
    """Places are tenants."""

    def tenants(self, actor: Actor) -> list[str]:
        """The slugs of the tenants that an actor reaches, by each reader."""
        within = reach(actor)
        found = sorted(within.of(Tenant.objects.customers()).values_list("slug", flat=True))
        assert sorted(managed_tenants(actor).values_list("slug", flat=True)) == found
        assert manages_all(actor) == within.is_everywhere
        assert grants.named(grants.within_reach(actor)) == found
        return found

    def everybody(self) -> list[str]:
        return sorted(Tenant.objects.customers().values_list("slug", flat=True))

    @pytest.mark.parametrize("role", ["operator", "agent"])
    def test_platform_people_reach_what_guardian_granted(
        self, in_public: Tenant, act_as: Any, role: str
    ) -> None:
        granted = Tenant.objects.filter(slug="birch")
        assert self.tenants(person(act_as, role, all_hubs=False, granted=granted)) == ["birch"]

    @pytest.mark.parametrize("role", ["operator", "agent"])
    def test_or_nothing(self, in_public: Tenant, act_as: Any, role: str) -> None:
        assert self.tenants(person(act_as, role, all_hubs=False)) == []

    @pytest.mark.parametrize("role", ["operator", "agent"])
    def test_or_all_tenants(self, in_public: Tenant, act_as: Any, role: str) -> None:
        assert self.tenants(person(act_as, role, all_hubs=True)) == self.everybody() != []

    def test_a_deactivated_operator_reaches_nothing(self, in_public: Tenant, act_as: Any) -> None:
        actor = person(act_as, "operator", all_hubs=True)
        actor.account.is_active = False  # type: ignore[union-attr]
        assert self.tenants(actor) == []

    def test_anonymous_and_system(self, in_public: Tenant) -> None:
        assert self.tenants(anonymous("public")) == []
        assert self.tenants(system("public", "tests", "plans.change_plan", OPERATE_HUB)) == []
        assert self.tenants(system("public", "tests", MANAGE_TENANT)) == self.everybody()

    def test_a_tenants_owner_reaches_no_tenant(self, in_public: Tenant, act_as: Any) -> None:
        owner = people.person("owner", Tenant.objects.get(slug="acacia"))
        assert self.tenants(act_as(user=owner).actor) == []


def test_an_operator_on_a_tenants_host_manages_no_tenant(acacia: Tenant, act_as: Any) -> None:
    assert not managed_tenants(act_as("platform_lead").actor).exists()
    assert not manages_all(act_as("owner").actor), "all hubs are not all tenants"
