"""The public front page: it does not reveal who is a customer, and works without scripts."""

from __future__ import annotations

import pytest

from tests.headers import JSON


@pytest.mark.parametrize("company", ["acacia", "Acacia", "no-such-company"])
def test_it_redirects_to_the_companys_address_even_if_there_is_no_company(public, client_as, company):
    answer = client_as().post("/", {"company": company})
    assert (answer.status_code, answer["Location"]) == (302, f"http://{company.lower()}.localhost/")


def test_it_keeps_the_port_and_the_browser_may_follow(public, client_as):
    client = client_as(HTTP_HOST="localhost:8012")
    answer = client.post("/", {"company": "acacia"})
    assert answer["Location"] == "http://acacia.localhost:8012/"
    policy = client.get("/")["Content-Security-Policy"]
    assert "form-action 'self' *.localhost:* *.localhost" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "company", ["", "a", "evil.example/", "evil.example#", "-x-", "1abc", "a b", "é" * 5, "x" * 33, "a\x00b"]
)
def test_an_impossible_name_is_refused_at_its_field(public, client_as, company):
    answer = client_as().post("/", {"company": company})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()
    assert client_as().post("/", {"company": company}, headers=JSON).json()["code"] == "VALIDATION_FAILED"


def test_it_offers_operators_their_sign_in(public, client_as):
    page = client_as().get("/").content.decode()
    assert 'href="/sign-in/"' in page
    assert 'href="/admin/"' not in page


def test_an_operator_finds_operations_and_the_way_out(public, client_as):
    page = client_as("operator").get("/").content.decode()
    assert 'href="/admin/"' in page
    assert 'action="/sign-out/"' in page
    assert 'href="/admin/"' not in client_as("agent").get("/").content.decode()
