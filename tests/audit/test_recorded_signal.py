"""The signal `recorded`: sent for each event as it was written, inside its transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from asora.kernel.database_errors import Unavailable
from asora.kernel.refusals import Refusal
from asora.kernel.signals import recorded
from audit.events.models import Event
from inventory.actions.categories import create_category
from inventory.models import Category


@pytest.fixture
def heard() -> Iterator[list[tuple[Event, bool]]]:
    """The events that the signal was sent with, and whether a transaction was open."""
    found: list[tuple[Event, bool]] = []

    def listen(event: Event, **_: Any) -> None:
        found.append((event, connection.in_atomic_block))

    recorded.connect(listen)
    yield found
    recorded.disconnect(listen)


@pytest.fixture
def broken() -> Iterator[None]:
    """A listener that the database refuses."""

    def refuse(**_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM no_such_table")

    recorded.connect(refuse)
    yield
    recorded.disconnect(refuse)


def test_is_sent_with_the_number_and_time_of_the_event(acacia, act_as, heard):
    create_category(act_as("manager"), code="BOLTS", name="Bolts", parent=None)

    ((event, is_inside),) = heard
    written = Event.objects.get(action="inventory.category.create")
    assert (event.pk, event.number, event.occurred_at) == (written.pk, written.number, written.occurred_at)
    assert written.number is not None
    assert is_inside


def test_is_sent_for_refusals_too(acacia, act_as, heard):
    with pytest.raises(Refusal):
        create_category(act_as("viewer"), code="BOLTS", name="Bolts", parent=None)

    assert [(event.action, event.outcome) for event, _ in heard] == [("inventory.category.create", "refused")]


@pytest.mark.usefixtures("broken")
def test_a_database_error_of_a_listener_undoes_the_action(acacia, act_as):
    with pytest.raises(Unavailable):
        create_category(act_as("manager"), code="BOLTS", name="Bolts", parent=None)

    assert not Category.objects.filter(code="BOLTS").exists()
