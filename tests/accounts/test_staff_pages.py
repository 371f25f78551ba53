"""The pages of people: their content and their buttons."""

from __future__ import annotations

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.accounts.models import SecondFactor
from asora.accounts.people.actions.people import (
    change_hubs,
    deactivate_user,
)
from asora.accounts.roles import grants
from inventory.models import Hub
from tests.accounts.staff import again
from tests.factories import people
from tests.headers import JSON


class TestPages:
    """The content and the buttons of the pages."""

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
    def test_an_unknown_person(self, acacia, client_as, ref):
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

    def test_the_role_is_changed_and_a_refusal_is_shown_at_its_field(self, acacia, client_as):
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
        assert "WEST" not in page, "archived hubs are not offered"
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

    def test_changes_of_oneself_need_a_tick(self, acacia, client_as):
        second = people.add_person("owner", name="second")
        browser = client_as(user=second)
        base = f"/settings/staff/{second.ref}"
        assert "your own role" in browser.get(f"{base}/role/").content.decode()
        assert browser.post(f"{base}/role/", {"role": "viewer", "seen": "owner"}).status_code == 400
        assert browser.post(f"{base}/deactivate/").status_code == 400
        assert again(second).is_active
        answer = browser.post(f"{base}/role/", {"role": "viewer", "seen": "owner", "confirm": "on"})
        assert answer["Location"] == "/settings/roles/", "the staff page is no longer open to them"
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
        assert again(viewer).is_active, "opening the page changes nothing"
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
        assert SecondFactor.objects.exists(), "opening the page changes nothing"
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
