"""The hubs where a person works."""

from __future__ import annotations

import pytest
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.accounts.people.actions.people import (
    change_hubs,
)
from asora.accounts.roles import grants
from asora.kernel.refusals import (
    PermissionDenied,
    Reason,
    StateConflict,
    ValidationFailed,
)
from inventory.models import Hub
from plans.models import Tenant
from tests.accounts.staff import again
from tests.factories import people
from tests.refusals import refused


class TestHubs:
    """Changing where a person works."""

    def test_granted_and_taken_and_recorded_by_code(self, acacia, act_as, hubs, events):
        viewer = people.person("viewer", acacia)
        change_hubs(act_as("owner"), person=viewer, hubs=["NORTH", "SOUTH"], seen="all")
        change_hubs(act_as("owner"), person=again(viewer), hubs=["SOUTH", "WEST"], seen="NORTH,SOUTH")
        now = again(viewer)
        assert not now.all_hubs
        held = [now.has_perm("inventory.operate_hub", hub) for hub in hubs]
        assert held == [False, True, True]
        last = events(action="accounts.user.hubs")[-1].changes[0]
        assert last["before"] == {"all_hubs": False, "hubs": ["NORTH", "SOUTH"]}
        assert last["after"] == {"all_hubs": False, "hubs": ["SOUTH", "WEST"]}
        change_hubs(act_as("owner"), person=now, hubs=None, seen="SOUTH,WEST")
        assert again(viewer).all_hubs
        assert not list(grants.granted_places(viewer)), "no grants are left over for a later restriction"

    @pytest.mark.parametrize("codes", [["NORTH"], ["north"], ["NORTH", "north", " North "]])
    def test_a_hub_is_named_in_any_case(self, acacia, act_as, hubs, codes):
        viewer = people.person("viewer", acacia)
        change_hubs(act_as("owner"), person=viewer, hubs=codes, seen="all")
        assert grants.named(grants.granted_places(again(viewer))) == ["NORTH"]

    @pytest.mark.parametrize(
        "codes", [["NOWHERE"], ["NORTH", "nowhere"], ["a\x00"], ["x" * 9_000], ["BIRCHHUB"]]
    )
    def test_unknown_hubs_and_the_neighbours_are_refused(self, acacia, birch, act_as, hubs, codes):
        with tenant_context(birch):
            Hub.objects.create(code="BIRCHHUB", name="Birch")
        viewer = people.person("viewer", acacia)
        refused(
            ValidationFailed,
            Reason.UNKNOWN_HUB,
            lambda: change_hubs(act_as("owner"), person=viewer, hubs=codes, seen="all"),
        )
        assert again(viewer).all_hubs

    def test_none_at_all_is_refused(self, acacia, act_as, hubs):
        viewer = people.person("viewer", acacia)
        refused(
            ValidationFailed,
            Reason.INVALID_INPUT,
            lambda: change_hubs(act_as("owner"), person=viewer, hubs=[], seen="all"),
        )

    def test_a_stale_form_is_refused_and_the_same_again_is_nothing_to_do(self, acacia, act_as, hubs, events):
        viewer = people.person("viewer", acacia)
        change_hubs(act_as("owner"), person=viewer, hubs=["NORTH"], seen="all")
        refused(
            StateConflict,
            Reason.STALE_FORM,
            lambda: change_hubs(act_as("owner"), person=viewer, hubs=["SOUTH"], seen="all"),
        )
        change_hubs(act_as("owner"), person=viewer, hubs=["NORTH"], seen="NORTH")
        assert events(action="accounts.user.hubs")[-1].outcome == "noop"

    def test_people_can_change_only_places_where_they_work(self, acacia, act_as, hubs):
        limited = people.add_person("owner", name="limited", all_hubs=False)
        assign_perm("inventory.operate_hub", limited, hubs[0])
        viewer = people.person("viewer", acacia)
        change_hubs(act_as("owner"), person=viewer, hubs=["NORTH", "SOUTH"], seen="all")
        for person, wanted in (
            (viewer, ["NORTH", "SOUTH", "WEST"]),
            (viewer, ["NORTH"]),
            (viewer, None),
            (limited, None),
            (limited, ["NORTH", "SOUTH"]),
            (people.person("manager", acacia), ["NORTH"]),
        ):
            seen = grants.described(again(person))
            refused(
                PermissionDenied,
                Reason.HUB_NOT_GRANTED,
                lambda person=person, wanted=wanted, seen=seen: change_hubs(
                    act_as(user=limited), person=person, hubs=wanted, seen=seen
                ),
            )
        change_hubs(act_as(user=limited), person=viewer, hubs=["SOUTH"], seen="NORTH,SOUTH")
        assert grants.described(again(viewer)) == "SOUTH"

    def test_on_the_public_host_places_are_tenants(self, public, act_as, events):
        operator = people.person("operator", public)
        change_hubs(act_as("platform_lead"), person=operator, hubs=["acacia", "birch"], seen="all")
        acacia, cedar = (Tenant.objects.get(slug=slug) for slug in ("acacia", "cedar"))
        now = again(operator)
        assert now.has_perm("plans.manage_tenant", acacia)
        assert not now.has_perm("plans.manage_tenant", cedar)
        assert events(action="accounts.user.hubs")[-1].changes[0]["after"] == {
            "all_hubs": False,
            "tenants": ["acacia", "birch"],
        }
        change_hubs(act_as("platform_lead"), person=now, hubs=["birch"], seen="acacia,birch")
        assert not again(operator).has_perm("plans.manage_tenant", acacia)
        refused(
            ValidationFailed,
            Reason.UNKNOWN_HUB,
            lambda: change_hubs(act_as("platform_lead"), person=now, hubs=["public"], seen="birch"),
        )
