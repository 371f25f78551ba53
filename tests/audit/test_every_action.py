"""Every action of the product writes its allowed and its refused event, with everything an outsider needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from asora.kernel.act import Act
from asora.kernel.actors import system
from asora.kernel.door import Action
from asora.kernel.ladder import GATES
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from plans.models import Tenant
from tests.accounts.permission_matrix import NeverValid
from tests.audit.lives import (
    dispatches,
    escalations,
    evidence,
    exploring,
    feeds,
    investigations,
    knowledge,
    people,
    platform,
    replies,
    retention,
    seals,
    stock,
    support_access,
    support_duty,
    tickets,
    trials,
)
from tests.audit.lives import endpoints as integrations
from tests.audit.lives import master_data as records
from tests.audit.verdicts.company import Company
from tests.factories import tenants
from tests.kernel.actions import every_action

#: Scenes that pass through the door, and the actions that each of them does.
LIVES: dict[Callable[[Company], None], set[str]] = {
    people.staff: people.STAFF,
    people.passwords: people.PASSWORDS,
    people.second_factors: people.SECOND_FACTORS,
    records.by_hand: records.BY_HAND,
    records.by_file: records.BY_FILE,
    stock.documents_by_hand: stock.DOCUMENTS,
    stock.documents_by_file: stock.FILES,
    stock.a_count: stock.COUNTS,
    stock.proofs_and_exports: stock.PROOFS,
    platform.onboarding: platform.ONBOARDING,
    platform.operation: platform.OPERATION,
    support_access.decisions: support_access.DECISIONS,
    support_access.questions: support_access.QUESTIONS,
    support_access.tickets: support_access.TICKETS,
    support_access.mails: support_access.MAILS,
    support_access.an_agent: support_access.AGENT,
    support_duty.promised_times: support_duty.CLOCKS,
    support_duty.calls: support_duty.CALLS,
    support_duty.incidents: support_duty.INCIDENTS,
    investigations.an_investigation: investigations.INVESTIGATION,
    tickets.followed: tickets.FOLLOWED,
    tickets.worked_on: tickets.WORKED_ON,
    tickets.connected: tickets.CONNECTED,
    seals.seals: seals.SEALS,
    exploring.copies: exploring.COPIES,
    exploring.searches: exploring.SEARCHES,
    trials.trials: trials.TRIALS,
    integrations.endpoints: integrations.ENDPOINTS,
    dispatches.dispatches: dispatches.DISPATCHES,
    retention.retention: retention.RETENTION,
    feeds.feed: feeds.FEED,
    escalations.escalations: escalations.ESCALATIONS,
    replies.replies: replies.REPLIES,
    replies.closing: replies.CLOSING,
    knowledge.a_release: knowledge.RELEASE,
    knowledge.entries: knowledge.ENTRIES,
    knowledge.issues: knowledge.ISSUES,
    evidence.packs: evidence.PACKS,
}
#: `plans.tenant.create` is the command that makes a tenant without an onboarding; its event is tested with it.
ELSEWHERE = {"plans.tenant.create"}


@pytest.fixture
def company(master_data: Any, act_as: Any, acacia: Tenant) -> Company:
    return Company(master_data, act_as, acacia)


@pytest.fixture(scope="module")
def actions() -> dict[str, Action[Any, Any]]:
    return every_action()


def test_the_scenes_do_every_action(actions: dict[str, Action[Any, Any]]) -> None:
    assert set().union(*LIVES.values()) == set(actions) - ELSEWHERE


@pytest.mark.parametrize(
    "life", LIVES, ids=lambda life: f"{life.__module__}.{life.__name__}".split(".", 3)[-1]
)
def test_what_is_allowed_says_all(
    life: Callable[[Company], None], company: Company, actions: dict[str, Action[Any, Any]]
) -> None:
    before = {event.pk for event in everywhere()}
    life(company)
    done: dict[str, Event] = {
        event.action: event for event in everywhere() if event.pk not in before and event.outcome == "allowed"
    }
    assert LIVES[life] <= set(done)
    for name in LIVES[life]:
        event, action = done[name], actions[name]
        gates = {step["gate"]: step for step in event.decision}
        assert list(gates) == list(GATES), name
        assert {step["verdict"] for step in gates.values()} == {"passed"}, name
        assert f"person:{event.actor_ref}" in gates["authenticated"]["inputs"], name
        assert gates["permitted"]["rule"] == action.permission, name
        assert gates["permitted"]["inputs"], name
        assert action.while_frozen or gates["open"]["inputs"] == ["freeze"], name
        if action.ceiling:
            assert {"plan", f"plan:{action.ceiling}"} <= set(gates["within_plan"]["inputs"]), name
            assert {"limit", "usage"} <= set(gates["within_plan"]) or gates["within_plan"]["limit"] is None
        assert bool(event.touched) or action.observes, name
        assert event.hubs is not None, name
        assert event.release, name
        assert event.duration_ms is not None, name
        assert event.number, name
        assert event.changes or event.facts or event.first_position or event.export_ref, name


def test_what_is_refused_says_all(company: Company, actions: dict[str, Action[Any, Any]]) -> None:
    """Each action, tried by somebody who may do nothing: the event names the missing permission and what was read."""
    act = company.act_as("viewer")
    nobody = Act(
        tenant=act.tenant,
        actor=system(act.tenant.schema_name, "nobody"),
        request_id=act.request_id,
        route="POST /tests/",
    )
    for name, action in actions.items():
        with pytest.raises(Refusal):
            action.submit(nobody, NeverValid())
        event = Event.objects.filter(action=name, outcome="refused").latest("number")
        stopped = event.decision[-1]
        assert stopped["verdict"] == "stopped", name
        assert event.rule_id, name
        assert stopped["rule"] == event.rule_id, name
        # A form that is refused by its shape has read nothing.
        assert stopped.get("inputs") or stopped["gate"] == "valid", name
        assert event.code, name
        assert event.reason, name
        assert event.message, name
        assert event.touched == [], name
        assert stopped["remedy"], name


def everywhere() -> list[Event]:
    """The events of the tenant and of the platform."""
    own = list(Event.objects.order_by("number"))
    with tenant_context(tenants.public()):
        return [*own, *Event.objects.order_by("number")]
