"""Signing in and out: by address and password, with lock-out, and without storing what was typed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.db import connection
from django.utils import timezone

from asora.accounts.models import Session
from tests.accounts.sign_in_form import typed
from tests.factories.people import PASSWORD, person
from tests.headers import JSON


def test_signing_in_opens_the_tenant_and_is_recorded(acacia, client_as, events):
    client = client_as()
    answer = client.post("/sign-in/", typed())
    assert (answer.status_code, answer["Location"]) == (302, "/")
    [event] = events(action="accounts.sign_in")
    assert (event.outcome, event.actor_ref) == ("allowed", person("manager", acacia).ref)
    assert event.request_id == answer["X-Request-ID"]
    assert client.get("/vendors/").status_code == 200


def test_the_address_is_known_in_any_case(acacia, client_as):
    assert client_as().post("/sign-in/", typed("MANAGER@Example.COM")).status_code == 302


@pytest.mark.parametrize(
    "values",
    [
        typed(password="wrong"),
        typed(email="nobody@example.com"),
        typed(email="no address"),
        typed(password=""),
        {},
    ],
)
def test_wrong_or_half_credentials_are_401_with_the_form(acacia, client_as, values):
    answer = client_as().post("/sign-in/", values)
    assert answer.status_code == 401
    page = answer.content.decode()
    assert 'type="password"' in page
    assert "The e-mail address or the password is wrong." in page
    assert PASSWORD not in page, "a password is never sent back"


def test_refused_sign_ins_say_the_same_whether_the_person_exists(acacia, client_as):
    known = client_as().post("/sign-in/", typed(password="wrong"), headers=JSON).json()
    unknown = client_as().post("/sign-in/", typed(email="x@example.com"), headers=JSON).json()
    assert known.pop("requestId") != unknown.pop("requestId")
    assert known == unknown
    assert (known["code"], known["reason"]) == ("AUTH_REQUIRED", "BAD_CREDENTIALS")


def test_a_refused_sign_in_is_recorded_once(acacia, client_as, events):
    client_as().post("/sign-in/", typed(password="wrong"), headers=JSON)
    client_as().post("/sign-in/", typed(email="x@example.com"))
    [known] = events()  # an address without an account has an attempt but no event
    assert (known.action, known.outcome, known.reason) == ("accounts.sign_in", "refused", "BAD_CREDENTIALS")
    assert known.actor_ref == person("manager", acacia).ref


def test_a_deactivated_person_cannot_sign_in_and_loses_the_session(acacia, client_as):
    client = client_as("manager")
    assert client.get("/vendors/").status_code == 200
    user = person("manager", acacia)
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert client.get("/vendors/").status_code == 401
    assert client_as().post("/sign-in/", typed()).status_code == 401


class TestLockOut:
    """Five failures block further attempts for a while."""

    def lock(self, client):
        return [client.post("/sign-in/", typed(password="wrong"), headers=JSON) for _ in range(5)]

    def test_the_fifth_failure_locks_out(self, acacia, client_as, events):
        answers = self.lock(client_as())
        assert [answer.json()["reason"] for answer in answers] == ["BAD_CREDENTIALS"] * 4 + ["LOCKED_OUT"]
        assert {answer.status_code for answer in answers} == {401}
        assert 15 * 60 - 5 < int(answers[-1]["Retry-After"]) <= 15 * 60
        assert [event.action for event in events()] == ["accounts.sign_in"] * 4 + ["accounts.lock_out"]
        assert events()[-1].actor_ref == person("manager", acacia).ref

    def test_then_the_right_password_does_not_help_and_nothing_more_is_written(
        self, acacia, client_as, events
    ):
        client = client_as()
        self.lock(client)
        before = len(events())
        for _ in range(3):
            answer = client.post("/sign-in/", typed())
            assert answer.status_code == 401
            assert answer["Retry-After"]
            assert "Too many attempts" in answer.content.decode()
        assert len(events()) == before, "nobody can grow a table that cannot be emptied"

    def test_it_says_the_time_that_really_remains(self, acacia, client_as):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            self.lock(client_as())
        for minutes, message in ((0, "15 minutes"), (10, "5 minutes"), (14, "1 minute.")):
            with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
                answer = client_as().post("/sign-in/", typed())
                assert int(answer["Retry-After"]) == (15 - minutes) * 60
                assert f"Try again in {message}" in answer.content.decode()
        with time_machine.travel(now + timedelta(minutes=15, seconds=1), tick=False):
            assert client_as().post("/sign-in/", typed()).status_code == 302

    def test_upper_case_is_no_way_around(self, acacia, client_as):
        self.lock(client_as())
        answer = client_as().post("/sign-in/", typed("Manager@EXAMPLE.com"), headers=JSON)
        assert answer.json()["reason"] == "LOCKED_OUT"

    def test_others_are_not_locked_out(self, acacia, client_as):
        self.lock(client_as())
        assert client_as().post("/sign-in/", typed("owner@example.com")).status_code == 302
        elsewhere = client_as(REMOTE_ADDR="203.0.113.9")
        assert elsewhere.post("/sign-in/", typed()).status_code == 302

    def test_birch_is_not_locked_out_by_acacia(self, acacia, birch, client_as):
        self.lock(client_as())
        assert client_as(tenant=birch).post("/sign-in/", typed()).status_code == 302

    def test_success_forgets_the_failures(self, acacia, client_as):
        client = client_as()
        for _ in range(2):
            for _ in range(4):
                client.post("/sign-in/", typed(password="wrong"))
            assert client.post("/sign-in/", typed()).status_code == 302


def test_typed_text_is_stored_nowhere(acacia, client_as):
    """People type passwords into the address field."""
    secret = "hunter2-in-the-wrong-box"
    client = client_as()
    for values in (typed(email=f"{secret}@x.example"), typed(email=secret), typed(password=secret)):
        for _ in range(6):
            client.post("/sign-in/?next=/" + secret, {**values, "next": f"/{secret}"})
    assert AccessAttempt.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [acacia.schema_name])
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{secret}%"])
            assert cursor.fetchone() == (0,), table


NEXT = [
    ("/vendors/?q=a", "/vendors/?q=a"),
    ("https://evil.example/", "/"),
    ("//evil.example/", "/"),
    ("http:evil.example", "/"),
    ("javascript:alert(1)", "/"),
    ("/\\evil.example", "/"),
    ("http://birch.localhost/", "/"),
    ("", "/"),
]


@pytest.mark.parametrize(("wanted", "landed"), NEXT)
def test_next_stays_on_this_host(acacia, client_as, wanted, landed):
    assert client_as().post("/sign-in/", typed(next=wanted))["Location"] == landed


def test_a_page_without_session_is_the_form_and_leads_back(acacia, client_as):
    client = client_as()
    answer = client.get("/vendors/?q=bolt")
    assert answer.status_code == 401
    assert 'value="/vendors/?q=bolt"' in answer.content.decode()
    landed = client.post("/sign-in/", typed(next=answer.context["form"]["next"].value()))
    assert landed["Location"] == "/vendors/?q=bolt"


def test_json_and_fragments_without_session_get_no_form(acacia, client_as):
    answer = client_as().get("/vendors/", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_REQUIRED")
    fragment = client_as().get("/vendors/", headers={"HX-Request": "true"})
    assert fragment.status_code == 401
    assert 'type="password"' not in fragment.content.decode()
    assert "<html" not in fragment.content.decode()


def test_signed_in_people_are_redirected(acacia, client_as):
    assert client_as("manager").get("/sign-in/")["Location"] == "/"


def test_signing_out_ends_the_session_and_is_recorded(acacia, client_as, events):
    client = client_as("manager")
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/vendors/").status_code == 401
    assert not Session.objects.exists()
    [event] = events(action="accounts.sign_out")
    assert (event.outcome, event.actor_ref) == ("allowed", person("manager", acacia).ref)
    client.post("/sign-out/")
    assert len(events(action="accounts.sign_out")) == 1


def test_signing_out_takes_a_post(acacia, client_as):
    client = client_as("manager")
    assert client.get("/sign-out/", headers=JSON).json()["reason"] == "METHOD_NOT_ALLOWED"
    assert client.get("/vendors/").status_code == 200


def test_the_session_is_another_after_signing_in(acacia, client_as):
    client = client_as()
    client.get("/sign-in/")
    before = client.cookies.get("asora_session")
    client.post("/sign-in/", typed())
    after = client.cookies["asora_session"]
    assert not before or before.value != after.value
    assert after["httponly"]
    assert after["samesite"] == "Lax"


def test_a_tenants_person_cannot_sign_in_on_the_public_host(public, client_as):
    assert client_as().post("/sign-in/", typed("owner@example.com")).status_code == 401
