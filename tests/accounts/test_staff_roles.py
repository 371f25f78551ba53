"""The roles of people, and the last person who can manage people."""

from __future__ import annotations

import json

import pytest
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.people.actions.people import (
    change_hubs,
    change_role,
    deactivate_user,
    reactivate_user,
)
from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    Reason,
    RouteNotFound,
    StateConflict,
    ValidationFailed,
)
from tests.accounts.staff import again
from tests.factories import people
from tests.headers import JSON
from tests.kernel.example_action import freeze
from tests.refusals import refused


class TestRole:
    """Changing a person's role."""

    def test_it_applies_from_the_next_request_and_is_recorded(self, acacia, act_as, client_as, events):
        viewer = people.person("viewer", acacia)
        browser = client_as(user=viewer)
        assert browser.get("/receive/", headers=JSON).status_code == 403
        change_role(act_as("owner"), person=viewer, role="receiver", seen="viewer")
        assert browser.get("/receive/", headers=JSON).status_code == 200
        (event,) = events(action="accounts.user.role", outcome="allowed")
        assert event.resource_label == viewer.ref
        assert (event.changes[0]["before"], event.changes[0]["after"]) == (
            {"role": "viewer"},
            {"role": "receiver"},
        )

    @pytest.mark.parametrize("role", ["manager", "viewer"])
    def test_only_people_who_manage_staff_may(self, acacia, act_as, events, role):
        viewer = people.person("viewer", acacia)
        refused(
            PermissionDenied,
            Reason.ROLE_LACKS_PERMISSION,
            lambda: change_role(act_as(role), person=viewer, role="owner", seen="viewer"),
        )
        assert again(viewer).role == "viewer"
        (event,) = events(action="accounts.user.role", outcome="refused")
        assert event.resource_label == viewer.ref

    @pytest.mark.parametrize(
        "role", ["auditor", "platform_lead", "operator", "", "Owner", "a\x00b", "x" * 9_000]
    )
    def test_a_role_of_another_role_model_is_none_here(self, acacia, act_as, events, role):
        viewer = people.person("viewer", acacia)
        refused(
            ValidationFailed,
            Reason.INVALID_INPUT,
            lambda: change_role(act_as("owner"), person=viewer, role=role, seen="viewer"),
        )
        assert again(viewer).role == "viewer"
        assert len(json.dumps(events()[-1].decision)) < 1_000, "the sent text is not stored"

    def test_a_person_of_another_tenant_is_not_found(self, acacia, birch, act_as):
        with tenant_context(birch):
            stranger = people.person("viewer", birch)
        mine = User.objects.get(pk=stranger.pk)
        refused(
            RouteNotFound,
            Reason.NO_SUCH_RECORD,
            lambda: change_role(act_as("owner"), person=stranger, role="owner", seen="viewer"),
        )
        assert again(mine).role == mine.role, "the person with the same id is unchanged"

    def test_a_form_that_has_not_seen_the_last_change_is_stale(self, acacia, act_as):
        viewer = people.person("viewer", acacia)
        change_role(act_as("owner"), person=viewer, role="manager", seen="viewer")
        refused(
            StateConflict,
            Reason.STALE_FORM,
            lambda: change_role(act_as("owner"), person=viewer, role="counter", seen="viewer"),
        )

    def test_the_same_role_is_nothing_to_do(self, acacia, act_as, events):
        change_role(act_as("owner"), person=people.person("viewer", acacia), role="viewer", seen="viewer")
        assert events(action="accounts.user.role")[-1].outcome == "noop"

    def test_it_asks_for_a_fresh_proof(self, acacia, act_as):
        act = act_as("owner")
        object.__setattr__(act.actor, "proved_at", None)
        viewer = people.person("viewer", acacia)
        for work in (
            lambda: change_role(act, person=viewer, role="manager", seen="viewer"),
            lambda: change_hubs(act, person=viewer, hubs=None, seen="all"),
            lambda: deactivate_user(act, person=viewer),
            lambda: reactivate_user(act, person=viewer),
        ):
            refused(AuthRequired, Reason.STEP_UP_REQUIRED, work)

    def test_not_in_a_frozen_tenant(self, acacia, act_as):
        freeze(acacia)
        viewer = people.person("viewer", acacia)
        refused(
            StateConflict,
            Reason.FREEZE_ACTIVE,
            lambda: change_role(act_as("owner"), person=viewer, role="manager", seen="viewer"),
        )


class TestLastOwner:
    """There must always be a person who can manage people."""

    @pytest.fixture
    def owner(self, acacia):
        return people.person("owner", acacia)

    def test_the_last_one_stays(self, acacia, act_as, owner, events):
        for work in (
            lambda: deactivate_user(act_as("owner"), person=owner),
            lambda: change_role(act_as("owner"), person=owner, role="manager", seen="owner"),
        ):
            refused(StateConflict, Reason.LAST_OWNER, work)
        assert (again(owner).role, again(owner).is_active) == ("owner", True)
        assert [event.outcome for event in events()] == ["refused", "refused"]

    def test_one_of_two_may_go_and_then_the_other_may_not(self, acacia, act_as, owner):
        second = people.add_person("owner", name="second")
        change_role(act_as(user=second), person=owner, role="viewer", seen="owner")
        refused(StateConflict, Reason.LAST_OWNER, lambda: deactivate_user(act_as(user=second), person=second))

    def test_an_owner_who_is_deactivated_does_not_count(self, acacia, act_as, owner):
        second = people.add_person("owner", name="second")
        deactivate_user(act_as("owner"), person=second)
        refused(StateConflict, Reason.LAST_OWNER, lambda: deactivate_user(act_as("owner"), person=owner))

    def test_an_owner_with_fewer_hubs_does_not_count(self, acacia, act_as, owner, hubs):
        people.add_person("owner", name="second", all_hubs=False)
        for work in (
            lambda: deactivate_user(act_as("owner"), person=owner),
            lambda: change_role(act_as("owner"), person=owner, role="manager", seen="owner"),
            lambda: change_hubs(act_as("owner"), person=owner, hubs=["NORTH"], seen="all"),
        ):
            refused(StateConflict, Reason.LAST_OWNER, work)

    @pytest.mark.parametrize("role", ["operator", "agent", "ops_lead"])
    def test_on_the_public_host_it_is_the_platform_lead(self, public, act_as, role):
        lead = people.person("platform_lead", public)
        refused(
            StateConflict, Reason.LAST_OWNER, lambda: deactivate_user(act_as("platform_lead"), person=lead)
        )
        refused(
            StateConflict,
            Reason.LAST_OWNER,
            lambda: change_role(act_as("platform_lead"), person=lead, role=role, seen="platform_lead"),
        )
        people.add_person("platform_lead", name="second")
        change_role(act_as("platform_lead"), person=lead, role=role, seen="platform_lead")
