"""The frozen error contract over HTTP: six codes, three renderings, one request id, and what is recorded of it."""

from __future__ import annotations

import re

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.test import Client

from asora.kernel.refusals import CODES, Refusal
from asora.kernel.request_ids import SHAPE
from tests.headers import JSON
from tests.kernel.example_action import freeze

FRAGMENT = {"HX-Request": "true"}
LIST = "/audit/"
CONTRACT = {
    "AUTH_REQUIRED": (401, "UNAUTHORIZED"),
    "PERMISSION_DENIED": (403, "FORBIDDEN"),
    "ROUTE_NOT_FOUND": (404, "NOT_FOUND"),
    "STATE_CONFLICT": (409, "CONFLICT"),
    "VALIDATION_FAILED": (400, "BAD_REQUEST"),
    "PLAN_LIMIT_EXCEEDED": (403, "FORBIDDEN"),
}


#: What a refusal says besides to an owner of the standard role model who works everywhere.
CARRIED = {
    "PERMISSION_DENIED": {"who": ["owner"], "roles": ["owner"], "works_at": "all"},
    "PLAN_LIMIT_EXCEEDED": {"who": ["operator", "ops_lead", "platform_lead"]},
}


def test_there_are_exactly_six_codes():
    assert {code.code: (code.status, code.error) for code in CODES} == CONTRACT


@pytest.fixture
def raising(monkeypatch):
    """Make the trail's page raise something."""

    def set_up(error: Exception) -> None:
        def fail(*args: object, **values: object) -> None:
            raise error

        monkeypatch.setattr("audit.explorer.views.wants_csv", fail)

    return set_up


@pytest.mark.parametrize("kind", CODES, ids=lambda kind: kind.code)
def test_every_refusal_is_json_page_and_fragment(acacia, client_as, raising, events, kind):
    raising(kind("Because.", details={"remedy": "Ask.", "limit": 3, "usage": 3}))
    client = client_as("owner")
    status, error = CONTRACT[kind.code]

    answer = client.get(LIST, headers=JSON)
    assert answer.status_code == status
    assert answer.json() == {
        "error": error,
        "code": kind.code,
        "reason": str(kind.default_reason),
        "message": "Because.",
        "requestId": answer["X-Request-ID"],
        "details": {"remedy": "Ask.", "limit": 3, "usage": 3} | CARRIED.get(kind.code, {}),
    }
    page = client.get(LIST)
    assert page.status_code == status
    fragment = client.get(LIST, headers=FRAGMENT)
    assert fragment.status_code == status
    assert "<html" in page.content.decode()
    assert "<html" not in fragment.content.decode()
    for response in (fragment,) if kind.code == "AUTH_REQUIRED" else (page, fragment):
        text = response.content.decode()
        assert "Because." in text
        assert "Ask." in text
        assert kind.code in text
        assert response["X-Request-ID"] in text, "ready to copy"
    recorded = events()
    assert [(event.outcome, event.code, event.http_status) for event in recorded] == [
        ("refused", kind.code, status)
    ] * 3
    assert recorded[0].route == "GET /audit/"
    assert recorded[0].request_id == answer["X-Request-ID"]


def test_what_a_browser_prefers_is_a_page(acacia, client_as, raising):
    raising(CODES[1]())
    answer = client_as("owner").get(LIST, headers={"accept": "text/html,application/json;q=0.9"})
    assert answer["Content-Type"].startswith("text/html")


class TestRequestIds:
    """Every response has a request id, and the client cannot choose it."""

    @pytest.mark.parametrize(
        ("host", "path", "prefix"),
        [
            ("acacia.localhost", "/sign-in/", "acacia-"),
            ("acacia.localhost", "/nowhere/", "acacia-"),
            ("acacia.localhost", "/audit/", "acacia-"),
            ("localhost", "/", "public-"),
            ("unknown.localhost", "/", "public-"),
            ("evil.example", "/audit/", "public-"),
            ("localhost", "/healthz", "public-"),
            ("localhost", "/readyz", "public-"),
            ("localhost", "/static/css/app.css", "public-"),
        ],
    )
    def test_on_every_response(self, acacia, client_as, host, path, prefix):
        answer = client_as(HTTP_HOST=host).get(path)
        assert answer["X-Request-ID"].startswith(prefix)
        assert SHAPE.match(answer["X-Request-ID"])

    def test_an_inbound_one_is_kept_but_never_trusted(self, acacia, client_as, events):
        answer = client_as("viewer").get(LIST, headers={**JSON, "X-Request-ID": "their-own-42"})
        assert answer["X-Request-ID"] != "their-own-42"
        [event] = events()
        assert (event.client_request_id, event.request_id) == ("their-own-42", answer["X-Request-ID"])

    @pytest.mark.parametrize("theirs", ["", "x" * 129, "two words", "é"])
    def test_a_strange_one_is_dropped(self, acacia, client_as, events, theirs):
        client_as("viewer").get(LIST, headers={**JSON, "X-Request-ID": theirs})
        assert events()[0].client_request_id == ""


class TestFailures:
    """Errors outside the six codes: a request id, no code, no details."""

    def test_a_crash_is_500_audited_and_says_nothing(self, acacia, client_as, raising, events):
        raising(RuntimeError("the secret is 42"))
        client = client_as("owner", raise_request_exception=False)
        answer = client.get(LIST, headers=JSON)
        assert answer.status_code == 500
        assert set(answer.json()) == {"message", "requestId"}
        page = client.get(LIST)
        assert page.status_code == 500
        for response in (answer, page):
            assert "42" not in re.sub(r"acacia-\w+", "", response.content.decode().split("<main", 1)[-1])
            assert response["X-Request-ID"].encode() in response.content
        recorded = events()
        assert [(event.outcome, event.http_status, event.code) for event in recorded] == [
            ("failed", 500, "")
        ] * 2
        assert "secret" not in str([event.__dict__ for event in recorded])

    @pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
    def test_a_database_that_is_away_is_503(self, acacia, client_as, raising, error):
        raising(error)
        answer = client_as("owner").get(LIST, headers=JSON)
        assert answer.status_code == 503
        assert answer["Retry-After"]
        assert "code" not in answer.json()

    def test_also_before_the_tenant_is_known(self, acacia, client_as, monkeypatch):
        def away(request):
            raise OperationalError("gone")

        monkeypatch.setattr("asora.web.middleware._tenant_of", away)
        answer = client_as().get(LIST, headers=JSON)
        assert answer.status_code == 503
        assert answer["X-Request-ID"].startswith("public-")

    def test_also_while_the_session_is_read(self, acacia, client_as, monkeypatch):
        def away(*args):
            raise OperationalError("gone")

        client = client_as("owner", raise_request_exception=False)
        monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
        assert client.get(LIST, headers=JSON).status_code == 503

    def test_a_refusal_that_cannot_be_recorded_is_not_said(self, acacia, client_as, monkeypatch):
        def broken(*args):
            raise DatabaseError("the disk is full")

        monkeypatch.setattr("audit.events.trail.record", broken)
        answer = client_as("viewer").get(LIST, headers=JSON)
        assert (answer.status_code, "code" in answer.json()) == (503, False)


class TestWhatDjangoSays:
    """Other HTTP errors map onto the six codes."""

    def test_a_missing_token_is_csrf_failed(self, acacia, client_as, events):
        client = client_as("owner", enforce_csrf_checks=True)
        answer = client.post("/vendors/new/", {}, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_DENIED")
        assert answer.json()["reason"] == "CSRF_FAILED"
        assert events()[0].reason == "CSRF_FAILED"
        assert client.get("/vendors/").status_code == 200, "the session goes on"

    def test_signing_in_needs_the_token_too(self, acacia, client_as):
        answer = client_as(enforce_csrf_checks=True).post("/sign-in/", {}, headers=JSON)
        assert answer.json()["reason"] == "CSRF_FAILED"

    def test_too_large_a_body(self, acacia, client_as, events, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        answer = client_as("owner").post("/vendors/new/", {"name": "x" * 2000}, headers=JSON)
        body = {"content_type": "application/x-www-form-urlencoded", "headers": JSON}
        with_token = client_as("owner", enforce_csrf_checks=True)
        with_token.get("/vendors/new/")  # the token's cookie: now the body is what the check stumbles over
        also = with_token.post("/vendors/new/", "name=" + "x" * 2000, **body)
        for response in (answer, also):
            assert (response.status_code, response.json()["code"]) == (400, "VALIDATION_FAILED")
            assert response.json()["reason"] == "TOO_LARGE"
        assert {event.reason for event in events()} == {"TOO_LARGE"}

    def test_too_many_fields(self, acacia, client_as, settings):
        settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5
        answer = client_as("owner").post("/vendors/new/", {f"f{n}": "x" for n in range(9)}, headers=JSON)
        assert answer.json()["reason"] == "TOO_LARGE"

    def test_an_unknown_page(self, acacia, client_as, events):
        answer = client_as("owner").get("/nowhere/", headers=JSON)
        assert (answer.status_code, answer.json()["reason"]) == (404, "NO_SUCH_PAGE")
        [event] = events()
        assert (event.action, event.outcome, event.route) == ("page.open", "refused", "GET (none)")

    def test_an_anonymous_refusal_leaves_no_row(self, acacia, client_as, events):
        for path in ("/nowhere/", "/vendors/", LIST):
            client_as().get(path, headers=JSON)
        assert events() == []

    @pytest.mark.parametrize(
        "path", ["/vendors/%00/", "/vendors/%ff/", "/vendors/" + "x" * 3000 + "/", "/vendors/?after=%00"]
    )
    def test_strange_addresses_are_refused_not_crashes(self, acacia, client_as, path):
        assert client_as("owner").get(path, headers=JSON).status_code in {400, 404}


def test_reading_goes_on_in_a_frozen_tenant(acacia, client_as):
    freeze(acacia)
    assert client_as("owner").get(LIST).status_code == 200
    refused = client_as("owner").post("/vendors/new/", {"code": "V", "name": "V"}, headers=JSON)
    assert (refused.status_code, refused.json()["reason"]) == (409, "FREEZE_ACTIVE")


def test_the_policy_of_every_page_is_strict(acacia, client_as):
    for path in (LIST, "/sign-in/", "/nowhere/"):
        policy = client_as("owner").get(path, follow=False)["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy


def test_health_needs_no_tenant():
    answer = Client(HTTP_HOST="whatever.example").get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_details_are_json_ready_whoever_refuses():
    assert issubclass(CODES[0], Refusal)
    assert CODES[0]().as_json(request_id="r")["requestId"] == "r"
