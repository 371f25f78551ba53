"""The evidence in the event of a refused document, file, count or export, and who may see it."""

from __future__ import annotations

from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel import positions
from asora.kernel.refusals import Refusal, ValidationFailed
from inventory.models import Bin, Vendor
from ledger.models import Kind
from tests.factories import people
from tests.factories.documents import D, import_rows, post_movement, receive, reverse_posting
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts
from tests.headers import JSON
from tests.ledger.balances import bins
from tests.ledger.report_fixtures import export_request
from tests.ledger.test_document_pages import typed


def step_of(event: Any) -> dict[str, Any]:
    """The gate that stopped it."""
    return dict(event.decision[-1])


def keys(master_data: MasterData, *names: str) -> list[str]:
    """`BOLT`, `NORTH/A-1`, `NORTH`, `ACME` as the trail's keys, in its order."""
    found = {sku: f"item:{item.pk}" for sku, item in master_data.items.items()}
    found |= {address: f"bin:{bin_.pk}" for address, bin_ in master_data.bins.items()}
    found |= {hub.code: f"hub:{hub.pk}" for hub in (master_data.north, master_data.south)}
    found |= {vendor.code: f"vendor:{vendor.pk}" for vendor in Vendor.objects.all()}
    return sorted(found[name] for name in names)


def test_too_little_stock_says_at_which_position_it_was_judged(
    master_data: MasterData, act_as: Acts, events: Any
) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"), ("OIL", "NORTH/A-2", "5", "4"))
    with pytest.raises(ValidationFailed) as caught:
        post_movement(act_as("manager"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "11"))
    step = step_of(events()[-1])
    assert step["judged_at"] == positions.current() == 1
    assert sorted(step["concerned"]) == keys(master_data, "BOLT", "NORTH/A-1", "NORTH")
    assert "judged_at" not in caught.value.details, "for the trail, not for who must not see stock"


def test_a_counter_hears_nothing_of_stock(
    master_data: MasterData, act_as: Acts, client_as: Any, events: Any
) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    counter = people.add_person("counter", name="cleo")
    output = (
        client_as(user=counter).post("/issue/", typed({"sku": "BOLT", "quantity": "11"}), headers=JSON).json()
    )
    assert "judged_at" not in output["details"]
    assert "10" not in output["message"]


def test_a_reversal_names_the_records_of_what_cannot_be_taken_back(
    master_data: MasterData, act_as: Acts, events: Any
) -> None:
    position = receive(
        act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"), ("OIL", "NORTH/A-2", "5", "4")
    )
    post_movement(act_as("manager"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "4"))
    with pytest.raises(Refusal):
        reverse_posting(act_as("manager"), position)
    step = step_of(events()[-1])
    assert step["judged_at"] == 2
    assert set(keys(master_data, "BOLT", "NORTH/A-1")) <= set(step["concerned"])
    assert not set(keys(master_data, "OIL", "NORTH/A-2")) & set(step["concerned"])


class TestForm:
    """Evidence of a document as it was typed."""

    def test_refused_fields_are_kept_as_typed_and_the_others_not_at_all(
        self, master_data: MasterData, client_as: Any, events: Any
    ) -> None:
        client_as("manager").post(
            "/issue/",
            typed(
                {"sku": "BOLT", "bin": "A-1", "quantity": "five"},
                {"sku": "NUT", "bin": "A-2", "quantity": "1"},
                effective_on="someday",
                note="Ruth asked for it",
            ),
            headers=JSON,
        )
        (event,) = events(action="ledger.issue.post")
        step = step_of(event)
        assert step["typed"] == {
            "fields": {"effective_on": "someday"},
            "lines": {"1": {"quantity": "five"}, "2": {"sku": "NUT"}},
        }
        assert sorted(step["concerned"]) == keys(master_data, "BOLT", "NORTH/A-1", "NORTH/A-2", "NORTH")
        assert "Ruth" not in str(event.__dict__)

    def test_of_a_note_only_the_length_is_kept(
        self, master_data: MasterData, client_as: Any, events: Any
    ) -> None:
        note = "Ruth " * 120
        client_as("manager").post(
            "/issue/", typed({"sku": "BOLT", "bin": "A-1", "quantity": "1"}, note=note), headers=JSON
        )
        step = step_of(events()[-1])
        assert step["typed"] == {"fields": {"note": {"length": len(note)}}}

    def test_an_ineligible_vendor_is_named(
        self, master_data: MasterData, client_as: Any, events: Any
    ) -> None:
        line = {"sku": "BOLT", "bin": "A-1", "quantity": "1", "unit_cost": "2"}
        answer = client_as("manager").post("/receive/", typed(line, vendor="BANNED"), headers=JSON).json()
        step = step_of(events()[-1])
        assert step["reason"] == "VENDOR_INELIGIBLE"
        assert step["typed"] == {"fields": {"vendor": "BANNED"}}
        assert set(keys(master_data, "BANNED")) <= set(step["concerned"])
        assert answer["details"]["who"] == step["who"] == ["owner", "manager"]

    def test_several_reasons_bring_a_remedy_each(
        self, master_data: MasterData, client_as: Any, events: Any
    ) -> None:
        lines = {"sku": "NUT", "bin": "A-1", "quantity": "1"}, {"sku": "BOLT", "bin": "Z-9", "quantity": "1"}
        answer = client_as("manager").post("/issue/", typed(*lines))
        step = step_of(events()[-1])
        assert step["reason"] == "INVALID_INPUT"
        assert set(step["remedies"]) == {"UNKNOWN_ITEM", "UNKNOWN_BIN"}
        assert "create the item first" in answer.content.decode()


class TestFile:
    """Evidence of a file: its refused lines, and only those."""

    def test_cells_and_records_of_refused_lines(
        self, master_data: MasterData, act_as: Acts, events: Any
    ) -> None:
        rows = (
            "MV-1,2026-03-02,BOLT,NORTH,A-1,1",
            "MV-2,2026-03-02,OIL,NORTH,A-2,0",
            "MV-3,soon,NUT,NORTH,A-2,many",
        )
        with pytest.raises(ValidationFailed):
            import_rows(act_as("manager"), Kind.ISSUE, *rows)
        step = step_of(events()[-1])
        assert step["typed"]["lines"] == {
            "3": {"quantity": "0"},
            "4": {"effective_on": "soon", "sku": "NUT", "quantity": "many"},
        }
        assert sorted(step["concerned"]) == keys(master_data, "OIL", "NORTH/A-2")

    def test_a_note_in_a_file_leaves_its_length(
        self, master_data: MasterData, client_as: Any, events: Any
    ) -> None:
        text = (
            "reference,effective_on,sku,hub_code,bin_code,quantity,note\nMV-1,2026-03-02,BOLT,NORTH,A-1,1,"
            + "x" * 501
        )
        client_as("manager").post("/issue/import/", {"text": text, "check": ""}, headers=JSON)
        event = events(action="ledger.issue.import")[-1]
        assert step_of(event)["typed"]["lines"] == {"2": {"note": {"length": 501}}}
        assert "xxxx" not in str(event.__dict__)

    def test_of_records(self, master_data: MasterData, client_as: Any, events: Any) -> None:
        text = "hub_code,code\nNOWHERE,A-9\nNORTH,A-1"
        client_as("manager").post("/bins/import/", {"text": text, "check": ""}, headers=JSON)
        step = step_of(events(action="inventory.bin.import")[-1])
        assert step["typed"]["lines"] == {"2": {"hub_code": "NOWHERE"}}


class TestExport:
    """Evidence of an export: the requested scope and position."""

    def test_nothing_in_scope(self, stocked: MasterData, act_as: Acts, events: Any) -> None:
        with pytest.raises(ValidationFailed):
            do_export(act_as("manager"), hub="SOUTH", item="CABLE")
        (event,) = events(action="ledger.export.create")
        assert (event.facts["report"], event.facts["format"]) == ("stock-on-hand", "csv")
        assert event.facts["position"] == positions.current()
        assert event.facts["scope"] == {"hubs": ["SOUTH"], "categories": [], "items": ["CABLE"]}

    def test_by_a_role_that_may_not(self, stocked: MasterData, act_as: Acts, events: Any) -> None:
        with pytest.raises(Refusal):
            do_export(act_as("viewer"), item="BOLT", at=2)
        (event,) = events(action="ledger.export.create")
        assert (event.facts["position"], event.facts["scope"]["items"]) == (2, ["BOLT"])

    def test_on_the_page_by_a_role_that_may_not_even_ask(
        self, stocked: MasterData, client_as: Any, events: Any
    ) -> None:
        scope = {"report": "stock-on-hand", "hub": "SOUTH", "item": "BOLT", "at": "2", "format": "xlsx"}
        assert client_as("viewer").post("/exports/create/", scope).status_code == 403
        (event,) = events(action="ledger.export.create")
        assert event.reason == "ROLE_LACKS_PERMISSION"
        assert (event.facts["report"], event.facts["format"]) == ("stock-on-hand", "xlsx")
        assert event.facts["position"] == 2
        assert event.facts["scope"] == {"hubs": ["SOUTH"], "categories": [], "items": ["BOLT"]}
        assert event.hubs == [stocked.south.pk]
        for unreadable in ({"report": "nothing"}, {**scope, "at": "x\x00", "hub": "\x00"}, {}):
            assert client_as("viewer").post("/exports/create/", unreadable).status_code == 403

    def test_a_scope_that_cannot_be_read_is_kept_as_typed(
        self, stocked: MasterData, act_as: Acts, events: Any
    ) -> None:
        with pytest.raises(Refusal):
            do_export(act_as("manager"), item="NUT", at=99)
        (event,) = events(action="ledger.export.create")
        assert step_of(event)["typed"] == {"fields": {"at": "99", "item": "NUT"}}
        assert "scope" not in event.facts


def do_export(act: Any, **asked: Any) -> Any:
    """Request an export of the stock on hand."""
    from ledger.exports.actions import create_export

    return create_export.submit(act, export_request(act, **asked))


class TestHubs:
    """The person's roles and hubs at that moment; hubs that a reader lacks are not named."""

    def test_the_event_keeps_where_somebody_worked_then(
        self, master_data: MasterData, act_as: Acts, client_as: Any, events: Any
    ) -> None:
        ruth = people.add_person("receiver", name="ruth", all_hubs=False)
        assign_perm("inventory.operate_hub", ruth, master_data.north)
        line = {"sku": "BOLT", "bin": "SOUTH/A-1", "quantity": "1", "unit_cost": "2"}
        answer = client_as(user=ruth).post("/receive/", typed(line, vendor="ACME"), headers=JSON).json()
        assert (answer["reason"], answer["details"]["works_at"]) == ("HUB_NOT_GRANTED", ["NORTH"])
        assign_perm("inventory.operate_hub", ruth, master_data.south)
        assert step_of(events()[-1])["standing"] == {"roles": ["receiver"], "hubs": ["NORTH"]}

    def test_a_reader_of_one_hub_sees_no_name_of_another(
        self, master_data: MasterData, act_as: Acts, client_as: Any, events: Any
    ) -> None:
        receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
        ruth = people.add_person("receiver", name="ruth", all_hubs=False)
        assign_perm("inventory.operate_hub", ruth, master_data.south)
        client_as(user=ruth).post(
            "/issue/", typed({"sku": "BOLT", "bin": "Q-1", "quantity": "1"}, hub="SOUTH")
        )
        event = events(action="ledger.issue.post")[-1]
        assert step_of(event)["standing"]["hubs"] == ["SOUTH"]

        north = people.add_person("manager", name="nora", all_hubs=False)
        assign_perm("inventory.operate_hub", north, master_data.north)
        everywhere = client_as("owner").get(f"/audit/{event.pk}/").content.decode()
        assert "South" in everywhere or "SOUTH" in everywhere
        shown = client_as(user=north).get(f"/audit/{event.pk}/").content.decode()
        assert "SOUTH" not in shown.replace(str(event.message), "")

    def test_names_of_records_lead_to_their_pages(
        self, master_data: MasterData, act_as: Acts, client_as: Any, events: Any
    ) -> None:
        receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
        with pytest.raises(ValidationFailed):
            post_movement(act_as("manager"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "11"))
        shown = client_as("owner").get(f"/audit/{events()[-1].pk}/").content.decode()
        assert 'href="/items/BOLT/"' in shown
        assert 'href="/bins/NORTH/A-1/"' in shown
        assert "Enter a smaller quantity, choose another bin" in shown
        assert "Stock as of position" in shown
        assert bins() == {"BOLT NORTH/A-1": D(10)}
        assert Bin.objects.count() == 6
