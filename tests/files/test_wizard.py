"""The import page with careless people, broken clients and attackers."""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from asora.files.models import Upload
from audit.events.models import Event
from inventory.models import Hub, Vendor
from ledger.models import Entry, Kind, Posting
from plans.models import Tenant
from tests.factories import people
from tests.factories.documents import receive
from tests.factories.master_data import MasterData, make_master_data
from tests.files.wizard import FOREIGN, URL, chosen, file, sent_by, text_of, upload_in
from tests.headers import JSON
from tests.ledger.balances import bins


def test_a_foreign_header_is_mapped_checked_imported_and_taken_back(
    master_data: MasterData, client_as: Any
) -> None:
    client = client_as("manager")
    asked = client.post(URL, {"file": file(FOREIGN), "check": "1"})
    assert asked.status_code == 400
    assert "Match the columns" in text_of(asked)
    assert chosen(asked)["column-quantity"] == "7"
    assert asked.context["mapping"].not_used == ["Buyer"]
    assert "PO-1 · PO-2" in text_of(asked), "what stands in a column is shown beside it"

    checked = client.post(URL, chosen(asked) | {"upload": upload_in(asked), "check": "1"})
    assert checked.status_code == 200
    page = text_of(checked)
    assert "Import 2 documents" in page
    assert "not used: Buyer" in page
    documents = checked.context["outcome"].documents
    assert [(one.reference, one.state, one.lines, one.quantities, one.value) for one in documents] == [
        ("PO-1", "fresh", 1, [("pcs", 10)], 25),
        ("PO-2", "fresh", 1, [("l", Decimal("1.25"))], Decimal("3.75")),
    ]
    assert not Posting.objects.exists()

    done = client.post(URL, {"upload": upload_in(checked), "import": "1"})
    batch = Posting.objects.values_list("batch", flat=True).distinct().get()
    assert done["Location"] == f"/ledger/batches/{batch}/"
    (event,) = Event.objects.filter(action="ledger.receipt.import", outcome="allowed")
    assert event.facts["sha256"] == hashlib.sha256(FOREIGN.encode()).hexdigest()

    again = client.post(URL, {"upload": upload_in(checked), "import": "1"}, follow=True)
    assert "Nothing was posted. Every document" in text_of(again)
    assert Posting.objects.count() == 2
    submission = re.search(r'name="submission" value="([0-9a-f-]+)"', text_of(again))
    assert submission
    client.post(f"{done['Location']}reverse/", {"submission": submission[1], "note": ""})
    assert bins() == {}
    assert Posting.objects.filter(kind=Kind.REVERSAL).count() == 2


def test_the_same_bytes_with_another_mapping_post_once(master_data: MasterData, client_as: Any) -> None:
    client = client_as("manager")
    asked = client.post(URL, {"file": file(FOREIGN), "check": "1"})
    first = chosen(asked) | {"upload": upload_in(asked), "import": "1"}
    assert client.post(URL, first).status_code == 302
    other = first | {"column-note": "9"}
    again = client.post(URL, other, follow=True)
    assert "Nothing was posted. Every document" in text_of(again)
    assert Posting.objects.count() == 2


def test_a_corrected_file_with_the_same_header_need_not_be_mapped_again(
    master_data: MasterData, client_as: Any
) -> None:
    client = client_as("manager")
    wrong = FOREIGN.replace("BOLT", "BULT")
    asked = client.post(URL, {"file": file(wrong), "check": "1"})
    refused = client.post(URL, chosen(asked) | {"upload": upload_in(asked), "check": "1"})
    assert refused.status_code == 400
    (line,) = refused.context["refused"].lines
    assert [(cell.column, cell.text) for cell in line.cells if cell.faults] == [("sku", "BULT")]
    assert "Buyer" not in refused.context["refused"].columns
    corrected = client.post(URL, {"file": file(FOREIGN), "upload": upload_in(refused), "check": "1"})
    assert (corrected.status_code, corrected.context["outcome"].postings) == (200, 2)
    otherwise = client.post(
        URL, {"file": file(FOREIGN.replace("Qty", "Menge")), "upload": upload_in(corrected), "check": "1"}
    )
    assert (otherwise.status_code, otherwise.context["mapping"] is not None) == (400, True)


def test_a_refused_import_is_tried_again_without_the_file(
    master_data: MasterData, act_as: Any, client_as: Any
) -> None:
    rows = "reference,effective_on,sku,hub_code,bin_code,quantity\nSO-1,2026-03-02,BOLT,NORTH,A-1,4\n"
    client = client_as("manager")
    refused = client.post("/issue/import/", {"file": file(rows), "import": "1"})
    assert refused.status_code == 400
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "1"))
    checked = client.post("/issue/import/", {"upload": upload_in(refused), "check": "1"})
    assert checked.status_code == 200
    assert client.post("/issue/import/", {"upload": upload_in(checked), "import": "1"}).status_code == 302
    assert bins() == {"BOLT NORTH/A-1": 6}


def test_documents_with_a_refused_line_are_left_out_if_asked(master_data: MasterData, client_as: Any) -> None:
    client = client_as("manager")
    header = "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"
    rows = "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,1,1\nPO-2,2026-03-02,ACME,NUT,NORTH,A-1,1,1\n"
    refused = client.post(URL, {"file": file(header + rows), "check": "1"})
    assert refused.status_code == 400
    checked = client.post(URL, {"upload": upload_in(refused), "skip_refused": "on", "check": "1"})
    assert [one.state for one in checked.context["outcome"].documents] == ["fresh", "left_out"]
    assert "Import 1 document" in text_of(checked)
    assert [line.number for line in checked.context["refused"].lines] == [3]
    skips = 'name="skip_refused" value="on"' in text_of(checked)
    assert skips, "the button imports what was checked"
    client.post(URL, {"upload": upload_in(checked), "skip_refused": "on", "import": "1"})
    assert Posting.objects.get().reference == "PO-1"


def test_values_are_for_those_who_may_see_them(cedar: Tenant, act_as: Any, client_as: Any) -> None:
    master_data = make_master_data()
    receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "10", "7.77"))
    rows = "reference,effective_on,sku,hub_code,bin_code,quantity\nSO-1,2026-03-02,BOLT,NORTH,A-1,4\n"
    seen = text_of(client_as("manager").post("/issue/import/", {"text": rows, "check": "1"}))
    hidden = text_of(client_as("receiver").post("/issue/import/", {"text": rows, "check": "1"}))
    assert "31.08" in seen
    assert "31.08" not in hidden


MAPPED = {"column-code": "1", "column-name": "2"}


WRONG = [
    ({"column-code": "1", "column-name": "1"}, {"column-code", "column-name"}),
    ({"column-code": "1"}, {"column-name"}),
    ({"column-code": "9", "column-name": "2"}, {"column-code"}),
    ({"column-code": "0", "column-name": "2"}, {"column-code"}),
    ({"column-code": "-1", "column-name": "2"}, {"column-code"}),
    ({"column-code": "1 OR 1", "column-name": "2"}, {"column-code"}),
    ({"column-code": "\u0661", "column-name": "2"}, {"column-code"}),
    ({"column-code": "1\x00", "column-name": "2"}, {"column-code"}),
    (MAPPED | {"column-password": "3"}, {"__all__"}),
    (MAPPED | {"column-": "3"}, {"__all__"}),
]


@pytest.mark.parametrize(("mapping", "fields"), WRONG, ids=range(len(WRONG)))
def test_a_mapping_that_cannot_be_is_refused_at_its_select(
    acacia: Tenant, client_as: Any, mapping: dict[str, str], fields: set[str]
) -> None:
    client = client_as("manager")
    asked = client.post("/hubs/import/", {"text": "Site;Called;Boss\nWEST;West;Ann\n", "check": "1"})
    refused = client.post("/hubs/import/", mapping | {"upload": upload_in(asked), "import": "1"})
    assert refused.status_code == 400
    assert set(refused.context["mapping"].errors) == fields
    assert upload_in(refused) == upload_in(asked), "nothing is lost"
    event = Event.objects.get(request_id=refused["X-Request-ID"])
    assert (event.action, event.outcome, set(event.decision[-1]["fields"])) == (
        "inventory.hub.import",
        "refused",
        fields,
    )
    message = client.post("/hubs/import/", mapping | {"upload": upload_in(asked)}, headers=JSON)
    assert (message.status_code, message.json()["code"]) == (400, "VALIDATION_FAILED")
    done = client.post("/hubs/import/", MAPPED | {"upload": upload_in(refused), "import": "1"})
    assert (done.status_code, Hub.objects.get().name) == (302, "West")


def test_a_client_that_reads_json_hears_what_is_wrong_with_the_header(
    acacia: Tenant, client_as: Any, events: Any
) -> None:
    message = client_as("manager").post("/hubs/import/", {"text": "Site,Name\nW,West\n"}, headers=JSON)
    assert message.status_code == 400
    assert message.json()["details"]["columns"] == {"missing": ["code"], "twice": [], "unknown": ["site"]}
    (event,) = events()
    assert (event.outcome, event.facts["sha256"]) == (
        "refused",
        hashlib.sha256(b"Site,Name\nW,West\n").hexdigest(),
    )


def test_a_mapping_may_come_with_its_file(acacia: Tenant, client_as: Any) -> None:
    sent = {"file": file("Called;Site\nWest;WEST\n")} | {"column-code": "2", "column-name": "1"}
    assert client_as("manager").post("/hubs/import/", sent, headers=JSON).status_code == 302
    assert Hub.objects.get().code == "WEST"


def test_the_columns_can_be_chosen_although_the_header_fits(
    acacia: Tenant, client_as: Any, events: Any
) -> None:
    client = client_as("manager")
    text = "code,name,description\nWEST,x,West\n"
    asked = client.post("/hubs/import/", {"text": text, "check": "1"})
    assert asked.status_code == 400
    wrong = client.post("/hubs/import/", MAPPED | {"upload": upload_in(asked), "check": "1"})
    assert wrong.context["outcome"].first[0].name == "x"
    before = len(events())
    again = client.post("/hubs/import/", {"upload": upload_in(wrong), "map": "1"})
    assert (again.status_code, chosen(again)) == (200, MAPPED | {"column-state": ""})
    assert len(events()) == before, "looking changes nothing"
    right = chosen(again) | {"column-name": "3", "upload": upload_in(again), "check": "1"}
    assert client.post("/hubs/import/", right).context["outcome"].first[0].name == "West"


def test_asking_for_the_columns_of_a_new_file_only_checks_it(acacia: Tenant, client_as: Any) -> None:
    answer = client_as("manager").post("/hubs/import/", {"text": "code,name\nW,West\n", "map": "1"})
    assert (answer.status_code, answer.context["outcome"].created) == (200, 1)
    assert not Hub.objects.exists()


def test_the_file_of_another_person_or_tenant_does_not_exist(
    acacia: Tenant, birch: Tenant, client_as: Any
) -> None:
    mine = upload_in(
        client_as("manager").post("/hubs/import/", {"text": "code,name\nW,West\n", "check": "1"})
    )
    for client in (client_as("owner"), client_as("owner", tenant=birch)):
        for wish in ({"check": "1"}, {"import": "1"}, {"map": "1"}, MAPPED):
            answer = client.post("/hubs/import/", wish | {"upload": mine}, headers=JSON)
            assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (
                404, "ROUTE_NOT_FOUND", "NO_SUCH_RECORD",
            )  # fmt: skip
            page = client.post("/hubs/import/", wish | {"upload": mine})
            assert (page.status_code, "West" in text_of(page)) == (404, False)
    other_kind = client_as("manager").post("/vendors/import/", {"upload": mine, "import": "1"}, headers=JSON)
    assert other_kind.status_code == 404
    assert not Hub.objects.exists()


def test_what_was_removed_meanwhile_is_chosen_again(acacia: Tenant, client_as: Any) -> None:
    client = client_as("manager")
    checked = client.post("/hubs/import/", {"text": "code,name\nW,West\n", "check": "1"})
    Upload.objects.all().delete()
    gone = client.post("/hubs/import/", {"upload": upload_in(checked), "import": "1"})
    assert gone.status_code == 404
    assert "Choose it again" in text_of(gone)
    assert 'type="file"' in text_of(gone)
    assert Event.objects.get(request_id=gone["X-Request-ID"]).reason == "NO_SUCH_RECORD"
    fresh = {"upload": upload_in(checked), "text": "code,name\nW,West\n", "import": "1"}
    assert client.post("/hubs/import/", fresh).status_code == 302


def test_what_somebody_may_not_do_is_not_kept(master_data: MasterData, client_as: Any) -> None:
    user = people.add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", user, master_data.north)
    text = "reference,effective_on,sku,hub_code,bin_code,quantity\nX,2026-03-02,CABLE,SOUTH,A-1,1\n"
    for wish in ({"check": "1"}, {"import": "1"}):
        answer = client_as(user=user).post("/issue/import/", wish | {"text": text})
        assert (answer.status_code, "HUB_NOT_GRANTED" in text_of(answer)) == (403, True)
    assert not Upload.objects.exists()


def test_a_double_click_imports_once(acacia: Tenant, client_as: Any, events: Any) -> None:
    client = client_as("manager")
    checked = client.post("/vendors/import/", {"text": "code,name,eligible\nV-1,One,yes\n", "check": "1"})
    for _click in range(2):
        assert (
            client.post("/vendors/import/", {"upload": upload_in(checked), "import": "1"}).status_code == 302
        )
    assert Vendor.objects.count() == 1
    assert [event.outcome for event in events(action="inventory.vendor.import")] == ["allowed", "noop"]


def test_what_is_imported_was_mapped_as_it_was_when_it_was_checked(
    master_data: MasterData, client_as: Any
) -> None:
    """The same file is open in two tabs; the import of the first uses the mapping that the first shows."""
    client = client_as("manager")
    header = "reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"
    first = client.post(
        URL, {"file": file(header + "PO-1,2026-03-02,ACME,BOLT,NORTH,A-1,10,2\n"), "check": "1"}
    )
    shown = sent_by(first)
    asked = client.post(URL, {"upload": upload_in(first), "map": "1"})
    swapped = chosen(asked) | {"column-quantity": "8", "column-unit_cost": "7"}
    assert (
        client.post(URL, {"upload": upload_in(first), "check": "1", **swapped}).context["outcome"].value == 20
    )
    client.post(URL, shown | {"import": "1"})
    assert [*Entry.objects.values_list("quantity", "unit_cost")] == [(10, 2)]
