"""Proof files, checked by the one file that they contain, where nothing of Asora is installed.

A person who can write to the database can change rows, nodes and seals alike. The program names what was done, and
the row.
"""

from __future__ import annotations

import base64
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from audit.events.models import Event
from audit.seals import keys, merkle, sealer
from audit.seals.canonical import STREAMS
from audit.seals.checkpoint import sign, unverified
from audit.seals.models import Seal, SealNodes
from audit.seals.verify import Unreadable, verify
from tests.audit.proof_files import Result, changed, check, run, whole_proof
from tests.kernel.example_action import door

BATCHES, EACH = 4, 6
AT_9 = "missing: event 9 is not in the file: number 10 is in its place"
SECOND_4 = "inserted: event 9 is a second row for number 4"


@pytest.fixture
def trail(acacia: Any, act_as: Callable[..., Any]) -> list[Seal]:
    """A trail under four seals. Returns them."""
    for batch in range(BATCHES):
        for number in range(EACH):
            door(ceiling="")(act_as("manager"), code=f"V{batch}-{number}")
        sealer.seal_schema()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return seals()


@pytest.fixture
def tables(acacia: Any) -> Iterator[Any]:
    """A cursor with the rights of a superuser: no trigger stops it."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("audit_event", "audit_seal", "audit_sealnodes"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor


def seals() -> list[Seal]:
    return list(Seal.objects.filter(stream_id="audit").order_by("number"))


def checked(tmp_path: Path, **options: Any) -> Result:
    return check(tmp_path / "empty", whole_proof(), **options)


def test_a_whole_trail_is_proved(trail: list[Seal], tmp_path: Path) -> None:
    result = checked(tmp_path, receipts=(trail[1].note, trail[-1].note))
    assert (result.status, result.problems) == (0, []), result.output
    assert f"OK       seals of {trail[0].stream.origin}: {BATCHES}, all signed" in result.output
    assert f"OK       rows in this file: {trail[-1].size} of {trail[-1].size}, all as" in result.output


def test_an_unpacked_proof_is_checked_by_the_program_in_it(trail: list[Seal], tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(whole_proof())) as book:
        book.extractall(tmp_path / "unpacked")
    result = run(tmp_path / "unpacked", "verify.py")
    assert (result.status, result.problems) == (0, []), result.output


# The nine, in the database.


def test_names_the_row_with_a_flipped_byte(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    tables.execute("UPDATE audit_event SET facts = '{\"forged\": true}' WHERE number = 9")
    result = checked(tmp_path)
    assert (result.status, result.problems) == (1, ["changed: event 9 is not the row that was sealed"])


def test_names_a_deleted_row(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    tables.execute("DELETE FROM audit_event WHERE number = 9")
    assert checked(tmp_path).problems == ["missing: event 9 was removed"]


def test_names_a_deleted_row_whose_gap_was_closed(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    tables.execute("DELETE FROM audit_event WHERE number = 9")
    renumber(tables, "number > 9", -1)
    assert checked(tmp_path).problems == ["missing: event 9 was removed: later rows are moved by one"]


def test_names_a_deleted_tail(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    last = trail[-1].size
    tables.execute("DELETE FROM audit_event WHERE number > %s", [last - 3])
    assert checked(tmp_path).problems == [f"missing: event {last - 2} to {last} was removed at the end"]


def test_names_a_tail_that_was_deleted_with_its_seals(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    cut, receipt = trail[-2].size, trail[-1].note
    delete_after(tables, trail[-2])
    result = checked(tmp_path, receipts=(receipt,))
    [problem] = result.problems
    assert problem.startswith("replayed: the proof ends with seal 3 of ")
    assert f"without event {cut + 1} to {trail[-1].size}; your receipt is seal 4 of" in problem


def test_names_two_swapped_rows(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    tables.execute("UPDATE audit_event SET number = -5 WHERE number = 5")
    tables.execute("UPDATE audit_event SET number = 5 WHERE number = 11")
    tables.execute("UPDATE audit_event SET number = 11 WHERE number = -5")
    assert checked(tmp_path).problems == ["swapped: event 5 and event 11 were swapped"]


def test_names_an_inserted_row(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    renumber(tables, "number >= 9", 1)
    columns = ", ".join(
        field.column
        for field in Event._meta.concrete_fields
        if field.column not in ("id", "number", "message")
    )
    tables.execute(
        f"INSERT INTO audit_event (id, number, message, {columns}) "
        f"SELECT gen_random_uuid(), 9, 'forged', {columns} FROM audit_event WHERE number = 4"
    )
    assert checked(tmp_path).problems == ["inserted: event 9 was inserted: later rows are moved by one"]


def test_names_a_forged_seal(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    """Row, tree and seals are all made anew; only the key is not the right one."""
    tables.execute("UPDATE audit_event SET message = 'forged' WHERE number = 9")
    stream = STREAMS["audit"]
    rows = stream.rows(1, trail[-1].size, row_format=1, salt=b"")
    tree = merkle.append(merkle.EMPTY, (merkle.leaf_hash(row) for _number, row in rows))
    tables.execute("DELETE FROM audit_sealnodes WHERE stream = 'audit'")
    SealNodes.objects.create(stream_id="audit", first_node=0, hashes=tree.nodes)
    thief = keys.derive(b"the thief's own seed, thirty-two", schema="x", origin=trail[0].stream.origin)
    for seal in trail[1:]:
        text = (
            unverified(seal.note)
            .text()
            .replace(base64.b64encode(bytes(seal.root)).decode(), root_of(tree.nodes, seal.size))
        )
        tables.execute(
            "UPDATE audit_seal SET note = %s, vkey = %s WHERE stream = 'audit' AND number = %s",
            [sign(text, thief), str(thief.verifier), seal.number],
        )
    problems = checked(tmp_path).problems
    forged = [problem for problem in problems if problem.startswith("forged: ")]
    assert len(forged) == len(trail) - 1
    assert forged[0].startswith(f"forged: seal 2 of {unverified(trail[1].note).time:%Y-%m-%d}")
    assert (
        str(keys.current_key(schema=connection.schema_name, origin=trail[0].stream.origin).verifier)
        in forged[0]
    )


def test_names_a_changed_row_whose_tree_was_changed_with_it(
    trail: list[Seal], tables: Any, tmp_path: Path
) -> None:
    tables.execute("UPDATE audit_event SET message = 'forged' WHERE number = 9")
    rows = STREAMS["audit"].rows(1, trail[-1].size, row_format=1, salt=b"")
    tree = merkle.append(merkle.EMPTY, (merkle.leaf_hash(row) for _number, row in rows))
    tables.execute("DELETE FROM audit_sealnodes WHERE stream = 'audit'")
    SealNodes.objects.create(stream_id="audit", first_node=0, hashes=tree.nodes)
    [problem] = checked(tmp_path).problems
    assert problem.startswith("changed: event 7 to 12: the hashes in this file are not those of seal 2 of ")


def test_names_a_dropped_seal(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    tables.execute("DELETE FROM audit_seal WHERE stream = 'audit' AND number = 3")
    assert checked(tmp_path).problems == ["seal missing: seal 3 is not in the file"]


def test_names_a_replayed_receipt(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    """Everything is put back to an older state that was sealed."""
    newest = trail[-1].note
    delete_after(tables, trail[0])
    old = checked(tmp_path, receipts=(trail[0].note,))
    assert old.problems == [], "by itself, an older state is whole"
    result = check(tmp_path / "again", whole_proof(), receipts=(trail[0].note, newest))
    [problem] = result.problems
    assert problem.startswith("replayed: the proof ends with seal 1 of ")


# The same, in the file.


def test_names_what_was_cut(trail: list[Seal], tmp_path: Path) -> None:
    proof = whole_proof()
    result = check(tmp_path / "zip", proof[:-500])
    assert result.status == 2
    assert "PROBLEM  cut: proof.zip is cut off or damaged" in result.output
    half = changed(proof, rows=lambda text: text[: len(text) // 2], manifest=lambda text: text)
    problems = check(tmp_path / "half", half).problems
    assert problems[0].startswith("cut: rows.jsonl is cut off: it has ")
    assert any(problem.startswith("cut: rows.jsonl is cut off or damaged in line 13") for problem in problems)
    assert any(
        problem.startswith(f"missing: the end is cut off: event 13 to {trail[-1].size} ")
        for problem in problems
    )
    lines = changed(proof, rows=lambda text: b"".join(text.splitlines(keepends=True)[:10]))
    [problem] = check(tmp_path / "lines", lines).problems
    assert problem == f"missing: the end is cut off: event 11 to {trail[-1].size} is not in the file"


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda lines: [*lines[:8], flip(lines[8]), *lines[9:]], ["changed: event 9 is not the row that was sealed"]),
        (lambda lines: [*lines[:8], *lines[9:]], ["missing: event 9 is not in the file"]),
        (lambda lines: [*lines[:8], *moved(lines[9:], 8)], [AT_9]),
        (lambda lines: [*lines[:8], lines[8], lines[8], *lines[9:]], ["inserted: there is a second row for event 9"]),
        (lambda lines: [*lines[:8], *moved([lines[3], *lines[8:]], 8)], [SECOND_4]),
        (lambda lines: swapped_rows(lines, 4, 10), ["swapped: event 5 and event 11 were swapped"]),
    ],
)  # fmt: skip
def test_names_what_was_changed_in_the_file(
    trail: list[Seal], tmp_path: Path, edit: Callable[[list[Any]], list[Any]], expected: list[str]
) -> None:
    def rows(text: bytes) -> bytes:
        lines = [json.loads(line) for line in text.splitlines()]
        return b"".join(json.dumps(line).encode() + b"\n" for line in edit(lines))

    result = check(tmp_path / "empty", changed(whole_proof(), rows=rows))
    assert result.status == 1
    assert result.problems[: len(expected)] == expected, result.output


def test_names_a_seal_that_was_exchanged_for_an_old_one(trail: list[Seal], tmp_path: Path) -> None:
    def replay(text: bytes) -> bytes:
        lines = text.splitlines(keepends=True)
        return b"".join([*lines[:-1], lines[1]])

    problems = check(tmp_path / "empty", changed(whole_proof(), seals=replay)).problems
    assert problems[0].startswith("swapped: seal 2 of ")
    assert any(problem.startswith("replayed: the proof was made with seal 4") for problem in problems)


def test_names_a_receipt_of_another_history(trail: list[Seal], tmp_path: Path) -> None:
    checkpoint = unverified(trail[1].note)
    key = keys.current_key(schema=connection.schema_name, origin=checkpoint.origin)
    other = sign(checkpoint.text().replace("count 6", "count 5"), key)
    thief = keys.derive(b"the thief's own seed, thirty-two", schema="x", origin=checkpoint.origin)
    stolen = sign(checkpoint.text(), thief)
    assert "count 6" in checkpoint.text()
    problems = checked(tmp_path, receipts=(other, stolen, "nonsense")).problems
    assert problems[0].startswith("forged: your receipt is another seal 2 of ")
    assert problems[1:] == [
        "forged: receipt-1.txt is not signed with a key of this file",
        "forged: receipt-2.txt is not a receipt",
    ]


def test_compares_the_key_that_the_reader_knows(trail: list[Seal], tmp_path: Path) -> None:
    right = check(tmp_path / "right", whole_proof(), "--key", trail[0].vkey)
    assert (right.status, "NOTE" in right.output) == (0, False)
    thief = keys.derive(b"the thief's own seed, thirty-two", schema="x", origin=trail[0].stream.origin)
    [problem] = check(tmp_path / "wrong", whole_proof(), "--key", str(thief.verifier)).problems
    assert problem.startswith("forged: no seal in this file is signed with the key ")


def test_follows_a_change_of_the_key(
    trail: list[Seal], act_as: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = settings.ASORA_SEALING_KEYS
    monkeypatch.setattr(settings, "ASORA_SEALING_KEYS", [b"the next seed of tests, 32 bytes", *old])
    door(ceiling="")(act_as("manager"), code="V9")
    sealer.seal_schema()
    assert [seal.kind for seal in seals()[-2:]] == ["rotation", "batch"]
    monkeypatch.setattr(settings, "ASORA_SEALING_KEYS", settings.ASORA_SEALING_KEYS[:1])
    result = checked(tmp_path, receipts=(trail[0].note,))
    assert (result.status, result.problems) == (0, []), result.output


def test_events_from_before_numbers_are_proved(
    acacia: Any, act_as: Callable[..., Any], tables: Any, tmp_path: Path
) -> None:
    for code in ("V1", "V2", "V3"):
        door(ceiling="")(act_as("manager"), code=code)
    tables.execute("SET CONSTRAINTS ALL IMMEDIATE")
    tables.execute("UPDATE audit_event SET number = NULL")
    count = tables.rowcount
    tables.execute("UPDATE audit_trailhead SET number = 0")
    for code in ("V4", "V5"):
        door(ceiling="")(act_as("manager"), code=code)
    sealer.seal_schema()
    assert [seal.kind for seal in seals()] == ["genesis", "batch"]
    result = check(tmp_path / "whole", whole_proof())
    assert (result.status, result.problems) == (0, []), result.output
    tables.execute("SET CONSTRAINTS ALL IMMEDIATE")
    tables.execute("UPDATE audit_event SET message = 'forged' WHERE number = 2")
    last = Event.objects.filter(number=None).order_by("-occurred_at", "-id")[0]
    tables.execute("UPDATE audit_event SET message = 'forged' WHERE id = %s", [last.pk])
    assert check(tmp_path / "forged", whole_proof()).problems == [
        f"changed: event without a number, in place {count} is not the row that was sealed",
        "changed: event 2 is not the row that was sealed",
    ]


def test_a_new_column_leaves_old_seals_valid(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    tables.execute("ALTER TABLE audit_event ADD COLUMN shoe_size int DEFAULT 43")
    result = checked(tmp_path)
    assert (result.status, result.problems) == (0, []), result.output


def renumber(cursor: Any, which: str, step: int) -> None:
    """Move the numbers of rows, as somebody would who hides a gap."""
    cursor.execute("ALTER TABLE audit_event DROP CONSTRAINT audit_event_number_key")
    cursor.execute(f"UPDATE audit_event SET number = number + {step} WHERE {which}")


def delete_after(cursor: Any, seal: Seal) -> None:
    """Put a trail back to the state of a seal."""
    cursor.execute("DELETE FROM audit_seal WHERE stream = 'audit' AND number > %s", [seal.number])
    cursor.execute("DELETE FROM audit_event WHERE number > %s", [seal.size])
    first = merkle.node_count(seal.size)
    cursor.execute("DELETE FROM audit_sealnodes WHERE stream = 'audit' AND first_node >= %s", [first])


def root_of(nodes: bytes, size: int) -> str:
    read = merkle.root(
        size, lambda numbers: {number: nodes[32 * number : 32 * number + 32] for number in numbers}
    )
    return base64.b64encode(read).decode()


def flip(line: dict[str, Any]) -> dict[str, Any]:
    return line | {"row": line["row"].replace("allowed", "alloweD")}


def moved(lines: list[dict[str, Any]], start: int) -> list[dict[str, Any]]:
    return [line | {"index": index} for index, line in enumerate(lines, start)]


def swapped_rows(lines: list[dict[str, Any]], one: int, other: int) -> list[dict[str, Any]]:
    lines[one]["row"], lines[other]["row"] = lines[other]["row"], lines[one]["row"]
    return lines


def test_names_a_hash_that_was_deleted(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    tables.execute("UPDATE audit_sealnodes SET hashes = substring(hashes FOR 64) WHERE first_node = 0")
    problems = checked(tmp_path).problems
    assert problems[0] == "missing: the sealed hash of event 3 is missing"


def test_says_what_a_restore_lost(trail: list[Seal], tables: Any, tmp_path: Path) -> None:
    newest = trail[-1].note
    delete_after(tables, trail[1])
    tables.execute("UPDATE audit_trailhead SET number = %s", [trail[1].size])
    sealer.seal_schema()
    assert seals()[-1].kind == "restored"
    result = checked(tmp_path, receipts=(newest, trail[0].note))
    assert (result.status, result.problems) == (0, []), result.output
    assert f"says that a backup was restored: numbers 13-{trail[-1].size} were lost" in result.output
    assert "receipt-0.txt is from before a backup was restored" in result.output


def test_survives_any_damage(trail: list[Seal], tmp_path: Path) -> None:
    """Some byte of rows or seals is changed: the program says so, and never stumbles."""
    proof = whole_proof()
    choice = random.Random(11)
    place = tmp_path / "proof.zip"
    for turn in range(150):
        name = ("rows", "seals")[turn % 2]

        def damage(text: bytes) -> bytes:
            at, length = choice.randrange(len(text)), choice.choice((0, 1, 1, 1, 40))
            return (
                text[:at] + bytes(choice.randrange(32, 127) for _ in range(length)) + text[at + length :][:-1]
            )

        damaged = changed(proof, **{name: damage})
        place.write_bytes(damaged)
        try:
            findings = verify(place)
        except Unreadable:
            continue
        assert findings.problems or content(damaged) == content(proof), turn


def content(proof: bytes) -> list[Any]:
    """What a proof says, however it is written."""
    with zipfile.ZipFile(io.BytesIO(proof)) as book:
        rows = [json.loads(line) for line in book.read("rows.jsonl").splitlines()]
        notes = [json.loads(line)["note"] for line in book.read("seals.jsonl").splitlines()]
    return [[(row["index"], row["leaf"].lower(), row["row"]) for row in rows], notes]
