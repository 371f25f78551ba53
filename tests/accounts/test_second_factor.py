"""The second step of a sign-in: an app's code once, a recovery code once, and no way around either."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import time_machine
from axes.models import AccessAttempt
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from asora.accounts.models import RecoveryCode, SecondFactor, Session
from asora.accounts.second_factor import rules
from asora.accounts.second_factor.actions.second_factors import (
    reset_second_factor,
    set_up_second_factor,
    use_second_factor,
)
from asora.kernel import secrets
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, StateConflict
from tests.factories.authenticator_apps import SECRET, code, set_up_app
from tests.factories.people import PASSWORD, act_of, person
from tests.headers import JSON

CODE, APP = "/sign-in/code/", "/sign-in/app/"


def typed(email: str = "manager@example.com", password: str = PASSWORD, **more: str) -> dict[str, str]:
    return {"email": email, "password": password, **more}


@pytest.fixture
def manager(acacia):
    """The manager of Acacia, who has an app."""
    user = person("manager", acacia)
    user.codes = set_up_app(user, acacia)
    return user


@pytest.fixture
def waiting(acacia, manager, client_as):
    """The manager's browser after the password."""
    client = client_as()
    client.post("/sign-in/", typed(next="/vendors/?q=a"))
    return client


class TestCode:
    """Somebody with an app signs in."""

    def test_the_password_alone_opens_nothing(self, acacia, manager, client_as, events):
        client = client_as()
        answer = client.post("/sign-in/", typed())
        assert (answer.status_code, answer["Location"]) == (302, CODE)
        assert client.get("/vendors/").status_code == 401
        assert client.get("/", headers=JSON).json()["reason"] == "NO_SESSION"
        assert events(action="accounts.sign_in") == []
        [row] = Session.objects.all()
        assert row.user_id is None

    def test_then_the_code_does_and_leads_on(self, waiting, manager, events):
        answer = waiting.post(CODE, {"one_time_code": code()})
        assert (answer.status_code, answer["Location"]) == (302, "/vendors/?q=a")
        assert waiting.get("/vendors/").status_code == 200
        [used] = events(action="accounts.second_factor.use")
        assert (used.outcome, used.actor_ref, used.facts) == (
            "allowed",
            manager.ref,
            {"second_factor": "app"},
        )
        assert [event.outcome for event in events(action="accounts.sign_in")] == ["allowed"]

    @pytest.mark.parametrize("written", ["{0} {1}", " {0}-{1} ", "{0}\u2013{1}", "{0}\u00a0{1}"])
    def test_it_is_taken_as_people_write_it(self, waiting, written):
        shown = code()
        answer = waiting.post(CODE, {"one_time_code": written.format(shown[:3], shown[3:])})
        assert answer.status_code == 302

    @pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 302), (0, 302), (1, 302), (2, 401)])
    def test_clocks_may_differ_by_one_step(self, waiting, steps, status):
        with time_machine.travel(timezone.now(), tick=False):
            assert waiting.post(CODE, {"one_time_code": code(steps=steps)}).status_code == status

    def test_a_code_is_good_once(self, acacia, manager, client_as):
        with time_machine.travel(timezone.now(), tick=False):
            for status in (302, 401):
                client = client_as()
                client.post("/sign-in/", typed())
                assert client.post(CODE, {"one_time_code": code()}).status_code == status

    def test_nor_is_an_earlier_one_good_after_a_later_one(self, acacia, manager, act_as):
        with time_machine.travel(timezone.now(), tick=False):
            act = act_as("manager")
            use_second_factor(act, one_time_code=code(steps=1))
            for steps in (-1, 0, 1):
                with pytest.raises(AuthRequired) as refused:
                    use_second_factor(act, one_time_code=code(steps=steps))
                assert refused.value.reason is Reason.BAD_CODE

    @pytest.mark.parametrize(
        "wrong",
        [
            "000000",
            "12345",
            "1234567",
            "abc",
            "\u0661\u0662\u0663\u0664\u0665\u0666",
            "0" * 40,
            "-",
            "' OR 1=1",
        ],
    )
    def test_a_wrong_one_is_refused_recorded_and_not_sent_back(self, waiting, manager, events, wrong):
        answer = waiting.post(CODE, {"one_time_code": wrong})
        assert answer.status_code == 401
        page = answer.content.decode()
        assert "BAD_CODE" in page
        assert f'value="{wrong}"' not in page
        [event] = events(action="accounts.second_factor.use")
        assert (event.outcome, event.reason, event.actor_ref) == ("refused", "BAD_CODE", manager.ref)
        assert event.decision[-1]["gate"] == "authenticated"
        assert waiting.get("/vendors/").status_code == 401

    @pytest.mark.parametrize(
        "values", [{}, {"one_time_code": ""}, {"one_time_code": "1\x002"}, {"one_time_code": "9" * 9000}]
    )
    def test_what_is_no_code_at_all_is_refused_at_the_field(self, waiting, values):
        answer = waiting.post(CODE, values)
        assert answer.status_code == 400
        assert 'aria-invalid="true"' in answer.content.decode()
        assert waiting.post(CODE, values, headers=JSON).json()["code"] == "VALIDATION_FAILED"

    def test_json_is_told_the_same(self, waiting):
        told = waiting.post(CODE, {"one_time_code": "000000"}, headers=JSON).json()
        assert (told["code"], told["reason"]) == ("AUTH_REQUIRED", "BAD_CODE")

    def test_five_wrong_ones_lock_out_and_the_right_one_does_not_help_then(self, waiting, client_as, events):
        reasons = [
            waiting.post(CODE, {"one_time_code": "000000"}, headers=JSON).json()["reason"] for _ in range(5)
        ]
        assert reasons == ["BAD_CODE"] * 4 + ["LOCKED_OUT"]
        assert len(events(action="accounts.lock_out")) == 1
        before = len(events())
        answer = waiting.post(CODE, {"one_time_code": code()})
        assert answer.status_code == 401
        assert 0 < int(answer["Retry-After"]) <= 15 * 60
        assert client_as().post("/sign-in/", typed()).status_code == 401, "nor does the password"
        assert len(events()) == before, "nobody can grow an undeletable table"

    def test_codes_are_counted_wherever_they_are_typed(self, acacia, manager, client_as, events):
        for number in range(6):
            client = client_as(REMOTE_ADDR=f"192.0.2.{number}")
            assert client.post("/sign-in/", typed()).status_code == 302
            told = client.post(CODE, {"one_time_code": "000000"}, headers=JSON).json()
        assert told["reason"] == "LOCKED_OUT"
        assert 0 < told["details"]["retry_after"] <= 15 * 60
        assert len(events(action="accounts.lock_out")) == 1
        right = client.post(CODE, {"one_time_code": code()}, headers=JSON).json()
        assert right["reason"] == "LOCKED_OUT"
        other = client_as(REMOTE_ADDR="192.0.2.99")
        assert other.post("/sign-in/", typed(email="owner@example.com")).status_code == 302, (
            "others are let in"
        )

    def test_the_password_does_not_forget_the_failures(self, acacia, manager, client_as):
        for _ in range(5):
            client = client_as()
            client.post("/sign-in/", typed())
            told = client.post(CODE, {"one_time_code": "000000"}, headers=JSON).json()
        assert told["reason"] == "LOCKED_OUT"

    def test_no_code_is_kept_anywhere(self, acacia, waiting):
        waiting.post(CODE, {"one_time_code": "271828"})
        assert AccessAttempt.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [acacia.schema_name])
            for (table,) in cursor.fetchall():
                for kept in ("271828", SECRET):
                    cursor.execute(
                        f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{kept}%"]
                    )
                    assert cursor.fetchone() == (0,), table


class TestPending:
    """Between the two steps."""

    def test_without_a_password_there_is_no_second_step(self, acacia, manager, client_as, events):
        client = client_as()
        for page in (CODE, APP):
            assert client.get(page)["Location"] == "/sign-in/"
            answer = client.post(page, {"one_time_code": code()})
            assert answer.status_code == 401
            assert 'type="password"' in answer.content.decode()
            assert client.post(page, {}, headers=JSON).json()["reason"] == "SESSION_EXPIRED"
        assert [event.action for event in events()] == ["accounts.second_factor.set_up"], "the fixture's own"

    def test_it_waits_for_ten_minutes(self, waiting):
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            assert waiting.post(CODE, {"one_time_code": code()}).status_code == 401
            assert waiting.get("/vendors/").status_code == 401

    @pytest.mark.parametrize("change", ["password", "is_active"])
    def test_a_new_password_or_deactivation_ends_it(self, waiting, manager, change):
        if change == "password":
            manager.set_password("another horse battery")
        else:
            manager.is_active = False
        manager.save(update_fields=[change])
        assert waiting.post(CODE, {"one_time_code": code()}).status_code == 401

    def test_it_ends_the_session_that_was_there(self, acacia, manager, client_as, events):
        client = client_as("viewer")
        client.post("/sign-in/", typed())
        assert client.get("/vendors/").status_code == 401
        assert len(events(action="accounts.sign_out")) == 1

    def test_the_key_of_the_session_changes_at_either_step(self, acacia, manager, client_as):
        client = client_as()
        client.post("/sign-in/", typed())
        planted = client.cookies["asora_session"].value
        client.post("/sign-in/", typed())
        waiting = client.cookies["asora_session"].value
        client.post(CODE, {"one_time_code": code()})
        assert len({planted, waiting, client.cookies["asora_session"].value}) == 3
        assert Session.objects.count() == 1, "and the others are gone"

    def test_a_pending_sign_in_is_nobody_next_door(self, waiting, birch, client_as):
        next_door = client_as(tenant=birch)
        next_door.cookies = waiting.cookies
        assert next_door.get(CODE)["Location"] == "/sign-in/"

    @pytest.mark.parametrize(
        "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
    )
    def test_next_stays_on_this_host(self, acacia, manager, client_as, wanted):
        client = client_as()
        client.post("/sign-in/", typed(next=wanted))
        assert client.post(CODE, {"one_time_code": code()})["Location"] == "/"

    def test_it_has_no_rights_to_the_settings_either(self, waiting):
        assert waiting.post(APP, {"one_time_code": code()})["Location"] == CODE


class TestRecoveryCodes:
    """What is on paper, for when the phone is lost."""

    def test_each_is_good_once(self, acacia, manager, client_as, events):
        for status in (302, 401):
            client = client_as()
            client.post("/sign-in/", typed())
            answer = client.post(CODE + "?by=recovery", {"one_time_code": manager.codes[3]})
            assert answer.status_code == status
        assert RecoveryCode.objects.filter(used_at=None).count() == 9
        assert events(action="accounts.second_factor.use")[0].facts == {"second_factor": "recovery"}

    @pytest.mark.parametrize(
        "change",
        [
            str.upper,
            lambda text: text.replace("-", " "),
            lambda text: text.replace("0", "o").replace("1", "l"),
        ],
    )
    def test_they_are_taken_as_people_copy_them(self, manager, waiting, change):
        assert waiting.post(CODE, {"one_time_code": change(manager.codes[0])}).status_code == 302

    def test_another_persons_are_worth_nothing(self, acacia, manager, client_as):
        codes = set_up_app(person("viewer", acacia), acacia)
        client = client_as()
        client.post("/sign-in/", typed())
        assert client.post(CODE, {"one_time_code": codes[0]}).status_code == 401

    def test_there_are_ten_different_ones_and_only_digests_are_kept(self, manager):
        assert len(set(manager.codes)) == rules.RECOVERY_CODES
        kept = set(RecoveryCode.objects.values_list("digest", flat=True))
        assert not kept & {plain.replace("-", "") for plain in manager.codes}


class TestEnrolment:
    """Operators and agents have an app before they are signed in."""

    @pytest.mark.parametrize("who", ["operator", "ops_lead", "platform_lead", "agent"])
    def test_they_are_led_to_it_and_have_no_rights_before(self, public, client_as, who, events):
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


def test_one_code_in_eight_browsers_at_once_is_good_once(committed_tenant, threads):
    tenant = committed_tenant()
    user = person("manager", tenant)
    set_up_app(user, tenant)
    shown = code()
    results = threads(8, lambda _number: use_second_factor(act_of(user, tenant), one_time_code=shown))
    assert results.count("app") == 1
    assert [result.reason for result in results if result != "app"] == [Reason.BAD_CODE] * 7


def test_one_recovery_code_in_eight_browsers_at_once_is_good_once(committed_tenant, threads):
    tenant = committed_tenant()
    user = person("manager", tenant)
    paper = set_up_app(user, tenant)[0]
    results = threads(8, lambda _number: use_second_factor(act_of(user, tenant), one_time_code=paper))
    assert results.count("recovery") == 1


def test_two_apps_at_once_are_one(committed_tenant, threads):
    tenant = committed_tenant()
    user = person("manager", tenant)
    shown = code()
    results = threads(
        4, lambda _number: set_up_second_factor(act_of(user, tenant), secret=SECRET, one_time_code=shown)
    )
    assert sorted(type(result).__name__ for result in results) == ["StateConflict"] * 3 + ["list"]


class TestSecrets:
    """Encrypted, and bound to their place."""

    PLACE = {"table": "t", "row": 1, "field": "f"}

    def test_what_is_sealed_opens_here(self, acacia):
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
        """Neither app nor paper nor session; and after one sign-in the app does without the key of before."""
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
        assert client.post(CODE, {"one_time_code": manager.codes[1]}).status_code == 401, "paper needs it"

    def test_an_app_whose_secret_cannot_be_read_is_no_way_in(self, acacia, manager, waiting, settings):
        SecondFactor.objects.filter(pk=manager.pk).update(secret=b"from an earlier key, without a fallback")
        assert waiting.post(CODE, {"one_time_code": code()}).status_code == 401


class TestReset:
    """For who has lost phone and paper."""

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
