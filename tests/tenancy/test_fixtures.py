"""The fixtures that all other tests use do what their docstrings say."""

from __future__ import annotations

from django.db import connection

from tests.factories import people


def test_an_act_has_the_rights_of_its_role_and_nothing_has_happened_yet(acacia, act_as, events):
    assert act_as("manager").actor.may("inventory.manage")
    assert not act_as("viewer").actor.may("inventory.manage")
    assert events() == []


def test_a_request_leaves_the_test_in_its_tenant(acacia, client_as):
    response = client_as("manager").get("/nowhere/", headers={"accept": "application/json"})
    assert response.status_code == 404
    assert connection.schema_name == acacia.schema_name


def test_a_committed_tenant_is_seen_by_threads(committed_tenant, threads):
    tenant = committed_tenant()
    assert threads(3, lambda _: people.person("owner", tenant).name) == ["Owner"] * 3


def test_an_exception_in_a_thread_is_its_result(committed_tenant, threads):
    committed_tenant()
    results = threads(2, lambda number: 1 // number)
    assert isinstance(results[0], ZeroDivisionError)
    assert results[1] == 1
