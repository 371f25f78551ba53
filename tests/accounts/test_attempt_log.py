"""Traces of sign-ins: an erasable table for what the trail must not keep, bounded, and the same cost for everybody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from procrastinate.contrib.django import app

from asora.accounts import tasks
from asora.accounts.backends import PasswordBackend
from asora.accounts.models import NetworkCount, Session, SignInAttempt, User
from asora.accounts.sign_in import network_limit
from asora.accounts.sign_in.attempt_log import digest_of
from asora.accounts.sign_in.networks import client_address, counted_address, network_of
from asora.accounts.sign_in.sessions import ref_of
from audit.models import Event
from tests.factories.people import PASSWORD, person
from tests.headers import JSON

Kind = SignInAttempt.Kind
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def typed(email: str = "manager@example.com", password: str = PASSWORD) -> dict[str, str]:
    return {"email": email, "password": password}


def traces(**lookup) -> list[SignInAttempt]:
    return list(SignInAttempt.objects.filter(**lookup).order_by("pk"))


@pytest.fixture
def deactivated(acacia) -> User:
    user = person("manager", acacia)
    user.is_active = False
    user.save(update_fields=["is_active"])
    return user


class TestEvent:
    """What the trail keeps, and what it does not."""

    @pytest.mark.parametrize(("password", "outcome"), [(PASSWORD, "allowed"), ("wrong", "refused")])
    def test_it_holds_a_random_reference_and_the_table_the_rest(
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
        said = str(Event.objects.filter(pk=event.pk).values().get())
        for private in (trace.address_digest, "203.0.113.9", "Firefox", "manager@example.com"):
            assert private not in said

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
    """Their right password."""

    def test_the_answer_is_that_of_a_wrong_one_and_the_event_says_why(self, deactivated, client_as, events):
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
    """Addresses without an account."""

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
        """No timing is measured: what is done is compared, statement by statement."""
        hashed: list[str] = []
        monkeypatch.setattr(User, "set_password", lambda *_args: hashed.append("made"))
        monkeypatch.setattr(User, "check_password", lambda *_args: hashed.append("checked"))
        done = {}
        for name, values in {
            "known": typed(password="wrong"),
            "unknown": typed("nobody@example.com", "wrong"),
        }.items():
            client = client_as(REMOTE_ADDR="203.0.113.1")
            client.post("/sign-in/", values)  # makes the rows that count
            hashed.clear()
            with CaptureQueriesContext(connection) as captured:
                client.post("/sign-in/", values)
            assert len(hashed) == 1, name
            done[name] = [shape_of(query["sql"]) for query in captured]
        # Only the place of the one rollback differs.
        assert sorted(done["known"]) == sorted(done["unknown"])
        assert any(re.search(r'INSERT INTO .*"audit_event"', sql) for sql in done["unknown"])

    def test_the_hash_for_nobody_is_as_dear_as_that_of_a_person(self, acacia, settings):
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
    """A statement without its values: literals, and the names of savepoints."""
    plain = re.sub(r"'(?:[^']|'')*'(::\w+)?", "?", sql)
    plain = re.sub(r'"?s\d+_x\d+"?', "savepoint", plain)
    return re.sub(r"\b\d+\b", "?", plain)


class TestLockOut:
    """Each attempt leaves something by its request id."""

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


class TestLateRequest:
    """A session that has ended is told from one that never was."""

    @pytest.fixture
    def late(self, acacia, client_as):
        client = client_as("manager")
        with time_machine.travel(timezone.now() + timedelta(hours=12, seconds=1), tick=False):
            yield client

    def test_the_answer_says_so(self, late, client_as):
        assert late.get("/vendors/", headers=JSON).json()["reason"] == "SESSION_EXPIRED"
        page = late.get("/vendors/")
        assert page.status_code == 401
        assert "Your session has ended" in page.content.decode()
        assert 'type="password"' in page.content.decode()
        fragment = late.get("/vendors/", headers={"HX-Request": "true"}).content.decode()
        assert "Your session has ended" in fragment
        never = client_as().get("/vendors/", headers=JSON).json()
        assert never["reason"] == "NO_SESSION"

    def test_the_first_one_is_an_event_and_later_ones_are_traces(self, acacia, late, events):
        key = late.cookies["asora_session"].value
        answers = [late.get("/vendors/"), late.post("/receive/", {"reference": "x"}), late.get("/items/")]
        [event] = events()
        assert (event.action, event.outcome, event.reason) == (
            "accounts.session.late",
            "refused",
            "SESSION_EXPIRED",
        )
        assert (event.actor_ref, event.session_ref) == (person("manager", acacia).ref, ref_of(key))
        assert event.route == "GET /vendors/"
        assert [trace.kind for trace in traces()] == [Kind.RECORDED, Kind.LATE, Kind.LATE]
        assert [trace.request_id for trace in traces()] == [answer["X-Request-ID"] for answer in answers]
        assert event.facts["attempt"] == traces()[0].ref
        assert {trace.session_ref for trace in traces()} == {ref_of(key)}

    def test_each_session_has_one(self, acacia, client_as, events):
        clients = [client_as("manager"), client_as("manager")]
        with time_machine.travel(timezone.now() + timedelta(hours=13), tick=False):
            for client in clients * 2:
                client.get("/vendors/")
        assert len(events(action="accounts.session.late")) == 2

    def test_the_log_says_so(self, late, caplog, monkeypatch):
        from asora.web import refusal_pages

        said = []
        monkeypatch.setattr(
            refusal_pages.log, "info", lambda *_args, **values: said.append(values), raising=False
        )
        late.get("/vendors/")
        assert said == [
            {
                "code": "AUTH_REQUIRED",
                "reason": "SESSION_EXPIRED",
                "session": ref_of(late.cookies["asora_session"].value),
            }
        ]

    def test_an_invented_cookie_is_an_absent_session_and_leaves_nothing(self, acacia, client_as, events):
        for key in ("a" * 32, "x", "' OR 1=1 --------", '"abcdefgh\\000ijk"'):
            client = client_as()
            client.cookies["asora_session"] = key
            assert client.get("/vendors/", headers=JSON).json()["reason"] == "NO_SESSION"
        assert events() == traces() == []

    def test_a_session_of_nobody_was_never_one(self, acacia, client_as, events):
        client = client_as()
        session = client.session
        session["note"] = "before signing in"
        session.save()
        with time_machine.travel(timezone.now() + timedelta(hours=13)):
            assert client.get("/vendors/", headers=JSON).json()["reason"] == "NO_SESSION"
        assert events() == []

    def test_it_is_known_for_two_weeks_and_then_forgotten(self, acacia, client_as):
        client_as("manager")
        for days, known in ((13, True), (15, False)):
            with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
                call_command("clear_sessions", verbosity=0)
                connection.set_tenant(acacia)
                assert Session.objects.filter(user_id__isnull=False).exists() is known

    def test_the_browser_keeps_the_cookie_longer_than_the_session(self, acacia, client_as):
        client = client_as()
        client.post("/sign-in/", typed())
        assert int(client.cookies["asora_session"]["max-age"]) > 12 * 3600

    def test_eight_at_once_make_one_event(self, committed_tenant, threads, client_as, events):
        committed_tenant()
        client = client_as("manager")
        Session.objects.update(expire_date=timezone.now())
        cookies = client.cookies

        def ask(_number):
            other = client_as()
            other.cookies = cookies
            return other.get("/vendors/", headers=JSON).json()["reason"]

        assert threads(8, ask) == ["SESSION_EXPIRED"] * 8
        assert len(events(action="accounts.session.late")) == 1
        assert len(traces(kind=Kind.LATE)) == 7


class TestNetworkLimit:
    """Invented addresses have an end; a right password does not feel it."""

    @pytest.fixture(autouse=True)
    def _low(self, settings, monkeypatch):
        settings.ASORA_UNKNOWN_ADDRESSES_PER_NETWORK = 3
        monkeypatch.setattr(network_limit.secrets, "randbelow", lambda _most: 0)

    def invent(self, client, times=3):
        return [
            client.post("/sign-in/", typed(f"invented{number}@example.com"), headers=JSON).json()["reason"]
            for number in range(times)
        ]

    def test_above_it_a_wrong_attempt_is_told_so_and_a_right_one_gets_in(self, acacia, client_as):
        assert self.invent(client_as(), 5) == ["BAD_CREDENTIALS"] * 3 + ["LOCKED_OUT"] * 2
        answer = client_as().post("/sign-in/", typed())
        assert answer.status_code == 302, "it never stops a person with the right password"

    def test_an_address_with_an_account_is_answered_as_one_without(self, acacia, client_as):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            self.invent(client_as())
            answers = []
            for values in (typed(password="wrong"), typed("nobody@example.com")):
                answer = client_as().post("/sign-in/", values, headers=JSON)
                body = answer.json()
                body.pop("requestId")
                answers.append((answer.status_code, answer["Retry-After"], body))
        assert answers[0] == answers[1]
        assert answers[0][2]["reason"] == "LOCKED_OUT"

    def test_wrong_passwords_of_people_do_not_count(self, acacia, client_as):
        for role in ("owner", "manager", "viewer"):
            for _ in range(4):
                client_as().post("/sign-in/", typed(f"{role}@example.com", "wrong"))
        assert NetworkCount.objects.get().failures == 0
        assert self.invent(client_as(), 1) == ["BAD_CREDENTIALS"]

    def test_it_ends_after_a_quarter_of_an_hour_that_is_not_prolonged(self, acacia, client_as):
        now = timezone.now()
        for minutes, said in ((0, "BAD_CREDENTIALS"), (14, "LOCKED_OUT"), (16, "BAD_CREDENTIALS")):
            with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
                assert self.invent(client_as(), 3)[0] == said, minutes

    def test_other_networks_are_not_affected(self, acacia, birch, client_as):
        self.invent(client_as(), 4)
        assert self.invent(client_as(REMOTE_ADDR="203.0.113.9"), 1) == ["BAD_CREDENTIALS"]
        assert self.invent(client_as(tenant=birch), 1) == ["BAD_CREDENTIALS"]

    def test_a_whole_ipv6_prefix_is_one_network_for_it_and_for_the_lock_out(self, acacia, client_as):
        said = [
            self.invent(client_as(REMOTE_ADDR=f"2001:db8:1:2::{number:x}"), 1)[0] for number in range(1, 6)
        ]
        assert said == ["BAD_CREDENTIALS"] * 3 + ["LOCKED_OUT"] * 2
        assert self.invent(client_as(REMOTE_ADDR="2001:db8:1:3::1"), 1) == ["BAD_CREDENTIALS"]
        guesses = [
            client_as(REMOTE_ADDR=f"2001:db8:9:9::{number:x}")
            .post("/sign-in/", typed(password="wrong"), headers=JSON)
            .json()["reason"]
            for number in range(1, 8)
        ]
        assert guesses == ["BAD_CREDENTIALS"] * 4 + ["LOCKED_OUT"] * 3

    def test_a_forwarded_header_is_no_way_around_without_proxies(self, acacia, client_as):
        said = [
            self.invent(client_as(HTTP_X_FORWARDED_FOR=f"198.51.100.{number}"), 1)[0] for number in range(5)
        ]
        assert said == ["BAD_CREDENTIALS"] * 3 + ["LOCKED_OUT"] * 2

    def test_the_limit_is_drawn_anew_for_every_window(self, monkeypatch):
        drawn = iter([0, 2])
        monkeypatch.setattr(network_limit.secrets, "randbelow", lambda _most: next(drawn))
        assert [network_limit._limit(), network_limit._limit()] == [3, 5]

    def test_many_at_once_are_all_counted(self, committed_tenant, threads):
        committed_tenant()

        def fail(_number):
            network_limit.count(RequestFactory().get("/", REMOTE_ADDR="203.0.113.7"), failures=1)

        NetworkCount.objects.create(network="203.0.113.7", limit=1000)
        threads(8, fail)
        assert NetworkCount.objects.get().failures == 8


@pytest.mark.parametrize(
    ("proxies", "forwarded", "peer", "client"),
    [
        (0, "198.51.100.1", "203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1, 10.0.0.2", "10.0.0.1", "198.51.100.1"),
        (2, "6.6.6.6", "203.0.113.1", "203.0.113.1"),  # came past the proxies: the list is too short
        (1, "", "203.0.113.1", "203.0.113.1"),
        (1, "nonsense", "203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.1:4711", "10.0.0.1", "198.51.100.1"),
        (1, '"[2001:db8::1]:4711"', "10.0.0.1", "2001:db8::1"),
        (1, "::ffff:198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (1, "fe80::1%eth0", "10.0.0.1", "fe80::1"),
        (0, "", "", None),
    ],
)
def test_the_client_is_counted_from_the_right(settings, proxies, forwarded, peer, client):
    settings.ASORA_TRUSTED_PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    found = client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **headers))
    assert (str(found) if found else None) == client


def test_networks_have_names(settings):
    request = RequestFactory().get("/", REMOTE_ADDR="2001:db8:1:2:3:4:5:6")
    assert network_of(client_address(request)) == "2001:db8:1:2::/64"
    assert counted_address(request) == "2001:db8:1:2::"
    assert counted_address(RequestFactory().get("/", REMOTE_ADDR="")) is None


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
