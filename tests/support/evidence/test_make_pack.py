"""Evidence packs: checked where nothing of Asora is installed; what is in them, and who can make one."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from asora.accounts.models import SignInAttempt
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from audit.events import trail
from audit.events.models import Event
from ledger.models import Kind
from plans.models import Tenant
from support.access.actions import end_access
from support.evidence.packs.actions import make_pack
from support.evidence.packs.ledger_slice import Scope
from support.models import EvidencePack, EvidencePackFile
from tests.audit.proof_files import check, run
from tests.factories.documents import post_movement, receive
from tests.factories.master_data import make_master_data
from tests.support.evidence.scene import Scene, scene
from tests.support.evidence.test_check import tampering


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name) for name in book.namelist()}


def pack_of(desk: Scene, *events: Event, **values: Any) -> bytes:
    desk.seal()
    made = make_pack(
        desk.agent,
        tenant=desk.tenant,
        purpose="T-000012",
        requests=[event.request_id for event in events],
        **values,
    )
    return bytes(EvidencePackFile.objects.get(pack=made.pack).content)


def test_a_pack_is_proved_without_asora(desk: Scene, tmp_path: Path) -> None:
    denied, invalid = desk.refuse("viewer"), desk.refuse("manager")
    desk.refuse("viewer")
    content = pack_of(desk, invalid, denied, story="# T-000012\n\nWhy?", rules_in_force={"phrases": "1"})

    result = check(tmp_path / "elsewhere", content)
    assert (result.status, result.problems) == (0, []), result.output
    assert "OK       events of the pack: 2, all as they were sealed" in result.output
    assert "OK       rows in this file: 2 of" in result.output
    assert "NOTE     the pack is signed with the key" in result.output

    found = members(content)
    assert list(found) == [
        "README.txt", "verify.py", "events.jsonl", "decisions.txt", "ticket.md", "seals.jsonl", "rows.jsonl",
        "manifest.json", "signature.txt",
    ]  # fmt: skip
    manifest = json.loads(found["manifest.json"])
    assert manifest["pack"]["purpose"] == "T-000012"
    assert manifest["pack"]["events"] == [str(denied.pk), str(invalid.pk)]
    assert manifest["pack"]["seals"] == {str(denied.pk): 1, str(invalid.pk): 1}
    assert manifest["pack"]["rules"]["phrases"] == "1"
    assert set(manifest["files"]) == set(found) - {"manifest.json", "signature.txt"}
    documents = [json.loads(line) for line in found["events.jsonl"].splitlines()]
    assert [document["code"] for document in documents] == ["PERMISSION_DENIED", "VALIDATION_FAILED"]
    text = found["decisions.txt"].decode()
    assert f"event {denied.number} of" in text
    assert "gate permitted: stopped, rule inventory.manage" in text
    assert "permission: inventory.manage" in text


def test_an_unpacked_pack_is_checked_by_the_program_in_it(desk: Scene, tmp_path: Path) -> None:
    content = pack_of(desk, desk.refuse())
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        book.extractall(tmp_path / "unpacked")
    result = run(tmp_path / "unpacked", "verify.py")
    assert (result.status, result.problems) == (0, []), result.output
    (tmp_path / "unpacked" / "events.jsonl").write_bytes(b"")
    assert run(tmp_path / "unpacked", "verify.py").status == 1


def test_the_key_of_packs_is_compared(desk: Scene, tmp_path: Path) -> None:
    content = pack_of(desk, desk.refuse())
    key = json.loads(members(content)["manifest.json"])["pack"]["key"]
    assert check(tmp_path / "right", content, "--pack-key", key).status == 0
    seal_key = json.loads(members(content)["manifest.json"])["key"]
    wrong = check(tmp_path / "wrong", content, "--pack-key", seal_key)
    assert wrong.problems == [f"forged: the pack is not signed with the key {seal_key}"]


def test_the_stock_that_events_moved_is_in_it_with_opening_balances(
    desk: Scene, act_as: Any, tmp_path: Path
) -> None:
    with tenant_context(desk.tenant):
        data = make_master_data()
        receive(act_as("manager", tenant=desk.tenant), data, ("BOLT", "NORTH/A-1", "10", "1"))
        issuing = act_as("manager", tenant=desk.tenant)
        position = post_movement(issuing, data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "3"))
        receive(act_as("manager", tenant=desk.tenant), data, ("OIL", "NORTH/A-2", "7", "1"))
        event = Event.objects.get(request_id=issuing.request_id)
    content = pack_of(desk, event)
    result = check(tmp_path / "elsewhere", content)
    assert (result.status, result.problems) == (0, []), result.output
    assert "OK       stock of ledger.csv: places: 1, each adds up" in result.output
    rows = list(csv.DictReader(io.StringIO(members(content)["ledger.csv"].decode())))
    assert [(row["kind"], row["sku"], Decimal(row["balance"])) for row in rows] == [
        ("opening", "BOLT", 10), ("issue", "BOLT", 7), ("closing", "BOLT", 7),
    ]  # fmt: skip
    assert (rows[1]["position"], rows[1]["request_id"]) == (str(position), issuing.request_id)
    assert "cost" not in rows[1]
    assert "value" not in rows[1]

    whole = pack_of(desk, event, scope=Scope(item="bolt", hub="north"))
    rows = list(csv.DictReader(io.StringIO(members(whole)["ledger.csv"].decode())))
    assert [(row["kind"], Decimal(row["balance"])) for row in rows] == [
        ("opening", 0), ("receipt", 10), ("issue", 7), ("closing", 7),
    ]  # fmt: skip
    with pytest.raises(ValidationFailed) as caught:
        pack_of(desk, event, scope=Scope(item="nothing"))
    assert caught.value.reason is Reason.NO_DATA


def test_an_attempt_is_included_and_said_to_be_unsealed(desk: Scene, tmp_path: Path) -> None:
    with tenant_context(desk.tenant):
        desk.client_as("").post("/sign-in/", {"email": "nobody@example.com", "password": "x"})
        attempt = SignInAttempt.objects.get()
    event = desk.refuse()
    desk.seal()
    requests = [event.request_id, attempt.request_id]
    made = make_pack(desk.agent, tenant=desk.tenant, purpose="T-1", requests=requests)
    content = bytes(made.pack.file.content)
    result = check(tmp_path / "elsewhere", content)
    assert result.status == 0
    assert "attempts to sign in: 1, which are never sealed" in result.output
    assert attempt.ref in members(content)["attempts.jsonl"].decode()


def test_the_platform_and_the_tenant_have_its_event(desk: Scene, events: Any) -> None:
    content = pack_of(desk, desk.refuse(), story="Zebulon asked", recipient="")
    [event] = events(action="support.evidence.pack")
    pack = EvidencePack.objects.get()
    assert (event.outcome, event.resource_id, event.ticket_ref) == ("allowed", str(pack.pk), "T-000012")
    assert event.facts["sha256"] == pack.sha256
    assert event.facts["events"] == 1
    assert "Zebulon" not in str([event.facts, event.changes, event.decision])
    assert pack.size == len(content)
    trail.copy_missing(desk.tenant)
    with tenant_context(desk.tenant):
        copy = Event.objects.get(action="support.evidence.pack")
        assert copy.facts["sha256"] == pack.sha256
        assert Event.objects.filter(
            action="support.access.look", facts__page="support:evidence-pack"
        ).exists()


def test_the_event_of_a_refusal_has_no_word_of_the_story(desk: Scene, events: Any) -> None:
    event = desk.refuse()
    with pytest.raises(StateConflict):
        make_pack(
            desk.agent,
            tenant=desk.tenant,
            purpose="T-1",
            requests=[event.request_id],
            story="Zebulon asked why",
            people=["t_acacia:u-zebulon0000"],
            recipient="Zebulon Auditors",
        )
    [refused] = events(action="support.evidence.pack")
    assert (refused.code, refused.reason) == ("STATE_CONFLICT", "NOT_SEALED")
    recorded = str([refused.decision, refused.facts, refused.changes, refused.message])
    assert "ebulon" not in recorded


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"purpose": "Mrs Miller asks"}, "purpose"),
        ({"purpose": ""}, "purpose"),
        ({"requests": []}, "requests"),
        ({"requests": ["acacia-00000000000000000000000000"]}, "requests"),
        ({"recipient": "x" * 201}, "recipient"),
    ],
)
def test_refuses_input_that_makes_no_sense(desk: Scene, values: dict[str, Any], field: str) -> None:
    event = desk.refuse()
    desk.seal()
    with pytest.raises(ValidationFailed) as caught:
        make_pack(
            desk.agent,
            **{"tenant": desk.tenant, "purpose": "T-1", "requests": [event.request_id]} | values,
        )
    assert set(caught.value.details["fields"]) == {field}
    assert not EvidencePack.objects.exists()


def test_refuses_events_that_are_not_sealed_or_no_longer_the_same(desk: Scene) -> None:
    event = desk.refuse()
    with pytest.raises(StateConflict) as caught:
        make_pack(desk.agent, tenant=desk.tenant, purpose="T-1", requests=[event.request_id])
    assert caught.value.reason is Reason.NOT_SEALED
    desk.seal()
    link = desk.link(event)
    assert make_pack(desk.agent, tenant=desk.tenant, purpose="T-1", links=[link]).pack.members
    with tampering(desk) as cursor:
        cursor.execute("UPDATE audit_event SET message = 'x' WHERE id = %s", [event.pk])
    with pytest.raises(StateConflict) as caught:
        make_pack(desk.agent, tenant=desk.tenant, purpose="T-1", links=[link])
    assert caught.value.reason is Reason.EVIDENCE_DIFFERS


def test_refuses_without_a_session_and_for_another_tenant(
    desk: Scene, act_as: Any, client_as: Any, events: Any
) -> None:
    event = desk.refuse()
    desk.seal()
    birch = Tenant.objects.get(slug="birch")
    with pytest.raises(PermissionDenied) as caught:
        make_pack(desk.agent, tenant=birch, purpose="T-1", requests=[event.request_id])
    assert caught.value.reason is Reason.ACCESS_NOT_OPEN
    other = scene(act_as, client_as, "birch")
    with pytest.raises(ValidationFailed):  # an event of Acacia is unknown in Birch
        make_pack(desk.agent, tenant=birch, purpose="T-1", requests=[event.request_id])
    with pytest.raises(StateConflict):
        make_pack(other.agent, tenant=birch, purpose="T-1", links=[desk.link(event)])
    end_access(act_as("agent"), session=desk.session)
    for role in ("agent", "operator", "platform_lead"):
        with pytest.raises(PermissionDenied):
            make_pack(act_as(role), tenant=desk.tenant, purpose="T-1", requests=[event.request_id])
    assert not EvidencePack.objects.exists()
    assert {event.outcome for event in events(action="support.evidence.pack")} == {"refused"}
