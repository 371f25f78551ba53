"""A real PgBouncer: transaction mode is refused by everything that would work through it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.test import Client

from asora.postgresql import pooling
from asora.startup import guarantees
from tests import pooler
from tests.commands import database_url, manage, start_wsgi

BY_TRANSACTION = {"pool_mode": "transaction"}


@pytest.fixture
def unblocked(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The tests' database without an outer transaction, because a pooler uses one process for a whole transaction."""
    with django_db_blocker.unblock():
        yield


def through(place: Any) -> Any:
    """A connection of the product through the pooler, after its first check."""
    pooled = connections.create_connection("default")
    pooled.settings_dict = {**connection.settings_dict, "HOST": str(place), "PORT": pooler.PORT}
    return pooled


@pytest.fixture
def looked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """New connections are not checked, because the test is about something else."""
    monkeypatch.setattr(pooling, "look_now_and_then", lambda first, parameters: None)


def naive(pooled: Any) -> bool:
    """Two queries on one idle connection, as Asora did up to 0.4.0."""
    with pooled.cursor() as cursor:
        cursor.execute("SET SESSION asora.probe = 'kept'")
        cursor.execute("SELECT pg_backend_pid()")
        (first,) = cursor.fetchone()
        cursor.execute("SELECT pg_backend_pid(), current_setting('asora.probe', true)")
        return bool(cursor.fetchone() == (first, "kept"))


@pytest.mark.parametrize(
    ("options", "is_kept"),
    [
        ({"pool_mode": "session"}, True),
        ({"pool_mode": "session", "default_pool_size": "2"}, True),
        (BY_TRANSACTION, False),
        (BY_TRANSACTION | {"default_pool_size": "1"}, False),
        (BY_TRANSACTION | {"server_round_robin": "1", "min_pool_size": "4"}, False),
        ({"pool_mode": "statement"}, False),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else str(value),
)
def test_a_pooler_that_shares_sessions_is_detected(unblocked, looked_before, options, is_kept):
    with pooler.running(**options) as place:
        pooled = through(place)
        try:
            if options == BY_TRANSACTION:
                assert naive(pooled), "two queries do not reveal an idle pooler"
            assert pooled.keeps_its_session() is is_kept
        finally:
            pooled.close()


def test_without_a_pooler_the_session_is_kept(unblocked):
    assert connection.keeps_its_session()


def test_a_pooler_by_the_session_without_a_process_left_is_not_waited_for(
    unblocked, looked_before, monkeypatch
):
    monkeypatch.setattr(pooling, "PATIENCE", 1.0)
    with pooler.running(pool_mode="session", default_pool_size="1") as place:
        pooled = through(place)
        try:
            assert pooled.keeps_its_session()
        finally:
            pooled.close()


def test_new_connections_are_looked_at_now_and_then(unblocked, monkeypatch):
    """So such a pooler is also noticed if it is added while Asora runs."""
    monkeypatch.setattr(pooling, "_looked_at", None)
    asked = []
    real = pooling.keeps_its_session
    monkeypatch.setattr(pooling, "keeps_its_session", lambda *given: asked.append(1) or real(*given))
    with pooler.running(**BY_TRANSACTION) as place:
        pooled = through(place)
        for _attempt in range(2):
            with pytest.raises(pooling.SessionNotKept):
                pooled.ensure_connection()
        assert len(asked) == 2, "every connection is checked until one keeps its session"
        own = connections.create_connection("default")
        own.settings_dict = connection.settings_dict
        for _attempt in range(2):
            own.connect()
            own.close()
        assert len(asked) == 3, "after that, one per minute"
        pooled.ensure_connection()
        pooled.close()
        monkeypatch.setattr(pooling, "LOOKED_EVERY", 0.0)
        with pytest.raises(pooling.SessionNotKept):
            pooled.ensure_connection()


def test_readiness_and_start_refuse_it(unblocked, monkeypatch, looked_before):
    with pooler.running(**BY_TRANSACTION) as place:
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "HOST", str(place))
        monkeypatch.setitem(connection.settings_dict, "PORT", pooler.PORT)
        try:
            assert guarantees.problems() == [pooling.NOT_KEPT]
            with pytest.raises(ImproperlyConfigured, match="set the pooler to session mode"):
                guarantees.prove_when_it_answers()
            answer = Client(HTTP_HOST="localhost").get("/readyz")
            assert answer.status_code == 503
        finally:
            connection.close()


def test_no_request_is_answered_through_it(unblocked, monkeypatch):
    """Neither 401 nor 500, nor another tenant's schema: 503 until the operator has fixed it."""
    monkeypatch.setattr(pooling, "_looked_at", None)
    with pooler.running(**BY_TRANSACTION) as place:
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "HOST", str(place))
        monkeypatch.setitem(connection.settings_dict, "PORT", pooler.PORT)
        try:
            answers = [Client(HTTP_HOST="acacia.localhost").get("/sign-in/") for _number in range(3)]
            assert {answer.status_code for answer in answers} == {503}
        finally:
            connection.close()


def test_no_process_starts_on_it(unblocked):
    with pooler.running(**BY_TRANSACTION) as place:
        url = database_url(host=str(place), port=pooler.PORT)
        for command in (["work", "--until-idle"], ["prepare"], ["check", "--database", "default"]):
            done = manage(*command, url=url)
            assert done.returncode == 1
            assert "set the pooler to session mode" in done.stderr
            assert "Traceback" not in done.stderr
        server = start_wsgi(url)
        assert server.returncode == 3
        assert "set the pooler to session mode" in json.loads(server.stderr.splitlines()[-1])["event"]
