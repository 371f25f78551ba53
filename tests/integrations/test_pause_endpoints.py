"""An endpoint receives what its maker may see. It pauses when its maker loses a right that it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from asora.accounts.models import User
from asora.accounts.people.actions.erasing import erase_person
from asora.accounts.people.actions.people import change_hubs, change_role, deactivate_user, reactivate_user
from asora.accounts.roles.table import GRANTS
from asora.kernel.act import Act
from asora.kernel.reach import reach
from integrations.endpoints import actions
from integrations.endpoints.models import Endpoint
from integrations.endpoints.rights import wanted_by
from integrations.endpoints.standing import standing, standings
from integrations.types.catalogue import TYPES
from inventory.models import Hub
from plans.models import Tenant
from tests.factories.endpoints import make_endpoint
from tests.factories.master_data import MasterData
from tests.factories.people import add_person

Acts = Callable[..., Act]


@pytest.fixture
def maker(acacia: Tenant) -> User:
    """A second owner, whose rights can be taken away."""
    return add_person("owner", name="maker")


def test_pauses_without_the_permission_and_resumes_with_it(acacia: Tenant, act_as: Acts, maker: User) -> None:
    endpoint = make_endpoint(act_as(user=maker), with_values=True)
    assert not standing(endpoint).is_paused
    change_role(act_as("owner"), person=maker, role="receiver", seen="owner")
    now = standing(endpoint)
    assert now.is_paused
    assert [word for word in ("Set up integrations", "See costs and values") if word in str(now.reasons)] == [
        "Set up integrations",
        "See costs and values",
    ]
    assert not now.covers(hubs=[], with_values=True)
    assert now.covers(hubs=[], with_values=False)
    change_role(act_as("owner"), person=maker, role="owner", seen="receiver")
    assert not standing(endpoint).is_paused


def test_pauses_without_one_of_its_hubs_and_names_it(
    master_data: MasterData, act_as: Acts, maker: User
) -> None:
    both = make_endpoint(act_as(user=maker), name="Both", hubs=[master_data.north, master_data.south])
    north = make_endpoint(act_as(user=maker), name="North", hubs=[master_data.north])
    everywhere = make_endpoint(act_as(user=maker), name="Everywhere")
    change_hubs(act_as("owner"), person=maker, hubs=["NORTH"], seen="all")
    assert standing(both).reasons == ("The person who set this endpoint up no longer works at hub SOUTH.",)
    assert not standing(north).is_paused
    assert "all hubs" in standing(everywhere).reasons[0]
    assert standing(north).covers(hubs=[master_data.north.pk], with_values=True)
    assert not standing(north).covers(hubs=[master_data.north.pk, master_data.south.pk], with_values=False)


def test_pauses_without_its_maker(acacia: Tenant, act_as: Acts, maker: User) -> None:
    endpoint = make_endpoint(act_as(user=maker))
    deactivate_user(act_as("owner"), person=maker)
    assert standing(endpoint).is_paused
    reactivate_user(act_as("owner"), person=maker)
    assert not standing(endpoint).is_paused
    erase_person(act_as("owner"), person=maker)
    assert standing(endpoint).is_paused
    assert not standing(endpoint).covers(hubs=[], with_values=True)


def test_another_owner_takes_it_over(acacia: Tenant, act_as: Acts, maker: User) -> None:
    endpoint = make_endpoint(act_as(user=maker))
    deactivate_user(act_as("owner"), person=maker)
    taken = actions.take_over_endpoint(act_as("owner"), endpoint=endpoint)
    assert not standing(taken).is_paused
    assert taken.version == 2


def test_many_are_judged_by_one_query(
    master_data: MasterData, act_as: Acts, maker: User, django_assert_num_queries: Any
) -> None:
    made = [
        make_endpoint(act_as(user=maker), name=f"Endpoint {n}", hubs=[master_data.north]) for n in range(3)
    ]
    made.append(make_endpoint(act_as("owner"), name="Everything"))
    hubs = {endpoint.pk: frozenset([master_data.north.pk]) for endpoint in made}
    standings(made, hubs=hubs)  # reads the content type of hubs, once per process
    with django_assert_num_queries(1):
        found = standings(made, hubs=hubs)
    assert not any(each.is_paused for each in found.values())
    with django_assert_num_queries(0):
        assert standings([], hubs={}) == {}


@pytest.mark.parametrize("model", ["simple", "standard", "segregated"])
def test_agrees_with_what_the_door_says_of_every_role(
    master_data: MasterData, act_as: Acts, maker: User, acacia: Tenant, model: str
) -> None:
    """It is not paused exactly while its maker could create it again."""
    acacia.role_model = model
    endpoint = make_endpoint(act_as("owner"), event_types=list(TYPES)[:1], hubs=[master_data.north])
    Endpoint.objects.update(maker=maker.ref, event_types=list(TYPES), with_values=True)
    endpoint.refresh_from_db()
    for role in GRANTS[model]:
        for granted in (None, [master_data.north], [master_data.south]):
            person = add_person(role, name=f"{role}-{granted and granted[0].code}", all_hubs=granted is None)
            for hub in granted or ():
                assign_perm("inventory.operate_hub", person, hub)
            Endpoint.objects.update(maker=person.ref)
            endpoint.refresh_from_db()
            actor = act_as(user=person).actor
            sees = all(actor.may(name) for name in wanted_by(TYPES, with_values=True))
            reaches = reach(actor).of(Hub.objects.filter(pk=master_data.north.pk)).exists()
            assert standing(endpoint).is_paused == (not (sees and reaches)), (role, granted)
