"""Every URL of the product, requested by everybody who must not get in, route by route."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories.people import add_person
from tests.headers import JSON
from tests.tenancy.routes import PUBLIC, TENANT, Route, routes

ALL = [*routes(TENANT), *routes(PUBLIC)]
IN_TENANT = routes(TENANT)
CLOSED = [route for route in IN_TENANT if route.policy != "anyone"]
BY_PERMISSION = [route for route in CLOSED if "." in route.policy]


def answer(client: Client, route: Route):
    return getattr(client, route.method)(route.address, headers=JSON)


def code_of(response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_there_are_routes():
    assert len(CLOSED) > 10
    assert not [route.address for route in ALL if "<" in route.address]


@pytest.mark.parametrize("route", ALL, ids=str)
def test_it_declares_who_may_open_it_and_how(route):
    assert route.policy, f"{route} has no @page or @open_page"
    # A provider of mail asks by HEAD whether its address exists.
    allowed = {"POST", "HEAD"} if str(route) == "/support/mail/" else {"GET", "POST"}
    assert set(route.view.methods) <= allowed


def test_what_anyone_may_open_is_only_the_way_in():
    names = {str(route) for route in ALL if route.policy == "anyone"}
    assert names == {
        "/",
        "/sign-in/",
        "/sign-in/code/",
        "/sign-in/app/",
        "/sign-in/forgot/",
        "/sign-in/reset/<str:token>/",
        "/sign-out/",
        "/invitation/<str:token>/",
        "/integrations/feed",
        "/help/rate/<str:token>/",  # a signed link, for one rating
        "/support/mail/",  # a signed post of the provider of mail
        "/help/errors/",
        "/help/errors/<slug:key>/",
    }


@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_nobody_gets_in_without_a_session(acacia, client_as, route):
    response = answer(client_as(), route)
    assert code_of(response) == (401, "AUTH_REQUIRED")
    page = getattr(client_as(), route.method)(route.address)
    assert page.status_code == 401
    assert 'type="password"' in page.content.decode()


@pytest.mark.parametrize("who", ["outsider", "operator", "agent"])
def test_a_session_of_another_host_is_no_session(acacia, client_as, events, who):
    client = client_as(who)
    assert client.cookies["asora_session"].value
    for route in CLOSED:
        assert code_of(answer(client, route)) == (401, "AUTH_REQUIRED"), route
    assert events() == [], "anonymous refusals are only logged"


def test_who_has_no_permission_is_told_which_one_is_missing(acacia, client_as, events):
    client = client_as(user=add_person("nothing"))
    for route in BY_PERMISSION:
        response = answer(client, route)
        assert code_of(response) == (403, "PERMISSION_DENIED"), route
        assert response.json()["details"]["permission"] == route.policy, route
    recorded = events()
    assert len(recorded) == len(BY_PERMISSION)
    assert {event.outcome for event in recorded} == {"refused"}
    assert all(event.decision[-1]["gate"] == "permitted" for event in recorded)


@pytest.mark.parametrize(
    "host", ["nobody.localhost", "evil.example", "a.b.localhost", "", "[::1", "acacia.localhost.evil"]
)
def test_nothing_is_served_at_an_unknown_host(acacia, client_as, host):
    client = client_as("owner", HTTP_HOST=host)
    for route in IN_TENANT:
        response = answer(client, route)
        assert code_of(response) == (404, "ROUTE_NOT_FOUND"), route
        assert response.json()["reason"] == "NO_SUCH_TENANT"
        assert response["X-Request-ID"].startswith("public-")


@pytest.mark.parametrize("route", IN_TENANT, ids=str)
def test_another_method_is_no_such_address(acacia, client_as, route):
    response = client_as("owner").delete(route.address, headers=JSON)
    assert code_of(response) == (404, "ROUTE_NOT_FOUND")
    assert response.json()["reason"] == "METHOD_NOT_ALLOWED"
    assert set(route.view.methods) <= set(response["Allow"].split(", "))


def test_a_tenants_pages_are_not_on_the_public_host(public, client_as):
    shared = {str(route) for route in routes(PUBLIC)}
    client = client_as("operator")
    for route in CLOSED:
        if str(route) not in shared:
            assert code_of(answer(client, route)) == (404, "ROUTE_NOT_FOUND"), route
