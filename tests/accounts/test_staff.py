"""The people of a host: added, deactivated, reactivated."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from asora.accounts.models import Session, User
from asora.accounts.people.actions.people import (
    create_user,
    deactivate_user,
    reactivate_user,
)
from asora.accounts.roles import grants
from asora.kernel.refusals import (
    PermissionDenied,
    Reason,
    StateConflict,
    ValidationFailed,
)
from tests.accounts.staff import again
from tests.factories import people
from tests.kernel.example_action import freeze
from tests.refusals import refused


class TestDeactivation:
    """Deactivating and reactivating a person."""

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

    def test_a_reactivated_person_must_sign_in_again(self, acacia, act_as, client_as):
        manager = people.person("manager", acacia)
        deactivate_user(act_as("owner"), person=manager)
        browser = client_as(user=again(manager))  # a sign-in that was under way at the same time
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
    def test_only_people_who_manage_staff_may(self, acacia, act_as, role):
        counter = people.person("counter", acacia)
        refused(
            PermissionDenied,
            Reason.ROLE_LACKS_PERMISSION,
            lambda: deactivate_user(act_as(role), person=counter),
        )
        assert again(counter).is_active


class TestAdding:
    """`create_user`, which commands use. Accepting an invitation uses the same body."""

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
    def test_invalid_values_are_refused_at_their_fields(self, acacia, act_as, events, field, value, reason):
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


def test_no_event_contains_a_name_or_an_address(acacia, act_as, client_as, hubs, events):
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
