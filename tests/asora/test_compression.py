"""Which answers leave compressed, and that none of them gives a secret away by its length."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.views.decorators.cache import cache_control

from asora.accounts.models import User
from asora.web.compression import CompressionMiddleware
from tests.factories import people

OWN = {"Accept-Encoding": "gzip, br", "Sec-Fetch-Site": "same-origin"}
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def answer_to(client: Any, path: str, **headers: str) -> Any:
    return client.get(path, headers=OWN | headers)


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_page_that_a_person_opens_is_compressed(acacia: Any, client_as: Any, site: str) -> None:
    client = client_as("owner")
    answer = answer_to(client, "/items/", **{"Sec-Fetch-Site": site})
    assert answer["Content-Encoding"] == "gzip"
    assert int(answer["Content-Length"]) == len(answer.content)
    page = gzip.decompress(answer.content)
    assert b"</html>" in page
    assert len(answer.content) < len(page) / 3


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept-Encoding": "gzip"},
        {"Sec-Fetch-Site": "same-origin"},
        OWN | {"Sec-Fetch-Site": "cross-site"},
        OWN | {"Sec-Fetch-Site": "same-site"},
        OWN | {"Accept-Encoding": "identity"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/items/", "/", "/nowhere/"])
def test_any_other_page_is_not(acacia: Any, client_as: Any, headers: dict[str, str], path: str) -> None:
    """Not for a client that cannot read it, and not when another site may have caused the request."""
    answer = client_as("owner").get(path, headers=headers)
    assert "Content-Encoding" not in answer
    assert b"</html>" in answer.content
    assert {"Accept-Encoding", "Sec-Fetch-Site"} <= set(answer["Vary"].split(", "))


def test_a_form_token_is_masked_anew_in_every_answer(acacia: Any, client_as: Any) -> None:
    client = client_as()
    pages = [gzip.decompress(answer_to(client, "/sign-in/").content).decode() for _ in range(2)]
    tokens = [TOKEN.findall(page) for page in pages]
    assert tokens[0]
    assert not set(tokens[0]) & set(tokens[1])


def test_the_length_varies_by_chance() -> None:
    page = HttpResponse("<p>the same</p>" * 100)
    lengths = {
        len(CompressionMiddleware(lambda _: page.__class__(page.content))(_own_request()).content)
        for _ in range(40)
    }
    assert len(lengths) > 5


def _own_request() -> Any:
    return RequestFactory().get("/", headers=OWN)


def test_what_shows_a_secret_is_not_compressed() -> None:
    @cache_control(no_transform=True)
    def view(request: Any) -> HttpResponse:
        return HttpResponse("<p>secret</p>" * 100)

    answer = CompressionMiddleware(view)(_own_request())
    assert "Content-Encoding" not in answer
    plain = CompressionMiddleware(lambda _: HttpResponse("<p>news</p>" * 100))(_own_request())
    assert plain["Content-Encoding"] == "gzip"


class TestSecrets:
    """The key of an authenticator app, and recovery codes."""

    def test_they_are_shown_by_these_templates_only(self) -> None:
        """A new page that shows one has to say `no-transform`, and to be tested below."""
        shown = re.compile(r"accounts/(?:_app_to_scan|_recovery_codes)\.html")
        names = {path.name for path in TEMPLATES.rglob("*.html") if shown.search(path.read_text())}
        assert names == {"app.html", "connect_app.html", "new_codes.html", "recovery_codes.html"}

    def test_the_key_and_the_codes_of_somebody_who_is_signed_in(self, acacia: Any, client_as: Any) -> None:
        client = client_as("manager")
        page = answer_to(client, "/settings/security/app/")
        self.check(page, "app-to-scan")
        codes = client.post("/settings/security/app/", {"one_time_code": code_on(page)}, headers=OWN)
        self.check(codes, "recovery-codes")
        renewed = client.post("/settings/security/recovery-codes/", headers=OWN)
        self.check(renewed, "recovery-codes")

    def test_those_of_somebody_who_signs_in(self, public: Any, client_as: Any) -> None:
        user: User = people.person("agent", public)
        client = client_as()
        client.post("/sign-in/", {"email": user.email, "password": people.PASSWORD})
        page = answer_to(client, "/sign-in/app/")
        self.check(page, "app-to-scan")
        codes = client.post("/sign-in/app/", {"one_time_code": code_on(page)}, headers=OWN)
        self.check(codes, "recovery-codes")

    def check(self, answer: Any, sign: str) -> None:
        """It shows the secret, says `no-transform`, and is as it was written."""
        assert answer.status_code == 200
        assert sign in answer.content.decode()
        assert "no-transform" in answer["Cache-Control"]
        assert "no-store" in answer["Cache-Control"]
        assert "Content-Encoding" not in answer


def code_on(page: Any) -> str:
    """What an app shows that has scanned the page."""
    import pyotp

    return pyotp.TOTP(page.context["enrolment"].secret).now()


@pytest.mark.parametrize("path", ["/items/?format=csv", "/healthz", "/nowhere.json"])
def test_what_is_no_page_is_left_as_it_is(acacia: Any, client_as: Any, path: str) -> None:
    answer = client_as("owner").get(path, headers=OWN | {"Accept": "application/json"})
    assert not answer["Content-Type"].startswith("text/html")
    assert "Content-Encoding" not in answer
