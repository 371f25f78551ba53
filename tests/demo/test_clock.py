"""The demo's clock: it moves only in a database that was marked when it was created, whatever a process sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from asora.demo.clock import ClockRefused, at, can_be_moved
from asora.embedded import demo
from asora.embedded.cluster import ADMINISTRATOR
from asora.kernel import clock, positions
from asora.kernel.database_errors import Unavailable
from asora.startup import guarantees
from audit.events.models import Event
from ledger.models import Posting
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData

THEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
needs_embedded = pytest.mark.skipif(
    bool(os.environ.get("DATABASE_URL")), reason="only the embedded server's administrator can make the mark"
)


@pytest.fixture
def marked(db: None) -> Iterator[None]:
    """The test's database with the mark of a demo database."""
    settings = connection.settings_dict
    where = {"host": settings["HOST"], "port": settings["PORT"], "dbname": settings["NAME"]}
    with psycopg.connect(user=ADMINISTRATOR, autocommit=True, **where) as administrator:
        for statement in demo.STATEMENTS.splitlines():
            administrator.execute(statement)
        yield
        administrator.execute(f"DROP SCHEMA {demo.SCHEMA} CASCADE")


def deliver_one(act: Any, master_data: MasterData) -> Posting:
    """A delivery of today, on the current day of the moved clock."""
    draft = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1"), day=act.today)
    return Posting.objects.get(position=deliver(act, master_data, draft))


@needs_embedded
def test_actions_at_a_past_time_are_recorded_at_that_time(
    marked: None, master_data: MasterData, act_as: Any
) -> None:
    act = act_as("owner")
    assert can_be_moved()
    with at(THEN):
        positions.wind_back()
        posting = deliver_one(act, master_data)
    event = Event.objects.latest("number")
    assert (posting.recorded_at, posting.effective_on, event.occurred_at) == (THEN, THEN.date(), THEN)
    # Afterwards the real time applies again, and recorded times never go back.
    now = deliver_one(act, master_data)
    assert now.recorded_at.date() == timezone.now().date()
    with at(THEN):
        positions.wind_back()
        assert deliver_one(act, master_data).recorded_at == now.recorded_at
    assert not clock.is_moved.get()


@pytest.mark.parametrize("reason", ["unmarked", "own mark", "DATABASE_URL", "settings"])
def test_it_is_refused_everywhere_else(
    reason: str, master_data: MasterData, act_as: Any, monkeypatch: Any, settings: Any, request: Any
) -> None:
    if (
        reason == "own mark"
    ):  # the application's role can make a schema of that name, but not the administrator's
        with connection.cursor() as cursor:
            for statement in demo.STATEMENTS.splitlines()[:2]:
                cursor.execute(statement)
    if reason in {"DATABASE_URL", "settings"} and not os.environ.get("DATABASE_URL"):
        request.getfixturevalue("marked")
    if reason == "DATABASE_URL":
        monkeypatch.setenv("DATABASE_URL", "postgresql://asora@example.com/asora")
    if reason == "settings":
        settings.EMBEDDED = False
    assert not can_be_moved()
    with pytest.raises(ClockRefused), at(THEN):
        deliver_one(act_as("owner"), master_data)
    assert not Posting.objects.exists()
    assert abs(deliver_one(act_as("owner"), master_data).recorded_at - timezone.now()).total_seconds() < 60


def test_nothing_that_a_process_sets_moves_the_clock_of_a_real_database(
    master_data: MasterData, act_as: Any
) -> None:
    """Even without the refusal, the recording statement calls a function that such a database does not have."""
    head = positions.current()
    token = clock.is_moved.set(True)
    try:
        with pytest.raises(DatabaseError, match="asora_demo"), transaction.atomic():
            positions.take(1)
        with pytest.raises(Unavailable):  # not even a refusal can be recorded
            deliver_one(act_as("owner"), master_data)
    finally:
        clock.is_moved.reset(token)
    assert positions.current() == head
    assert not Posting.objects.exists()


@needs_embedded
def test_a_demo_does_not_start_as_something_real(marked: None, settings: Any) -> None:
    assert guarantees.problems() == []
    settings.EMBEDDED = False
    (problem,) = guarantees.problems()
    assert "created as a demo" in problem


@needs_embedded
def test_the_health_page_says_so(marked: None, master_data: MasterData, client_as: Any) -> None:
    assert "Demo clock" in client_as("owner").get("/ledger/health/").content.decode()


def test_elsewhere_the_health_page_says_nothing(master_data: MasterData, client_as: Any) -> None:
    assert "Demo clock" not in client_as("owner").get("/ledger/health/").content.decode()
