"""Invitations: sent, accepted, on the public host, and by command."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.accounts.models import Invitation, User
from asora.accounts.people.actions.invitations import (
    accept_invitation,
    invite,
)
from asora.accounts.people.actions.people import create_user
from asora.accounts.people.mail import send_invitation
from asora.accounts.people.queries import act_of_invited
from asora.accounts.roles import grants
from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    Reason,
    StateConflict,
    ValidationFailed,
)
from inventory.models import Hub
from tests.accounts.test_invitation_links import assert_invalid
from tests.factories import people, tenants
from tests.factories.invitations import ADA, SECRET, TAKEN, TYPED, link_in
from tests.kernel.example_action import freeze
from tests.refusals import refused


class TestInviting:
    """An invitation can be sent."""

    def test_they_get_a_mail_and_stand_in_the_list(self, acacia, client_as, mailoutbox, events):
        browser = client_as("owner", HTTP_HOST="acacia.localhost:8104")
        answer = browser.post("/settings/staff/invite/", TYPED, follow=True, SERVER_PORT="8104")
        page = answer.content.decode()
        assert "The invitation was sent." in page
        assert "ada@example.com" in page
        assert "Waiting" in page
        (mail,) = mailoutbox
        assert mail.to == ["ada@example.com"]
        assert mail.subject == "Your invitation to Acacia Trading"
        assert "Owner invites you" in mail.body
        assert "Your role will be: Receiver" in mail.body
        assert "http://acacia.localhost:8104/invitation/" in mail.body
        (event,) = events(action="accounts.invitation.create")
        row = Invitation.objects.get()
        assert (event.outcome, event.resource_label) == ("allowed", row.ref)
        after = event.changes[0]["after"]
        assert (after["role"], after["all_hubs"], after["hubs"]) == ("receiver", True, [])
        assert not User.objects.filter(email="ada@example.com").exists(), "the person does not exist yet"

    @pytest.mark.parametrize("role", ["manager", "viewer"])
    def test_only_people_who_manage_staff_may(self, acacia, act_as, client_as, role):
        refused(PermissionDenied, Reason.ROLE_LACKS_PERMISSION, lambda: invite(act_as(role), **ADA))
        assert client_as(role).post("/settings/staff/invite/", TYPED).status_code == 403
        assert not Invitation.objects.exists()

    @pytest.mark.parametrize(
        ("values", "reason", "field"),
        [
            ({"email": "MANAGER@Example.com"}, "CODE_TAKEN", "email"),
            ({"email": "no address"}, "INVALID_INPUT", "email"),
            ({"email": "a@" + "b" * 250 + ".example"}, "INVALID_INPUT", "email"),
            ({"email": "a\x00b@example.com"}, "INVALID_INPUT", "email"),
            ({"email": "a@example.com\nBcc: b@example.com"}, "INVALID_INPUT", "email"),
            ({"name": ""}, "INVALID_INPUT", "name"),
            ({"name": "x" * 121}, "INVALID_INPUT", "name"),
            ({"name": "a\x00b"}, "INVALID_INPUT", "name"),
            ({"role": "approver"}, "INVALID_INPUT", "role"),
            ({"role": "platform_lead"}, "INVALID_INPUT", "role"),
            ({"hubs": []}, "INVALID_INPUT", "hubs"),
            ({"hubs": ["NOWHERE"]}, "UNKNOWN_HUB", "hubs"),
            ({"hubs": ["BIRCHHUB"]}, "UNKNOWN_HUB", "hubs"),
        ],
    )
    def test_invalid_values_are_refused_at_their_fields(
        self, acacia, birch, act_as, hubs, events, values, reason, field
    ):
        with tenant_context(birch):
            Hub.objects.create(code="BIRCHHUB", name="Birch")
        with pytest.raises(ValidationFailed) as caught:
            invite(act_as("owner"), **ADA | values)
        assert (str(caught.value.reason), list(caught.value.details["fields"])) == (reason, [field])
        assert not Invitation.objects.exists()
        kept = json.dumps([events()[-1].decision, events()[-1].message, events()[-1].resource_label])
        assert "zebulon" not in kept.lower()
        assert "@" not in kept

    def test_whatever_a_client_sends_is_answered_at_the_form_and_nothing_is_lost(
        self, acacia, client_as, hubs
    ):
        browser, path = client_as("owner"), "/settings/staff/invite/"
        for typed in (
            {},
            {"email": ["a@example.com", "b"], "role": ["x", "viewer"]},
            TYPED | {"name": "x" * 100_000},
            TYPED | {"where": "some"},
            TYPED | {"where": "some", "hubs": ["NOWHERE", "\x00"]},
            TYPED | {"role": "<script>"},
        ):
            answer = browser.post(path, typed)
            assert answer.status_code == 400
            assert b"Nothing was saved yet" in answer.content
        again = browser.post(path, TYPED | {"role": ""}).content.decode()
        assert 'value="ada@example.com"' in again
        assert 'value="Ada Zebulon"' in again
        assert browser.post(path, "not a form", content_type="application/json").status_code == 400
        assert not Invitation.objects.exists()

    def test_people_can_offer_only_places_where_they_work(self, acacia, act_as, client_as, hubs):
        limited = people.add_person("owner", name="limited", all_hubs=False)
        assign_perm("inventory.operate_hub", limited, hubs[0])
        for wanted in (None, ["SOUTH"], ["NORTH", "SOUTH"]):
            refused(
                PermissionDenied,
                Reason.HUB_NOT_GRANTED,
                lambda wanted=wanted: invite(act_as(user=limited), **ADA, hubs=wanted),
            )
        invite(act_as(user=limited), **ADA, hubs=["NORTH"])
        page = client_as(user=limited).get("/settings/staff/invite/").content.decode()
        assert "SOUTH" not in page
        assert 'name="where"' not in page

    def test_an_address_is_invited_once_whatever_its_case(self, acacia, act_as):
        invite(act_as("owner"), **ADA)
        refused(
            ValidationFailed,
            Reason.CODE_TAKEN,
            lambda: invite(act_as("owner"), **ADA | {"email": "ADA@example.com"}),
        )

    def test_it_asks_for_a_fresh_proof_and_an_open_tenant(self, acacia, act_as):
        act = act_as("owner")
        object.__setattr__(act.actor, "proved_at", timezone.now() - timedelta(hours=1))
        refused(AuthRequired, Reason.STEP_UP_REQUIRED, lambda: invite(act, **ADA))
        freeze(acacia)
        refused(StateConflict, Reason.FREEZE_ACTIVE, lambda: invite(act_as("owner"), **ADA))

    def test_an_operator_may_from_outside_for_a_new_tenant(self, acacia, act_as, mailoutbox):
        """As in onboarding: an operator who was checked in public and has no account in the tenant."""
        with tenant_context(tenants.public()):
            act = act_as("operator", tenant=tenants.public())
        nowhere = act.in_tenant(acacia, "accounts.manage_staff")
        refused(PermissionDenied, Reason.HUB_NOT_GRANTED, lambda: invite(nowhere, **ADA | {"role": "owner"}))
        inside = act.in_tenant(acacia, "accounts.manage_staff", "inventory.operate_hub")
        row = invite(inside, **ADA | {"role": "owner"})
        assert send_invitation(acacia, row)
        assert "\nYou are invited to Acacia Trading." in mailoutbox[0].body
        assert row.invited_by == act.actor.ref

    @override_settings(EMAIL_BACKEND="tests.accounts.test_mail.Broken")
    def test_if_the_mail_fails_the_page_reports_it_and_offers_to_send_it_again(self, acacia, client_as):
        answer = client_as("owner").post("/settings/staff/invite/", TYPED, follow=True)
        page = answer.content.decode()
        row = Invitation.objects.get()
        assert answer.request["PATH_INFO"] == f"/settings/staff/invitations/{row.ref}/"
        assert "the e-mail could not be sent" in page
        assert f"/settings/staff/invitations/{row.ref}/resend/" in page


class TestAccepting:
    """From the link in the e-mail to the first sign-in."""

    def test_all_the_way(self, acacia, hubs, invited, client_as, events, mailoutbox):
        row, path = invited(hubs=["NORTH"])
        browser = client_as()
        page = browser.get(path)
        assert page.status_code == 200
        assert "Welcome to Acacia Trading" in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        assert not User.objects.filter(ref=row.ref).exists(), "opening the link changes nothing"
        answer = browser.post(path, TAKEN, follow=True)
        assert answer.request["PATH_INFO"] == "/sign-in/"
        assert "Sign in with the password" in answer.content.decode()
        ada = User.objects.get(email="ada@example.com")
        assert (ada.ref, ada.role, grants.described(ada)) == (row.ref, "receiver", "NORTH")
        assert ada.check_password(SECRET)
        (event,) = events(action="accounts.invitation.accept")
        assert (event.outcome, event.actor_ref, event.actor_type) == ("allowed", ada.ref, "user")
        assert event.route == "POST /invitation/<str:token>/"
        assert browser.post("/sign-in/", {"email": "ada@example.com", "password": SECRET}).status_code == 302
        assert browser.get("/receive/").status_code == 200
        row.refresh_from_db()
        assert (row.name, row.email) == ("", ""), "name and address are now stored with the person only"

    def test_the_link_is_good_once(self, acacia, invited, client_as, events):
        _row, path = invited()
        assert client_as().post(path, TAKEN).status_code == 302
        count = len(events())
        for answer in (client_as().get(path), client_as().post(path, TAKEN)):
            assert_invalid(answer)
        assert len(events()) == count, "old links must not grow the audit trail"

    def test_errors_are_shown_at_their_fields_and_the_link_stays_valid(self, acacia, invited, client_as):
        _row, path = invited()
        for typed, text in (
            ({}, "required"),
            (TAKEN | {"again": "another"}, "not the same"),
            (TAKEN | {"password": "tiny", "again": "tiny"}, "too short"),
            (TAKEN | {"password": "ada@example.com", "again": "ada@example.com"}, "too similar"),
            (TAKEN | {"name": "a\x00b"}, "Null characters"),
            (TAKEN | {"name": "x" * 121}, "at most 120"),
            (TAKEN | {"password": "x" * 300, "again": "x" * 300}, "at most 256"),
        ):
            answer = client_as().post(path, typed)
            assert answer.status_code == 400
            page = answer.content.decode()
            assert text in page, text
            assert SECRET not in page
        assert client_as().post(path, TAKEN).status_code == 302

    def test_the_person_signed_in_in_that_browser_is_signed_out(self, acacia, invited, client_as):
        _row, path = invited()
        browser = client_as("manager")
        assert "Manager is signed in here" in browser.get(path).content.decode()
        browser.post(path, TAKEN)
        assert browser.get("/items/").status_code == 401

    def test_not_while_the_tenant_is_frozen(self, acacia, invited, client_as):
        _row, path = invited()
        freeze(acacia)
        answer = client_as().post(path, TAKEN)
        assert answer.status_code == 409
        assert b"frozen" in answer.content
        assert not User.objects.filter(email="ada@example.com").exists()

    def test_if_the_address_was_given_to_somebody_meanwhile(self, acacia, invited, act_as, client_as):
        _row, path = invited()
        create_user(
            act_as("owner"), email="Ada@example.com", name="A", role="viewer", password=people.PASSWORD
        )
        assert client_as().post(path, TAKEN).status_code == 400

    def test_the_link_carries_nothing_but_this(self, acacia, invited, act_as):
        row, _path = invited()
        act = act_of_invited(act_as("owner"), row)
        assert not act.actor.may("accounts.manage_staff")
        assert not act.actor.may("inventory.view")
        refused(PermissionDenied, Reason.ROLE_LACKS_PERMISSION, lambda: invite(act, **ADA))
        refused(
            PermissionDenied,
            Reason.ROLE_LACKS_PERMISSION,
            lambda: accept_invitation(act_as("owner"), invitation=row, name="N", password=SECRET),
        )


class TestOnThePublicHost:
    """Operators and agents are invited in the same way."""

    def test_an_operator_for_some_tenants(self, public, client_as, mailoutbox, events):
        typed = TYPED | {"role": "operator", "where": "some", "hubs": ["acacia"]}
        assert client_as("platform_lead").post("/settings/staff/invite/", typed).status_code == 302
        assert mailoutbox[0].subject == "Your invitation to Asora"
        path = link_in(mailoutbox[0])
        assert "Welcome to operations" in client_as().get(path).content.decode()
        assert client_as().post(path, TAKEN)["Location"] == "/sign-in/"
        ada = User.objects.get(email="ada@example.com")
        assert (ada.role, grants.described(ada)) == ("operator", "acacia")
        assert events(action="accounts.invitation.accept")[-1].actor_type == "operator"

    @pytest.mark.parametrize("role", ["operator", "ops_lead", "agent"])
    def test_only_platform_leads_invite(self, public, client_as, role):
        assert client_as(role).post("/settings/staff/invite/", TYPED).status_code == 403

    def test_a_tenants_role_is_none_here(self, public, client_as):
        typed = TYPED | {"role": "owner"}
        assert client_as("platform_lead").post("/settings/staff/invite/", typed).status_code == 400


class TestByCommand:
    """`manage.py invite`."""

    def run(self, *given, **options):
        out = io.StringIO()
        call_command("invite", *given, stdout=out, **options)
        return out.getvalue()

    @pytest.mark.parametrize(
        ("slug", "role", "host"),
        [("acacia", "owner", "acacia.localhost"), ("public", "operator", "localhost")],
    )
    def test_it_sends_a_mail_and_prints_no_link(self, public, mailoutbox, client_as, slug, role, host):
        output = self.run(slug, "ada@example.com", name="Ada", role=role)
        assert "ada@example.com" in output
        assert "/invitation/" not in output
        assert f"http://{host}:8000/invitation/" in mailoutbox[0].body

    @pytest.mark.parametrize(
        ("slug", "role", "email"),
        [
            ("nowhere", "owner", "a@example.com"),
            ("acacia", "agent", "a@example.com"),
            ("acacia", "owner", "x"),
        ],
    )
    def test_a_refusal_is_printed(self, public, mailoutbox, slug, role, email):
        with pytest.raises(CommandError):
            self.run(slug, email, name="Ada", role=role)
        assert mailoutbox == []

    def test_some_hubs(self, acacia, hubs, mailoutbox):
        self.run("acacia", "ada@example.com", name="Ada", role="viewer", hubs=["NORTH"])
        assert Invitation.objects.get().hubs == ["NORTH"]

    @override_settings(EMAIL_BACKEND="tests.accounts.test_mail.Broken")
    def test_it_reports_a_mail_that_failed(self, public):
        with pytest.raises(CommandError, match="mail could not be sent"):
            self.run("acacia", "ada@example.com", name="Ada", role="owner")
