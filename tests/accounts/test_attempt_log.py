"""Sign-in attempts: which ones write an event, which ones only an erasable record, and lock-out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from procrastinate.contrib.django import app

from asora.accounts import tasks
from asora.accounts.backends import PasswordBackend
from asora.accounts.models import SignInAttempt, User
from asora.accounts.sign_in.attempt_log import digest_of
from audit.events.models import Event
from tests.accounts.sign_in_attempts import traces
from tests.accounts.sign_in_form import typed
from tests.factories.people import PASSWORD, person
from tests.headers import JSON

Kind = SignInAttempt.Kind


FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


class TestEvent:
    """What the audit trail contains, and what it does not."""

    @pytest.mark.parametrize(("password", "outcome"), [(PASSWORD, "allowed"), ("wrong", "refused")])
    def test_the_event_has_a_random_reference_and_the_table_the_rest(
        self, acacia, client_as, events, password, outcome
    ):
        client = client_as(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.9")
        answer = client.post("/sign-in/", typed(password=password))
        [event] = events(action="accounts.sign_in")
        [trace] = traces()
        assert (event.outcome, event.facts) == (outcome, {"attempt": trace.ref})
        assert event.request_id == trace.request_id == answer["X-Request-ID"]
        assert (trace.kind, trace.source, trace.browser) == (Kind.RECORDED, "203.0.113.9", FIREFOX)
        assert trace.address_digest == digest_of("manager@example.com")
        assert trace.person == person("manager", acacia).ref
        output = str(Event.objects.filter(pk=event.pk).values().get())
        for private in (trace.address_digest, "203.0.113.9", "Firefox", "manager@example.com"):
            assert private not in output

    def test_the_digest_is_of_this_schema_alone(self, acacia, birch, client_as):
        client_as().post("/sign-in/", typed())
        client_as(tenant=birch).post("/sign-in/", typed())
        [here] = traces()
        connection.set_tenant(birch)
        [there] = traces()
        connection.set_tenant(acacia)
        assert here.address_digest != there.address_digest

    def test_erasing_the_table_leaves_the_event_as_it_was(self, acacia, client_as, events):
        client_as().post("/sign-in/", typed(password="wrong"))
        SignInAttempt.objects.all().delete()
        assert events()[0].facts["attempt"].startswith("a-")


class TestDeactivated:
    """The correct password of a deactivated person."""

    def test_the_response_is_that_of_a_wrong_password_only_the_event_differs(
        self, deactivated, client_as, events
    ):
        answers = []
        for values in (typed(), typed(password="wrong"), typed("nobody@example.com")):
            answer = client_as().post("/sign-in/", values, headers=JSON)
            body = answer.json()
            body.pop("requestId")
            answers.append((answer.status_code, body))
        assert answers[0] == answers[1] == answers[2]
        right, wrong = events()
        assert (right.reason, wrong.reason) == ("PERSON_DEACTIVATED", "BAD_CREDENTIALS")
        assert right.actor_ref == wrong.actor_ref == deactivated.ref
        assert "deactivated" in right.message

    def test_the_page_says_the_same_too(self, deactivated, client_as):
        pages = []
        for values in (typed(), typed(password="wrong")):
            page = client_as().post("/sign-in/", values).content.decode()
            page = re.sub(r'(nonce|name="csrfmiddlewaretoken" value|data-csrf)="[^"]+"', "", page)
            pages.append(re.sub(r"acacia-[0-9a-z]{26}", "?", page, flags=re.IGNORECASE))
        assert pages[0] == pages[1]


class TestUnknown:
    """Attempts at addresses without an account."""

    def test_they_never_reach_the_trail(self, acacia, client_as, events):
        for number in range(8):
            client_as().post("/sign-in/", typed(f"invented{number}@example.com"))
        for _ in range(7):
            client_as().post("/sign-in/", typed("always-the-same@example.com"))
        assert events() == []
        assert {trace.kind for trace in traces()} == {Kind.UNKNOWN, Kind.LOCKED_OUT}
        assert len(traces(kind=Kind.UNKNOWN)) == 8 + 5
        assert {trace.person for trace in traces()} == {""}

    @override_settings(ASORA_ATTEMPTS_KEPT=5, ASORA_UNKNOWN_ADDRESSES_PER_NETWORK=1000)
    def test_the_table_is_bounded_and_a_flood_pushes_nothing_else_out(self, acacia, client_as):
        client_as().post("/sign-in/", typed(password="wrong"))
        for number in range(12):
            client_as().post("/sign-in/", typed(f"invented{number}@example.com"))
        assert len(traces(kind=Kind.UNKNOWN)) == 5
        assert traces(kind=Kind.UNKNOWN)[-1].address_digest == digest_of("invented11@example.com")
        assert len(traces(kind=Kind.RECORDED)) == 1

    def test_a_known_and_an_unknown_address_cost_the_same_queries_and_hashes(
        self, acacia, client_as, monkeypatch
    ):
        """Compares the statements that are run; it does not measure times."""
        hashed: list[str] = []
        monkeypatch.setattr(User, "set_password", lambda *_args: hashed.append("made"))
        monkeypatch.setattr(User, "check_password", lambda *_args: hashed.append("checked"))
        done = {}
        for name, values in {
            "known": typed(password="wrong"),
            "unknown": typed("nobody@example.com", "wrong"),
        }.items():
            client = client_as(REMOTE_ADDR="203.0.113.1")
            client.post("/sign-in/", values)  # creates the counter rows
            hashed.clear()
            with CaptureQueriesContext(connection) as captured:
                client.post("/sign-in/", values)
            assert len(hashed) == 1, name
            done[name] = [shape_of(query["sql"]) for query in captured]
        # Only the position of the one rollback differs.
        assert sorted(done["known"]) == sorted(done["unknown"])
        assert any(re.search(r'INSERT INTO .*"audit_event"', sql) for sql in done["unknown"])

    def test_hashing_costs_the_same_without_an_account(self, acacia, settings):
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
        from django.contrib.auth import hashers

        hashers.get_hashers.cache_clear()
        hashers.get_hashers_by_algorithm.cache_clear()
        encoded = []
        hasher = type(hashers.get_hasher())
        original = hasher.encode
        try:
            hasher.encode = lambda self, *args, **more: encoded.append(1) or original(self, *args, **more)
            user = person("manager", acacia)
            user.set_password(PASSWORD)
            user.save()
            for email in ("manager@example.com", "nobody@example.com"):
                encoded.clear()
                assert PasswordBackend().authenticate(None, email=email, password="wrong") is None
                assert len(encoded) == 1, email
        finally:
            hasher.encode = original
            hashers.get_hashers.cache_clear()
            hashers.get_hashers_by_algorithm.cache_clear()


def shape_of(sql: str) -> str:
    """A statement without literals and without the names of savepoints."""
    plain = re.sub(r"'(?:[^']|'')*'(::\w+)?", "?", sql)
    plain = re.sub(r'"?s\d+_x\d+"?', "savepoint", plain)
    return re.sub(r"\b\d+\b", "?", plain)


class TestLockOut:
    """Every attempt can be found by its request id."""

    def test_each_attempt_is_found_by_its_request_id(self, acacia, client_as, events):
        client = client_as()
        answers = [client.post("/sign-in/", typed(password="wrong")) for _ in range(5)]
        answers += [client.post("/sign-in/", typed()) for _ in range(3)]
        found = [traces(request_id=answer["X-Request-ID"]) for answer in answers]
        assert [[trace.kind for trace in one] for one in found] == [[Kind.RECORDED]] * 5 + [
            [Kind.LOCKED_OUT]
        ] * 3
        assert {one[0].person for one in found} == {person("manager", acacia).ref}
        assert len(events()) == 5

    def test_on_the_pages_too(self, acacia, client_as):
        client = client_as()
        for _ in range(5):
            client.post("/sign-in/", typed(password="wrong"))
        request_id = client.post("/sign-in/", typed())["X-Request-ID"]
        reader = client_as("owner")
        page = reader.get(f"/settings/sign-ins/?q={request_id}").content.decode()
        assert request_id in page
        assert "During lock-out" in page
        assert reader.get(f"/search/?q={request_id}")["Location"] == f"/settings/sign-ins/?q={request_id}"

    def test_codes_and_proofs_during_one_too(self, acacia, client_as):
        client = client_as("viewer")
        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            answers = [
                client.post("/settings/security/confirm/", {"password": "wrong" if number < 5 else PASSWORD})
                for number in range(6)
            ]
        found = [traces(request_id=answer["X-Request-ID"]) for answer in answers]
        assert [[(trace.kind, trace.reason) for trace in one] for one in found] == [
            *[[(Kind.RECORDED, "BAD_CREDENTIALS")]] * 4,
            [(Kind.RECORDED, "LOCKED_OUT")],
            [(Kind.LOCKED_OUT, "LOCKED_OUT")],
        ]
        assert {one[0].person for one in found} == {person("viewer", acacia).ref}

    def test_an_events_page_leads_to_its_attempt(self, acacia, client_as, events):
        client_as().post("/sign-in/", typed(password="wrong"))
        [event] = events()
        page = client_as("owner").get(f"/audit/{event.pk}/").content.decode()
        assert f"/settings/sign-ins/?q={event.facts['attempt']}" in page


def test_the_worker_forgets_old_ones_every_hour(acacia, client_as):
    client_as().post("/sign-in/", typed(password="wrong"))
    assert ("asora.accounts.forget", "37 * * * *") in {
        (task.task.name, task.cron) for task in app.periodic_registry.periodic_tasks.values()
    }
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        tasks.forget(timestamp=0)
    connection.set_tenant(acacia)
    assert traces() == []


def test_old_traces_are_forgotten(acacia, client_as):
    client_as().post("/sign-in/", typed(password="wrong"))
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        call_command("clear_sessions", verbosity=0)
    connection.set_tenant(acacia)
    assert traces() == []
