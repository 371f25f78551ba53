"""One's own password, app and recovery codes: for everybody who is signed in, also in a frozen tenant."""

from __future__ import annotations

import threading

import pytest
from axes.models import AccessAttempt
from django.db import connection

from asora.accounts.models import RecoveryCode, SecondFactor, Session
from asora.accounts.second_factor.actions.second_factors import remove_second_factor, renew_recovery_codes
from asora.accounts.sign_in import background
from asora.accounts.sign_in.actions.passwords import change_password
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason
from plans.models import TenantFreeze
from tests.factories.authenticator_apps import code, set_up_app
from tests.factories.people import PASSWORD, person
from tests.headers import JSON

HOME, NEW = "/settings/security/", "another horse battery"
PASSWORDS, APP = HOME + "password/", HOME + "app/"
REMOVE, CODES = APP + "remove/", HOME + "recovery-codes/"


def typed(old: str = PASSWORD, new: str = NEW, again: str | None = None) -> dict[str, str]:
    return {"old_password": old, "new_password": new, "again": new if again is None else again}


@pytest.fixture(params=["open", "frozen"])
def tenant(request, acacia):
    """Acacia, open and frozen: security settings work in both."""
    if request.param == "frozen":
        TenantFreeze.objects.create(tenant=acacia, reason="under examination", frozen_by="u-lead")
    return acacia


class TestPassword:
    """Changing the password."""

    def test_the_new_password_works_and_other_devices_are_signed_out(self, tenant, client_as, events):
        other, mine = client_as("viewer"), client_as("viewer")
        answer = mine.post(PASSWORDS, typed())
        assert (answer.status_code, answer["Location"]) == (302, HOME)
        assert mine.get("/items/").status_code == 200
        assert other.get("/items/").status_code == 401
        assert Session.objects.count() == 1
        [event] = events(action="accounts.password.change")
        assert (event.outcome, event.facts) == ("allowed", {"sessions_ended": 1})
        assert person("viewer", tenant).check_password(NEW)
        assert NEW not in str(vars(event))

    def test_a_mail_says_so_on_the_tenants_own_clock_and_host(self, tenant, client_as, mailoutbox):
        client_as("viewer").post(PASSWORDS, typed(old="wrong"))
        assert mailoutbox == [], "nothing was changed"
        client_as("viewer").post(PASSWORDS, typed())
        [mail] = mailoutbox
        assert mail.to == ["viewer@example.com"]
        assert mail.subject == f"Your password for {tenant.name} was changed"
        assert f"http://{tenant.slug}.localhost" in mail.body
        assert "/sign-in/forgot/" in mail.body
        assert f"({tenant.time_zone})" in mail.body
        assert NEW not in mail.body

    def test_a_mail_that_cannot_be_sent_takes_nothing_back(self, acacia, client_as, monkeypatch, settings):
        settings.ASORA_BACKGROUND = True
        monkeypatch.setattr(background, "_waiting", threading.BoundedSemaphore(1))
        assert background._waiting.acquire(blocking=False)
        assert client_as("viewer").post(PASSWORDS, typed()).status_code == 302
        assert person("viewer", acacia).check_password(NEW)

    def test_the_key_of_the_session_changes(self, acacia, client_as):
        client = client_as("viewer")
        before = client.cookies["asora_session"].value
        client.post(PASSWORDS, typed())
        assert client.cookies["asora_session"].value != before

    @pytest.mark.parametrize(
        ("values", "status", "field"),
        [
            (typed(old="another persons horse"), 401, "old_password"),
            (typed(new="tiny9"), 400, "new_password"),
            (typed(new="eleven-char"), 400, "new_password"),
            (typed(new=" " * 14), 400, "new_password"),
            (typed(new="\u200b\u3000\u00a0\t" * 4), 400, "new_password"),
            (typed(new="\u3164\u2800\u115f\uffa0" * 4), 400, "new_password"),
            (typed(new="password123"), 400, "new_password"),
            (typed(new="viewer@example.com"), 400, "new_password"),
            (typed(new=PASSWORD), 400, "new_password"),
            (typed(again="another horse batteries"), 400, "again"),
            (typed(new="with a\x00nul in it"), 400, "new_password"),
            (typed(new="x" * 9000), 400, "new_password"),
            ({}, 400, "old_password"),
        ],
    )
    def test_errors_are_shown_at_their_fields_and_nothing_changes(
        self, acacia, client_as, events, values, status, field
    ):
        client = client_as("viewer")
        answer = client.post(PASSWORDS, values)
        assert answer.status_code == status
        page = answer.content.decode()
        assert f'id="id_{field}_error"' in page
        assert all(text not in page for text in values.values()), "a password is never sent back"
        assert person("viewer", acacia).check_password(PASSWORD)
        assert events()[-1].outcome == "refused"
        assert client.post(PASSWORDS, values, headers=JSON).status_code == status

    def test_guessing_the_old_one_locks_out(self, acacia, client_as, events):
        client = client_as("viewer")
        response = [client.post(PASSWORDS, typed(old="guess"), headers=JSON).json() for _ in range(6)]
        assert [one["reason"] for one in response] == ["BAD_CREDENTIALS"] * 4 + ["LOCKED_OUT"] * 2
        answer = client.post(PASSWORDS, typed())
        assert (answer.status_code, bool(answer["Retry-After"])) == (401, True)
        assert person("viewer", acacia).check_password(PASSWORD)
        assert len(events(action="accounts.lock_out")) == 1

    def test_no_password_is_stored_anywhere(self, acacia, client_as):
        secret = "hunter2 in the wrong box"
        client = client_as("viewer")
        client.post(PASSWORDS, typed(old=secret, new=secret + "!", again=secret + "?"))
        client.post(PASSWORDS, typed(old=secret))
        client.post(HOME + "confirm/", {"password": secret, "carried": f"note={secret}", "next": "/x/"})
        assert AccessAttempt.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [acacia.schema_name])
            for (table,) in cursor.fetchall():
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', ["%hunter2%"]
                )
                assert cursor.fetchone() == (0,), table

    def test_a_command_has_no_password(self, acacia):
        with pytest.raises(AuthRequired):
            change_password(new_act(acacia, system("acacia", "x")), old_password=PASSWORD, new_password=NEW)


class TestApp:
    """Setting up and removing an optional authenticator app."""

    def test_setting_it_up_shows_recovery_codes_once_and_ends_other_sessions(self, tenant, client_as, events):
        other, mine = client_as("viewer"), client_as("viewer")
        secret = mine.get(APP).context["enrolment"].secret
        answer = mine.post(APP, {"one_time_code": code(secret=secret)})
        assert answer.status_code == 200
        assert len(answer.context["codes"]) == 10
        assert other.get("/items/").status_code == 401
        assert mine.get("/items/").status_code == 200
        assert mine.get(APP)["Location"] == HOME
        [event] = events(action="accounts.second_factor.set_up")
        assert (event.outcome, event.facts) == ("allowed", {"sessions_ended": 1})
        assert secret not in str(vars(event))
        page = mine.get(HOME).content.decode()
        assert "You have 10 recovery codes left" in " ".join(page.split())

    def test_the_secret_is_not_readable_in_the_session(self, acacia, client_as):
        client = client_as("viewer")
        secret = client.get(APP).context["enrolment"].secret
        session = client.session
        assert session["second_factor_to_confirm"]
        assert secret not in str(dict(session))

    def test_a_wrong_code_sets_up_nothing(self, acacia, client_as, events):
        client = client_as("viewer")
        client.get(APP)
        answer = client.post(APP, {"one_time_code": "000000"})
        assert answer.status_code == 401
        assert 'id="id_one_time_code_error"' in answer.content.decode()
        assert not SecondFactor.objects.exists()
        assert events()[-1].reason == "BAD_CODE"

    def test_another_persons_session_does_not_hand_on_its_secret(self, acacia, client_as):
        client = client_as("viewer")
        kept = client.get(APP).context["enrolment"].secret
        sealed = client.session["second_factor_to_confirm"]
        other = client_as("manager")
        session = other.session
        session["second_factor_to_confirm"] = sealed
        session.save()
        assert other.get(APP).context["enrolment"].secret != kept

    def test_removing_it(self, tenant, client_as, events):
        set_up_app(person("viewer", tenant), tenant)
        client = client_as("viewer")
        assert client.get(REMOVE).status_code == 200
        assert client.post(REMOVE)["Location"] == HOME
        assert not SecondFactor.objects.exists()
        assert not RecoveryCode.objects.exists()
        assert events(action="accounts.second_factor.remove")[-1].outcome == "allowed"
        assert client.post(REMOVE, headers=JSON).json()["reason"] == "NOT_ACTIVE"

    @pytest.mark.parametrize("who", ["operator", "ops_lead", "platform_lead", "agent"])
    def test_it_cannot_be_removed_where_it_is_needed(self, public, client_as, act_as, who, events):
        set_up_app(person(who, public), public)
        answer = client_as(who).post(REMOVE, headers=JSON)
        assert (answer.status_code, answer.json()["reason"]) == (403, "SECOND_FACTOR_REQUIRED")
        with pytest.raises(PermissionDenied) as refused:
            remove_second_factor(act_as(who))
        assert refused.value.reason is Reason.SECOND_FACTOR_REQUIRED
        assert SecondFactor.objects.exists()
        assert REMOVE not in client_as(who).get(HOME).content.decode()


class TestRecoveryCodes:
    """New recovery codes that replace the old ones."""

    def test_only_the_new_ones_are_good(self, tenant, client_as, act_as, events):
        old = set_up_app(person("viewer", tenant), tenant)
        client = client_as("viewer")
        assert client.get(CODES).status_code == 200
        new = client.post(CODES).context["codes"]
        assert RecoveryCode.objects.count() == 10
        assert not set(old) & set(new)
        for paper, status in ((old[0], 401), (new[0], 302)):
            fresh = client_as()
            fresh.post("/sign-in/", {"email": "viewer@example.com", "password": PASSWORD})
            assert fresh.post("/sign-in/code/", {"one_time_code": paper}).status_code == status
        assert events(action="accounts.recovery_codes.renew")[-1].changes[0]["after"] == {"codes_left": 10}

    def test_without_an_app_there_are_none(self, acacia, client_as):
        assert client_as("viewer").post(CODES, headers=JSON).json()["reason"] == "NOT_ACTIVE"

    def test_two_at_once_leave_ten(self, committed_tenant, threads, act_as):
        tenant = committed_tenant()
        set_up_app(person("viewer", tenant), tenant)
        act = act_as("viewer")
        results = threads(4, lambda _number: renew_recovery_codes(act))
        assert [len(codes) for codes in results] == [10] * 4
        assert RecoveryCode.objects.count() == 10


@pytest.mark.parametrize("role", ["owner", "manager", "receiver", "counter", "viewer"])
def test_the_page_is_everybodys_and_in_the_menu(tenant, client_as, role):
    page = client_as(role).get(HOME)
    assert page.status_code == 200
    assert f'href="{HOME}"' in page.content.decode()


def test_new_codes_and_secrets_are_not_cached(acacia, client_as):
    for address in (HOME, PASSWORDS, APP):
        assert "no-store" in client_as("viewer").get(address)["Cache-Control"]
