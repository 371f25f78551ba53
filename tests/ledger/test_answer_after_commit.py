"""After the door has committed, nothing changes the answer: not the session, the page or the connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.test import RequestFactory
from psycopg import sql

from asora.accounts.models import Session
from asora.kernel import commit_state
from asora.kernel.commit_state import CommitState
from asora.web import refusal_pages
from audit.events.models import Event
from inventory.models import Vendor
from ledger.models import Posting
from tests.factories.documents import receive
from tests.factories.master_data import make_master_data
from tests.headers import JSON
from tests.ledger.test_document_pages import typed

ISSUE = {"sku": "BOLT", "bin": "A-1", "quantity": "1"}


@pytest.fixture
def stocked(committed_tenant: Callable[..., Any], act_as: Callable[..., Any]) -> Any:
    tenant = committed_tenant()
    receive(act_as("owner"), make_master_data(), ("BOLT", "NORTH/A-1", "10", "1"))
    return tenant


def held_head(schema: str) -> Any:
    """Another session that locks the row that every posting locks last."""
    settings = connection.settings_dict
    other = psycopg.connect(
        dbname=settings["NAME"], user=settings["USER"], host=settings["HOST"], port=settings["PORT"] or None
    )
    other.execute(sql.SQL("SELECT * FROM {}.kernel_head FOR UPDATE").format(sql.Identifier(schema)))
    return other


def wait_for_waiters(other: Any, number: int = 1, *, unless: Sequence[Any] = ()) -> None:
    """Wait until that many sessions of this database wait for a lock; `unless`: results that must not arrive before."""
    query = (
        "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid) "
        "WHERE NOT granted AND datname = current_database()"
    )
    for _ in range(600):
        assert not unless, unless
        other.execute("SELECT pg_stat_clear_snapshot()")  # a fresh look at the waiting sessions
        if other.execute(query).fetchone()[0] >= number:
            return
        time.sleep(0.05)
    raise AssertionError("nothing waited")


def refuse_to_save_sessions() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION unsaved() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER unsaved BEFORE UPDATE ON {Session._meta.db_table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION unsaved()"
        )


@pytest.mark.parametrize("ending", ["signed out elsewhere", "the database refuses to save it"])
def test_a_session_that_cannot_be_saved_lets_the_answer_stand(
    stocked: Any, client_as: Callable[..., Any], ending: str
) -> None:
    client = client_as("owner", raise_request_exception=False)
    other = held_head(stocked.schema_name)
    answers: list[Any] = []

    def post() -> None:
        try:
            connection.set_tenant(stocked)
            answers.append(client.post("/issue/", typed(ISSUE)))
        finally:
            connections.close_all()

    posting = threading.Thread(target=post, daemon=True)
    posting.start()
    try:
        wait_for_waiters(other)
        if ending == "signed out elsewhere":
            Session.objects.all().delete()
        else:
            refuse_to_save_sessions()
    finally:
        other.close()
    posting.join(timeout=60)

    [answer] = answers
    position = Posting.objects.latest("position").position
    assert (answer.status_code, answer["Location"]) == (302, f"/ledger/{position}/")
    assert answer.cookies["asora_session"]["max-age"] == 0, "the cookie of a lost session is dropped"
    outcomes = Event.objects.filter(request_id=answer["X-Request-ID"]).values_list("outcome", flat=True)
    assert list(outcomes) == ["allowed"]


def test_a_page_that_fails_after_the_commit_says_that_the_change_was_recorded(
    acacia: Any, client_as: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **values: Any) -> Any:
        raise RuntimeError("the page is broken")

    client = client_as("owner", raise_request_exception=False)
    monkeypatch.setattr("django.contrib.messages.success", broken)
    answer = client.post("/vendors/new/", {"code": "V-1", "name": "V", "eligible": "on"}, headers=JSON)
    assert answer.status_code == 500
    assert Vendor.objects.filter(code="V-1").exists()
    assert "Nothing was changed" not in answer.json()["message"]
    assert "was recorded" in answer.json()["message"]


def test_a_connection_lost_while_committing_is_not_called_unchanged(
    stocked: Any, client_as: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit reaches PostgreSQL, but its confirmation is lost."""
    client = client_as("owner", raise_request_exception=False)
    original = type(connections["default"])._commit

    def lost(self: Any) -> None:
        original(self)
        if commit_state.current() is CommitState.COMMITTING:
            self.connection.close()
            raise OperationalError("the connection is lost")

    monkeypatch.setattr(type(connections["default"]), "_commit", lost)
    answer = client.post("/vendors/new/", {"code": "V-1", "name": "V", "eligible": "on"}, headers=JSON)
    monkeypatch.undo()
    connection.close()
    assert answer.status_code == 503
    assert Vendor.objects.filter(code="V-1").exists()
    assert "Nothing was changed" not in answer.json()["message"]
    assert "did not confirm" in answer.json()["message"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (CommitState.NOTHING, "Nothing was changed"),
        (CommitState.COMMITTING, "did not confirm"),
        (CommitState.COMMITTED, "was recorded"),
    ],
)
@pytest.mark.parametrize("answer", [refusal_pages.unavailable, refusal_pages.failed])
def test_what_pages_say_of_a_change(state: CommitState, words: str, answer: Any) -> None:
    commit_state.begin()
    if state is CommitState.COMMITTING:
        commit_state.committing()
    elif state is CommitState.COMMITTED:
        commit_state.committed()
    try:
        request = RequestFactory().get("/")
        request.htmx = False  # type: ignore[attr-defined]
        page = answer(request).content.decode()
    finally:
        commit_state.begin()
    assert words in page
    assert ("Nothing was changed" in page) == (state is CommitState.NOTHING)


def test_a_proved_rollback_is_nothing() -> None:
    commit_state.begin()
    commit_state.committing()
    deadlock = OperationalError("deadlock")
    deadlock.__cause__ = psycopg.errors.DeadlockDetected()
    commit_state.rolled_back(deadlock)
    assert commit_state.current() is CommitState.NOTHING
