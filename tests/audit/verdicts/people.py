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
from tests.audit.verdicts.company import Attempt, Company
from tests.factories import documents


def an_invitation(company: Company) -> tuple[Attempt, Attempt]:
    row = invite(company.owner, email="ada@example.com", name="Ada", role="receiver")
    act = act_of_invited(company.owner, row)
    return (
        lambda: accept_invitation(act, invitation=row, name="Ada", password="a long enough secret"),
        lambda: withdraw_invitation(company.owner, invitation=row),
    )


def the_last_owner(company: Company) -> tuple[Attempt, Attempt]:
    owner = company.person("owner")
    values = {"email": "bea@example.com", "name": "Bea", "role": "owner", "password": "a long enough secret"}
    return (
        lambda: change_role(company.owner, person=owner, role="manager", seen="owner"),
        lambda: create_user(company.owner, **values),
    )


def a_role(company: Company) -> tuple[Attempt, Attempt]:
    viewer = company.person("viewer")
    return (
        lambda: create_vendor(company.act_as(user=company.fresh(viewer)), code="V1", name="One"),
        lambda: change_role(company.owner, person=viewer, role="manager", seen="viewer"),
    )


def a_hub_grant(company: Company) -> tuple[Attempt, Attempt]:
    person = company.person("receiver")
    change_hubs(company.owner, person=person, hubs=["SOUTH"], seen="all")
    moves_of_theirs = lambda: documents.receive(  # noqa: E731
        company.act_as(user=company.fresh(person)), company.master_data, ("BOLT", "NORTH/A-1", "1", "1")
    )
    return moves_of_theirs, lambda: change_hubs(
        company.owner, person=person, hubs=["NORTH", "SOUTH"], seen="SOUTH"
    )


def all_hubs(company: Company) -> tuple[Attempt, Attempt]:
    theirs, _ = a_hub_grant(company)
    person = company.person("receiver")
    return theirs, lambda: change_hubs(company.owner, person=person, hubs=None, seen="SOUTH")


def a_person_again(company: Company) -> tuple[Attempt, Attempt]:
    person = company.person("counter")
    deactivate_user(company.owner, person=person)
    both = lambda: reactivate_user(company.owner, person=person)  # noqa: E731
    return both, both
