"""A forgotten password: a link that works once, for one person of one host, and never reveals who has an account."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from asora.accounts.models import Session, SignInAttempt
from asora.accounts.roles.table import ASK_FOR_RESET
from asora.accounts.sign_in import background, links
from asora.accounts.sign_in.actions.passwords import ask_for_reset, reset_password
from asora.accounts.sign_in.resets import PURPOSE, reset_token
from asora.accounts.sign_in.views import passwords
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason
from tests.factories.authenticator_apps import code, set_up_app
from tests.factories.people import PASSWORD, act_of, person
from tests.headers import JSON

FORGOT, NEW = "/sign-in/forgot/", "another horse battery"
LINK = re.compile(r"http://(\S+?)(/sign-in/reset/\S+/)")


def chosen(new: str = NEW, again: str | None = None) -> dict[str, str]:
    return {"new_password": new, "again": new if again is None else again}


@pytest.fixture
def link(acacia, client_as, mailoutbox) -> str:
    """The path of the manager's link."""
    client_as().post(FORGOT, {"email": "manager@example.com"})
    found = LINK.search(mailoutbox[0].body)
    assert found
    return found[2]


class TestAsking:
    """Request a link."""

    def test_a_known_address_gets_a_mail_on_its_own_host_and_an_event(
        self, acacia, client_as, mailoutbox, events
    ):
        client_as().post(FORGOT, {"email": "MANAGER@example.com"})
        [mail] = mailoutbox
        assert mail.to == ["manager@example.com"]
        assert LINK.search(mail.body)[1] == "acacia.localhost"
        [event] = events()
        assert (event.action, event.actor_type, event.actor_ref) == (
            "accounts.password.ask",
            "system",
            "sign-in page",
        )
        assert event.resource_label == person("manager", acacia).ref
        assert LINK.search(mail.body)[2].split("/")[-2] not in str(vars(event))

    def test_the_answer_is_the_same_for_an_unknown_one(self, acacia, client_as, mailoutbox, events):
        answers = []
        for email in ("manager@example.com", "nobody99@example.com"):
            page = client_as().post(FORGOT, {"email": email}).content.decode()
            page = re.sub(r'nonce="[^"]+"', "", page)
            answers.append(page.replace(email, "?"))
        assert answers[0] == answers[1]
        assert len(mailoutbox) == len(events()) == 1, (
            "nobody can grow an undeletable table with made-up addresses"
        )

    def test_a_known_and_an_unknown_one_cost_the_request_the_same(self, acacia, client_as, monkeypatch):
        """The same queries and the same bytes, because the address is looked up after the response."""
        handed = []
        monkeypatch.setattr(passwords, "in_background", lambda tenant, work: handed.append((tenant, work)))
        done = []
        for email in ("manager@example.com", "nobody99@example.com"):
            with CaptureQueriesContext(connection) as captured:
                client_as().post(FORGOT, {"email": email})
            done.append([query["sql"] for query in captured])
        assert done[0] == done[1]
        assert not any("accounts_user" in sql for sql in done[0])
        (first, ask), (second, same) = handed
        assert (first, ask.func) == (second, same.func)

    def test_the_mail_is_sent_after_the_response(
        self, committed_tenant, client_as, mailoutbox, settings, events
    ):
        settings.ASORA_BACKGROUND = True
        committed_tenant()
        for email in ("nobody99@example.com", "manager@example.com"):
            assert client_as().post(FORGOT, {"email": email}).status_code == 200
        for _ in range(300):
            if mailoutbox:
                break
            time.sleep(0.1)
        assert [mail.to for mail in mailoutbox] == [["manager@example.com"]]
        assert [event.action for event in events()] == ["accounts.password.ask"]
        assert [trace.kind for trace in SignInAttempt.objects.all()] == ["unknown"]

    def test_if_too_much_work_waits_everybody_is_asked_to_try_again(
        self, acacia, client_as, monkeypatch, settings
    ):
        settings.ASORA_BACKGROUND = True
        monkeypatch.setattr(background, "_waiting", threading.BoundedSemaphore(1))
        assert background._waiting.acquire(blocking=False)
        for email in ("nobody99@example.com", "manager@example.com"):
            answer = client_as().post(FORGOT, {"email": email})
            assert (answer.status_code, bool(answer["Retry-After"])) == (503, True)

    def test_an_unknown_address_is_recorded_in_an_erasable_table(self, acacia, client_as, events):
        answer = client_as().post(FORGOT, {"email": "nobody99@example.com"})
        [trace] = SignInAttempt.objects.all()
        assert (trace.kind, trace.request_id) == ("unknown", answer["X-Request-ID"])
        assert events() == []

    def test_a_deactivated_person_gets_none(self, acacia, client_as, mailoutbox, events):
        user = person("manager", acacia)
        user.is_active = False
        user.save(update_fields=["is_active"])
        assert client_as().post(FORGOT, {"email": user.email}).status_code == 200
        assert mailoutbox == events() == []

    def test_within_five_minutes_one_is_sent(self, acacia, client_as, mailoutbox, events):
        for minutes, sent in ((0, 1), (1, 1), (4, 1), (6, 2)):
            with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
                assert client_as().post(FORGOT, {"email": "manager@example.com"}).status_code == 200
            assert len(mailoutbox) == len(events()) == sent, minutes

    @pytest.mark.parametrize("email", ["", "no address", "a\x00b@example.com", "x" * 9000 + "@example.com"])
    def test_an_invalid_address_is_refused_at_its_field(self, acacia, client_as, mailoutbox, email):
        answer = client_as().post(FORGOT, {"email": email})
        assert answer.status_code == 400
        assert 'id="id_email_error"' in answer.content.decode()
        assert mailoutbox == []

    def test_eight_at_once_send_one(self, committed_tenant, threads, act_as):
        tenant = committed_tenant()
        user = person("manager", tenant)
        act = new_act(tenant, system(tenant.schema_name, "sign-in page", ASK_FOR_RESET))
        made = threads(8, lambda _number: ask_for_reset(act, user=user))
        assert len([token for token in made if token]) == 1

    def test_signed_in_people_cannot_make_links_for_others(self, acacia, act_as):
        with pytest.raises(PermissionDenied):
            ask_for_reset(act_as("owner"), user=person("manager", acacia))

    def test_a_forged_host_does_not_get_into_the_mail(self, acacia, client_as, mailoutbox):
        client_as(HTTP_X_FORWARDED_HOST="evil.example").post(FORGOT, {"email": "manager@example.com"})
        assert "evil" not in mailoutbox[0].body


class TestChoosing:
    """Choose a new password with the link."""

    def test_it_sets_the_password_ends_all_sessions_and_signs_nobody_in(
        self, acacia, client_as, events, mailoutbox
    ):
        before, client = client_as("manager"), client_as()
        token = reset_token(person("manager", acacia))
        page = client.get(f"/sign-in/reset/{token}/")
        assert (page.status_code, page["Referrer-Policy"]) == (200, "strict-origin")
        assert "no-store" in page["Cache-Control"]
        assert before.get("/vendors/").status_code == 200, "opening the link changes nothing"
        assert client.post(f"/sign-in/reset/{token}/", chosen()).status_code == 200
        assert person("manager", acacia).check_password(NEW)
        [mail] = mailoutbox
        assert mail.to == ["manager@example.com"]
        assert "was changed" in mail.subject
        assert "http://acacia.localhost" in mail.body
        assert before.get("/vendors/").status_code == 401
        assert client.get("/vendors/").status_code == 401
        assert not Session.objects.filter(user_id__isnull=False).exists()
        [event] = events(action="accounts.password.reset")
        assert (event.outcome, event.actor_ref) == ("allowed", person("manager", acacia).ref)
        assert token not in str(vars(event))
        assert event.route == "POST /sign-in/reset/<str:token>/"

    def test_it_works_once(self, acacia, client_as, link, events):
        assert client_as().post(link, chosen()).status_code == 200
        for answer in (client_as().get(link), client_as().post(link, chosen("a third horse battery"))):
            assert answer.status_code == 401
        response = client_as().post(link, chosen(), headers=JSON).json()
        assert (response["code"], response["reason"]) == ("AUTH_REQUIRED", "LINK_INVALID")
        assert person("manager", acacia).check_password(NEW)
        assert len(events(action="accounts.password.reset")) == 1

    def test_the_second_factor_is_asked_for_as_before(self, acacia, client_as, mailoutbox):
        set_up_app(person("manager", acacia), acacia)
        client_as().post(FORGOT, {"email": "manager@example.com"})
        client = client_as()
        client.post(LINK.search(mailoutbox[0].body)[2], chosen())
        assert client.get("/vendors/").status_code == 401
        answer = client.post("/sign-in/", {"email": "manager@example.com", "password": NEW})
        assert answer["Location"] == "/sign-in/code/"
        assert client.post("/sign-in/code/", {"one_time_code": code()}).status_code == 302

    def test_it_expires_after_an_hour(self, acacia, client_as, link):
        with time_machine.travel(timezone.now() + timedelta(minutes=61)):
            assert client_as().get(link).status_code == 401
            assert client_as().post(link, chosen()).status_code == 401

    def test_signing_in_ends_it(self, acacia, client_as, link):
        client_as().post("/sign-in/", {"email": "manager@example.com", "password": PASSWORD})
        assert client_as().post(link, chosen()).status_code == 401

    def test_deactivation_ends_it(self, acacia, client_as, link):
        user = person("manager", acacia)
        user.is_active = False
        user.save(update_fields=["is_active"])
        assert client_as().post(link, chosen()).status_code == 401

    def test_it_is_invalid_at_another_tenant(self, acacia, birch, client_as, link):
        """The same user id may be another person's there."""
        assert client_as(tenant=birch).post(link, chosen()).status_code == 401

    def test_a_link_of_another_schema_is_invalid(self, acacia, birch, client_as):
        token = reset_token(person("manager", acacia))
        claims = links.read(PURPOSE, token)
        forged = signing.dumps(
            {**claims, "schema": birch.schema_name},
            salt=f"asora.accounts.links:{PURPOSE}:{acacia.schema_name}",
        )
        assert client_as().post(f"/sign-in/reset/{forged}/", chosen()).status_code == 401

    def test_a_link_for_another_person_or_purpose_is_invalid(self, acacia, client_as):
        key = links.read(PURPOSE, reset_token(person("manager", acacia)))["key"]
        other = links.token(PURPOSE, ref=person("owner", acacia).ref, key=key)
        purpose = links.token("invitation", ref=person("manager", acacia).ref, key=key)
        for token in (other, purpose):
            assert client_as().post(f"/sign-in/reset/{token}/", chosen()).status_code == 401
        with pytest.raises(AuthRequired) as refused:
            reset_password(
                act_of(person("owner", acacia), acacia),
                token=reset_token(person("manager", acacia)),
                new_password=NEW,
            )
        assert refused.value.reason is Reason.LINK_INVALID

    @pytest.mark.parametrize("token", ["x", "a:b:c", "x" * 5000, "%00", "é", "eyJ9:1:x"])
    def test_nonsense_is_invalid(self, acacia, client_as, events, token):
        for headers in ({}, JSON):
            assert client_as().get(f"/sign-in/reset/{token}/", headers=headers).status_code == 401
            assert client_as().post(f"/sign-in/reset/{token}/", chosen(), headers=headers).status_code == 401
        assert events() == []

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            (chosen("tiny9"), "new_password"),
            (chosen("eleven-char"), "new_password"),
            (chosen(" " * 14), "new_password"),
            (chosen("\u200b\u3000\u00a0\t" * 4), "new_password"),
            (chosen("manager@example.com"), "new_password"),
            (chosen(again="something else"), "again"),
            (chosen("a\x00" * 9), "new_password"),
            ({}, "new_password"),
        ],
    )
    def test_a_bad_password_is_refused_at_its_field_and_the_link_stays_good(
        self, acacia, client_as, link, values, field
    ):
        answer = client_as().post(link, values)
        assert answer.status_code == 400
        assert f'id="id_{field}_error"' in answer.content.decode()
        assert client_as().post(link, chosen()).status_code == 200

    def test_eight_at_once_set_one_password(self, committed_tenant, threads):
        tenant = committed_tenant()
        user = person("manager", tenant)
        token = reset_token(user)
        results = threads(
            8,
            lambda number: reset_password(
                act_of(user, tenant), token=token, new_password=f"another horse battery {number}"
            ),
        )
        refused = [result for result in results if isinstance(result, AuthRequired)]
        assert [refusal.reason for refusal in refused] == [Reason.LINK_INVALID] * 7


def test_expired_sessions_are_cleared_on_every_host(acacia, birch, public):
    now = timezone.now()
    for number, tenant in enumerate((acacia, birch, public)):
        connection.set_tenant(tenant)
        for key, hours in ((f"old{number}", -1), (f"new{number}", 1)):
            Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=hours))
    call_command("clear_sessions", verbosity=0)
    for number, tenant in enumerate((acacia, birch, public)):
        connection.set_tenant(tenant)
        kept = set(Session.objects.values_list("session_key", flat=True))
        assert (f"old{number}" in kept, f"new{number}" in kept) == (False, True)
