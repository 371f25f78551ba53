"""Each page says on which host it is, is routed there and nowhere else, and refuses to be opened on the other host."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.headers import JSON
from tests.tenancy.routes import PUBLIC, TENANT, Route, routes

HOSTS = {TENANT: "tenant", PUBLIC: "public"}
ROUTED = [(conf, route) for conf in HOSTS for route in routes(conf)]


@pytest.mark.parametrize(("conf", "route"), ROUTED, ids=str)
def test_a_page_is_routed_where_it_says(conf: str, route: Route) -> None:
    assert route.view.host in {HOSTS[conf], "both"}, f"{route} needs host= in its @page or @open_page"


def test_a_page_of_both_hosts_is_routed_on_both() -> None:
    both = {
        conf: {route.view for route in routes(conf) if getattr(route.view, "host", "") == "both"}
        for conf in HOSTS
    }
    assert both[TENANT] == both[PUBLIC] != set()


def test_a_tenants_page_on_the_public_host_by_mistake_is_not_found(public, client_as, settings) -> None:
    settings.PUBLIC_SCHEMA_URLCONF = TENANT
    assert_not_found(client_as("operator", tenant=public), TENANT)


def test_a_public_page_on_a_tenants_host_by_mistake_is_not_found(acacia, client_as, settings) -> None:
    settings.ROOT_URLCONF = PUBLIC
    assert_not_found(client_as("owner"), PUBLIC)


def assert_not_found(client: Client, conf: str) -> None:
    """Every page of one host alone is routed on the other host, and answers as if it were not."""
    only = [route for route in routes(conf) if route.view.host == HOSTS[conf]]
    assert len(only) > 10
    for route in only:
        response = getattr(client, route.method)(route.address, headers=JSON)
        assert (response.status_code, response.json()["reason"]) == (404, "NO_SUCH_PAGE"), route
