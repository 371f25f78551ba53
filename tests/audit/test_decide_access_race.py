"""Several people decide about the same access session at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asora.kernel.refusals import StateConflict
from audit.disclosure import queries
from audit.disclosure.actions.access import approve_access, refuse_access
from audit.disclosure.models import AccessDecision
from plans.models import Tenant
from tests.factories.support_access import ask_for_access


def test_of_two_answers_at_the_same_moment_one_counts(
    committed_tenant: Callable[..., Tenant], threads: Any, act_as: Any
) -> None:
    tenant = committed_tenant()
    session = ask_for_access(tenant)
    acts = [act_as("owner") for _ in range(8)]

    def answer(number: int) -> str:
        action = approve_access if number % 2 else refuse_access
        try:
            return str(action(acts[number], session=session).verdict)
        except StateConflict as refusal:
            return str(refusal.reason)

    answers = threads(8, answer)
    assert sorted(answers)[:7] == ["REQUEST_CLOSED"] * 7
    assert queries.verdict_on(session) == max(answers)
    assert AccessDecision.objects.count() == 1
