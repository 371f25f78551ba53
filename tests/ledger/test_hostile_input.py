"""Inputs that a hostile reviewer found: each of these once failed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import ValidationFailed
from audit.events.models import Event
from inventory.models import Item
from ledger.models import CountLine, Kind, Posting
from tests.factories import people
from tests.factories.counts import approve, enter, hand_in, start
from tests.factories.documents import import_rows, post_movement, receive, reverse_posting
from tests.factories.master_data import MasterData

MOST = "9" * 16
DRY = "reference,effective_on,sku,hub_code,bin_code,quantity\nX,2026-03-02,CABLE,SOUTH,A-1,1\n"


@pytest.fixture
def limited(master_data: MasterData) -> Any:
    """A manager who works at NORTH only."""
    user = people.add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", user, master_data.north)
    return user


def test_more_than_a_value_or_balance_can_be_is_refused(master_data: MasterData, act_as: Any) -> None:
    act = act_as("owner")
    for moves in (
        [("BOLT", "NORTH/A-1", MOST, "9" * 20)],
        [("BOLT", "NORTH/A-1", MOST, "100000")],
        [("BOLT", "NORTH/A-1", MOST, "0")] * 2,
    ):
        with pytest.raises(ValidationFailed):
            receive(act, master_data, *moves)
    receive(act, master_data, ("BOLT", "NORTH/A-1", MOST, "0"))
    post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", MOST))
    with pytest.raises(ValidationFailed):  # the movement of that day
        receive(act, master_data, ("BOLT", "NORTH/A-1", MOST, "0"))
    assert Posting.objects.count() == 2


def test_an_import_of_other_hubs_is_not_shown(
    master_data: MasterData, act_as: Any, client_as: Any, limited: Any
) -> None:
    import_rows(act_as("owner"), Kind.RECEIPT, "R,2026-03-02,ACME,CABLE,SOUTH,A-1,6421,1.5")
    batch = Posting.objects.get().batch
    response = client_as(user=limited).get(
        f"/ledger/batches/{batch}/", headers={"accept": "application/json"}
    )
    assert (response.status_code, response.json()["reason"]) == (403, "HUB_NOT_GRANTED")


def test_a_scan_does_not_name_a_bin_of_another_hub(
    master_data: MasterData, client_as: Any, limited: Any
) -> None:
    Item.objects.filter(sku="BOLT").update(putaway_bin=master_data.bins["SOUTH/A-1"])
    assert client_as(user=limited).get("/receive/scan/?code=BOLT").json()["bin"] == ""
    assert client_as("manager").get("/receive/scan/?code=BOLT").json()["bin"] == "SOUTH/A-1"


@pytest.mark.parametrize("extra", [{}, {"check": "1"}])
@pytest.mark.parametrize("text", ["", "\x00", DRY])
def test_each_refused_file_is_in_the_trail(
    master_data: MasterData, client_as: Any, limited: Any, text: str, extra: dict[str, str]
) -> None:
    response = client_as(user=limited).post("/issue/import/", {"text": text} | extra)
    assert response.status_code in {400, 403}
    event = Event.objects.get(request_id=response["X-Request-ID"])
    assert event.outcome == "refused"
    assert event.decision[-1]["rule"]


def test_a_count_that_was_reversed_was_no_count(master_data: MasterData, act_as: Any) -> None:
    act = act_as("owner")
    receive(act, master_data, ("BOLT", "NORTH/A-1", "5", "1"))
    session = start(act, master_data)
    enter(act, master_data, session, **{"BOLT NORTH/A-1": "4"})
    hand_in(act, session)
    reverse_posting(act, approve(act, session))
    again = start(act, master_data, not_counted_since=date(2026, 3, 2))
    assert CountLine.objects.filter(session=again).count() == 1


@pytest.mark.parametrize("address", ["/counts/?format=x", "/counts/?format=", "/audit/?until=9999-12-31"])
def test_what_an_address_says_is_no_failure(master_data: MasterData, client_as: Any, address: str) -> None:
    assert client_as("owner").get(address).status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_first_and_last_day_in_any_zone(acacia: Any, client_as: Any, day: str, zone: str) -> None:
    type(acacia).objects.filter(pk=acacia.pk).update(time_zone=zone)
    assert client_as("owner").get(f"/audit/?until={day}&since={day}").status_code == 200


def test_an_absurd_figure_does_not_close_the_review(
    master_data: MasterData, act_as: Any, client_as: Any
) -> None:
    receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "1", "99999999999999.999999"))
    session = start(act_as("counter"), master_data)
    enter(act_as("counter"), master_data, session, **{"BOLT NORTH/A-1": "9999999999999998"})
    hand_in(act_as("counter"), session)
    assert client_as("manager").get(f"/counts/{session.pk}/review/").status_code == 200
    with pytest.raises(ValidationFailed):
        approve(act_as("manager"), session)
