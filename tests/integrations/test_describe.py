"""Audit events are described as occurrences of event types: completely, stably, and each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audit.events import trail
from audit.events.models import Event
from integrations.types.catalogue import DESCRIPTION_FAILED, TYPES
from integrations.types.cloudevent import body, source
from integrations.types.describe import ACTIONS, occurrences
from ledger.models import Posting
from plans.models import Tenant
from tests.audit.test_every_action import LIVES
from tests.audit.verdicts.company import Company
from tests.integrations.payloads import checked, described

#: The actions that are described and are done by no scene of the trail's tests.
ELSEWHERE = {"integrations.endpoint.test"}


@pytest.fixture
def company(master_data: Any, act_as: Any, acacia: Tenant) -> Company:
    return Company(master_data, act_as, acacia)


def test_the_scenes_do_every_described_action() -> None:
    assert set(ACTIONS) - ELSEWHERE <= set().union(*LIVES.values())


def test_every_type_is_yielded_by_an_action() -> None:
    assert set().union(*ACTIONS.values()) == set(TYPES) - {DESCRIPTION_FAILED}


@pytest.mark.parametrize(
    "life", LIVES, ids=lambda life: f"{life.__module__}.{life.__name__}".split(".", 3)[-1]
)
def test_every_action_is_described_completely(life: Callable[[Company], None], company: Company) -> None:
    """Each posting once, nothing of other actions; and the same if it is described again later."""
    with described(company.tenant) as found:
        life(company)
        trail.copy_missing(company.tenant)
    for event, some in found:
        if event.outcome != "allowed" or event.action not in ACTIONS:
            assert some == []
        else:
            assert some, event.action
        assert {each.type for each in some} <= ACTIONS.get(event.action, frozenset()), event.action
        postings = [each for each in some if each.type.startswith(("inventory.posting.", "inventory.count."))]
        assert [each.position for each in postings] == _positions(event), event.action
        assert [each.id for each in some] == [f"{event.pk}-{number}" for number in range(1, len(some) + 1)]
        for each in some:
            for with_values in (True, False):
                payload = body(each, source=source(company.tenant), number=7, with_values=with_values)
                sent = checked(payload)
                money = {path for path in TYPES[each.type].values if "[" not in path}
                assert money & set(sent["data"]) == (money if with_values else set())
        later = occurrences(Event.objects.get(pk=event.pk))
        assert [(each.id, each.type, each.hubs, each.position, each.time) for each in later] == [
            (each.id, each.type, each.hubs, each.position, each.time) for each in some
        ], event.action
    done = {event.action for event, some in found if some}
    assert LIVES[life] & set(ACTIONS) <= done


def _positions(event: Event) -> list[int]:
    if event.first_position is None:
        return []
    rows = Posting.objects.filter(position__range=(event.first_position, event.last_position))
    return list(rows.order_by("position").values_list("position", flat=True))
