"""Proofs of one event and of a part of the trail: who gets which, and what the trail says about it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.kernel.act import Act
from asora.kernel.refusals import PermissionDenied, StateConflict, ValidationFailed
from audit.events.models import Event
from audit.seals import sealer
from audit.seals.models import Seal
from audit.seals.proof import files, requests
from audit.seals.proof.actions import prove_event, prove_trail
from audit.seals.proof.requests import TrailProofForm
from ledger.actions.reversing import reverse
from ledger.models import Posting
from tests.audit.proof_files import check
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.headers import JSON
from tests.kernel.example_action import door

EVENTS = 40


@pytest.fixture
def trail(acacia: Any, act_as: Callable[..., Act]) -> list[Event]:
    """Forty events under eight seals."""
    for number in range(EVENTS):
        door(ceiling="")(act_as("manager"), code=f"V{number}")
        if number % 5 == 4:
            sealer.seal_schema()
    return list(Event.objects.order_by("number"))


def rows_of(proof: bytes) -> list[dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(proof)) as book:
        lines = [json.loads(line) for line in book.read("rows.jsonl").splitlines()]
    return [line for line in lines if "row" in line]


def test_proves_one_event_without_the_rest(
    trail: list[Event], client_as: Callable[..., Any], tmp_path: Path
) -> None:
    event = trail[16]
    response = client_as("owner").get(f"/audit/{event.pk}/proof/")
    proof = b"".join(response)
    [row] = rows_of(proof)
    assert (row["index"], json.loads(row["row"])["id"]) == (16, str(event.pk))
    last = Seal.objects.filter(stream_id="audit").latest("number")
    result = check(tmp_path / "empty", proof, "--key", last.vkey, receipts=(last.note,))
    assert (result.status, result.problems) == (0, []), result.output
    assert f"rows in this file: 1 of {last.size}, all as they were sealed" in result.output


@pytest.mark.parametrize("number", [1, 2, 5, 6, 31, 32, 33, 40])
def test_proves_an_event_anywhere_in_the_trail(
    trail: list[Event], act_as: Callable[..., Act], number: int, tmp_path: Path
) -> None:
    file = io.BytesIO()
    event = trail[number - 1]
    prove_event(act_as("owner"), event=event, name=str(event.pk), file=file)
    result = check(tmp_path / "empty", file.getvalue())
    assert (result.status, result.problems) == (0, []), result.output


def test_names_the_event_if_it_was_changed(
    trail: list[Event], act_as: Callable[..., Act], tmp_path: Path
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_event SET message = 'forged' WHERE number = 17")
    file = io.BytesIO()
    prove_event(act_as("owner"), event=trail[16], name=str(trail[16].pk), file=file)
    assert check(tmp_path / "empty", file.getvalue()).problems == [
        "changed: event 17 is not the row that was sealed"
    ]


def test_proves_a_part_of_the_trail(trail: list[Event], act_as: Callable[..., Act], tmp_path: Path) -> None:
    file = io.BytesIO()
    assert prove_trail(act_as("owner"), first=12, last=23, file=file) == 12
    result = check(tmp_path / "empty", file.getvalue())
    assert (result.status, result.problems) == (0, []), result.output
    assert [row["index"] for row in rows_of(file.getvalue())] == list(range(11, 23))


def test_a_proof_with_some_of_many_seals_is_checked_too(
    trail: list[Event], act_as: Callable[..., Act], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(files, "MAX_SEALS", 4)
    monkeypatch.setattr(files, "NEWEST_SEALS", 2)
    file = io.BytesIO()
    prove_trail(act_as("owner"), first=12, last=23, file=file)
    with zipfile.ZipFile(file) as book:
        assert len(book.read("seals.jsonl").splitlines()) == 3
        assert json.loads(book.read("manifest.json"))["seals"] == "some"
    result = check(tmp_path / "empty", file.getvalue())
    assert (result.status, result.problems) == (0, []), result.output


def test_a_receipt_whose_seal_is_not_in_the_file_is_reported_as_not_compared(
    trail: list[Event], act_as: Callable[..., Act], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(files, "MAX_SEALS", 4)
    monkeypatch.setattr(files, "NEWEST_SEALS", 2)
    file = io.BytesIO()
    prove_trail(act_as("owner"), first=None, last=2, file=file)
    receipt = Seal.objects.get(stream_id="audit", number=3).note
    result = check(tmp_path / "empty", file.getvalue(), receipts=(receipt,))
    assert (result.status, result.problems) == (0, []), result.output
    assert "NOTE     your receipt seal 3 of " in result.output


def test_is_recorded(trail: list[Event], client_as: Callable[..., Any], events: Callable[..., Any]) -> None:
    b"".join(client_as("owner").get(f"/audit/{trail[3].pk}/proof/"))
    b"".join(client_as("owner").post("/audit/proof/", {"first": "2", "last": "9"}))
    [one] = events(action="audit.event.prove")
    assert (one.outcome, one.facts) == ("allowed", {"event": str(trail[3].pk), "number": 4, "rows": 1})
    [part] = events(action="audit.trail.prove")
    assert (part.outcome, part.facts) == ("allowed", {"first": 2, "last": 9, "rows": 8})


def test_an_event_that_is_not_sealed_yet_is_refused(acacia: Any, act_as: Callable[..., Act]) -> None:
    door(ceiling="")(act_as("manager"), code="V1")
    event = Event.objects.latest("number")
    with pytest.raises(StateConflict, match="not sealed yet") as refused:
        prove_event(act_as("owner"), event=event, name=str(event.pk), file=io.BytesIO())
    assert refused.value.reason == "NOT_SEALED"
    with pytest.raises(StateConflict, match="No event is sealed yet"):
        prove_trail(act_as("owner"), first=None, last=None, file=io.BytesIO())


def test_refuses_people_without_the_permission(
    trail: list[Event], act_as: Callable[..., Act], client_as: Callable[..., Any]
) -> None:
    with pytest.raises(PermissionDenied):
        prove_trail(act_as("viewer"), first=None, last=None, file=io.BytesIO())
    assert client_as("viewer").get(f"/audit/{trail[0].pk}/proof/", headers=JSON).status_code == 403
    assert client_as("viewer").get("/audit/proof/verify.py", headers=JSON).status_code == 403


def test_events_of_other_hubs_are_never_handed_out(
    master_data: MasterData, act_as: Callable[..., Act], client_as: Callable[..., Any], acacia: Any
) -> None:
    moves = line(master_data, "BOLT", "SOUTH/A-1", "2", "1")
    deliver(act_as("owner"), master_data, receipt(master_data, moves))
    event = Event.objects.filter(action="ledger.receipt.post").latest("number")
    assert event.hubs == [master_data.south.pk]
    sealer.seal_schema()
    limited = add_person("manager", name="Limited", all_hubs=False)
    assert client_as(user=limited).get(f"/audit/{event.pk}/proof/", headers=JSON).status_code == 404
    with pytest.raises(PermissionDenied, match="all hubs") as refused:
        prove_trail(act_as(user=limited), first=None, last=None, file=io.BytesIO())
    assert refused.value.reason == "HUB_NOT_GRANTED"
    assert client_as("owner").get(f"/audit/{event.pk}/proof/", headers=JSON).status_code == 200


def test_an_event_that_names_the_hubs_of_a_person_is_for_people_of_all_hubs(
    master_data: MasterData, act_as: Callable[..., Act], client_as: Callable[..., Any], acacia: Any
) -> None:
    """A refusal at a hub says where the refused person works; the sealed bytes contain these hubs."""
    north = add_person("manager", name="Of north", all_hubs=False)
    assign_perm("inventory.operate_hub", north, master_data.north)
    both = add_person("receiver", name="Of both", all_hubs=False)
    assign_perm("inventory.operate_hub", both, master_data.north)
    assign_perm("inventory.operate_hub", both, master_data.south)
    moves = line(master_data, "BOLT", "NORTH/A-1", "2", "1")
    deliver(act_as(user=north), master_data, receipt(master_data, moves))
    allowed = Event.objects.filter(action="ledger.receipt.post").latest("number")
    with pytest.raises(PermissionDenied):
        reverse(
            act_as(user=both), posting=Posting.objects.latest("position"), submission=uuid4(), note="Slip"
        )
    refused = Event.objects.filter(action="ledger.reversal.post").latest("number")
    assert refused.hubs == [master_data.north.pk]
    assert "SOUTH" in json.dumps(refused.decision)
    sealer.seal_schema()
    reader = client_as(user=north)
    assert reader.get(f"/audit/{allowed.pk}/proof/", headers=JSON).status_code == 200
    answer = reader.get(f"/audit/{refused.pk}/proof/", headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (403, "HUB_NOT_GRANTED")
    assert client_as("owner").get(f"/audit/{refused.pk}/proof/", headers=JSON).status_code == 200


def test_another_tenant_finds_nothing(
    trail: list[Event], client_as: Callable[..., Any], birch: Any, act_as: Callable[..., Act]
) -> None:
    """Acacia's events do not exist for Birch, and a proof of Birch's whole trail contains none of them."""
    stranger = client_as("owner", tenant=birch)
    assert stranger.get(f"/audit/{trail[0].pk}/proof/", headers=JSON).status_code == 404
    with tenant_context(birch):
        door(ceiling="")(act_as("owner", tenant=birch), code="B1")
        sealer.seal_schema()
        file = io.BytesIO()
        prove_trail(act_as("owner", tenant=birch), first=None, last=None, file=file)
    with zipfile.ZipFile(file) as book:
        text = b"".join(book.read(name) for name in book.namelist())
    assert b"localhost/birch/audit" in text
    assert b"acacia" not in text


def test_refuses_numbers_that_make_no_sense(
    trail: list[Event],
    act_as: Callable[..., Act],
    client_as: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    act = act_as("owner")
    for first, last, message in (("9", "2", "not before the first"), ("0", "", "greater than or equal to 1")):
        with pytest.raises(ValidationFailed, match=message):
            prove_trail.submit(act, TrailProofForm({"first": first, "last": last}, file=io.BytesIO()))
    with pytest.raises(ValidationFailed, match="has number"):
        prove_trail(act, first=9_999, last=None, file=io.BytesIO())
    monkeypatch.setattr(requests, "MAX_ROWS", 10)
    with pytest.raises(ValidationFailed, match="at most 10 events") as refused:
        prove_trail(act, first=1, last=11, file=io.BytesIO())
    assert refused.value.reason == "TOO_LARGE"
    page = client_as("owner").post("/audit/proof/", {"first": "1", "last": "11"})
    assert page.status_code == 400
    assert 'value="11"' in page.content.decode()


def test_the_program_is_the_one_in_the_proof(
    trail: list[Event], client_as: Callable[..., Any], act_as: Callable[..., Act]
) -> None:
    alone = client_as("owner").get("/audit/proof/verify.py").content
    file = io.BytesIO()
    prove_trail(act_as("owner"), first=1, last=2, file=file)
    with zipfile.ZipFile(file) as book:
        assert book.read("verify.py") == alone
        assert book.namelist() == ["README.txt", "verify.py", "seals.jsonl", "rows.jsonl", "manifest.json"]
