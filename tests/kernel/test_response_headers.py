"""What a browser may keep of an answer, which devices a page may use, and text that cannot be read."""

from __future__ import annotations

import codecs
import encodings.aliases
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.factories import counts, documents
from tests.factories.master_data import make_master_data
from tests.headers import JSON
from tests.https import settings_under_https


def every_codec() -> list[str]:
    return sorted(set(encodings.aliases.aliases.values()))


@pytest.mark.parametrize(
    ("path", "keeping"),
    [
        ("/items/", "no-store"),
        ("/ledger/", "no-store"),
        ("/items/?format=csv", "no-store"),
        ("/audit/", "no-store"),
        ("/items/new/", "private, no-cache"),
        ("/receive/", "private, no-cache"),
        ("/nowhere/", "no-store"),
    ],
)
def test_what_somebody_sees_who_is_signed_in_is_not_stored(
    acacia: Any, client_as: Any, path: str, keeping: str
) -> None:
    assert client_as("owner").get(path)["Cache-Control"] == keeping


def test_where_something_is_typed_that_another_address_takes_too(
    acacia: Any, client_as: Any, act_as: Any
) -> None:
    """The reason of a reversal, the figures of a count, the note of its approver: the back button must keep them."""
    master_data, client = make_master_data(), client_as("owner")
    count = counts.start(act_as("manager"), master_data)
    position = documents.receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "5", "1"))
    for path in (
        f"/counts/{count.pk}/",
        f"/counts/{count.pk}/review/",
        f"/ledger/{position}/",
        "/adjust/reasons/",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-cache"), path


def test_the_answer_to_a_form_is_not_stored(acacia: Any, client_as: Any) -> None:
    answer = client_as("owner").post("/vendors/new/", {"code": ""})
    assert (answer.status_code, answer["Cache-Control"]) == (400, "no-store")


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/items/", "/nowhere/"])
@pytest.mark.parametrize("role", ["owner", ""])
def test_only_the_camera_may_be_used(acacia: Any, client_as: Any, path: str, role: str) -> None:
    policy = client_as(role).get(path)["Permissions-Policy"]
    assert "camera=(self)" in policy
    assert "microphone=()" in policy


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("acacia.localhost", "/sign-in/"),
        ("acacia.localhost", "/nowhere/"),
        ("acacia.localhost", "/static/nowhere.css"),
        ("nobody.localhost", "/"),
        ("whatever.example", "/healthz"),
        ("whatever.example", "/readyz"),
    ],
)
def test_no_answer_goes_without_its_policy(acacia: Any, host: str, path: str) -> None:
    """Also those that are given before a tenant is known."""
    answer = Client(HTTP_HOST=host).get(path)
    policy = answer["Content-Security-Policy"]
    for directive in ("default-src", "object-src", "base-uri", "frame-ancestors"):
        assert f"{directive} 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_under_https_browsers_are_told_to_stay_there() -> None:
    """A year, and all hosts below."""
    names = "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "DEBUG"
    assert settings_under_https(*names) == ["True", "31536000", "True", "False"]


@pytest.mark.parametrize("path", ["/", "/items/", "/items/new/", "/healthz"])
def test_a_trace_gives_nothing_back(acacia: Any, client_as: Any, path: str) -> None:
    answer = client_as("owner").trace(path, headers={"X-Probe": "given-back"})
    assert "given-back" not in answer.content.decode()
    assert path == "/healthz" or answer.status_code == 404


def test_no_charset_is_a_crash(acacia: Any, client_as: Any) -> None:
    """Python has codecs that are not text encodings; a request that names one must not crash."""
    client = client_as("owner", raise_request_exception=False)
    for name in [*every_codec(), "nonsense", "utf-8\\x00", "x" * 300]:
        body = "code=V-1&name=x"
        answer = client.generic(
            "POST",
            "/vendors/new/",
            body,
            content_type=f"application/x-www-form-urlencoded; charset={name}",
            headers=JSON,
        )
        read = name in {"utf_8", "ascii"}
        assert answer.status_code in ({302, 400} if read else {400}), name
        if not read:
            assert answer.json()["code"] == "VALIDATION_FAILED", name
            assert "UTF-8" in answer.json()["message"], name
    assert not codecs.lookup("rot13")._is_text_encoding  # one of those that were


@pytest.mark.parametrize(
    "query",
    [
        "slug=%00",
        "plan=%00",
        "created_at__year=99999",
        "created_at__year=0",
        "created_at__year=-5",
        "created_at__gte=nonsense",
        "occurred_at__year=99999999999999999999",
        "occurred_at__year=%00",
        "pk=99999999999999999999999",
        "q=%00",
        "p=99999999999999999999",
        "o=99999",
        "action=%00",
    ],
)
def test_no_filter_of_a_window_is_a_crash(public: Any, client_as: Any, query: str) -> None:
    client = client_as("operator", raise_request_exception=False)
    for model in admin.site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        address = reverse(f"admin:{label}_changelist", urlconf="asora.urls_public")
        assert client.get(f"{address}?{query}", headers=JSON).status_code in {200, 302, 400}, (address, query)
