"""The devices where a person is signed in: a correct list, and signing out each of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.base import UpdateError
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from asora.accounts.models import Session
from asora.accounts.sign_in.browsers import browser_of
from asora.accounts.sign_in.session_middleware import SessionMiddleware
from asora.accounts.sign_in.sessions import ref_of
from tests.factories.people import PASSWORD, person
from tests.https import settings_under_https

PAGE, END, END_ALL = (
    "/settings/security/",
    "/settings/security/devices/end/",
    "/settings/security/devices/end-all/",
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
)


def sign_in(client, email="manager@example.com"):
    assert client.post("/sign-in/", {"email": email, "password": PASSWORD}).status_code == 302
    return client


def row_of(client) -> Session:
    return Session.objects.get(session_key=client.cookies["asora_session"].value)


def test_devices_are_listed_this_one_first(acacia, client_as):
    sign_in(client_as(HTTP_USER_AGENT=SAFARI))
    sign_in(client_as(), "viewer@example.com")
    mine = sign_in(client_as(HTTP_USER_AGENT=FIREFOX))
    devices = mine.get(PAGE).context["devices"]
    assert [(device.browser, device.is_here) for device in devices] == [
        ("Firefox on Windows", True),
        ("Safari on iPhone", False),
    ]


def test_a_session_that_is_saved_again_keeps_its_start(acacia, client_as):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        client = sign_in(client_as(HTTP_USER_AGENT=FIREFOX))
        begun = row_of(client)
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        client.post(END, {"ref": "of no device"})  # leaves a message in the session
        later = row_of(client)
    assert later.session_data != begun.session_data
    assert (later.started_at, later.user_agent) == (begun.started_at, FIREFOX)
    assert (later.ref, later.user_id) == (begun.ref, begun.user_id)
    assert later.seen_at - begun.seen_at == timedelta(hours=1)


def test_last_seen_is_written_every_few_minutes_and_does_not_extend_it(acacia, client_as):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        client = sign_in(client_as())
        begun = row_of(client)
    for minutes, seen in ((4, 0), (6, 6), (10, 6), (12, 12)):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            client.get("/vendors/")
            row = row_of(client)
            assert row.seen_at - begun.seen_at == timedelta(minutes=seen)
            assert row.expire_date == begun.expire_date


def test_signing_out_one_device_leaves_the_others(acacia, client_as, events):
    lost, mine = sign_in(client_as()), sign_in(client_as())
    ref = row_of(lost).ref
    assert mine.post(END, {"ref": ref})["Location"] == PAGE
    assert lost.get("/vendors/").status_code == 401
    assert mine.get("/vendors/").status_code == 200
    [event] = events(action="accounts.session.end")
    assert (event.outcome, event.resource_label) == ("allowed", person("manager", acacia).ref)
    assert event.changes[0]["before"] == {"session": ref}
    mine.post(END, {"ref": ref})
    assert events(action="accounts.session.end")[-1].outcome == "noop"


def test_nobody_can_sign_out_another_person(acacia, client_as, events):
    other = sign_in(client_as(), "viewer@example.com")
    mine = sign_in(client_as())
    mine.post(END, {"ref": row_of(other).ref})
    assert other.get("/items/").status_code == 200
    assert events(action="accounts.session.end")[-1].outcome == "noop"


@pytest.mark.parametrize(
    "values", [{}, {"ref": ""}, {"ref": "a\x00b"}, {"ref": "x" * 9000}, {"ref": "' OR 1=1"}]
)
def test_an_unknown_reference_signs_out_no_device(acacia, client_as, values):
    mine = sign_in(client_as())
    assert mine.post(END, values).status_code == 302
    assert mine.get("/vendors/").status_code == 200


def test_this_device_may_be_signed_out_there_too(acacia, client_as):
    mine = sign_in(client_as())
    assert mine.post(END, {"ref": row_of(mine).ref})["Location"] == "/sign-in/"
    assert mine.get("/vendors/").status_code == 401


def test_signing_out_everywhere_ends_all_of_mine_and_none_of_others(acacia, client_as, events):
    lost, mine, other = sign_in(client_as()), sign_in(client_as()), sign_in(client_as(), "viewer@example.com")
    assert mine.post(END_ALL)["Location"] == "/sign-in/"
    assert [client.get("/items/").status_code for client in (lost, mine, other)] == [401, 401, 200]
    [event] = events(action="accounts.session.end_all")
    assert event.facts == {"sessions_ended": 2}


def test_a_session_that_was_ended_meanwhile_is_not_brought_back(acacia, client_as):
    """A request that started before the sign-out saves its session after it: the row must not come back."""
    mine = sign_in(client_as())
    store = Session.get_session_store_class()(mine.cookies["asora_session"].value)
    store["note"] = "read before"
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()


def test_it_works_for_operators_on_the_public_host(public, client_as):
    client = client_as("operator")
    page = client.get(PAGE)
    assert page.status_code == 200
    assert [device.is_here for device in page.context["devices"]] == [True]
    assert client_as("agent").get(PAGE).status_code == 200


def test_the_neighbours_sessions_are_not_there(acacia, birch, client_as):
    """User ids repeat across tenants."""
    sign_in(client_as(tenant=birch))
    mine = sign_in(client_as())
    assert len(mine.get(PAGE).context["devices"]) == 1


def test_sessions_of_a_deactivated_person_are_invalid(acacia, client_as):
    client = sign_in(client_as())
    user = person("manager", acacia)
    user.is_active = False
    user.save(update_fields=["is_active"])
    for address in ("/vendors/", PAGE):
        assert client.get(address).status_code == 401
    assert client.post(END_ALL).status_code == 401


def test_the_cookie_is_for_one_host(acacia, client_as):
    cookie = sign_in(client_as()).cookies["asora_session"]
    assert not cookie["domain"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_events_name_a_session_by_its_digest_only(acacia, client_as, events):
    client = sign_in(client_as())
    client.post(END, {"ref": "x"})
    key = client.cookies["asora_session"].value
    assert events()[-1].session_ref == ref_of(key)
    assert key not in str([vars(event) for event in events()])


@pytest.mark.parametrize("agent", ["", "\x00", "x" * 5000, "\udcff", "curl/8"])
def test_any_user_agent_is_taken(acacia, client_as, agent):
    client = sign_in(client_as(HTTP_USER_AGENT=agent))
    assert client.get(PAGE).status_code == 200


def test_browsers_have_names():
    assert browser_of("") == "Unknown browser"
    assert (
        browser_of("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36 Edg/140.0") == "Edge on Linux"
    )


class TestEnd:
    """Every session ends, even if it is in use."""

    def status_after(self, client, now, minutes: int) -> int:
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            return client.get("/settings/security/").status_code

    def test_it_ends_twelve_hours_after_the_sign_in_even_if_in_use(self, acacia, client_as):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            client = sign_in(client_as())
        for minutes in range(60, 720, 60):
            with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
                client.post(END, {"ref": "of no device"})  # writes the session
        assert self.status_after(client, now, 719) == 200
        assert self.status_after(client, now, 720) == 401

    def test_neither_a_fresh_proof_nor_a_new_password_prolongs_it(self, acacia, client_as):
        now = timezone.now()
        new = "another horse battery"
        with time_machine.travel(now, tick=False):
            client = sign_in(client_as())
        with time_machine.travel(now + timedelta(hours=11), tick=False):
            client.post("/settings/security/confirm/", {"password": PASSWORD})
            values = {"old_password": PASSWORD, "new_password": new, "again": new}
            assert client.post("/settings/security/password/", values).status_code == 302
        assert self.status_after(client, now, 719) == 200
        assert self.status_after(client, now, 720) == 401

    def test_an_older_session_without_a_sign_in_time_ends_twelve_hours_after_its_start(
        self, acacia, client_as
    ):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            client = sign_in(client_as())
            session = client.session
            del session["signed_in_at"]
            session.save()
        with time_machine.travel(now + timedelta(hours=11), tick=False):
            client.post(END, {"ref": "of no device"})
        assert self.status_after(client, now, 721) == 401

    @pytest.mark.parametrize("role", ["operator", "ops_lead", "platform_lead", "agent"])
    def test_on_the_public_host_it_also_ends_after_half_an_hour_without_a_request(
        self, public, client_as, role
    ):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            client = client_as(role)
        assert [self.status_after(client, now, minutes) for minutes in (29, 58, 87)] == [200] * 3
        assert self.status_after(client, now, 87 + 30) == 401
        assert self.status_after(client, now, 87 + 31) == 401, "a request does not revive the session"

    def test_a_tenants_people_may_pause_longer(self, acacia, client_as):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            client = client_as("receiver")
        assert self.status_after(client, now, 300) == 200

    def test_an_ended_session_is_not_listed(self, public, client_as):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            client_as("operator")
        with time_machine.travel(now + timedelta(minutes=31), tick=False):
            client = client_as("operator")
            assert [device.is_here for device in client.get(PAGE).context["devices"]] == [True]


def test_cookies_are_bound_to_their_host_under_https():
    """No domain, and the path is the root: browsers require both for these names."""
    cookies = "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "ASORA_PERSON_COOKIE_NAME"
    how = "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH"
    names = ["__Host-asora_session", "__Host-asora_csrf", "__Host-asora_person"]
    assert settings_under_https(*cookies, *how) == [*names, "True", "True", "None", "None"]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_an_unreachable_database_signs_nobody_out(acacia, client_as, monkeypatch, error):
    """Django reports every error of saving as a deleted session, and would delete the cookie."""

    def away(*_args, **_options):
        raise error("the connection is lost")

    def change(request):
        request.session["seen"] = 1
        monkeypatch.setattr(Session, "save", away)
        return HttpResponse("Saved")

    client = client_as("manager")
    request = RequestFactory().get("/vendors/")
    request.COOKIES["asora_session"] = client.cookies["asora_session"].value
    answer = SessionMiddleware(change)(request)
    assert answer.content == b"Saved"
    assert "asora_session" not in answer.cookies
