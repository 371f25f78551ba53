"""A session that ends in the middle of a form: after signing in again, only the same person gets the form back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from asora.accounts.models import Session
from inventory.models import Vendor
from tests.factories.authenticator_apps import code, set_up_app
from tests.factories.people import PASSWORD, person

JSON, HTMX = {"accept": "application/json"}, {"HX-Request": "true"}
NEW = "/vendors/new/"
TYPED = {"code": "OAK", "name": "Oak & Söhne <GmbH>", "eligible": "on"}


def sign_in(client, sealed: str = "", *, role: str = "manager", path: str = "/sign-in/", **more: str):
    values = {"email": f"{role}@example.com", "password": PASSWORD, "sealed": sealed, **more}
    return client.post(path, values)


@pytest.fixture
def client(acacia, client_as):
    """The manager's browser, which has seen a page."""
    client = client_as("manager")
    assert client.get(NEW).status_code == 200
    return client


@pytest.fixture(params=["expired", "ended elsewhere", "signed out in another tab"])
def ended(request, client):
    """End the manager's session, in each of the possible ways."""
    if request.param == "expired":
        Session.objects.update(expire_date=timezone.now())
    elif request.param == "ended elsewhere":
        Session.objects.all().delete()
    else:
        client.post("/sign-out/")
    return client


def send(client, values=None, address=NEW):
    answer = client.post(address, TYPED if values is None else values)
    assert answer.status_code == 401
    return answer


def sealed_in(answer) -> str:
    return str(answer.context["form"]["sealed"].value() or "")


class TestSamePerson:
    """The same person gets the form back."""

    def test_the_form_is_back_with_everything_typed_and_nothing_was_posted(self, ended):
        asked = send(ended)
        assert "Nothing was posted" in asked.content.decode()
        back = sign_in(ended, sealed_in(asked))
        page = back.content.decode()
        assert back.status_code == 200
        assert "Nothing was posted" in page
        assert dict(back.context["pairs"]) == TYPED
        assert 'value="Oak &amp; Söhne &lt;GmbH&gt;"' in page
        assert not Vendor.objects.exists()
        assert ended.post(back.context["carried"].next, dict(back.context["pairs"])).status_code == 302
        assert Vendor.objects.get().name == TYPED["name"]

    def test_it_survives_a_mistyped_password(self, ended):
        asked = send(ended)
        again = sign_in(ended, sealed_in(asked), password="wrong")
        assert again.status_code == 401
        assert dict(sign_in(ended, sealed_in(again)).context["pairs"]) == TYPED

    def test_and_a_second_factor(self, acacia, client_as):
        set_up_app(person("manager", acacia), acacia)
        client = client_as("manager")
        client.get(NEW)
        Session.objects.update(expire_date=timezone.now())
        asked = send(client)
        assert sign_in(client, sealed_in(asked))["Location"] == "/sign-in/code/"
        back = client.post("/sign-in/code/", {"one_time_code": code()})
        assert dict(back.context["pairs"]) == TYPED

    def test_lines_are_shown_as_lines(self, ended):
        asked = send(
            ended, {"lines-TOTAL_FORMS": "2", "lines-0-unit_cost": "3", "lines-1-sku": "BOLT"}, "/receive/"
        )
        back = sign_in(ended, sealed_in(asked))
        assert back.context["typed"] == [("Line 1: unit cost", "3"), ("Line 2: sku", "BOLT")]

    def test_a_page_that_was_only_opened_is_led_back_to(self, ended):
        asked = ended.get(NEW + "?a=1")
        assert sealed_in(asked) == ""
        assert sign_in(ended, next=asked.context["form"]["next"].value())["Location"] == NEW + "?a=1"

    def test_passwords_and_files_are_left_out_and_it_says_so(self, ended):
        values = {**TYPED, "old_password": "hunter2", "file": SimpleUploadedFile("a.csv", b"sku\n")}
        asked = send(ended, values)
        back = sign_in(ended, sealed_in(asked))
        assert dict(back.context["pairs"]) == TYPED
        assert "were left out" in back.content.decode()
        assert "hunter2" not in back.content.decode()

    @pytest.mark.parametrize("size", [1_000_000, 5 * 1024 * 1024])
    def test_a_long_form_is_kept_or_reported_as_lost(self, client, size):
        Session.objects.update(expire_date=timezone.now())
        asked = send(client, {"note": "y" * size})
        kept = bool(sealed_in(asked))
        assert kept is (size < 4 * 1024 * 1024)
        if kept:
            assert len(dict(sign_in(client, sealed_in(asked)).context["pairs"])["note"]) == size

    def test_operators_too(self, public, client_as):
        set_up_app(person("platform_lead", public), public)
        client = client_as("platform_lead")
        client.get("/settings/security/")
        with time_machine.travel(timezone.now() + timedelta(minutes=31)):
            asked = client.post("/settings/security/devices/end/", {"ref": "abc"})
            assert asked.status_code == 401
            assert sign_in(client, sealed_in(asked), role="platform_lead")["Location"] == "/sign-in/code/"
            back = client.post("/sign-in/code/", {"one_time_code": code()})
        assert dict(back.context["pairs"]) == {"ref": "abc"}


class TestNobodyElse:
    """Nobody else gets the form back."""

    def test_another_person_sees_nothing_of_it(self, ended):
        asked = send(ended)
        answer = sign_in(ended, sealed_in(asked), role="viewer")
        assert answer.status_code == 302
        page = ended.get("/items/").content.decode()
        assert "another person" in page
        assert "Oak" not in page

    def test_the_sign_in_page_shows_nothing_of_it(self, ended):
        page = send(ended).content.decode()
        assert "Oak" not in page
        assert "T0FL" not in page, "nor in base64"

    def test_the_same_number_in_another_tenant_sees_nothing_of_it(self, acacia, birch, client, client_as):
        Session.objects.all().delete()
        sealed = sealed_in(send(client))
        there = client_as(tenant=birch)
        assert sign_in(there, sealed).status_code == 302

    def test_the_remembered_person_of_another_tenant_is_ignored(self, acacia, birch, client, client_as):
        there = client_as(tenant=birch)
        there.cookies["asora_person"] = client.cookies["asora_person"].value
        assert sealed_in(there.post(NEW, TYPED)) == ""

    def test_a_browser_without_a_remembered_person_carries_nothing(self, acacia, client_as):
        assert sealed_in(send(client_as())) == ""

    @pytest.mark.parametrize("text", ["x", "AAAA", "=", "é", "a" * 9000, "\x00"])
    def test_nonsense_opens_nothing(self, acacia, client_as, text):
        assert sign_in(client_as(), text).status_code in {302, 401}

    def test_a_changed_one_opens_nothing(self, ended):
        sealed = sealed_in(send(ended))
        middle = len(sealed) // 2
        changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
        assert sign_in(ended, changed).status_code == 302

    @pytest.mark.parametrize("person_cookie", ["x", "a:b:c", "é" * 10, "\x00"])
    def test_a_forged_memory_is_none(self, acacia, client_as, person_cookie):
        client = client_as()
        client.cookies["asora_person"] = person_cookie
        assert sealed_in(send(client)) == ""

    def test_the_remembered_person_has_no_rights(self, ended):
        assert ended.cookies["asora_person"]["httponly"]
        assert ended.cookies["asora_person"]["samesite"] == "Lax"
        assert ended.get("/vendors/").status_code == 401

    def test_a_mistyped_password_stores_none_of_it(self, ended):
        sealed = sealed_in(send(ended))
        sign_in(ended, sealed, password="wrong")
        [counted] = AccessAttempt.objects.all()
        assert sealed not in counted.post_data

    def test_json_and_fragments_get_no_form(self, ended):
        assert "sealed" not in str(ended.post(NEW, TYPED, headers=JSON).json())
        assert "sealed" not in ended.post(NEW, TYPED, headers=HTMX).content.decode()
