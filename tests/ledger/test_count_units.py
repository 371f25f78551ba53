"""Figures of counts are shown unit by unit, on every page and in the event: bolts and litres have no sum."""

from __future__ import annotations

import re
from typing import Any

from django.utils.html import strip_tags

from tests.factories.counts import approve, enter, hand_in, start
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts

MINUS = "\N{MINUS SIGN}"


def words(answer: Any) -> str:
    """The text of a page, without its tags."""
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()).replace("\xa0", " "))


def test_one_figure_per_unit(master_data: MasterData, act_as: Acts, client_as: Any, events: Any) -> None:
    act, client = act_as("manager"), client_as("manager")
    deliver(
        act,
        master_data,
        receipt(
            master_data,
            line(master_data, "BOLT", "NORTH/A-1", "10", "2"),
            line(master_data, "BOLT", "NORTH/A-2", "10", "2", number=2),
            line(master_data, "OIL", "NORTH/A-1", "4", "3", number=3),
        ),
    )
    session = start(act, master_data)
    enter(act, master_data, session, **{"BOLT NORTH/A-1": "12", "BOLT NORTH/A-2": "3", "OIL NORTH/A-1": "3"})
    session = hand_in(act, session)

    review = words(client.get(f"/counts/{session.pk}/review/"))
    assert f"0 / {MINUS}1 l+2 / {MINUS}7 pcs" in review
    assert f"Stock changes by {MINUS}1 l · +2 pcs · {MINUS}7 pcs." in review
    assert f"{MINUS}8" not in review.replace(f"{MINUS}8.", ""), "the seven bolts and the litre are no eight"
    # 10 + 3 of 12 + 10 bolts agree, and 3 of 4 litres.
    assert "l: 75.0 % · pcs: 59.0 %" in review
    assert f"{MINUS}13.00" in review, "the values do have a sum: 4 - 14 - 3"

    approve(act, session)
    assert events(action="ledger.count.approve")[-1].facts["quantities"] == {"l": "-1.0000", "pcs": "-5.0000"}
    listed = words(client.get("/counts/?state=all"))
    assert (
        f"l: 75.0 %pcs: 59.0 % 0 l+2 pcs {MINUS}1 l{MINUS}7 pcs {MINUS}1 l{MINUS}5 pcs {MINUS}13.00" in listed
    )
