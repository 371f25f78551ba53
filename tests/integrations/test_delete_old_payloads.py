"""Payloads are deleted when the installation no longer keeps them: the oldest numbers first, and the trail says so."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import call_command

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied
from integrations.dispatch.models import Attempt
from integrations.outbox import deletion, queries
from integrations.outbox.actions import release_payloads
from integrations.outbox.models import EndpointNumber, Payload
from integrations.outbox.rules import last_kept_moment
from plans.models import Tenant, TenantFreeze
from tests.factories.dispatches import finish_row, make_attempt_row, make_dispatch_row
from tests.factories.payloads import make_endpoint_row, queue_payloads, settle

ACTION = "integrations.payload.release"


def clear() -> str:
    output = io.StringIO()
    call_command("clear_payloads", stdout=output)
    return output.getvalue()


def numbers() -> list[int]:
    return list(Payload.objects.order_by("number").values_list("number", flat=True))


def retention(tenant: Tenant) -> Any:
    return new_act(tenant, system(tenant.schema_name, "payload_retention", Permission.INTEGRATIONS_MANAGE))


def test_deletes_what_is_too_old_and_says_what_was_never_sent(acacia, events):
    endpoint = make_endpoint_row()
    old = queue_payloads(endpoint, 4, days_ago=92)
    queue_payloads(endpoint, 2, days_ago=80)
    settle(old[0].pk, "sending", "delivered")
    settle(old[1].pk, "sending", "failed")

    assert clear() == "Payloads deleted: 4.\n"

    assert numbers() == [5, 6]
    assert queries.first_number(endpoint) == 5
    (event,) = events(action=ACTION)
    assert (event.actor_type, event.actor_ref) == ("system", "payload_retention")
    assert event.resource_id == str(endpoint.pk)
    assert event.facts == {"first": 1, "last": 4, "payloads": 4, "days": 90, "never_sent": 2, "failed": 1}
    assert event.changes[0]["before"] == {"deleted_upto": 0}
    assert event.changes[0]["after"] == {"deleted_upto": 4}


def test_a_second_run_finds_nothing_and_writes_no_event(acacia, events):
    queue_payloads(make_endpoint_row(), 3, days_ago=92)
    clear()

    assert clear() == "Payloads deleted: 0.\n"
    assert len(events(action=ACTION)) == 1


def test_numbers_go_on_after_everything_was_deleted(acacia):
    endpoint = make_endpoint_row()
    queue_payloads(endpoint, 3, days_ago=92)
    clear()

    assert queries.queue_of(endpoint) == queries.Queue(queued=0, oldest_at=None, first=4, last=3)
    assert [payload.number for payload in queue_payloads(endpoint, 1)] == [4]


def test_only_the_oldest_numbers_go_even_if_a_later_one_is_older(acacia):
    endpoint = make_endpoint_row()
    queue_payloads(endpoint, 1, days_ago=92)
    queue_payloads(endpoint, 1, days_ago=80)
    queue_payloads(endpoint, 1, days_ago=92)

    clear()

    assert numbers() == [2, 3]


def test_a_payload_that_is_being_sent_stays_until_it_is_settled(acacia):
    endpoint = make_endpoint_row()
    old = queue_payloads(endpoint, 3, days_ago=92)
    settle(old[1].pk, "sending")

    clear()
    assert numbers() == [2]
    assert list(queries.payloads(endpoint)) == [], "it is neither read nor sent"
    settle(old[1].pk, "unknown")
    clear()
    assert numbers() == []


def test_the_page_of_the_queue_says_what_was_deleted(acacia, client_as):
    endpoint = make_endpoint_row()
    address, client = f"/integrations/{endpoint.pk}/queue/", client_as("owner")
    assert "Nothing was queued yet" in client.get(address).content.decode()
    queue_payloads(endpoint, 2, days_ago=92)
    assert "were deleted" not in client.get(address).content.decode()

    clear()

    page = client.get(address).content.decode()
    assert "Payloads up to number 2 were deleted because of their age." in page
    assert "No payload is left" in page
    queue_payloads(endpoint, 1)
    page = client.get(address).content.decode()
    assert "Payloads up to number 2 were deleted because of their age." in page
    assert "No payload is left" not in page


def test_attempts_go_with_their_payloads(acacia):
    endpoint = make_endpoint_row()
    old = queue_payloads(endpoint, 2, days_ago=92)
    young = queue_payloads(endpoint, 1)
    dispatch = make_dispatch_row(endpoint, amount=3)
    for payload in (*old, *young):
        make_attempt_row(dispatch, payload, outcome="failed")
    make_attempt_row(dispatch, old[0], outcome="delivered")
    finish_row(dispatch, delivered=1, failed=2)

    clear()

    assert numbers() == [3]
    assert [attempt.payload_id for attempt in Attempt.objects.all()] == [young[0].pk]
    dispatch.refresh_from_db()
    assert (dispatch.amount, dispatch.delivered, dispatch.failed) == (3, 1, 2), "its counts stay"


def test_what_a_running_dispatch_may_have_chosen_stays_until_it_ends(acacia):
    endpoint, other = make_endpoint_row(), make_endpoint_row("Other")
    queue_payloads(endpoint, 2, days_ago=92)
    queue_payloads(other, 1, days_ago=92)
    dispatch = make_dispatch_row(endpoint, amount=2)

    clear()
    assert numbers() == [1, 2]
    finish_row(dispatch)
    clear()
    assert numbers() == []


def test_payloads_of_a_removed_endpoint_go_too(acacia, events):
    endpoint = make_endpoint_row()
    queue_payloads(endpoint, 2, days_ago=92)
    type(endpoint).everything.filter(pk=endpoint.pk).update(is_enabled=False, removed_at="2026-01-01T00:00Z")

    clear()

    assert numbers() == []
    assert len(events(action=ACTION)) == 1


def test_what_a_crash_left_is_deleted_by_the_next_run(acacia, events):
    endpoint = make_endpoint_row()
    queue_payloads(endpoint, 2, days_ago=92)
    release_payloads(retention(acacia), endpoint=endpoint, upto=2, days=90)
    assert numbers() == [1, 2]

    clear()

    assert numbers() == []
    assert len(events(action=ACTION)) == 1


def test_small_steps_delete_all(acacia, monkeypatch):
    monkeypatch.setattr(deletion, "AT_ONCE", 7)
    queue_payloads(make_endpoint_row(), 50, days_ago=92)

    assert clear() == "Payloads deleted: 50.\n"


def test_a_frozen_tenant_keeps_everything(acacia, events):
    queue_payloads(make_endpoint_row(), 2, days_ago=92)
    TenantFreeze.objects.create(tenant=acacia, is_active=True, reason="Stock differs", frozen_by="somebody")

    clear()

    assert numbers() == [1, 2]
    assert events(action=ACTION) == [], "not even a refusal"


def test_refuses_the_viewer(acacia, act_as, events):
    endpoint = make_endpoint_row()
    queue_payloads(endpoint, 2, days_ago=92)

    with pytest.raises(PermissionDenied):
        release_payloads(act_as("viewer"), endpoint=endpoint, upto=2, days=90)

    assert EndpointNumber.objects.get(endpoint=endpoint).deleted_upto == 0
    (event,) = events(action=ACTION)
    assert (event.outcome, event.rule_id) == ("refused", "integrations.manage")


@pytest.mark.parametrize("upto", [1, 2])
def test_releasing_again_does_nothing(acacia, events, upto):
    endpoint = make_endpoint_row()
    queue_payloads(endpoint, 2, days_ago=92)
    release_payloads(retention(acacia), endpoint=endpoint, upto=2, days=90)

    assert release_payloads(retention(acacia), endpoint=endpoint, upto=upto, days=90) == 0
    assert [event.outcome for event in events(action=ACTION)] == ["allowed", "noop"]


@pytest.mark.parametrize(
    ("days", "first"), [(90, date(2026, 8, 30)), (7, date(2026, 11, 21)), (1, date(2026, 11, 21))]
)
def test_a_day_is_kept_whole(days, first):
    moment = last_kept_moment(date(2026, 11, 28), days=days)
    assert moment == datetime(first.year, first.month, first.day, tzinfo=UTC)


@pytest.mark.parametrize(("days", "code"), [("6", 1), ("7", 0)])
def test_fewer_than_seven_days_are_refused_at_start(days, code):
    done = subprocess.run(
        [sys.executable, "-c", "import asora.settings"],
        env={**os.environ, "ASORA_PAYLOAD_DAYS": days},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert ("ASORA_PAYLOAD_DAYS must be 7 or more." in done.stderr) == bool(code)
