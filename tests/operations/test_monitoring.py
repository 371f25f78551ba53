"""What operators see of a tenant's activity: numbers by outcome, rule and state, and no content."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.jobs.models import Job
from asora.kernel.refusals import Refusal
from asora.operations import monitoring
from asora.operations.monitoring import activity
from audit.events.models import Event
from inventory.actions.categories import create_category
from ledger.exports.actions import create_export
from plans.models import Tenant
from tests.factories.master_data import make_master_data
from tests.ledger.report_fixtures import export_request, post_three_deliveries

PAGE = "/admin/tenants/acacia/"


def refuse(act_as: Any, times: int) -> None:
    for _number in range(times):
        with pytest.raises(Refusal):
            create_category(act_as("viewer"), code="SECRET-CODE", name="Secret name")


def numbers(rows: list[dict[str, Any]], key: str) -> dict[str, int]:
    return {str(row[key]): row["number"] for row in rows}


def test_events_are_counted_by_outcome_and_refusals_by_rule(acacia, act_as):
    before = numbers(activity()["events"], "outcome")
    create_category(act_as("owner"), code="C-1", name="C")
    refuse(act_as, 3)
    found = activity()
    after = numbers(found["events"], "outcome")
    assert {name: after[name] - before[name] for name in after} == {
        "allowed": 1, "refused": 3, "failed": 0, "noop": 0,
    }  # fmt: skip
    assert sum(row["number"] for row in found["refusals"]) == after["refused"]
    event = Event.objects.filter(outcome="refused").latest("occurred_at")
    assert event.rule_id
    (row,) = [row for row in found["refusals"] if row["rule_id"] == event.rule_id]
    assert (row["number"], row["code"], row["last"]) == (3, "PERMISSION_DENIED", event.occurred_at)


def test_what_is_older_than_thirty_days_is_not_counted(acacia, act_as):
    create_category(act_as("owner"), code="C-1", name="C")
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert set(numbers(activity()["events"], "outcome").values()) == {0}


def test_jobs_are_counted_by_state_and_those_that_wait_for_ever(acacia):
    def job(state: str, days: int) -> None:
        moment = timezone.now() - timedelta(days=days)
        ended = None if state in {"waiting", "running"} else moment
        Job.objects.create(
            kind="ledger.export", label="SECRET-LABEL", arguments={}, key=f"{state}{days}", state=state,
            actor_ref="u-1", request_id="r", created_at=moment, finished_at=ended,
            refusal={} if state == "refused" else None,
        )  # fmt: skip

    for state, days in [
        ("waiting", 40),
        ("running", 1),
        ("done", 2),
        ("done", 3),
        ("done", 31),
        ("failed", 29),
    ]:
        job(state, days)
    job("refused", 5)
    assert numbers(activity()["jobs"], "state") == {
        "waiting": 1, "running": 1, "done": 2, "refused": 1, "failed": 1,
    }  # fmt: skip


def test_exports_are_counted_as_the_plan_counts_them(acacia, act_as):
    assert activity()["exports"] == {"number": 0, "last": None}
    post_three_deliveries(act_as("owner"), make_master_data())
    kept = create_export.submit(act_as("owner"), export_request(act_as("owner")))
    assert activity()["exports"] == {"number": 1, "last": kept.created_at}
    with time_machine.travel(timezone.now() + timedelta(days=32)):
        assert activity()["exports"]["number"] == 0


def test_the_page_shows_numbers_and_nothing_that_they_are_about(acacia, act_as, client_as, public):
    refuse(act_as, 2)
    event = Event.objects.filter(outcome="refused").latest("occurred_at")
    with tenant_context(public):
        page = client_as("operator", tenant=public).get(PAGE).content.decode()
    assert f"<code>{event.rule_id}</code>" in page
    assert "Rule that refused" in page
    for secret in ("SECRET-CODE", "Secret name", event.actor_ref, event.request_id):
        assert secret not in page


def test_the_number_of_further_rules_is_shown(acacia, act_as, client_as, public, monkeypatch):
    refuse(act_as, 1)
    with pytest.raises(Refusal):
        create_category(act_as("owner"), code="", name="")
    monkeypatch.setattr(monitoring, "MAX_RULES", 1)
    with tenant_context(public):
        page = client_as("operator", tenant=public).get(PAGE).content.decode()
    assert "1 of 2 rules" in " ".join(page.split())


def test_a_quiet_tenant_says_so(public, client_as):
    assert Tenant.objects.filter(slug="birch").exists()
    page = client_as("operator").get("/admin/tenants/birch/").content.decode()
    assert "Nothing was refused." in page
