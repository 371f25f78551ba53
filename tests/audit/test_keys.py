"""Gates and actions use the same keys for what they read and touch, so "what changed since" can be answered."""

from __future__ import annotations

from typing import Any

import pytest

from asora import __version__
from asora.kernel import keys
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import SIGNED_IN
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from inventory.actions.vendors import (
    create_vendor,
)
from inventory.models import Bin, Vendor
from ledger.models import Kind
from plans.models import Tenant
from tests.accounts.permission_matrix import NeverValid
from tests.factories import documents
from tests.factories.documents import line as priced
from tests.factories.documents import receipt
from tests.factories.master_data import MasterData
from tests.kernel.actions import every_action

HUB_OF_BIN = {11: 1, 12: 1, 21: 2}


def test_more_than_two_hundred_of_a_kind_become_one_per_hub() -> None:
    held = [(item, bin_) for item in range(101) for bin_ in (11, 21)]
    assert len(held) > keys.MANY
    assert keys.stock(held, HUB_OF_BIN) == ["stock:*:1", "stock:*:2"]
    assert keys.stock(held[:2], HUB_OF_BIN) == ["stock:0:11", "stock:0:21"]
    assert keys.bins(range(500), dict.fromkeys(range(500), 3)) == ["bin:*:3"]
    assert keys.many("item", range(201)) == ["item:*"]
    assert len(keys.many("item", range(200))) == 200
    assert keys.bounded([f"item:{n}" for n in range(300)] + ["plan", "plan"]) == ["item:*", "plan"]


@pytest.mark.parametrize(
    ("read", "touched", "is_met"),
    [
        ("stock:5:11", "stock:5:11", True),
        ("stock:5:11", "stock:6:11", False),
        ("stock:5:11", "stock:*:1", True),
        ("stock:5:21", "stock:*:1", False),
        ("stock:*:1", "stock:5:12", True),
        ("stock:*:2", "stock:5:12", False),
        ("stock:*:2", "stock:*:2", True),
        ("stock:5:11", "stock:*", True),
        ("stock:*:2", "stock:*", True),
        ("bin:11", "bin:*:1", True),
        ("bin:*:1", "bin:21", False),
        ("item:5", "item:*", True),
        ("item:*", "item:5", True),
        ("item:5", "bin:5", False),
        ("plan", "plan:items", False),
        ("plan:items", "plan:items", True),
        ("grant:u-1:3", "grant:u-1:4", False),
        ("freeze", "freeze", True),
    ],
)
def test_keys_that_stand_for_many_meet_each_of_them(read: str, touched: str, is_met: bool) -> None:
    assert keys.meet([read], [touched], HUB_OF_BIN) == ({read} if is_met else set())
    if is_met and "*" not in read:
        assert touched in keys.covering([read], HUB_OF_BIN), "so an index finds it"


def last() -> Event:
    return Event.objects.order_by("-number")[0]


def read_by(event: Event, gate: str = "") -> set[str]:
    """The keys that a gate of an event's ladder read; without a name, those of all gates."""
    return {key for step in event.decision if gate in ("", step["gate"]) for key in step.get("inputs", [])}


def test_a_posting_says_what_it_read_and_moved_and_where(master_data: MasterData, act_as: Any) -> None:
    act = act_as("manager")
    draft = receipt(master_data, priced(master_data, "BOLT", "NORTH/A-1", "10", "2"))
    documents.deliver(act, master_data, draft)
    event = last()
    item, bin_ = master_data.items["BOLT"].pk, master_data.bins["NORTH/A-1"].pk
    stock, sent = f"stock:{item}:{bin_}", f"submission:{draft.submission}"
    assert set(event.touched) == {stock, sent, f"item:{item}"}, "the first entry fixes the item's unit"
    assert event.hubs == [master_data.north.pk]
    assert read_by(event, "valid") == {
        stock,
        sent,
        f"item:{item}",
        f"bin:{bin_}",
        f"hub:{master_data.north.pk}",
        f"vendor:{master_data.vendor.pk}",
    }
    assert read_by(event, "permitted") == {
        f"person:{act.actor.ref}",
        "role:manager",
        "role_model",
        f"grant:{act.actor.ref}:{master_data.north.pk}",
        f"hub:{master_data.north.pk}",
    }
    assert read_by(event, "open") == {"freeze"}
    assert (event.rule_id, event.schema_version) == ("", 2)
    assert event.release
    assert event.duration_ms is not None
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "1", "2"))
    assert f"item:{item}" not in last().touched


def test_a_transfer_concerns_both_hubs_and_touches_both_bins(master_data: MasterData, act_as: Any) -> None:
    documents.receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "2"))
    documents.post_movement(
        act_as("manager"), master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/A-1", "3")
    )
    event = last()
    assert event.hubs == sorted([master_data.north.pk, master_data.south.pk])
    item = master_data.items["BOLT"].pk
    ends = {f"stock:{item}:{master_data.bins[address].pk}" for address in ("NORTH/A-1", "SOUTH/A-1")}
    assert ends <= set(event.touched)


def test_a_refusal_keeps_hubs_and_inputs_though_its_body_was_undone(
    master_data: MasterData, act_as: Any
) -> None:
    with pytest.raises(Refusal):
        documents.post_movement(act_as("receiver"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "3"))
    event = last()
    assert (event.outcome, event.touched, event.hubs) == ("refused", [], [master_data.north.pk])
    assert event.rule_id == "ledger.issue.insufficient_stock"
    assert f"stock:{master_data.items['BOLT'].pk}:{master_data.bins['NORTH/A-1'].pk}" in read_by(
        event, "valid"
    )


def test_of_a_form_that_names_no_hub_it_is_not_known_which_it_concerns(
    master_data: MasterData, act_as: Any
) -> None:
    with pytest.raises(Refusal):
        documents.import_rows(act_as("manager"), Kind.RECEIPT, "R-1,2026-03-02,ACME,BOLT,NOWHERE,A-1,1,1")
    assert (last().outcome, last().hubs) == ("refused", None)


def test_a_file_of_many_lines_says_one_key_per_hub(master_data: MasterData, act_as: Any) -> None:
    Bin.objects.bulk_create(Bin(hub=master_data.north, code=f"M-{number}") for number in range(keys.MANY + 1))
    rows = [f"R-1,2026-03-02,ACME,BOLT,NORTH,M-{number},1,1" for number in range(keys.MANY + 1)]
    documents.import_rows(act_as("manager"), Kind.RECEIPT, *rows, "R-1,2026-03-02,ACME,BOLT,SOUTH,A-1,1,1")
    event = last()
    north, south = master_data.north.pk, master_data.south.pk
    assert {key for key in event.touched if key.startswith("stock")} == {
        f"stock:*:{north}",
        f"stock:*:{south}",
    }
    assert {key for key in read_by(event) if key.startswith("bin")} == {f"bin:*:{north}", f"bin:*:{south}"}
    assert event.hubs == sorted([north, south])


def test_what_takes_room_touches_the_ceiling(master_data: MasterData, act_as: Any) -> None:
    create_vendor(act_as("manager"), code="V1", name="One")
    assert set(last().touched) == {f"vendor:{Vendor.objects.get(code='V1').pk}", "plan:vendors"}
    assert read_by(last(), "within_plan") == {"plan", "plan:vendors"}
    assert last().hubs == []


def test_a_body_that_does_not_say_what_it_touched_is_not_committed(acacia: Tenant, act_as: Any) -> None:
    from tests.kernel.example_action import door

    with pytest.raises(RuntimeError, match="did not record what it touched"):
        door(lambda act, *, code: act.found(rows=1))(act_as("manager"), code="V1")


def test_every_refusal_of_every_action_says_rule_inputs_and_hubs(acacia: Tenant) -> None:
    nobody = system("t_acacia", "tests")
    for name, action in every_action().items():
        with pytest.raises(Refusal):
            action.submit(new_act(acacia, nobody), NeverValid())
        event = last()
        assert (event.action, event.outcome) == (name, "refused")
        stopped = event.decision[-1]
        asked = name if action.permission == SIGNED_IN else action.permission
        assert event.rule_id == stopped["rule"]
        assert event.rule_id == asked or event.rule_id.startswith(f"{asked}."), name
        assert stopped["gate"] in {"authenticated", "permitted", "valid"}
        if stopped["gate"] != "valid":
            assert "person:tests" in stopped["inputs"], name
        # Of an action at hubs that named none it is not known which it was about.
        assert event.hubs == (None if action.hubs else []), name
        assert (event.number, event.release, event.schema_version) == (event.number, __version__, 2)
        assert event.duration_ms is not None


def test_only_looking_touches_nothing() -> None:
    """The door commits no body that does not report what it touched; these need not, as they change no decision."""
    assert {name for name, action in every_action().items() if action.observes} == {
        "accounts.hubs.try",
        "accounts.role.try",
        "audit.event.copy",
        "audit.event.prove",
        "audit.export.start",
        "audit.receipts.compare",
        "audit.receipts.download",
        "audit.seals.request_check",
        "audit.trail.prove",
        "integrations.endpoint.test",
        "integrations.feed.read",
        "ledger.export.download",
        "ledger.export.prove",
        "plans.plan.try",
        "plans.role_model.try",
        "support.evidence.download",
    }
