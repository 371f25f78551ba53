"""Every result of an attempt is explained, and says what to do next."""

from __future__ import annotations

import pytest

from integrations.diagnosis.answers import meaning
from integrations.dispatch.models import Attempt
from integrations.outbound.faults import Fault


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_says_what_to_do(fault: Fault) -> None:
    explained = meaning(Attempt(outcome="failed", fault=fault, http_status=None))
    assert explained.happened == f"{fault.label}.", "a sentence, since more sentences follow"
    assert explained.steps


@pytest.mark.parametrize("status", [301, 308, 400, 401, 403, 404, 410, 413, 418, 422, 429, 500, 503, 599])
def test_every_status_says_what_to_do(status: int) -> None:
    explained = meaning(Attempt(outcome="failed", fault=Fault.STATUS, http_status=status))
    assert str(explained.happened)
    assert "again" in " ".join(str(step) for step in explained.steps)


def test_an_unknown_outcome_is_never_called_a_success() -> None:
    explained = meaning(Attempt(outcome="unknown", http_status=None))
    assert "may have got the payload or not" in str(explained.happened)
    assert "event id" in str(explained.steps[0])


def test_a_delivered_payload_needs_nothing() -> None:
    assert meaning(Attempt(outcome="delivered", http_status=204)).steps == ()
