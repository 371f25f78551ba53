"""The people of a host: roles, hubs, deactivation; and the last one who can decide about it."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.accounts.models import SecondFactor, Session, User
from asora.accounts.people.actions.people import (
    change_hubs,
    change_role,
    create_user,
    deactivate_user,
    reactivate_user,
)
from asora.accounts.roles import grants
from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    Reason,
    Refusal,
    RouteNotFound,
    StateConflict,
    ValidationFailed,
)
from inventory.models import Hub
from plans.models import Tenant
from tests.factories import people
from tests.headers import JSON
from tests.kernel.example_action import freeze


@pytest.fixture
def hubs(acacia):
    return [Hub.objects.create(code=code, name=code.title()) for code in ("NORTH", "SOUTH", "WEST")]


def refused(kind: type[Refusal], reason: Reason, work) -> Refusal:
    with pytest.raises(kind) as caught:
        work()
    assert caught.value.reason == reason
    return caught.value


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


class TestRole:
    """Another role for somebody."""

    def test_it_holds_from_the_next_request_on_and_is_recorded(self, acacia, act_as, client_as, events):
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
    def test_only_who_manages_staff_may(self, acacia, act_as, events, role):
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
        assert len(json.dumps(events()[-1].decision)) < 1_000, "what was sent is not kept"

    def test_the_neighbours_person_is_nobody_here(self, acacia, birch, act_as):
        with tenant_context(birch):
            stranger = people.person("viewer", birch)
        mine = User.objects.get(pk=stranger.pk)
        refused(
            RouteNotFound,
            Reason.NO_SUCH_RECORD,
            lambda: change_role(act_as("owner"), person=stranger, role="owner", seen="viewer"),
        )
        assert again(mine).role == mine.role, "whose id is the same"

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
    """Somebody must always be able to decide about people."""

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

    def test_nor_does_one_who_could_not_give_back_what_the_last_one_had(self, acacia, act_as, owner, hubs):
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


class TestHubs:
    """Where somebody works."""

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
        assert not list(grants.held(viewer)), "nothing is left behind for a later restriction"

    @pytest.mark.parametrize("codes", [["NORTH"], ["north"], ["NORTH", "north", " North "]])
    def test_a_hub_is_named_in_any_case(self, acacia, act_as, hubs, codes):
        viewer = people.person("viewer", acacia)
        change_hubs(act_as("owner"), person=viewer, hubs=codes, seen="all")
        assert grants.named(grants.held(again(viewer))) == ["NORTH"]

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

    def test_nobody_gives_or_takes_more_than_they_have(self, acacia, act_as, hubs):
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

    def test_on_the_public_host_it_is_tenants(self, public, act_as, events):
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


class TestDeactivation:
    """Shutting somebody out, and letting them in again."""

    def test_their_sessions_end_at_once_and_they_cannot_sign_in(self, acacia, act_as, client_as, events):
        manager = people.person("manager", acacia)
        browser, other = client_as(user=manager), client_as("viewer")
        assert browser.get("/items/").status_code == 200
        deactivate_user(act_as("owner"), person=manager)
        assert browser.get("/items/").status_code == 401
        assert not Session.objects.filter(user_id=manager.pk).exists()
        assert other.get("/items/").status_code == 200
        typed = {"email": manager.email, "password": people.PASSWORD}
        assert client_as().post("/sign-in/", typed).status_code == 401
        (event,) = events(action="accounts.user.deactivate")
        assert event.changes[0]["after"] == {"is_active": False}
        assert not again(manager).has_perm("inventory.view")

    def test_reactivated_they_sign_in_anew_and_no_session_comes_back(self, acacia, act_as, client_as):
        manager = people.person("manager", acacia)
        deactivate_user(act_as("owner"), person=manager)
        browser = client_as(user=again(manager))  # a sign-in that was under way meanwhile
        assert browser.get("/items/").status_code == 401
        reactivate_user(act_as("owner"), person=manager)
        assert browser.get("/items/").status_code == 401
        typed = {"email": manager.email, "password": people.PASSWORD}
        assert client_as().post("/sign-in/", typed).status_code == 302

    def test_twice_is_refused(self, acacia, act_as):
        manager = people.person("manager", acacia)
        refused(
            StateConflict, Reason.ALREADY_ACTIVE, lambda: reactivate_user(act_as("owner"), person=manager)
        )
        deactivate_user(act_as("owner"), person=manager)
        refused(StateConflict, Reason.NOT_ACTIVE, lambda: deactivate_user(act_as("owner"), person=manager))

    def test_a_frozen_tenant_can_shut_somebody_out_but_not_let_them_in(self, acacia, act_as):
        manager = people.person("manager", acacia)
        freeze(acacia)
        deactivate_user(act_as("owner"), person=manager)
        refused(StateConflict, Reason.FREEZE_ACTIVE, lambda: reactivate_user(act_as("owner"), person=manager))

    @pytest.mark.parametrize("role", ["manager", "viewer"])
    def test_only_who_manages_staff_may(self, acacia, act_as, role):
        counter = people.person("counter", acacia)
        refused(
            PermissionDenied,
            Reason.ROLE_LACKS_PERMISSION,
            lambda: deactivate_user(act_as(role), person=counter),
        )
        assert again(counter).is_active


class TestAdding:
    """`create_user`, which commands use, and whose body an accepted invitation uses too."""

    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("email", "no address", "INVALID_INPUT"),
            ("email", "a@" + "b" * 250 + ".example", "INVALID_INPUT"),
            ("email", "a\x00@example.com", "INVALID_INPUT"),
            ("email", "MANAGER@Example.com ", "CODE_TAKEN"),
            ("name", " \n ", "INVALID_INPUT"),
            ("name", "x" * 121, "INVALID_INPUT"),
            ("name", "a\x00b", "INVALID_INPUT"),
            ("name", "Ann\u202e", "INVALID_INPUT"),
            ("role", "x-auditor", "INVALID_INPUT"),
            ("password", "tiny-1", "INVALID_INPUT"),
            ("password", " " * 14, "INVALID_INPUT"),
            ("password", "eleven-char", "INVALID_INPUT"),
            ("password", "password1234", "INVALID_INPUT"),
            ("password", "new.person@example.com", "INVALID_INPUT"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, acacia, act_as, events, field, value, reason):
        values = {
            "email": "new.person@example.com",
            "name": "New",
            "role": "viewer",
            "password": people.PASSWORD,
        }
        before = User.objects.count()
        with pytest.raises(ValidationFailed) as caught:
            create_user(act_as("owner"), **values | {field: value})
        assert (str(caught.value.reason), list(caught.value.details["fields"])) == (reason, [field])
        assert User.objects.count() == before
        kept = json.dumps([events()[-1].decision, events()[-1].message, events()[-1].resource_label])
        assert "new.person" not in kept
        assert value not in kept

    def test_hubs_are_granted_with_it(self, acacia, act_as, hubs):
        user = create_user(
            act_as("owner"),
            email="n@example.com",
            name="N",
            role="viewer",
            password=people.PASSWORD,
            hubs=hubs[:1],
        )
        assert grants.described(again(user)) == "NORTH"


class TestPages:
    """What one sees and clicks."""

    def test_everybody_with_all_that_matters(self, acacia, act_as, client_as, hubs):
        counter = people.person("counter", acacia)
        change_hubs(act_as("owner"), person=counter, hubs=["NORTH", "SOUTH"], seen="all")
        SecondFactor.objects.create(user=counter, secret=b"x")
        page = client_as("owner").get("/settings/staff/").content.decode()
        for text in ("Counter", "counter@example.com", "NORTH, SOUTH", "All", ">Yes<", ">No<"):
            assert text in page, text
        assert "Deactivated</span>" not in page

    def test_the_list_takes_as_many_queries_for_many_as_for_few(
        self, acacia, client_as, hubs, django_assert_max_num_queries
    ):
        browser = client_as("owner")

        def queries():
            with django_assert_max_num_queries(60) as counted:
                assert browser.get("/settings/staff/").status_code == 200
            return len(counted.captured_queries)

        few = queries()
        for number in range(30):
            user = people.add_person("viewer", name=f"viewer-{number}", all_hubs=False)
            assign_perm("inventory.operate_hub", user, hubs)
        assert queries() == few

    def test_found_by_name_role_and_state_and_downloaded_without_a_name_in_the_trail(
        self, acacia, act_as, client_as, events
    ):
        deactivate_user(act_as("owner"), person=people.person("counter", acacia))
        browser = client_as("owner")
        assert "counter@example.com" not in browser.get("/settings/staff/").content.decode()
        gone = browser.get("/settings/staff/", {"state": "deactivated"}).content.decode()
        assert "counter@example.com" in gone
        assert "manager@example.com" not in gone
        found = browser.get("/settings/staff/", {"q": "MANAGER"}).content.decode()
        assert "manager@example.com" in found
        assert "viewer@example.com" not in found
        download = browser.get("/settings/staff/", {"format": "csv", "q": "manager", "role": "manager"})
        assert download.content.decode().splitlines() == [
            "name,address,role,hubs,second_factor,last_sign_in,state",
            "Manager,manager@example.com,Manager,All,false,,",
        ]
        assert events(action="list.download")[-1].facts == {"list": "staff", "filters": {"role": "manager"}}

    @pytest.mark.parametrize("query", [{"role": "operator"}, {"state": "x"}, {"q": "a\x00"}, {"after": "x"}])
    def test_a_filter_that_makes_no_sense_is_refused(self, acacia, client_as, query):
        assert client_as("owner").get("/settings/staff/", query, headers=JSON).status_code == 400

    def test_a_person(self, acacia, client_as, hubs, act_as):
        counter = people.person("counter", acacia)
        page = client_as("owner").get(f"/settings/staff/{counter.ref}/").content.decode()
        assert "counter@example.com" in page
        assert "See items, bins, hubs and vendors" in page
        assert "See costs and values" not in page
        assert "All hubs" in page

    @pytest.mark.parametrize("ref", ["u-nobody", "1", "a%00b", "x" * 300])
    def test_nobody(self, acacia, client_as, ref):
        for path in ("", "role/", "hubs/", "second-factor/", "deactivate/", "reactivate/"):
            answer = client_as("owner").get(f"/settings/staff/{ref}/{path}", headers=JSON)
            assert (answer.status_code, answer.json()["reason"]) == (404, "NO_SUCH_RECORD")

    def test_the_neighbours_people_have_no_page_here(self, acacia, birch, client_as):
        with tenant_context(birch):
            ref = people.person("viewer", birch).ref
        browser = client_as("owner")
        for path in ("", "role/", "hubs/", "deactivate/"):
            assert browser.get(f"/settings/staff/{ref}/{path}").status_code == 404
            if path:
                assert browser.post(f"/settings/staff/{ref}/{path}", {"role": "owner"}).status_code == 404

    def test_the_role_is_changed_and_a_refusal_stands_at_its_field(self, acacia, client_as):
        viewer = people.person("viewer", acacia)
        browser, path = client_as("owner"), f"/settings/staff/{viewer.ref}/role/"
        assert b'value="viewer"' in browser.get(path).content
        for typed in ({"role": "auditor", "seen": "viewer"}, {"seen": "viewer"}, {}, {"role": ["x", "y"]}):
            assert browser.post(path, typed).status_code == 400
        answer = browser.post(path, {"role": "manager", "seen": "viewer"})
        assert (answer.status_code, answer["Location"]) == (302, f"/settings/staff/{viewer.ref}/")
        assert again(viewer).role == "manager"
        stale = browser.post(path, {"role": "counter", "seen": "viewer"})
        assert stale.status_code == 409
        assert b"since you opened the form" in stale.content

    def test_hubs_are_changed(self, acacia, client_as, hubs):
        viewer = people.person("viewer", acacia)
        browser, path = client_as("owner"), f"/settings/staff/{viewer.ref}/hubs/"
        Hub.objects.filter(code="WEST").update(archived_at=timezone.now())
        page = browser.get(path).content.decode()
        assert "SOUTH · South" in page
        assert "WEST" not in page, "nobody is sent to a hub that is closed"
        none = browser.post(path, {"where": "some", "seen": "all"})
        assert (none.status_code, b"Choose at least one" in none.content) == (400, True)
        for typed in ({"where": "some", "hubs": "NOWHERE", "seen": "all"}, {"where": "x", "seen": "all"}):
            assert browser.post(path, typed).status_code == 400
        assert browser.post(path, {"where": "some", "hubs": ["SOUTH"], "seen": "all"}).status_code == 302
        assert grants.described(again(viewer)) == "SOUTH"
        assert browser.post(path, {"where": "all", "hubs": ["SOUTH"], "seen": "SOUTH"}).status_code == 302
        assert again(viewer).all_hubs

    def test_a_limited_owner_changes_what_is_theirs_and_leaves_the_rest(
        self, acacia, act_as, client_as, hubs
    ):
        limited = people.add_person("owner", name="limited", all_hubs=False)
        assign_perm("inventory.operate_hub", limited, hubs[:2])
        viewer = people.person("viewer", acacia)
        change_hubs(act_as("owner"), person=viewer, hubs=["NORTH", "WEST"], seen="all")
        browser, path = client_as(user=limited), f"/settings/staff/{viewer.ref}/hubs/"
        page = browser.get(path).content.decode()
        assert "WEST ·" not in page
        assert 'name="where"' not in page
        assert browser.post(path, {"hubs": ["SOUTH"], "seen": "NORTH,WEST"}).status_code == 302
        assert grants.described(again(viewer)) == "SOUTH,WEST"

    def test_about_oneself_it_takes_a_tick(self, acacia, client_as):
        second = people.add_person("owner", name="second")
        browser = client_as(user=second)
        base = f"/settings/staff/{second.ref}"
        assert "your own role" in browser.get(f"{base}/role/").content.decode()
        assert browser.post(f"{base}/role/", {"role": "viewer", "seen": "owner"}).status_code == 400
        assert browser.post(f"{base}/deactivate/").status_code == 400
        assert again(second).is_active
        answer = browser.post(f"{base}/role/", {"role": "viewer", "seen": "owner", "confirm": "on"})
        assert answer["Location"] == "/settings/roles/", "their staff page is none of theirs any more"
        assert browser.get(answer["Location"]).status_code == 200

    def test_deactivating_oneself_leads_out(self, acacia, client_as):
        second = people.add_person("owner", name="second")
        browser = client_as(user=second)
        answer = browser.post(f"/settings/staff/{second.ref}/deactivate/", {"confirm": "on"})
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
        assert browser.get("/settings/staff/").status_code == 401

    def test_deactivate_and_reactivate(self, acacia, client_as):
        viewer = people.person("viewer", acacia)
        browser, base = client_as("owner"), f"/settings/staff/{viewer.ref}"
        assert browser.get(f"{base}/deactivate/").status_code == 200
        assert again(viewer).is_active, "opening it does nothing"
        assert browser.post(f"{base}/deactivate/").status_code == 302
        assert not again(viewer).is_active
        assert "Deactivated" in browser.get(f"{base}/").content.decode()
        assert browser.post(f"{base}/deactivate/").status_code == 409
        assert browser.get(f"{base}/reactivate/").status_code == 200
        assert browser.post(f"{base}/reactivate/").status_code == 302
        assert again(viewer).is_active

    def test_a_lost_app_is_reset(self, acacia, client_as, events):
        counter = people.person("counter", acacia)
        browser, base = client_as("owner"), f"/settings/staff/{counter.ref}"
        assert "second-factor/" not in browser.get(f"{base}/").content.decode()
        assert browser.post(f"{base}/second-factor/").status_code == 409
        SecondFactor.objects.create(user=counter, secret=b"x")
        theirs = client_as(user=counter)
        assert f"{base}/second-factor/" in browser.get(f"{base}/").content.decode()
        assert browser.get(f"{base}/second-factor/").status_code == 200
        assert SecondFactor.objects.exists(), "opening it does nothing"
        assert client_as("manager").post(f"{base}/second-factor/").status_code == 403
        assert browser.post(f"{base}/second-factor/").status_code == 302
        assert not SecondFactor.objects.exists()
        assert theirs.get("/items/").status_code == 401
        assert events(action="accounts.second_factor.reset")[-1].resource_label == counter.ref

    def test_the_last_owner_is_told_what_to_do(self, acacia, client_as):
        owner = people.person("owner", acacia)
        page = client_as("owner").post(f"/settings/staff/{owner.ref}/deactivate/", {"confirm": "on"})
        assert page.status_code == 409
        assert b"Give somebody else this role first" in page.content

    def test_on_the_public_host_for_platform_leads(self, public, client_as):
        browser = client_as("platform_lead")
        page = browser.get("/settings/staff/").content.decode()
        assert "operator@example.com" in page
        assert "Platform lead" in page
        operator = people.person("operator", public)
        assert browser.get(f"/settings/staff/{operator.ref}/").status_code == 200
        path = f"/settings/staff/{operator.ref}/hubs/"
        assert "birch · Birch &amp; Sons" in browser.get(path).content.decode()
        assert browser.post(path, {"where": "some", "hubs": ["birch"], "seen": "all"}).status_code == 302
        assert "birch" in browser.get("/settings/staff/").content.decode()
        for role in ("operator", "ops_lead", "agent"):
            assert client_as(role).get("/settings/staff/").status_code == 403


def test_no_event_of_all_this_holds_a_name_or_an_address(acacia, act_as, client_as, hubs, events):
    user = people.add_person("viewer", name="zebulon")
    browser, base = client_as("owner"), f"/settings/staff/{user.ref}"
    browser.post(f"{base}/role/", {"role": "manager", "seen": "viewer"})
    browser.post(f"{base}/role/", {"role": "Zebulon", "seen": "viewer"})
    browser.post(f"{base}/hubs/", {"where": "some", "hubs": ["NORTH"], "seen": "all"})
    browser.post(f"{base}/deactivate/")
    browser.get("/settings/staff/", {"q": "zebulon", "format": "csv"})
    assert len(events()) == 5
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(e)::text FROM audit_event e")
        assert not [row for (row,) in cursor.fetchall() if "zebulon" in row.lower()]
