"""An authenticator app: its set-up, its encrypted secret, its reset."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from asora.accounts.models import RecoveryCode, SecondFactor
from asora.accounts.second_factor.actions.second_factors import (
    reset_second_factor,
    set_up_second_factor,
)
from asora.kernel import secrets
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, StateConflict
from tests.accounts.sign_in_form import typed
from tests.accounts.test_second_factor import APP, CODE
from tests.factories.authenticator_apps import SECRET, code, set_up_app
from tests.factories.people import act_of, person


class TestEnrolment:
    """Operators and agents must set up an app before they are signed in."""

    @pytest.mark.parametrize("who", ["operator", "ops_lead", "platform_lead", "agent"])
    def test_they_are_redirected_to_it_and_have_no_rights_before(self, public, client_as, who, events):
        client = client_as()
        answer = client.post("/sign-in/", typed(f"{who}@example.com", next="/"))
        assert answer["Location"] == APP
        assert client.get("/admin/").status_code == 401
        assert events(action="accounts.sign_in") == []
        assert "<svg" in client.get(APP).content.decode()

    def enrol(self, client, email="operator@example.com", **more):
        client.post("/sign-in/", typed(email, **more))
        page = client.get(APP)
        address = page.context["enrolment"].address
        secret = parse_qs(urlsplit(address).query)["secret"][0]
        return secret, client.post(APP, {"one_time_code": pyotp.TOTP(secret).now()})

    def test_the_right_code_signs_in_and_shows_the_recovery_codes_once(self, public, client_as, events):
        client = client_as()
        _secret, answer = self.enrol(client)
        assert answer.status_code == 200
        codes = answer.context["codes"]
        assert all(code in answer.content.decode() for code in codes)
        assert 'href="/admin/"' in answer.content.decode()
        assert client.get("/admin/").status_code == 200
        mine = events(actor_ref=person("operator", public).ref)
        assert [event.action for event in mine] == ["accounts.second_factor.set_up", "accounts.sign_in"]
        again = client.post(APP, {"one_time_code": "000000"})
        assert codes[0] not in again.content.decode()

    def test_then_the_app_is_asked_for(self, public, client_as):
        secret, _ = self.enrol(client_as())
        client = client_as()
        assert client.post("/sign-in/", typed("operator@example.com"))["Location"] == CODE
        with time_machine.travel(timezone.now() + timedelta(seconds=90)):
            answer = client.post(CODE, {"one_time_code": pyotp.TOTP(secret).now()})
        assert answer["Location"] == "/admin/"

    def test_the_code_of_the_set_up_is_used_up(self, public, client_as):
        with time_machine.travel(timezone.now(), tick=False):
            secret, _ = self.enrol(client_as())
            client = client_as()
            client.post("/sign-in/", typed("operator@example.com"))
            assert client.post(CODE, {"one_time_code": pyotp.TOTP(secret).now()}).status_code == 401

    def test_a_wrong_code_keeps_the_secret_and_signs_nobody_in(self, public, client_as):
        client = client_as()
        client.post("/sign-in/", typed("operator@example.com"))
        before = client.get(APP).context["enrolment"].secret
        answer = client.post(APP, {"one_time_code": "000000"})
        assert answer.status_code == 401
        assert answer.context["enrolment"].secret == before
        assert client.get("/admin/").status_code == 401
        assert not SecondFactor.objects.exists()

    def test_another_browser_has_another_secret_and_the_first_to_confirm_wins(self, public, client_as):
        late = client_as()
        late.post("/sign-in/", typed("operator@example.com"))
        secret = late.get(APP).context["enrolment"].secret
        mine, _ = self.enrol(client_as())
        assert mine != secret
        assert late.post(APP, {"one_time_code": pyotp.TOTP(secret).now()})["Location"] == CODE

    def test_a_tenants_people_are_not_made_to(self, acacia, client_as):
        assert client_as().post("/sign-in/", typed())["Location"] == "/"


def test_two_apps_are_refused(acacia, manager, act_as):
    with pytest.raises(StateConflict) as refused:
        set_up_second_factor(act_as("manager"), secret=SECRET, one_time_code=code())
    assert refused.value.reason is Reason.ALREADY_ACTIVE


def test_two_apps_at_once_are_one(committed_tenant, threads):
    tenant = committed_tenant()
    user = person("manager", tenant)
    shown = code()
    results = threads(
        4, lambda _number: set_up_second_factor(act_of(user, tenant), secret=SECRET, one_time_code=shown)
    )
    assert sorted(type(result).__name__ for result in results) == ["StateConflict"] * 3 + ["list"]


class TestSecrets:
    """Secrets are encrypted and bound to their field."""

    PLACE = {"table": "t", "row": 1, "field": "f"}

    def test_a_sealed_secret_opens_in_its_place(self, acacia):
        sealed = secrets.seal("a secret", **self.PLACE)
        assert b"a secret" not in sealed
        assert secrets.unseal(sealed, **self.PLACE) == "a secret"
        assert secrets.seal("a secret", **self.PLACE) != sealed

    @pytest.mark.parametrize("elsewhere", [{"table": "u"}, {"row": 2}, {"field": "g"}])
    def test_and_nowhere_else(self, acacia, elsewhere):
        with pytest.raises(secrets.Unreadable):
            secrets.unseal(secrets.seal("a secret", **self.PLACE), **self.PLACE | elsewhere)

    def test_nor_in_another_tenant(self, acacia, birch):
        sealed = secrets.seal("a secret", **self.PLACE)
        connection.set_tenant(birch)
        with pytest.raises(secrets.Unreadable):
            secrets.unseal(sealed, **self.PLACE)

    @pytest.mark.parametrize("broken", [b"", b"short", lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1])])
    def test_nor_when_changed(self, acacia, broken):
        sealed = secrets.seal("a secret", **self.PLACE)
        with pytest.raises(secrets.Unreadable):
            secrets.unseal(broken(sealed) if callable(broken) else broken, **self.PLACE)

    def test_an_earlier_key_still_opens(self, acacia, settings):
        sealed = secrets.seal("a secret", **self.PLACE)
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a newer one"
        assert secrets.unseal(sealed, **self.PLACE) == "a secret"

    def test_a_changed_key_loses_no_second_factor(self, acacia, manager, client_as, settings):
        """Apps, recovery codes and sessions stay valid; after one sign-in the app no longer needs the earlier key."""
        signed_in = client_as("manager")
        earlier, settings.SECRET_KEY = settings.SECRET_KEY, "a newer one"
        settings.SECRET_KEY_FALLBACKS = [earlier]
        assert signed_in.get("/vendors/").status_code == 200
        for given in (code(), manager.codes[0]):
            client = client_as()
            client.post("/sign-in/", typed())
            assert client.post(CODE, {"one_time_code": given}).status_code == 302
            assert client.get("/vendors/").status_code == 200
        assert RecoveryCode.objects.filter(used_at__isnull=False).count() == 1
        settings.SECRET_KEY_FALLBACKS = []
        client = client_as()
        client.post("/sign-in/", typed())
        with time_machine.travel(timezone.now() + timedelta(minutes=1)):
            assert client.post(CODE, {"one_time_code": code()}).status_code == 302
        client = client_as()
        client.post("/sign-in/", typed())
        assert client.post(CODE, {"one_time_code": manager.codes[1]}).status_code == 401, (
            "recovery codes still need the earlier key"
        )

    def test_an_app_whose_secret_cannot_be_read_is_no_way_in(self, acacia, manager, waiting, settings):
        SecondFactor.objects.filter(pk=manager.pk).update(secret=b"from an earlier key, without a fallback")
        assert waiting.post(CODE, {"one_time_code": code()}).status_code == 401


class TestReset:
    """A reset for a person who has lost their phone and recovery codes."""

    def test_the_command_takes_it_away_and_ends_the_sessions(self, acacia, manager, client_as, events):
        client = client_as("manager")
        call_command("reset_second_factor", "acacia", "MANAGER@example.com", stdout=io.StringIO())
        connection.set_tenant(acacia)
        assert client.get("/vendors/").status_code == 401
        assert client_as().post("/sign-in/", typed())["Location"] == "/"
        assert not RecoveryCode.objects.exists()
        [event] = events(action="accounts.second_factor.reset")
        assert (event.actor_type, event.actor_ref) == ("system", "reset_second_factor")
        assert (event.resource_label, event.facts) == (manager.ref, {"sessions_ended": 1})

    def test_an_operator_sets_up_a_new_one_then(self, public, client_as):
        set_up_app(person("operator", public), public)
        call_command("reset_second_factor", "public", "operator@example.com", stdout=io.StringIO())
        assert client_as().post("/sign-in/", typed("operator@example.com"))["Location"] == APP

    @pytest.mark.parametrize(
        ("tenant", "email"),
        [("nowhere", "manager@example.com"), ("acacia", "x@example.com"), ("acacia", "viewer@example.com")],
    )
    def test_it_says_when_there_is_nothing_to_reset(self, acacia, manager, tenant, email):
        with pytest.raises(CommandError) as error:
            call_command("reset_second_factor", tenant, email)
        assert error.value.returncode == 2

    def test_the_owner_may_and_the_manager_may_not(self, acacia, manager, act_as):
        with pytest.raises(PermissionDenied):
            reset_second_factor(act_as("manager"), user=manager)
        assert SecondFactor.objects.exists()
        reset_second_factor(act_as("owner"), user=manager)
        with pytest.raises(StateConflict) as refused:
            reset_second_factor(act_as("owner"), user=manager)
        assert refused.value.reason is Reason.NOT_ACTIVE

    def test_it_takes_a_fresh_proof(self, acacia, manager, act_as):
        act = act_as("owner")
        stale = replace(act, actor=replace(act.actor, proved_at=timezone.now() - timedelta(minutes=16)))
        with pytest.raises(AuthRequired) as refused:
            reset_second_factor(stale, user=manager)
        assert refused.value.reason is Reason.STEP_UP_REQUIRED
        assert SecondFactor.objects.exists()
