"""The messages at the terminal when the database is not ready: a sentence instead of a traceback."""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from asora import embedded
from asora.management.commands import serve
from asora.startup import preparation
from tests import database
from tests.commands import database_url, manage, start_wsgi


@pytest.fixture
def empty(django_db_setup) -> Iterator[str]:
    """The URL of a database that has not been prepared."""
    name = f"{database.COPY}empty_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with database._maintenance() as maintenance:
        maintenance.execute("SELECT pg_advisory_lock(%s)", [database._key(name)])  # as while in use
        database._create(maintenance, name)
        yield database_url(name=name)
        database._drop(maintenance, name)


@pytest.mark.parametrize(
    "command",
    [
        ["verify_ledger"],
        ["work", "--until-idle"],
        ["freeze", "status", "acacia"],
        ["invite", "public", "o@example.com", "--name", "O", "--role", "operator"],
        ["clear_sessions"],
    ],
)
def test_an_unprepared_database_is_named(empty, command):
    done = manage(*command, url=empty)
    assert done.returncode == 1
    assert done.stderr == "The database is not prepared for this release of Asora; run manage.py prepare.\n"


def test_a_server_does_not_start_on_it(empty):
    """It also ends gunicorn, by its exit status, instead of being started again endlessly."""
    done = start_wsgi(empty)
    assert done.returncode == 3
    line = json.loads(done.stderr.splitlines()[-1])
    assert line["event"] == f"Asora does not start: {preparation.UNPREPARED}"
    assert "Traceback" not in done.stderr


def test_a_release_that_is_older_than_the_database_goes_on(db):
    """During a deployment the database may have more migrations than the code, but not fewer."""
    assert not preparation.lacks_migrations()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('plans', '9999', now())")
        assert not preparation.lacks_migrations()
        cursor.execute("DELETE FROM django_migrations WHERE app = 'plans'")
        assert preparation.lacks_migrations()


@pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="needs the embedded database's superuser")
def test_prepare_says_why_it_refuses(django_db_setup):
    done = manage("prepare", url=database_url(user="asora_admin"))
    assert done.returncode == 1
    assert done.stderr.startswith("Asora does not start: the application's database role is a superuser")
    assert "Traceback" not in done.stderr


def test_a_database_that_is_away_is_named(django_db_setup):
    done = manage("verify_ledger", url=database_url(host="/nonexistent"))
    assert done.returncode == 1
    assert done.stderr.startswith("The database does not answer: ")
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_reported_first(monkeypatch, capsys):
    monkeypatch.setattr(preparation, "prepare", lambda: pytest.fail("the port was not looked at first"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Port {port} cannot be used .*PORT={port + 1} make run"):
            call_command("serve", port=port)
    assert "http://" not in capsys.readouterr().out
    serve._demand_free_port(port)


def test_serve_starts_a_killed_database_again_and_no_stopped_one(monkeypatch):
    """A killed server is recognised by the pid file that it leaves behind."""
    states = []

    class Fake:
        killed = True

        def was_killed(self):
            return self.killed

        def start(self):
            states.append("started")
            self.killed = False

    fake = Fake()
    monkeypatch.setattr(embedded, "default", lambda: fake)
    serve._restart_killed_database()
    serve._restart_killed_database()
    assert states == ["started"]
