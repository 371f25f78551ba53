"""Requests of a session that has ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from asora.accounts.models import Session
from asora.accounts.sign_in.sessions import ref_of
from tests.accounts.sign_in_attempts import traces
from tests.accounts.test_attempt_log import Kind, typed
from tests.factories.people import person
from tests.headers import JSON


class TestLateRequest:
    """A request of an ended session is distinguished from a request without a session."""

    @pytest.fixture
    def late(self, acacia, client_as):
        client = client_as("manager")
        with time_machine.travel(timezone.now() + timedelta(hours=12, seconds=1), tick=False):
            yield client

    def test_the_response_says_so(self, late, client_as):
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

        message = []
        monkeypatch.setattr(
            refusal_pages.log, "info", lambda *_args, **values: message.append(values), raising=False
        )
        late.get("/vendors/")
        assert message == [
            {
                "code": "AUTH_REQUIRED",
                "reason": "SESSION_EXPIRED",
                "session": ref_of(late.cookies["asora_session"].value),
            }
        ]

    def test_an_invented_cookie_is_an_absent_session_and_writes_nothing(self, acacia, client_as, events):
        for key in ("a" * 32, "x", "' OR 1=1 --------", '"abcdefgh\\000ijk"'):
            client = client_as()
            client.cookies["asora_session"] = key
            assert client.get("/vendors/", headers=JSON).json()["reason"] == "NO_SESSION"
        assert events() == traces() == []

    def test_an_anonymous_session_does_not_count(self, acacia, client_as, events):
        client = client_as()
        session = client.session
        session["note"] = "before signing in"
        session.save()
        with time_machine.travel(timezone.now() + timedelta(hours=13)):
            assert client.get("/vendors/", headers=JSON).json()["reason"] == "NO_SESSION"
        assert events() == []

    def test_an_ended_session_is_kept_for_two_weeks(self, acacia, client_as):
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
