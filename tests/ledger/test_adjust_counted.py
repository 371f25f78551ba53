"""An adjustment of a place where a count has booked the same difference already asks first; the other order is in
test_count_corrections.py."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from ledger.adjustments.actions.requests import post_request, request_adjustment
from ledger.models import Kind
from tests.factories.counts import approve, counted, left_in
from tests.factories.documents import draft, reverse_posting
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts
from tests.headers import JSON
from tests.ledger.test_document_pages import typed


def adjustment(quantity: str, day: Any, *, number: int = 1) -> dict[str, str]:
    """An adjustment as the form sends it."""
    line = {"sku": "BOLT", "bin": "A-1", "quantity": quantity}
    return typed(line, reason="LOST", effective_on=day.isoformat(), reference=f"ADJ-{number}")


def test_the_same_loss_is_asked_about_and_another_one_is_posted(
    ten_bolts: MasterData, act_as: Acts, client_as: Any, events: Any
) -> None:
    act, client = act_as("manager"), client_as("manager")
    position = approve(act, counted(act, ten_bolts, "8"))
    values = adjustment("-2", act.today)
    asked = client.post("/adjust/", values, headers=JSON)
    assert (asked.status_code, asked.json()["reason"]) == (400, "COUNTED_SINCE")
    (question,) = asked.json()["details"]["questions"]
    assert question["position"] == position
    assert "BOLT in NORTH/A-1" in question["message"]
    assert "\N{MINUS SIGN}2 pcs" in question["message"]
    assert left_in(ten_bolts) == 8
    page = client.post("/adjust/", values).content.decode()
    (key,) = re.findall(r'name="confirm" value="([^"]+)"', page)

    assert client.post("/adjust/", values | {"confirm": key}).status_code == 302
    assert left_in(ten_bolts) == 6
    confirmed = events(action="ledger.adjustment.post", outcome="allowed")[-1].facts["confirmed"]
    assert confirmed == [{"reason": "COUNTED_SINCE", "what": [f"{position}.1 BOLT NORTH/A-1"]}]


def test_a_request_that_a_count_has_overtaken(ten_bolts: MasterData, act_as: Acts, client_as: Any) -> None:
    """Requested before the count, and posted after the count has booked the difference."""
    act = act_as("manager")
    wanted = draft(ten_bolts, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-2"), reason="LOST")
    request = request_adjustment(act, draft=wanted, hubs=[ten_bolts.north], reference="ADJ-1")
    approve(act, counted(act, ten_bolts, "8"))
    client = client_as("owner")
    asked = client.post(f"/adjust/requests/{request.pk}/post/", {})
    assert asked.status_code == 400
    keys = re.findall(r'name="confirm" value="([^"]+)"', asked.content.decode())
    assert [key.partition(":")[0] for key in keys] == ["COUNTED_SINCE"]
    assert left_in(ten_bolts) == 8
    post_request(act_as("owner"), request=request, confirmed=frozenset(keys))
    assert left_in(ten_bolts) == 6


@pytest.mark.parametrize("found", ["8", "10", "12"])
def test_only_a_difference_of_the_same_sign(
    ten_bolts: MasterData, act_as: Acts, client_as: Any, found: str
) -> None:
    act, client = act_as("manager"), client_as("manager")
    approve(act, counted(act, ten_bolts, found))
    down, up = (client.post("/adjust/", adjustment(n, act.today, number=int(n))) for n in ("-1", "1"))
    assert down.status_code == (400 if found == "8" else 302)
    assert up.status_code == (400 if found == "12" else 302)


def test_what_happened_after_the_day_of_the_count_is_another_one(
    ten_bolts: MasterData, act_as: Acts, client_as: Any
) -> None:
    act = act_as("manager")
    approve(act, counted(act, ten_bolts, "8"))
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        client = client_as("manager")
        later = client.post("/adjust/", adjustment("-1", act.today))
        assert later.status_code == 302
        earlier = client.post("/adjust/", adjustment("-1", act.today - timedelta(days=2), number=2))
        assert earlier.status_code == 400
    assert left_in(ten_bolts) == 7


def test_a_count_that_was_reversed_booked_nothing(
    ten_bolts: MasterData, act_as: Acts, client_as: Any
) -> None:
    act = act_as("manager")
    reverse_posting(act, approve(act, counted(act, ten_bolts, "8")))
    assert client_as("manager").post("/adjust/", adjustment("-2", act.today)).status_code == 302
    assert left_in(ten_bolts) == 8
