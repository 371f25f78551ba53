"""Audit events are described as occurrences of event types: completely, stably, and each once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from audit.events import trail
from audit.events.models import Event
from integrations.types.catalogue import DESCRIPTION_FAILED, TYPES
from integrations.types.cloudevent import body, source
from integrations.types.describe import ACTIONS, occurrences
from inventory.models import Hub
from ledger.models import Posting
from plans.models import Tenant
from tests.audit.test_every_action import LIVES
from tests.audit.verdicts.company import Company
from tests.integrations.payloads import checked, described

#: The scenes with something to describe.
DESCRIBED = [life for life, actions in LIVES.items() if actions & set(ACTIONS)]


def named(life: Callable[[Company], None]) -> str:
    """The name of a scene in the output."""
    return f"{life.__module__}.{life.__name__}".split(".", 3)[-1]


@pytest.fixture
def company(master_data: Any, act_as: Any, acacia: Tenant) -> Company:
    return Company(master_data, act_as, acacia)


def test_the_scenes_do_every_described_action() -> None:
    assert set(ACTIONS) <= set().union(*LIVES.values())


def test_every_type_is_yielded_by_an_action() -> None:
    assert set().union(*ACTIONS.values()) == set(TYPES) - {DESCRIPTION_FAILED}


@pytest.mark.parametrize("life", LIVES, ids=named)
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


@pytest.mark.parametrize("life", DESCRIBED, ids=named)
def test_an_endpoint_of_one_hub_learns_nothing_of_others(
    life: Callable[[Company], None], company: Company
) -> None:
    """Whatever is described: the payload for one hub names no other hub, and says which hubs it concerns."""
    with described(company.tenant) as found:
        life(company)
    codes = dict(Hub.objects.values_list("pk", "code"))
    for each in (each for _event, some in found for each in some):
        for hub in codes:
            part = each.at(frozenset({hub}))
            if part is None:
                assert each.hubs, each.type
                continue
            assert part.hubs <= {hub}, each.type
            text = body(part, source=source(company.tenant), number=1, with_values=True).decode()
            for other, code in codes.items():
                assert other == hub or not re.search(rf'"{code}["/]', text), each.type


def _positions(event: Event) -> list[int]:
    if event.first_position is None:
        return []
    rows = Posting.objects.filter(position__range=(event.first_position, event.last_position))
    return list(rows.order_by("position").values_list("position", flat=True))
