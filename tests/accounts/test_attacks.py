"""Attempts to get more rights than one was given: crafted requests, old links, indirect ways.

The attackers: an operator of one tenant, an owner of one hub, a former owner, a person with a stale session."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.accounts.models import Invitation, SecondFactor, User
from asora.accounts.people.actions.invitations import invite
from asora.accounts.people.actions.people import change_role, deactivate_user, reactivate_user
from asora.accounts.people.mail import send_invitation
from asora.accounts.roles.table import MANAGE_STAFF
from asora.accounts.second_factor.actions.second_factors import reset_second_factor
from asora.accounts.sign_in.sessions import PROVED_AT
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason
from inventory.models import Hub
from plans.models import FreezeToggle, PlanChange, Tenant, TenantFreeze
from tests.accounts.permission_matrix import NeverValid
from tests.factories import people, tenants
from tests.factories.invitations import ADA, TAKEN, link_in
from tests.headers import HTMX, JSON
from tests.kernel.actions import every_action
from tests.refusals import refused
from tests.tenancy.routes import PUBLIC, TENANT, routes

URLCONF = "asora.urls_public"


# Actions that change rights or plans need a fresh proof; only the command that adds a person has no session.
DANGEROUS = {
    MANAGE_STAFF,
    "plans.change_plan",
    "plans.freeze_tenant",
    "plans.explain_freeze",
    "plans.unfreeze_tenant",
}


BY_COMMAND = {"accounts.user.create"}


NEIGHBOURS = ("birch", "Birch", "very secret reason", "t_birch")


class TestOneTenant:
    """An operator of Acacia only, who tries to see Birch."""

    @pytest.fixture
    def limited(self, public: Tenant) -> User:
        birch, acacia = (Tenant.objects.get(slug=slug) for slug in ("birch", "acacia"))
        values = {"request_id": "public-x", "reason": "very secret reason"}
        PlanChange.objects.create(tenant=birch, from_plan="pro", to_plan="free", changed_by="u-1", **values)
        TenantFreeze.objects.create(tenant=birch, reason="very secret reason", frozen_by="u-1")
        FreezeToggle.objects.create(
            tenant=birch, kind="freeze", text="very secret reason", toggled_by="u-1", request_id="public-x"
        )
        user = people.add_person("platform_lead", name="limited", all_hubs=False)
        assign_perm("plans.manage_tenant", user, acacia)
        return user

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "q=birch",
            "tenant__slug=birch",
            "tenant__name__startswith=B",
            "tenant__freeze__reason__startswith=v",
            "freeze__reason__startswith=very",
            "plan_changes__reason__contains=secret",
            "domains__domain__startswith=b",
            "slug__startswith=b",
            "pk__gt=0",
            "tenant__pk__gt=0",
            "all=",
            "_to_field=schema_name",
            "_popup=1",
            "o=1.2.3",
            "e=1",
            "user__password__startswith=a",
            "actor_ref__startswith=u",
            "changes__0__after__contains=birch",
            "tenant__userobjectpermission__user__password__startswith=argon",
        ],
    )
    def test_no_window_shows_it_by_any_lookup(self, limited: User, client_as: Any, query: str) -> None:
        client = client_as(user=limited)
        asked = 0
        for model in admin.site._registry:
            label = f"{model._meta.app_label}_{model._meta.model_name}"
            address = reverse(f"admin:{label}_changelist", urlconf=URLCONF)
            answer = client.get(f"{address}?{query}", headers=JSON)
            assert answer.status_code in {200, 302, 400}, (address, query, answer.status_code)
            # The links of filters repeat the requested text; that does not reveal anything.
            marks = [mark for mark in NEIGHBOURS if mark not in query]
            assert not [mark for mark in marks if mark in answer.content.decode()], (address, query)
            asked += 1
        assert asked > 4

    def test_no_window_shows_its_row(self, limited: User, client_as: Any) -> None:
        client = client_as(user=limited)
        birch = Tenant.objects.get(slug="birch")
        rows = [birch, birch.domains.get(), *PlanChange.objects.filter(tenant=birch), birch.freeze]
        for row in rows:
            for kind in ("change", "history", "delete"):
                name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{kind}"
                answer = client.get(reverse(name, args=[row.pk], urlconf=URLCONF))
                assert answer.status_code in {302, 403, 404}, (row, kind)
                assert b"secret" not in answer.content

    def test_none_of_our_pages_is_open_to_them(self, limited: User, client_as: Any, events: Any) -> None:
        """Every URL of the public host that names a tenant, requested for Birch with every method."""
        client, asked = client_as(user=limited), 0
        before = Tenant.objects.filter(slug="birch").values().get()
        for route in routes(PUBLIC):
            if "<slug:slug>" not in route.pattern:
                continue
            address = "/" + route.pattern.replace("<slug:slug>", "birch")
            for method in route.methods:
                for headers in ({}, JSON, HTMX):
                    form = {
                        "from_plan": "free",
                        "to_plan": "enterprise",
                        "reason": "mine",
                        "root_cause": "x" * 50,
                    }
                    answer = getattr(client, method.lower())(address, form, headers=headers)
                    assert answer.status_code == 403, (method, address, answer.status_code)
                    assert b"very secret" not in answer.content
                    asked += 1
        assert asked >= 12
        assert Tenant.objects.filter(slug="birch").values().get() == before
        refused = events(actor_ref=limited.ref)
        desk = [event for event in refused if "/support/" in event.route]
        assert {event.reason for event in desk} == {"ROLE_LACKS_PERMISSION"}, "an operator is no agent"
        assert {event.reason for event in refused if event not in desk} == {"TENANT_NOT_GRANTED"}

    def test_the_overview_and_the_lists_hold_nothing_of_it(self, limited: User, client_as: Any) -> None:
        for address in ("/admin/", "/admin/tenants/", "/admin/tenants/?format=csv", "/admin/tenants/?q=ir"):
            content = client_as(user=limited).get(address).content.decode()
            assert "acacia" in content.lower() or "q=ir" in address
            assert not [mark for mark in NEIGHBOURS if mark in content], address

    def test_only_an_operator_of_a_tenant_can_grant_it(
        self, limited: User, client_as: Any, act_as: Any
    ) -> None:
        client = client_as(user=limited)
        typed = {"email": "puppet@example.com", "name": "Puppet", "role": "platform_lead"}
        for more in ({"where": "all"}, {"where": "some", "hubs": ["birch"]}, {"hubs": ["birch"]}):
            assert client.post("/settings/staff/invite/", typed | more, headers=JSON).status_code == 400
        with pytest.raises(PermissionDenied):
            invite(act_as(user=limited), hubs=None, **typed)
        with pytest.raises(PermissionDenied):
            invite(act_as(user=limited), hubs=["birch"], **typed)
        operator = people.person("operator", tenants.public())
        with pytest.raises(PermissionDenied) as denied:
            change_role(act_as(user=limited), person=operator, role="platform_lead", seen="operator")
        assert denied.value.reason is Reason.HUB_NOT_GRANTED
        assert not Invitation.objects.exists()


class TestOneHub:
    """An owner of one hub may not create, reactivate or reset the second factor of an owner of all hubs."""

    @pytest.fixture
    def limited(self, acacia: Tenant) -> User:
        north, _south = (Hub.objects.create(code=code, name=code) for code in ("NORTH", "SOUTH"))
        user = people.add_person("owner", name="limited", all_hubs=False)
        assign_perm("inventory.operate_hub", user, north)
        return user

    def test_they_cannot_promote_a_person_with_more_hubs(
        self, limited: User, act_as: Any, events: Any
    ) -> None:
        puppet = people.person("viewer", act_as("owner").tenant)
        act = act_as(user=limited)
        refused(
            PermissionDenied,
            Reason.HUB_NOT_GRANTED,
            lambda: change_role(act, person=puppet, role="owner", seen="viewer"),
        )
        deactivate_user(act, person=puppet)  # deactivating stays possible, because it gives nobody any rights
        refused(PermissionDenied, Reason.HUB_NOT_GRANTED, lambda: reactivate_user(act, person=puppet))
        SecondFactor.objects.create(user=people.person("owner", act.tenant), secret=b"x")
        owner = people.person("owner", act.tenant)
        refused(PermissionDenied, Reason.HUB_NOT_GRANTED, lambda: reset_second_factor(act, user=owner))
        assert User.objects.get(pk=puppet.pk).role == "viewer"
        assert SecondFactor.objects.filter(user=owner).exists()
        assert {event.outcome for event in events(reason="HUB_NOT_GRANTED")} == {"refused"}

    def test_they_can_promote_a_person_with_the_same_hubs(self, limited: User, act_as: Any) -> None:
        colleague = people.add_person("viewer", name="colleague", all_hubs=False)
        assign_perm("inventory.operate_hub", colleague, Hub.objects.get(code="NORTH"))
        act = act_as(user=limited)
        assert change_role(act, person=colleague, role="owner", seen="viewer").role == "owner"
        deactivate_user(act, person=colleague)
        assert reactivate_user(act, person=colleague).is_active


class TestFormerOwner:
    """A deactivated person has no way to get back in."""

    @pytest.fixture
    def leaver(self, acacia: Tenant) -> User:
        return people.add_person("owner", name="leaver")

    @pytest.mark.parametrize("end", ["deactivated", "demoted"])
    def test_a_link_they_sent_themselves_is_invalid(
        self,
        acacia: Tenant,
        leaver: User,
        act_as: Any,
        client_as: Any,
        mailoutbox: Any,
        events: Any,
        end: str,
    ) -> None:
        row = invite(act_as(user=leaver), **ADA | {"role": "owner"})
        other = invite(act_as("owner"), email="bob@example.com", name="Bob", role="viewer")
        assert send_invitation(acacia, row)
        if end == "deactivated":
            deactivate_user(act_as("owner"), person=leaver)
        else:
            change_role(act_as("owner"), person=leaver, role="viewer", seen="owner")
        answer = client_as().post(link_in(mailoutbox[-1]), TAKEN, headers=JSON)
        assert (answer.status_code, answer.json()["reason"]) == (401, "LINK_INVALID")
        row.refresh_from_db()
        assert row.withdrawn_at is not None
        assert (row.name, row.email) == ("", "")
        other.refresh_from_db()
        assert other.withdrawn_at is None, "invitations of other people stay open"
        (event,) = events(action="accounts.user.deactivate" if end == "deactivated" else "accounts.user.role")
        assert row.ref in json.dumps(event.changes)

    def test_between_two_keeping_roles_nothing_ends(self, public: Tenant, act_as: Any) -> None:
        """Only one role of the public host may manage people, so giving it again changes nothing."""
        lead = people.add_person("platform_lead", name="second")
        row = invite(act_as(user=lead), **ADA | {"role": "agent"})
        change_role(act_as("platform_lead"), person=lead, role="platform_lead", seen="platform_lead")
        row.refresh_from_db()
        assert row.withdrawn_at is None


class TestStaleProof:
    """A session that was left open cannot make sensitive changes."""

    def test_sensitive_actions_ask_for_a_fresh_proof(self) -> None:
        for name, action in every_action().items():
            if action.permission in DANGEROUS and name not in BY_COMMAND and not action.observes:
                assert action.step_up, name

    @pytest.mark.parametrize("who", ["owner", "platform_lead"])
    def test_no_action_takes_an_old_one(self, request: Any, act_as: Any, who: str) -> None:
        act = act_as(who, tenant=request.getfixturevalue("acacia" if who == "owner" else "public"))
        asked = 0
        for proved in (None, timezone.now() - timedelta(minutes=16)):
            old = replace(act, actor=replace(act.actor, proved_at=proved))
            for action in every_action().values():
                if action.step_up:
                    for attempt in (action.submit, lambda act, form, action=action: action.rehearse(act)):
                        with pytest.raises(AuthRequired) as asks:
                            attempt(old, NeverValid())
                        assert asks.value.reason is Reason.STEP_UP_REQUIRED, action.name
                    asked += 1
        assert asked > 20

    @pytest.mark.parametrize("headers", [{}, JSON, HTMX], ids=["page", "json", "fragment"])
    @pytest.mark.parametrize("who", ["owner", "platform_lead"])
    def test_no_page_of_staff_or_plans_takes_an_old_one(
        self, request: Any, client_as: Any, who: str, headers: dict[str, str]
    ) -> None:
        """Every POST below the pages of staff and plans, with existing records, is refused before it is read."""
        tenant = request.getfixturevalue("acacia" if who == "owner" else "public")
        client = client_as(who, tenant=tenant)
        person = people.add_person("viewer" if who == "owner" else "agent", name="somebody")
        session = client.session
        session[PROVED_AT] = (timezone.now() - timedelta(minutes=16)).isoformat()
        with tenant_context(tenant):
            session.save()
        before, asked = User.objects.order_by("pk").values_list("role", "all_hubs", "is_active"), 0
        was = list(before)
        for route in routes(TENANT if who == "owner" else PUBLIC):
            of_staff = "settings/staff" in route.pattern or route.pattern.endswith(("/plan/", "/freeze/"))
            if not of_staff or "POST" not in route.methods or route.pattern.endswith("/try/"):
                continue  # trying a change changes nothing
            address = "/" + route.pattern.replace("<str:ref>", person.ref).replace("<slug:slug>", "acacia")
            answer = client.post(address, {"role": "owner", "seen": person.role}, headers=headers)
            assert answer.status_code in {401, 404}, (address, answer.status_code)
            asked += answer.status_code == 401
        assert asked >= 5
        assert list(before.all()) == was


def test_fields_that_no_form_has_change_nothing(acacia: Tenant, client_as: Any) -> None:
    """Mass assignment on each of the staff pages."""
    viewer = people.person("viewer", acacia)
    before = User.objects.filter(pk=viewer.pk).values().get()
    extra = {
        "is_superuser": "1", "is_staff": "1", "is_active": "", "password": "x", "email": "evil@example.com", "id": "1",
        "ref": "u-owner", "user_permissions": "1", "schema": "public", "nonce": "x", "person": "1", "all_hubs": "on",
    }  # fmt: skip
    client = client_as("owner")
    client.post(f"/settings/staff/{viewer.ref}/role/", extra | {"role": "manager", "seen": "viewer"})
    client.post(f"/settings/staff/{viewer.ref}/reactivate/", extra)
    client.post("/settings/staff/invite/", ADA | extra | {"email": "a@example.com", "where": "all"})
    after = User.objects.filter(pk=viewer.pk).values().get()
    assert after == before | {"role": "manager"}
    assert Invitation.objects.get().email == "a@example.com"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-host": "evil.example"},
        {"x-forwarded-proto": "https", "x-forwarded-port": "6666"},
        {"x-original-host": "evil.example", "forwarded": "host=evil.example"},
        {"x-asora-tenant": "birch", "x-real-host": "birch.localhost"},
    ],
)
def test_a_link_leads_to_the_tenants_own_host_whatever_the_request_says(
    acacia: Tenant, client_as: Any, mailoutbox: Any, headers: dict[str, str]
) -> None:
    client_as("owner").post("/settings/staff/invite/", ADA | {"where": "all"}, headers=headers)
    assert "http://acacia.localhost/invitation/" in mailoutbox[-1].body
    assert "evil" not in mailoutbox[-1].body
