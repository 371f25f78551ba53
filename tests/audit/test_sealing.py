"""Sealing the trail and the ledger, what a check of the seals finds, and what a restore leaves behind."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context
from procrastinate.contrib.django import app

from asora.kernel import positions
from audit import tasks
from audit.events.models import Event, TrailHead
from audit.explorer import rollup
from audit.seals import keys, merkle, nodes, receipts, schedule, sealer
from audit.seals.canonical import STREAMS
from audit.seals.checking import check_schema
from audit.seals.checkpoint import digest, opened, sign, unverified
from audit.seals.keys import NoSealingKey, VerifierKey
from audit.seals.models import Seal, SealCheck, SealNodes, SealReceipt, SealStream
from audit.seals.sealer import SealingError
from inventory.models import ItemRevision, ReorderRevision, Vendor
from ledger.models import Entry, LayerUse, Posting
from tests.audit.proof_files import check, whole_proof
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData
from tests.kernel.example_action import door

SEEDS = [b"only for tests, thirty-two bytes", b"the next seed of tests, 32 bytes"]


def vendors(act: Any, *codes: str) -> None:
    """One event each."""
    for code in codes:
        door(ceiling="")(act, code=code)


def findings(stream: str = "audit") -> list[str]:
    return next(check.findings for check in check_schema() if check.stream == stream)


def past_the_triggers(statement: str, table: str) -> None:
    """What only the owner of a table, or a superuser, can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        assert cursor.rowcount, "the manipulation did something"
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def seals(stream: str = "audit") -> list[Seal]:
    return list(Seal.objects.filter(stream_id=stream).order_by("number"))


def event_without_number() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_event (id, request_id, client_request_id, cause_id, actor_type, actor_ref, session_ref,"
            " route, action, outcome, error, code, reason, message, decision, resource_type, resource_id,"
            " resource_label, changes, facts, export_ref, dispatch_ref, ticket_ref, schema_version, redactions,"
            " rule_id, release) VALUES (gen_random_uuid(), 'r', '', '', 'user', '', '', '', 'page.open', 'allowed', '',"
            " '', '', '', '[]', '', '', '', '[]', '{}', '', '', '', 1, '[]', '', '')"
        )


def test_seals_everything_up_to_the_head(
    acacia: Any, act_as: Callable[..., Any], master_data: MasterData
) -> None:
    before = TrailHead.objects.get().number
    vendors(act_as("manager"), "V1", "V2")
    deliver(
        act_as("receiver"),
        master_data,
        receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "2", "1")),
    )
    sealer.seal_schema()
    head = TrailHead.objects.get().number
    assert head == before + 3
    [seal] = seals()
    assert (seal.kind, seal.first, seal.last, seal.count, seal.size) == ("batch", 1, head, head, head)
    [ledger] = seals("ledger")
    assert (ledger.first, ledger.last) == (1, positions.current())
    assert [check.findings for check in check_schema()] == [[], []]
    assert [(check.rows, check.unsealed) for check in check_schema()] == [(head, 0), (positions.current(), 0)]


def test_a_second_pass_seals_only_what_is_new(acacia: Any, act_as: Callable[..., Any]) -> None:
    sealer.seal_schema()
    assert [(done.rows, done.seals) for done in sealer.seal_schema()] == [(0, 0), (0, 0)]
    first = seals()[-1] if seals() else None
    vendors(act_as("manager"), "V1", "V2", "V3")
    sealer.seal_schema()
    last = seals()[-1]
    assert last.count == 3
    if first is not None:
        assert unverified(last.note).previous == digest(first.note)


def test_every_seal_is_a_signed_tree_that_begins_with_the_one_before(
    acacia: Any, act_as: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer, "MAX_ROWS", 3)
    vendors(act_as("manager"), *[f"V{number}" for number in range(10)])
    sealer.seal_schema()
    made = seals()
    assert len(made) > 3
    read = nodes.reader("audit")
    for before, after in itertools.pairwise(made):
        steps = bytes(after.consistency)
        path = [steps[start : start + 32] for start in range(0, len(steps), 32)]
        assert merkle.is_consistent(before.size, bytes(before.root), after.size, bytes(after.root), path)
    salt = bytes(SealStream.objects.get(name="audit").salt)
    last = made[-1]
    assert opened(last.note, VerifierKey.parse(last.vkey)).root == bytes(last.root)
    for number, row in STREAMS["audit"].rows(1, last.size, row_format=last.row_format, salt=salt):
        path = list(merkle.inclusion(number - 1, last.size, read))
        leaf = merkle.leaf_hash(row)
        assert merkle.root_of_inclusion(leaf, number - 1, last.size, path) == bytes(last.root)


def test_events_from_before_numbers_have_one_seal_in_front(acacia: Any, act_as: Callable[..., Any]) -> None:
    for _ in range(3):
        event_without_number()
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    genesis, batch = seals()
    assert (genesis.kind, genesis.first, genesis.count, genesis.size) == ("genesis", None, 3, 3)
    assert (batch.first, batch.size) == (1, 3 + batch.count)
    assert findings() == []
    event_without_number()
    assert any("changed or added" in found for found in findings())


def test_the_rows_of_seals_can_never_change(acacia: Any, act_as: Callable[..., Any]) -> None:
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    for table, column in [
        ("audit_seal", "count"), ("audit_sealnodes", "first_node"), ("audit_sealstream", "origin"),
    ]:  # fmt: skip
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_the_database_refuses_a_seal_that_cannot_be(acacia: Any, act_as: Callable[..., Any]) -> None:
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    good = {field.attname: getattr(seals()[0], field.attname) for field in Seal._meta.concrete_fields} | {
        "id": None
    }
    for wrong in (
        {"number": 1}, {"number": 0}, {"number": 9, "kind": "other"}, {"number": 9, "root": b"short"},
        {"number": 9, "last": 99_999}, {"number": 9, "kind": "rotation"}, {"number": 9, "size": 0},
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            Seal(**good | wrong).save()


SWAP = """
UPDATE audit_event SET resource_label = (
    SELECT resource_label FROM audit_event other WHERE other.number = {0} + {1} - audit_event.number
) WHERE number IN ({0}, {1})
"""
LAST = "(SELECT max(number) FROM audit_seal WHERE stream = 'audit')"
SECOND = "WHERE stream = 'audit' AND number = 2"
FLIP = "UPDATE audit_sealnodes SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)"
# What was done, to which table, and what a check says. {0} and {1} are the last two numbers.
TAMPERINGS = {
    "a changed event": (
        "UPDATE audit_event SET message = message || '.' WHERE number = {0}",
        "audit_event",
        "Number {0} was changed.",
    ),
    "a deleted event": (
        "DELETE FROM audit_event WHERE number = {0}",
        "audit_event",
        "Number {0} is missing.",
    ),
    "a deleted tail": (
        "DELETE FROM audit_event WHERE number > {0}",
        "audit_event",
        "Number {1} is missing.",
    ),
    "two events swapped": (SWAP, "audit_event", "Number {1} was changed."),
    "a changed node": (
        f"{FLIP} WHERE stream = 'audit' AND first_node = 0",
        "audit_sealnodes",
        "Number 1 was changed.",
    ),
    "a changed seal": (
        f"UPDATE audit_seal SET count = count - 1, last = last - 1 {SECOND}",
        "audit_seal",
        "The columns of seal 2 differ from its note.",
    ),
    "a forged note": (
        f"UPDATE audit_seal SET note = replace(note, 'kind batch', 'kind genesis') {SECOND}",
        "audit_seal",
        "The signature of seal 2 is wrong.",
    ),
    "a changed time": (
        f"UPDATE audit_seal SET sealed_at = sealed_at - interval '1 day' {SECOND}",
        "audit_seal",
        "The columns of seal 2 differ from its note.",
    ),
    "a changed consistency proof": (
        f"UPDATE audit_seal SET consistency = set_byte(consistency, 0, get_byte(consistency, 0) # 1) {SECOND}",
        "audit_seal",
        "The consistency proof of seal 2 is wrong.",
    ),
    "a dropped seal": (
        f"DELETE FROM audit_seal {SECOND}",
        "audit_seal",
        "Seals between 1 and 3 are missing.",
    ),
    "the last seal dropped": (
        f"DELETE FROM audit_seal WHERE stream = 'audit' AND number = {LAST}",
        "audit_seal",
        "Seals after",
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_check_names_what_was_tampered_with(
    acacia: Any, act_as: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(sealer, "MAX_ROWS", 4)
    vendors(act_as("manager"), *[f"V{number}" for number in range(12)])
    sealer.seal_schema()
    assert findings() == []
    head = TrailHead.objects.get().number
    statement, table, expected = TAMPERINGS[what]
    past_the_triggers(statement.format(head - 1, head), table)
    found = findings()
    assert any(sentence.startswith(expected.format(head - 1, head)) for sentence in found), found


def test_a_seal_by_a_stranger_is_not_ours(acacia: Any, act_as: Callable[..., Any], settings: Any) -> None:
    """Somebody who can write to the database seals with a key of their own, public key included."""
    settings.ASORA_SEALING_KEYS = [b"the seed of a stranger, 32 bytes"]
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    settings.ASORA_SEALING_KEYS = SEEDS[:1]
    assert "Seal 1 was signed by a key that is not ours." in findings()
    vendors(act_as("manager"), "V2")
    with pytest.raises(SealingError, match="of the last seal is gone"):
        sealer.seal_stream(STREAMS["audit"])


def test_a_missing_number_stops_sealing_and_says_which(acacia: Any, act_as: Callable[..., Any]) -> None:
    vendors(act_as("manager"), "V1", "V2", "V3")
    head = TrailHead.objects.get().number
    past_the_triggers(f"DELETE FROM audit_event WHERE number = {head - 1}", "audit_event")
    with pytest.raises(SealingError, match=f"number {head - 1} is missing"):
        sealer.seal_schema()
    assert sealer.sealed_number("audit") == head - 2
    assert SealStream.objects.filter(name="ledger").exists(), "the other stream is sealed all the same"


def test_without_a_seed_nothing_is_sealed(acacia: Any, act_as: Callable[..., Any], settings: Any) -> None:
    settings.ASORA_SEALING_KEYS = []
    vendors(act_as("manager"), "V1")
    with pytest.raises(NoSealingKey):
        sealer.seal_schema()
    assert schedule.seal_everywhere() == 0
    assert not Seal.objects.exists()


def test_the_old_key_signs_the_next_one(acacia: Any, act_as: Callable[..., Any], settings: Any) -> None:
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    settings.ASORA_SEALING_KEYS = [SEEDS[1], SEEDS[0]]
    vendors(act_as("manager"), "V2")
    sealer.seal_schema()
    first, rotation, last = seals()
    assert [seal.kind for seal in (first, rotation, last)] == ["batch", "rotation", "batch"]
    assert rotation.vkey == first.vkey
    assert last.vkey != first.vkey
    assert opened(rotation.note, VerifierKey.parse(first.vkey)).next_key == last.vkey
    assert findings() == []
    assert sealer.seal_schema()[0].seals == 0, "one rotation, not one in each pass"


def test_a_lost_seed_cannot_be_replaced_in_silence(
    acacia: Any, act_as: Callable[..., Any], settings: Any
) -> None:
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    settings.ASORA_SEALING_KEYS = [SEEDS[1]]
    with pytest.raises(SealingError, match="of the last seal is gone"):
        sealer.seal_schema()


def test_public_has_seals_of_its_trail_only(public: Any) -> None:
    event_without_number()
    assert [done.stream for done in sealer.seal_schema()] == ["audit"]
    assert seals()[0].kind == "genesis"


def test_a_receipt_is_mirrored_in_public(acacia: Any, act_as: Callable[..., Any]) -> None:
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    assert not SealReceipt.objects.exists(), "the tenant's own table stays empty"
    with schema_context("public"):
        copy = SealReceipt.objects.get(schema_name="t_acacia", stream_name="audit")
    assert (copy.number, copy.note) == (1, seals()[0].note)
    assert receipts.last_known("audit") == (unverified(copy.note), copy.note)


def restore_to(number: int) -> None:
    """What a restore of the tenant's schema does to its trail: everything after a seal is gone, public stays."""
    kept = Seal.objects.get(stream_id="audit", number=number)
    past_the_triggers(f"DELETE FROM audit_seal WHERE stream = 'audit' AND number > {number}", "audit_seal")
    first = merkle.node_count(kept.size)
    past_the_triggers(
        f"DELETE FROM audit_sealnodes WHERE stream = 'audit' AND first_node >= {first}", "audit_sealnodes"
    )
    past_the_triggers(f"DELETE FROM audit_event WHERE number > {kept.last}", "audit_event")
    TrailHead.objects.update(number=kept.last)


def test_a_restore_is_declared_by_a_seal(acacia: Any, act_as: Callable[..., Any]) -> None:
    vendors(act_as("manager"), "V1", "V2")
    sealer.seal_schema()
    kept = seals()[-1].last
    vendors(act_as("manager"), "V3", "V4", "V5")
    sealer.seal_schema()
    vendors(act_as("manager"), "V6")
    sealer.seal_schema()
    lost = seals()[-1]
    restore_to(1)
    assert any("Seals after 1 are missing" in found for found in findings())
    Vendor.objects.filter(code__in=["V3", "V4"]).delete()
    vendors(act_as("manager"), "V3")  # the numbers are used again, for other events

    [done, _ledger] = sealer.seal_schema()

    [declared] = done.restored
    assert declared.missing == (kept + 1, lost.last)
    assert [(seal.number, seal.kind) for seal in seals()] == [(1, "batch"), (4, "restored"), (5, "batch")]
    assert findings() == []
    assert sealer.seal_schema()[0].seals == 0, "one declaration, not one in each pass"


def test_a_stranger_is_told_of_the_restore_too(
    acacia: Any, act_as: Callable[..., Any], tmp_path: Path
) -> None:
    """The verifier, where nothing of Asora is installed, with the receipt of a seal that the restore has lost."""
    vendors(act_as("manager"), "V1", "V2")
    sealer.seal_schema()
    kept = seals()[-1].last
    vendors(act_as("manager"), "V3", "V4")
    sealer.seal_schema()
    lost = seals()[-1]
    restore_to(1)
    vendors(act_as("manager"), "V5")
    sealer.seal_schema()
    done = check(tmp_path / "empty", whole_proof(), receipts=(lost.note,))
    assert (done.status, done.problems) == (0, []), done.output
    assert f"numbers {kept + 1}-{lost.last} were lost" in done.output
    assert "is from before a backup was restored" in done.output


def test_a_restore_that_was_none_is_never_passed_in_silence(
    acacia: Any, act_as: Callable[..., Any], tmp_path: Path, capsys: Any
) -> None:
    """Deleted seals look like a restore, so the rows after it may be forged: both checks have to say so."""
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    first = merkle.node_count(seals()[0].size)
    vendors(act_as("manager"), "V2")
    sealer.seal_schema()
    known = seals()[-1]
    past_the_triggers("DELETE FROM audit_seal WHERE stream = 'audit' AND number > 1", "audit_seal")
    past_the_triggers(
        f"DELETE FROM audit_sealnodes WHERE stream = 'audit' AND first_node >= {first}", "audit_sealnodes"
    )
    past_the_triggers(
        f"UPDATE audit_event SET actor_ref = 'u-0000000000' WHERE number = {known.last}", "audit_event"
    )
    sealer.seal_schema()
    assert findings() == []
    call_command("verify_audit", "--tenant", acacia.slug)
    assert "declares a restored backup. If nobody restored one" in capsys.readouterr().out
    done = check(tmp_path / "empty", whole_proof(), "--key", known.vkey, receipts=(known.note,))
    assert "RESULT   no problem found, provided that a backup really was restored before" in done.output


def test_a_trail_restored_from_before_its_first_seal_is_declared_too(
    acacia: Any, act_as: Callable[..., Any], tmp_path: Path
) -> None:
    vendors(act_as("manager"), "V1", "V2")
    sealer.seal_schema()
    last = seals()[-1].last
    for table in ("audit_seal", "audit_sealnodes", "audit_sealstream"):
        past_the_triggers(f"DELETE FROM {table}", table)
    sealer.seal_schema()
    declared = seals()[0]
    assert (declared.number, declared.kind, unverified(declared.note).missing) == (2, "restored", (1, last))
    assert findings() == []
    assert check(tmp_path / "empty", whole_proof()).problems == []


def test_a_receipt_in_the_folder_outlives_the_whole_database(
    acacia: Any, act_as: Callable[..., Any], settings: Any, tmp_path: Path
) -> None:
    settings.ASORA_RECEIPTS_FOLDER = str(tmp_path / "receipts")
    vendors(act_as("manager"), "V1", "V2")
    sealer.seal_schema()
    vendors(act_as("manager"), "V3")
    sealer.seal_schema()
    assert (tmp_path / "receipts" / "t_acacia.audit.txt").read_text() == seals()[-1].note
    restore_to(1)
    past_the_triggers("DELETE FROM public.audit_sealreceipt", "public.audit_sealreceipt")
    [done, _ledger] = sealer.seal_schema()
    assert len(done.restored) == 1


def test_a_receipt_of_another_stream_declares_no_restore(acacia: Any, act_as: Callable[..., Any]) -> None:
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    origin = f"{seals()[0].stream.origin.rpartition('/')[0]}/ledger"
    key = keys.current_key(schema="t_acacia", origin=origin)
    known = unverified(seals()[0].note)
    other = replace(known, origin=origin, seal=99, key_id=key.verifier.key_id.hex())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.audit_sealreceipt (schema_name, stream_name, number, size, root, vkey, note, sealed_at,"
            " received_at) SELECT schema_name, stream_name, 99, size, root, vkey, %s, sealed_at, received_at"
            " FROM public.audit_sealreceipt WHERE schema_name = 't_acacia' AND stream_name = 'audit'",
            [sign(other.text(), key)],
        )
    assert sealer.seal_schema()[0].restored == []
    assert "A receipt in public was not signed by this installation." in findings()


def test_a_receipt_that_nobody_of_us_signed_changes_nothing(acacia: Any, act_as: Callable[..., Any]) -> None:
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.audit_sealreceipt (schema_name, stream_name, number, size, root, vkey, note, sealed_at,"
            " received_at) SELECT schema_name, stream_name, 99, size, root, vkey, replace(note, 'seal 1', 'seal 99'),"
            " sealed_at, received_at FROM public.audit_sealreceipt WHERE stream_name = 'audit'"
        )
    assert sealer.seal_schema()[0].restored == []
    assert "A receipt in public was not signed by this installation." in findings()


def test_the_command_seals_one_tenant_or_all(acacia: Any, act_as: Callable[..., Any]) -> None:
    vendors(act_as("manager"), "V1")
    out = io.StringIO()
    call_command("seal", tenant="acacia", stdout=out)
    assert "acacia audit: rows sealed:" in out.getvalue()
    with pytest.raises(CommandError, match="no tenant nowhere"):
        call_command("seal", tenant="nowhere")


def test_the_command_checks_and_records_the_result(
    acacia: Any, act_as: Callable[..., Any], events: Callable[..., list[Event]]
) -> None:
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    out = io.StringIO()
    call_command("verify_audit", tenant="acacia", stdout=out)
    assert "ok     audit: rows:" in out.getvalue()
    assert SealCheck.objects.get().is_intact
    assert events(action="audit.seals.check")[0].changes[0]["after"]["is_intact"] is True

    past_the_triggers("UPDATE audit_event SET message = 'x' WHERE number = 1", "audit_event")
    with pytest.raises(CommandError, match="Not intact: acacia"):
        call_command("verify_audit", tenant="acacia", stdout=out)
    assert "Number 1 was changed." in out.getvalue()


def test_the_worker_seals_many_events_at_once_and_few_in_the_next_minute(
    acacia: Any, act_as: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule.seal_everywhere()
    monkeypatch.setattr(schedule, "MANY", 3)
    vendors(act_as("manager"), "V1", "V2")
    assert schedule.waiting(["t_acacia", "gone"]) == {"t_acacia": 2}
    assert schedule.seal_waiting(at_least=schedule.MANY) == 0
    vendors(act_as("manager"), "V3")
    assert schedule.seal_waiting(at_least=schedule.MANY) == 3
    vendors(act_as("manager"), "V4")
    assert schedule.seal_waiting() == 1


def test_keys_are_derived_from_what_is_outside_of_the_database(
    acacia: Any, act_as: Callable[..., Any]
) -> None:
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    expected = keys.derive(SEEDS[0], schema="t_acacia", origin="localhost/acacia/audit").verifier
    assert seals()[0].vkey == str(expected)
    assert SealNodes.objects.filter(stream_id="audit").exists()


def test_sealed_events_are_counted_for_the_histogram(acacia: Any, act_as: Callable[..., Any]) -> None:
    event_without_number()
    vendors(act_as("manager"), "V1", "V2")
    sealer.seal_schema()
    head = rollup.head()
    assert (head.number, head.has_genesis) == (TrailHead.objects.get().number, True)


def test_the_worker_knows_its_tasks() -> None:
    known = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert known[tasks.SEAL] == "* * * * *"
    assert known[tasks.SEAL_BUSY] == "* * * * * */10"
    assert {tasks.LOOK, tasks.MAIL} <= set(known)


def test_the_task_of_each_minute_seals_what_is_new_and_that_of_each_hour_looks_everywhere(
    acacia: Any, act_as: Callable[..., Any]
) -> None:
    vendors(act_as("manager"), "V1")
    tasks.seal_busy(timestamp=60)
    assert not Seal.objects.exists(), "one event is not many"
    tasks.seal(timestamp=60)
    assert len(seals()) == 1
    assert mirrored() == 1
    past_the_triggers("DELETE FROM public.audit_sealreceipt", "public.audit_sealreceipt")
    tasks.seal(timestamp=60)
    assert mirrored() == 0, "nothing new, so nobody looked"
    tasks.seal(timestamp=3600)
    assert mirrored() == 1, "a receipt that a crash prevented is given out"


def mirrored() -> int:
    with schema_context("public"):
        return SealReceipt.objects.filter(schema_name="t_acacia", stream_name="audit").count()


def test_a_new_column_leaves_old_seals_as_they_are(
    acacia: Any, act_as: Callable[..., Any], master_data: MasterData
) -> None:
    bolts = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "2", "1"))
    deliver(act_as("receiver"), master_data, bolts)
    vendors(act_as("manager"), "V1")
    sealer.seal_schema()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in (Event, Posting, Entry, LayerUse, ItemRevision, ReorderRevision):
            cursor.execute(f"ALTER TABLE {model._meta.db_table} ADD COLUMN shoe_size int DEFAULT 43")
    assert [check.findings for check in check_schema()] == [[], []]
    vendors(act_as("manager"), "V2")
    sealer.seal_schema()
    assert [check.findings for check in check_schema()] == [[], []]
