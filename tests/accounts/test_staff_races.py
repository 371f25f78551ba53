"""Two people at the same moment: one of them is refused, and no rule is broken. With real commits."""

from __future__ import annotations

import pytest

from asora.accounts.models import Invitation, User
from asora.accounts.people.actions.erasing import erase_person
from asora.accounts.people.actions.invitations import (
    accept_invitation,
    invite,
    renew_invitation,
    withdraw_invitation,
)
from asora.accounts.people.actions.people import change_hubs, change_role, deactivate_user
from asora.accounts.people.queries import act_of_invited
from asora.accounts.roles import grants
from asora.kernel.refusals import Reason
from inventory.models import Hub
from tests.factories import people
from tests.inventory.test_races import reasons

TRIES = 5
SECRET = "a long enough secret"


def demote(act, person):
    return change_role(act, person=person, role="viewer", seen="owner")


def shut_out(act, person):
    return deactivate_user(act, person=person)


def test_two_owners_who_erase_each_other_leave_one(committed_tenant, act_as, threads):
    tenant = committed_tenant()
    for number in range(TRIES):
        pair = [people.add_person("owner", name=f"owner-{number}-{letter}") for letter in "ab"]
        User.objects.exclude(pk__in=[user.pk for user in pair]).update(is_active=False)
        acts = [act_as(user=user) for user in pair]
        results = threads(2, lambda n, acts=acts, pair=pair: erase_person(acts[n], person=pair[1 - n]))
        too_late = (Reason.LAST_OWNER, Reason.ROLE_LACKS_PERMISSION, Reason.NO_SESSION)
        assert reasons(results) in [[reason] for reason in too_late]
        [left] = User.objects.filter(pk__in=[user.pk for user in pair], is_active=True)
        assert left.email
    assert tenant


@pytest.mark.parametrize("moves", [(demote, demote), (shut_out, shut_out), (demote, shut_out)])
def test_two_owners_who_end_each_other_leave_one(committed_tenant, act_as, threads, moves):
    tenant = committed_tenant()
    pair = [people.person("owner", tenant), people.add_person("owner", name="second")]
    for _ in range(TRIES):
        User.objects.filter(pk__in=[user.pk for user in pair]).update(role="owner", is_active=True)
        pair = [User.objects.get(pk=user.pk) for user in pair]
        acts = [act_as(user=user) for user in pair]
        results = threads(2, lambda n, acts=acts, pair=pair: moves[n](acts[n], pair[1 - n]))
        # The other person may also have been deactivated first. Then their account has no permissions.
        too_late = (Reason.LAST_OWNER, Reason.ROLE_LACKS_PERMISSION, Reason.NO_SESSION)
        assert reasons(results) in [[reason] for reason in too_late]
        assert User.objects.filter(role="owner", is_active=True).count() == 1


def test_two_owners_who_leave_at_once_leave_one(committed_tenant, act_as, threads):
    tenant = committed_tenant()
    pair = [people.person("owner", tenant), people.add_person("owner", name="second")]
    for _ in range(TRIES):
        User.objects.filter(pk__in=[user.pk for user in pair]).update(role="owner")
        pair = [User.objects.get(pk=user.pk) for user in pair]
        acts = [act_as(user=user) for user in pair]
        results = threads(2, lambda n, acts=acts, pair=pair: demote(acts[n], pair[n]))
        assert reasons(results) == [Reason.LAST_OWNER]
        assert User.objects.filter(role="owner").count() == 1


def test_of_two_changes_of_the_same_person_the_second_is_refused(committed_tenant, act_as, threads):
    tenant = committed_tenant()
    for code in ("NORTH", "SOUTH"):
        Hub.objects.create(code=code, name=code)
    viewer = people.person("viewer", tenant)
    acts = [act_as("owner") for _ in range(2)]
    codes = ["NORTH", "SOUTH"]
    results = threads(2, lambda n: change_hubs(acts[n], person=viewer, hubs=[codes[n]], seen="all"))
    assert reasons(results) == [Reason.STALE_FORM]
    assert grants.described(User.objects.get(pk=viewer.pk)) in codes


def test_an_address_invited_by_four_at_once_is_invited_once(committed_tenant, act_as, threads):
    committed_tenant()
    acts = [act_as("owner") for _ in range(4)]
    written = ["ada@example.com", "ADA@example.com", "Ada@example.com", "ada@EXAMPLE.com"]
    results = threads(4, lambda n: invite(acts[n], email=written[n], name="Ada", role="viewer"))
    assert reasons(results) == [Reason.CODE_TAKEN] * 3
    assert Invitation.objects.count() == 1


def test_a_link_used_by_four_at_once_makes_one_person(committed_tenant, act_as, threads):
    committed_tenant()
    invitation = invite(act_as("owner"), email="ada@example.com", name="Ada", role="viewer")
    acts = [act_of_invited(act_as("owner"), invitation) for _ in range(4)]
    results = threads(
        4, lambda n: accept_invitation(acts[n], invitation=invitation, name=f"Ada {n}", password=SECRET)
    )
    assert reasons(results) == [Reason.LINK_INVALID] * 3
    assert User.objects.filter(email="ada@example.com").count() == 1


def test_a_link_is_used_or_ended_and_never_both(committed_tenant, act_as, threads):
    committed_tenant()
    for number, end in enumerate([withdraw_invitation, renew_invitation] * 3):
        address = f"ada-{number}@example.com"
        invitation = invite(act_as("owner"), email=address, name="Ada", role="viewer")
        acts = [act_of_invited(act_as("owner"), invitation), act_as("owner")]
        work = [
            lambda row=invitation, act=acts[0]: accept_invitation(
                act, invitation=row, name="Ada", password=SECRET
            ),
            lambda row=invitation, act=acts[1], end=end: end(act, invitation=row),
        ]
        results = threads(2, lambda n, work=work: work[n]())
        assert reasons(results) in ([Reason.LINK_INVALID], [Reason.NOT_ACTIVE])
        has_come = User.objects.filter(email=address).exists()
        assert has_come == (reasons(results) == [Reason.NOT_ACTIVE])
