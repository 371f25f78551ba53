"""Signing in with a second factor: codes of an app, recovery codes, and the state between the two steps."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.db import connection
from django.utils import timezone

from asora.accounts.models import RecoveryCode, Session
from asora.accounts.second_factor import rules
from asora.accounts.second_factor.actions.second_factors import (
    use_second_factor,
)
from asora.kernel.refusals import AuthRequired, Reason
from tests.accounts.sign_in_form import typed
from tests.factories.authenticator_apps import SECRET, code, set_up_app
from tests.factories.people import act_of, person
from tests.headers import JSON

CODE, APP = "/sign-in/code/", "/sign-in/app/"


class TestCode:
    """A person with an app signs in."""

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
    def test_spaces_hyphens_and_capitals_are_accepted(self, waiting, written):
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
    def test_text_that_is_not_a_code_is_refused_at_its_field(self, waiting, values):
        answer = waiting.post(CODE, values)
        assert answer.status_code == 400
        assert 'aria-invalid="true"' in answer.content.decode()
        assert waiting.post(CODE, values, headers=JSON).json()["code"] == "VALIDATION_FAILED"

    def test_json_gets_the_same_refusal(self, waiting):
        response = waiting.post(CODE, {"one_time_code": "000000"}, headers=JSON).json()
        assert (response["code"], response["reason"]) == ("AUTH_REQUIRED", "BAD_CODE")

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
        assert client_as().post("/sign-in/", typed()).status_code == 401, (
            "the password alone does not sign in either"
        )
        assert len(events()) == before, "nobody can grow a table that cannot be emptied"

    def test_codes_are_counted_wherever_they_are_typed(self, acacia, manager, client_as, events):
        for number in range(6):
            client = client_as(REMOTE_ADDR=f"192.0.2.{number}")
            assert client.post("/sign-in/", typed()).status_code == 302
            response = client.post(CODE, {"one_time_code": "000000"}, headers=JSON).json()
        assert response["reason"] == "LOCKED_OUT"
        assert 0 < response["details"]["retry_after"] <= 15 * 60
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
            response = client.post(CODE, {"one_time_code": "000000"}, headers=JSON).json()
        assert response["reason"] == "LOCKED_OUT"

    def test_no_code_is_stored_anywhere(self, acacia, waiting):
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
        assert [event.action for event in events()] == ["accounts.second_factor.set_up"], (
            "only the event of the fixture"
        )

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

    def test_a_pending_sign_in_is_invalid_at_another_tenant(self, waiting, birch, client_as):
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
    """Recovery codes, for when the phone is lost."""

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

    def test_another_persons_codes_are_refused(self, acacia, manager, client_as):
        codes = set_up_app(person("viewer", acacia), acacia)
        client = client_as()
        client.post("/sign-in/", typed())
        assert client.post(CODE, {"one_time_code": codes[0]}).status_code == 401

    def test_there_are_ten_different_ones_and_only_digests_are_kept(self, manager):
        assert len(set(manager.codes)) == rules.RECOVERY_CODES
        kept = set(RecoveryCode.objects.values_list("digest", flat=True))
        assert not kept & {plain.replace("-", "") for plain in manager.codes}


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
