"""Identifiers that sort by time and contain the tenant."""

from __future__ import annotations

import time

import pytest
import time_machine

from asora.kernel.request_ids import SHAPE, new_request_id, uuid7


@pytest.mark.parametrize("tenant", ["acacia", "public", "a-b2", "a" * 32])
def test_a_request_id_names_its_tenant(tenant):
    made = new_request_id(tenant)
    assert SHAPE.match(made)
    assert made.rpartition("-")[0] == tenant
    assert len(made) <= 64


def test_request_ids_sort_by_time_and_do_not_repeat():
    with time_machine.travel(0, tick=False) as traveller:
        made = []
        for _ in range(50):
            traveller.shift(0.001)
            made.append(new_request_id("acacia"))
    assert made == sorted(made)
    assert len({new_request_id("acacia") for _ in range(1000)}) == 1000


def test_uuid7_is_what_the_standard_says():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000
