"""People: an attempt, and an action that changes how it is decided."""

from __future__ import annotations

from asora.accounts.people.actions.invitations import accept_invitation, invite, withdraw_invitation
from asora.accounts.people.actions.people import (
    change_hubs,
    change_role,
    create_user,
    deactivate_user,
    reactivate_user,
)
from asora.accounts.people.queries import act_of_invited
from inventory.actions.vendors import (
    create_vendor,
)
from tests.audit.verdicts.company import Attempt, World
from tests.factories import documents


def an_invitation(world: World) -> tuple[Attempt, Attempt]:
    row = invite(world.owner, email="ada@example.com", name="Ada", role="receiver")
    act = act_of_invited(world.owner, row)
    return (
        lambda: accept_invitation(act, invitation=row, name="Ada", password="a long enough secret"),
        lambda: withdraw_invitation(world.owner, invitation=row),
    )


def the_last_owner(world: World) -> tuple[Attempt, Attempt]:
    owner = world.person("owner")
    values = {"email": "bea@example.com", "name": "Bea", "role": "owner", "password": "a long enough secret"}
    return (
        lambda: change_role(world.owner, person=owner, role="manager", seen="owner"),
        lambda: create_user(world.owner, **values),
    )


def a_role(world: World) -> tuple[Attempt, Attempt]:
    viewer = world.person("viewer")
    return (
        lambda: create_vendor(world.act_as(user=world.fresh(viewer)), code="V1", name="One"),
        lambda: change_role(world.owner, person=viewer, role="manager", seen="viewer"),
    )


def a_hub_grant(world: World) -> tuple[Attempt, Attempt]:
    person = world.person("receiver")
    change_hubs(world.owner, person=person, hubs=["SOUTH"], seen="all")
    moves_of_theirs = lambda: documents.receive(  # noqa: E731
        world.act_as(user=world.fresh(person)), world.master_data, ("BOLT", "NORTH/A-1", "1", "1")
    )
    return moves_of_theirs, lambda: change_hubs(
        world.owner, person=person, hubs=["NORTH", "SOUTH"], seen="SOUTH"
    )


def all_hubs(world: World) -> tuple[Attempt, Attempt]:
    theirs, _ = a_hub_grant(world)
    person = world.person("receiver")
    return theirs, lambda: change_hubs(world.owner, person=person, hubs=None, seen="SOUTH")


def a_person_again(world: World) -> tuple[Attempt, Attempt]:
    person = world.person("counter")
    deactivate_user(world.owner, person=person)
    both = lambda: reactivate_user(world.owner, person=person)  # noqa: E731
    return both, both
