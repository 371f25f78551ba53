"""The nightly proof: each ledger once a night, one after the other, and a missed night by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django_tenants.utils import tenant_context
from procrastinate.contrib.django import app
from structlog.testing import capture_logs

from asora.nightly import schedule
from asora.operations.health import PROOF_VALID_FOR
from audit.events.models import Event
from ledger import tasks
from ledger.models import VerificationRun
from ledger.proof import nightly
from plans.models import Tenant, TenantFreeze

NIGHT = datetime(2031, 3, 4, 2, 17, tzinfo=UTC)
NOON = datetime(2031, 3, 4, 12, 17, tzinfo=UTC)
SLUGS = ("acacia", "birch", "cedar")


@pytest.fixture
def three(public: Tenant) -> dict[str, Tenant]:
    """The tenants of the tests, none of them proved, with the public schema bound."""
    return {slug: Tenant.objects.get(slug=slug) for slug in SLUGS}


def proved(tenant: Tenant, moment: datetime) -> None:
    with tenant_context(tenant):
        VerificationRun.objects.create(
            started_at=moment, finished_at=moment, position=0, is_proved=True, checks=[]
        )


def runs_of(tenant: Tenant) -> list[VerificationRun]:
    with tenant_context(tenant):
        return list(VerificationRun.objects.order_by("finished_at"))


def waiting() -> list[tuple[str, str, int]]:
    """Schema, lock and priority of each proof in the queue."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'schema', lock, priority FROM public.procrastinate_jobs WHERE task_name = %s ORDER BY 1",
            [nightly.PROVE],
        )
        return cursor.fetchall()


def schemas() -> list[str]:
    return [schema for schema, _lock, _priority in waiting()]


def test_the_worker_looks_every_hour():
    known = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert known[tasks.LOOK] == "17 * * * *"


@pytest.mark.parametrize(
    ("now", "hours", "is_due"),
    [
        (NIGHT, 19, False),
        (NIGHT, 21, True),
        (NOON, 21, False),
        (NOON, 29, False),
        (NOON, 31, True),
        (NIGHT.replace(hour=0), 21, False),
        (NIGHT.replace(hour=1), 21, True),
        (NIGHT.replace(hour=4), 21, True),
        (NIGHT.replace(hour=5), 21, False),
    ],
)
def test_when_a_proof_is_due(three, now, hours, is_due):
    with time_machine.travel(now, tick=False):
        for tenant in three.values():
            proved(tenant, now - timedelta(hours=hours))
        tasks.look_for_due_proofs(timestamp=0)
    assert schemas() == ([three[slug].schema_name for slug in SLUGS] if is_due else [])


def test_a_ledger_that_was_never_proved_is_due_at_once(three):
    with time_machine.travel(NOON):
        assert nightly.PROOFS.enqueue_due() == len(SLUGS)
        assert nightly.PROOFS.enqueue_due() == 0, "each waits already"
    assert waiting() == [(three[slug].schema_name, nightly.PROVE, schedule.PRIORITY) for slug in SLUGS]


def test_a_missed_night_is_made_good_before_it_is_called_overdue():
    assert schedule.FRESH < schedule.MISSED < PROOF_VALID_FOR
    assert schedule.MISSED + timedelta(hours=1) < PROOF_VALID_FOR, "the worker looks once an hour"


def test_only_tenants_that_can_be_reached_are_walked(three):
    Tenant.objects.create(slug="draft", schema_name="t_draft", name="D", plan="free", role_model="simple")
    nightly.PROOFS.enqueue_due()
    assert "t_draft" not in schemas()
    assert nightly.PROOFS.run("t_draft") is None


def test_a_proof_is_kept_and_the_trail_names_the_worker(three):
    acacia = three["acacia"]
    TenantFreeze.objects.create(tenant=acacia, reason="Drill", frozen_by="u-1")
    run = nightly.PROOFS.run(acacia.schema_name)
    assert run is not None
    assert run.is_proved
    assert connection.schema_name == "public"
    with tenant_context(acacia):
        event = Event.objects.get(action="ledger.verification.record")
    assert (event.actor_type, event.actor_ref, event.route) == (
        "system",
        "nightly_proof",
        "TASK asora.ledger.prove",
    )
    assert runs_of(three["birch"]) == []


def test_what_was_proved_while_it_waited_is_not_proved_again(three):
    acacia = three["acacia"]
    assert nightly.PROOFS.run(acacia.schema_name)
    assert nightly.PROOFS.run(acacia.schema_name) is None
    assert len(runs_of(acacia)) == 1


def test_a_broken_ledger_is_logged_as_an_error(three):
    acacia = three["acacia"]
    with tenant_context(acacia), connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_head SET position = position + 1")
    with capture_logs() as lines:
        run = nightly.PROOFS.run(acacia.schema_name)
    assert run is not None
    assert not run.is_proved
    (line,) = [line for line in lines if line["log_level"] == "error"]
    assert (line["event"], line["broken"]) == ("a ledger is not proved", ["positions"])


def test_a_tenant_that_cannot_be_asked_stops_no_other(three):
    with tenant_context(three["acacia"]), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_verificationrun RENAME TO elsewhere")
    with capture_logs() as lines:
        assert nightly.PROOFS.enqueue_due() == 2
    assert schemas() == [three["birch"].schema_name, three["cedar"].schema_name]
    assert [(line["event"], line["tenant"]) for line in lines if line["log_level"] == "error"] == [
        ("the last result could not be read", "acacia")
    ]


def test_a_proof_that_fails_ends_in_the_log(three, monkeypatch):
    def fail() -> Any:
        raise RuntimeError("a fault")

    monkeypatch.setattr(nightly, "verify", fail)
    with capture_logs() as lines:
        assert nightly.PROOFS.run(three["acacia"].schema_name) is None
    assert [(line["event"], line["work"]) for line in lines if line["log_level"] == "error"] == [
        ("nightly work failed", nightly.PROVE)
    ]
    assert connection.schema_name == "public"
    assert runs_of(three["acacia"]) == []
