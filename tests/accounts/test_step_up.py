"""A fresh proof before a sensitive action: it is required and checked, and nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.utils import timezone

from asora.accounts.sign_in.resubmission import refused_request
from tests.factories.authenticator_apps import code, set_up_app
from tests.factories.people import PASSWORD, person

JSON, HTMX = {"accept": "application/json"}, {"HX-Request": "true"}
CONFIRM, PASSWORDS = "/settings/security/confirm/", "/settings/security/password/"
REMOVE = "/settings/security/app/remove/"


@pytest.fixture
def later():
    """Sixteen minutes after the last proof."""
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        yield


@pytest.fixture
def client(acacia, client_as):
    """The viewer's browser, with a fresh proof."""
    return client_as("viewer")


@pytest.fixture
def codes(acacia):
    """The viewer's recovery codes; take it before `client`, whose session would end."""
    return set_up_app(person("viewer", acacia), acacia)


def hidden(answer) -> dict[str, str]:
    """The hidden fields of the form that asks for the proof."""
    form = answer.context["form"]
    return {bound.name: str(bound.value() or "") for bound in form.hidden_fields()}


class TestAsked:
    """Requests without a fresh proof."""

    def test_a_page_becomes_the_question_and_then_the_page(self, client, later, events):
        asked = client.get(PASSWORDS + "?from=menu")
        assert asked.status_code == 401
        assert 'name="password"' in asked.content.decode()
        [event] = events(action="accounts.identity.ask")
        assert (event.outcome, event.code, event.facts["for"]) == ("noop", "", "accounts.password.change")
        assert events(outcome="refused") == [], "asking for a fresh proof is not a refusal"
        answer = client.post(CONFIRM, {**hidden(asked), "password": PASSWORD})
        assert (answer.status_code, answer["Location"]) == (302, PASSWORDS + "?from=menu")
        assert client.get(answer["Location"]).status_code == 200
        [confirmed] = events(action="accounts.identity.confirm")
        assert (confirmed.outcome, confirmed.facts) == ("allowed", {"proof": "password"})

    def test_fifteen_minutes_are_fresh_enough(self, client):
        with time_machine.travel(timezone.now() + timedelta(minutes=14)):
            assert client.get(PASSWORDS).status_code == 200

    def test_json_gets_the_address_of_the_confirmation(self, client, later):
        answer = client.get(PASSWORDS, headers=JSON)
        assert (answer.status_code, answer.json()["reason"]) == (401, "STEP_UP_REQUIRED")
        assert answer.json()["details"]["confirm_at"] == CONFIRM
        assert client.post(CONFIRM, {"password": PASSWORD}, headers=JSON).status_code == 302
        assert client.get(PASSWORDS, headers=JSON).status_code == 200

    def test_a_fragment_is_the_form_beside_what_was_sent(self, client, later):
        asked = client.post(REMOVE, headers=HTMX)
        assert (asked.status_code, asked["HX-Retarget"]) == (401, "#notices")
        assert "<html" not in asked.content.decode()
        wrong = client.post(CONFIRM, {**hidden(asked), "password": "wrong"}, headers=HTMX)
        assert (wrong.status_code, wrong["HX-Retarget"]) == (401, "#notices")
        right = client.post(CONFIRM, {**hidden(asked), "password": PASSWORD}, headers=HTMX)
        assert (right.status_code, "<form" in right.content.decode()) == (200, False)
        assert client.get(PASSWORDS).status_code == 200

    def test_a_crafted_request_is_no_way_around(self, acacia, client, later, events):
        values = {"old_password": PASSWORD, "new_password": "another horse battery"}
        values |= {"again": values["new_password"], "proved_at": timezone.now().isoformat()}
        for headers in ({}, JSON, HTMX, {"X-Proved-At": values["proved_at"]}):
            assert client.post(PASSWORDS, values, headers=headers).status_code == 401
        assert person("viewer", acacia).check_password(PASSWORD)
        assert {(event.action, event.outcome) for event in events()} == {("accounts.identity.ask", "noop")}


class TestCarried:
    """A button sends the same form again."""

    def test_fields_come_back_as_they_were_typed(self, client, later):
        typed = {"name": "Bolt <M8> & nüts", "lines": ["1", "2", "1"], "empty": ""}
        asked = client.post(REMOVE + "?x=1", typed)
        assert asked.status_code == 401
        answer = client.post(CONFIRM, {**hidden(asked), "password": PASSWORD})
        assert answer.status_code == 200
        assert answer.context["carried"].next == REMOVE + "?x=1"
        assert answer.context["pairs"] == [
            ("name", "Bolt <M8> & nüts"),
            ("lines", "1"),
            ("lines", "2"),
            ("lines", "1"),
            ("empty", ""),
        ]
        assert 'value="Bolt &lt;M8&gt; &amp; nüts"' in answer.content.decode()

    def test_they_survive_a_mistyped_password(self, client, later):
        asked = client.post(REMOVE, {"name": "kept"})
        again = client.post(CONFIRM, {**hidden(asked), "password": "wrong"})
        assert again.status_code == 401
        answer = client.post(CONFIRM, {**hidden(again), "password": PASSWORD})
        assert answer.context["pairs"] == [("name", "kept")]

    def test_passwords_codes_and_tokens_are_never_carried(self, client, later):
        secret = "hunter2 hunter2"
        names = ("old_password", "new_password", "again", "one_time_code", "csrfmiddlewaretoken", "api_token")
        asked = client.post(PASSWORDS, {**dict.fromkeys(names, secret), "name": "kept"})
        page = asked.content.decode()
        assert "hunter2" not in page
        assert "You will be asked for them again" in page
        answer = client.post(CONFIRM, {**hidden(asked), "password": PASSWORD})
        assert answer.context["pairs"] == [("name", "kept")]
        assert "were left out" in answer.content.decode()

    def test_files_cannot_be_and_it_says_so(self, client, later):
        asked = client.post(REMOVE, {"name": "kept", "file": SimpleUploadedFile("a.csv", b"sku\n")})
        assert "files cannot be kept" in asked.content.decode()
        answer = client.post(CONFIRM, {**hidden(asked), "password": PASSWORD})
        assert answer.context["pairs"] == [("name", "kept")]

    def test_the_page_says_if_the_form_is_too_long_to_keep(self):
        carried = refused_request(RequestFactory().post("/x/", {"a": "y" * (4 * 1024 * 1024 + 1)}))
        assert (carried.fields, carried.left_out) == ("", True)

    def test_sending_it_again_does_it(self, codes, client, later, events):
        asked = client.post(REMOVE)
        answer = client.post(CONFIRM, {**hidden(asked), "one_time_code": code()})
        assert client.post(answer.context["carried"].next, dict(answer.context["pairs"])).status_code == 302
        assert events(action="accounts.second_factor.remove")[-1].outcome == "allowed"

    @pytest.mark.parametrize(
        "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", ""]
    )
    @pytest.mark.parametrize("is_sent", ["", "True"])
    def test_it_leads_nowhere_else(self, client, wanted, is_sent):
        values = {"next": wanted, "is_sent": is_sent, "carried": "a=1", "password": PASSWORD}
        answer = client.post(CONFIRM, values)
        if is_sent:
            assert answer.context["carried"].next == "/settings/security/"
        else:
            assert answer["Location"] == "/settings/security/"

    @pytest.mark.parametrize(
        "carried", ["%00=%00", "&&&", "=", "%ff=%ff", "a" * 9000, urlencode({"<script>": '"'})]
    )
    def test_anything_may_come_back(self, client, carried):
        answer = client.post(
            CONFIRM, {"next": "/x/", "is_sent": "True", "carried": carried, "password": PASSWORD}
        )
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode()

    def test_too_many_fields_are_refused(self, client):
        values = {"next": "/x/", "is_sent": "True", "carried": "a=1&" * 20_001, "password": PASSWORD}
        assert client.post(CONFIRM, values, headers=JSON).json()["code"] == "VALIDATION_FAILED"


class TestProof:
    """What counts as a fresh proof."""

    def test_with_an_app_it_is_a_code(self, codes, client, later, events):
        asked = client.get(PASSWORDS)
        assert 'name="one_time_code"' in asked.content.decode()
        assert client.post(CONFIRM, {**hidden(asked), "password": PASSWORD}).status_code == 400
        assert client.get(PASSWORDS).status_code == 401
        assert client.post(CONFIRM, {**hidden(asked), "one_time_code": code()}).status_code == 302
        assert client.get(PASSWORDS).status_code == 200
        assert client.post(CONFIRM, {"one_time_code": code()}).status_code == 401, "a code works only once"

    def test_a_recovery_code_does_too(self, codes, client, later):
        assert client.post(CONFIRM, {"one_time_code": codes[0]}).status_code == 302
        assert client.get(PASSWORDS).status_code == 200

    @pytest.mark.parametrize(
        "values", [{}, {"password": ""}, {"password": "a\x00b"}, {"password": "x" * 9000}]
    )
    def test_an_empty_password_is_refused_at_its_field(self, client, later, values):
        assert client.post(CONFIRM, values).status_code == 400
        assert client.get(PASSWORDS).status_code == 401

    def test_failures_are_recorded_and_lock_out(self, client, later, events):
        reasons = [
            client.post(CONFIRM, {"password": "guess"}, headers=JSON).json()["reason"] for _ in range(5)
        ]
        assert reasons == ["BAD_CREDENTIALS"] * 4 + ["LOCKED_OUT"]
        recorded = events(action="accounts.identity.confirm")
        assert [event.reason for event in recorded] == ["BAD_CREDENTIALS"] * 5
        answer = client.post(CONFIRM, {"password": PASSWORD})
        assert (answer.status_code, bool(answer["Retry-After"])) == (401, True)
        assert client.get(PASSWORDS).status_code == 401

    def test_nobody_confirms_without_a_session(self, acacia, client_as):
        assert (
            client_as().post(CONFIRM, {"password": PASSWORD}, headers=JSON).json()["reason"] == "NO_SESSION"
        )

    def test_signing_in_is_one(self, acacia, client_as):
        client = client_as()
        client.post("/sign-in/", {"email": "viewer@example.com", "password": PASSWORD})
        assert client.get(PASSWORDS).status_code == 200

    def test_operators_confirm_by_their_app(self, public, client_as, later):
        set_up_app(person("operator", public), public)
        client = client_as("operator")
        session = client.session
        session["proved_at"] = (timezone.now() - timedelta(minutes=16)).isoformat()
        session.save()
        assert client.get(PASSWORDS).status_code == 401
        assert client.post(CONFIRM, {"one_time_code": code(), "next": PASSWORDS})["Location"] == PASSWORDS
