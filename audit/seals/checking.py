"""Compares every sealed row of the bound schema with its seals, and the seals with their keys and receipts.

It reads all rows again, hashes them and grows the tree anew. What it finds names the row. Somebody who can write to the
database can change rows, nodes and seals alike, but cannot sign, and cannot take back a receipt.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from django.utils.translation import gettext as _

from asora.kernel import binding
from audit.seals import keys, merkle, nodes, receipts, sealer
from audit.seals.canonical import Stream
from audit.seals.checkpoint import TIME, Checkpoint, digest, opened
from audit.seals.keys import VerifierKey
from audit.seals.models import HASH_BYTES, Kind, Seal, SealReceipt, SealStream

#: Further findings of a stream are counted, not listed.
MAX_FINDINGS = 50


@dataclass(slots=True)
class StreamCheck:
    """What was compared in one stream, and what is wrong, as sentences. `remarks`: what somebody has to know."""

    stream: str
    rows: int = 0
    seals: int = 0
    unsealed: int = 0
    seconds: float = 0.0
    found: int = 0
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        """Return True if nothing is wrong."""
        return not self.found

    def find(self, sentence: str) -> None:
        """Note something wrong."""
        self.found += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(sentence)

    def as_json(self) -> dict[str, Any]:
        """The result as it is stored."""
        return {
            "stream": self.stream,
            "rows": self.rows,
            "seals": self.seals,
            "unsealed": self.unsealed,
            "seconds": self.seconds,
            "found": self.found,
            "findings": self.findings,
        }


def check_schema() -> Iterator[StreamCheck]:
    """Check each stream of the bound schema."""
    for stream in sealer.streams():
        began = time.perf_counter()
        check = StreamCheck(stream.name)
        row = SealStream.objects.filter(name=stream.name).first()
        seals = list(Seal.objects.filter(stream_id=stream.name).order_by("number"))
        check.seals = len(seals)
        _check_receipts(check, {seal.number: seal for seal in seals})
        # A person who deletes seals in the database causes the same seal, and can change rows before it.
        text = _("Seal %(number)s declares a restored backup. If nobody restored one, rows were replaced.")
        check.remarks += [text % {"number": seal.number} for seal in seals if seal.kind == Kind.RESTORED]
        if row is not None:
            _check_signatures(check, seals)
            _check_rows(check, stream, bytes(row.salt), seals)
        _check_unsealed(check, stream, bytes(row.salt) if row else b"", seals)
        check.seconds = round(time.perf_counter() - began, 2)
        yield check


def _check_receipts(check: StreamCheck, seals: Mapping[int, Seal]) -> None:
    """Every receipt outside of the schema has its seal, unless a restore lost it, which a later seal says."""
    schema = binding.schema_name()
    copies = SealReceipt.objects.raw(
        "SELECT * FROM public.audit_sealreceipt WHERE schema_name = %s AND stream_name = %s",
        [schema, check.stream],
    )
    notes = {copy.note for copy in copies}
    if known := receipts.last_known(check.stream):
        notes.add(known[1])
    restores = [seal.number for seal in seals.values() if seal.kind == Kind.RESTORED]
    last = max(seals, default=0)
    for note in sorted(notes):
        receipt = receipts.is_ours(note, stream=check.stream)
        if receipt is None:
            if keys.has_key():
                check.find(_("A receipt in public was not signed by this installation."))
            continue
        seal = seals.get(receipt.seal)
        if seal is None and receipt.seal > last:
            text = _("Seals after %(last)s are missing: a receipt of seal %(number)s exists.")
            check.find(text % {"last": last, "number": receipt.seal})
        elif seal is None and not any(number > receipt.seal for number in restores):
            check.find(_("Seal %(number)s is missing: its receipt exists.") % {"number": receipt.seal})
        elif seal is not None and seal.note != note:
            check.find(_("Seal %(number)s differs from its receipt.") % {"number": seal.number})


def _check_signatures(check: StreamCheck, seals: list[Seal]) -> None:
    """Each seal is signed by the key that the one before names, follows it, and says what its columns say."""
    before: tuple[Seal, Checkpoint] | None = None
    for seal in seals:
        try:
            key = VerifierKey.parse(seal.vkey)
            checkpoint = opened(seal.note, key)
        except ValueError:
            check.find(_("The signature of seal %(number)s is wrong.") % {"number": seal.number})
            before = None
            continue
        if not _is_expected(key, before):
            check.find(_("Seal %(number)s was signed by a key that is not ours.") % {"number": seal.number})
        if not _repeats(seal, checkpoint):
            check.find(_("The columns of seal %(number)s differ from its note.") % {"number": seal.number})
        if seal is seals[0] and seal.number != 1 and seal.kind != Kind.RESTORED:
            check.find(_("The first seal is missing."))
        if before is not None:
            _check_order(check, before[0], seal, checkpoint)
        before = (seal, checkpoint)


def _is_expected(key: VerifierKey, before: tuple[Seal, Checkpoint] | None) -> bool:
    if before is not None:
        return str(key) == (before[1].next_key or before[0].vkey)
    # Without any seed this process cannot know its own keys; the first one is then taken as given.
    return not keys.has_key() or keys.key_of(key, schema=binding.schema_name()) is not None


def _repeats(seal: Seal, checkpoint: Checkpoint) -> bool:
    rows = (seal.first, seal.last) if seal.first else (0, 0) if seal.kind == Kind.GENESIS else None
    return (
        checkpoint.seal,
        checkpoint.size,
        checkpoint.root,
        checkpoint.kind,
        checkpoint.rows,
        checkpoint.count,
        checkpoint.row_format,
        checkpoint.key_id,
        f"{checkpoint.time:{TIME}}",
    ) == (
        seal.number,
        seal.size,
        bytes(seal.root),
        seal.kind,
        rows,
        seal.count,
        seal.row_format,
        seal.key_id,
        f"{seal.sealed_at.astimezone(UTC):{TIME}}",
    )


def _check_order(check: StreamCheck, before: Seal, seal: Seal, checkpoint: Checkpoint) -> None:
    if seal.number != before.number + 1 and seal.kind != Kind.RESTORED:
        text = _("Seals between %(first)s and %(last)s are missing.")
        check.find(text % {"first": before.number, "last": seal.number})
    elif checkpoint.previous != digest(before.note) or seal.size != before.size + seal.count:
        text = _("Seal %(number)s does not follow seal %(before)s.")
        check.find(text % {"number": seal.number, "before": before.number})
    elif not _begins_with(before, seal):
        check.find(_("The consistency proof of seal %(number)s is wrong.") % {"number": seal.number})


def _begins_with(before: Seal, seal: Seal) -> bool:
    stored = bytes(seal.consistency)
    path = [stored[place : place + HASH_BYTES] for place in range(0, len(stored), HASH_BYTES)]
    return merkle.is_consistent(before.size, bytes(before.root), seal.size, bytes(seal.root), path)


def _check_rows(check: StreamCheck, stream: Stream, salt: bytes, seals: list[Seal]) -> None:
    """Hash every sealed row again, and compare it with its node; then the tree with the root of the seal."""
    tree = merkle.EMPTY
    for seal in seals:
        if not seal.count:
            continue
        rows = _sealed_rows(stream, salt, seal)
        start, size = tree.size, tree.size + seal.count
        first_node = merkle.node_count(start)
        stored = nodes.between(stream.name, first_node, merkle.node_count(size))
        leaves = _leaves(stored, start, size, first_node)
        check.rows += _compare(check, seal, rows, leaves)
        tree, grown = _grow(tree, leaves)
        if grown != stored or tree.root() != bytes(seal.root):
            check.find(_("The stored tree differs from seal %(number)s.") % {"number": seal.number})
        if tree.size != size:
            return  # without these leaves, no later root comes out


def _sealed_rows(stream: Stream, salt: bytes, seal: Seal) -> Iterator[tuple[int | str, bytes]]:
    """The rows that a seal sealed, as they are now: (number or name, row)."""
    if seal.first is None or seal.last is None:
        yield from stream.genesis(row_format=seal.row_format, salt=salt)
    else:
        yield from stream.rows(seal.first, seal.last, row_format=seal.row_format, salt=salt)


def _leaves(stored: bytes, start: int, size: int, first_node: int) -> list[bytes]:
    """The hashes of the leaves `start` to `size - 1` among stored nodes, up to the first that is not stored."""
    found = []
    for index in range(start, size):
        place = (merkle.node_number(0, index) - first_node) * HASH_BYTES
        if place + HASH_BYTES > len(stored):
            break
        found.append(stored[place : place + HASH_BYTES])
    return found


def _compare(
    check: StreamCheck, seal: Seal, rows: Iterator[tuple[int | str, bytes]], leaves: list[bytes]
) -> int:
    """Compare rows with leaves; returns how many rows there are. Rows without a number have only their order."""
    if seal.first is None:
        return _compare_in_order(check, rows, leaves)
    expected = seal.first
    count = 0
    for number, row in rows:
        for missing in range(expected, int(number)):
            check.find(_("Number %(number)s is missing.") % {"number": missing})
        place = int(number) - seal.first
        if place < len(leaves) and merkle.leaf_hash(row) != leaves[place]:
            check.find(_("Number %(number)s was changed.") % {"number": number})
        expected = int(number) + 1
        count += 1
    for missing in range(expected, (seal.last or 0) + 1):
        check.find(_("Number %(number)s is missing.") % {"number": missing})
    return count


def _compare_in_order(
    check: StreamCheck, rows: Iterator[tuple[int | str, bytes]], leaves: list[bytes]
) -> int:
    known = set(leaves)
    found = [(name, merkle.leaf_hash(row)) for name, row in rows]
    hashes = {leaf for _name, leaf in found}
    for name, leaf in found:
        if leaf not in known:
            text = _("The row without a number %(name)s was changed or added.")
            check.find(text % {"name": name})
    if missing := sum(leaf not in hashes for leaf in leaves):
        check.find(
            _("Sealed rows without a number that are missing or changed: %(count)s.") % {"count": missing}
        )
    if not missing and len(found) == len(leaves) and [leaf for _name, leaf in found] != leaves:
        check.find(_("The rows without a number are not in their sealed order."))
    return len(found)


def _grow(tree: merkle.Frontier, leaves: list[bytes]) -> tuple[merkle.Frontier, bytes]:
    appended = merkle.append(tree, leaves)
    return appended.frontier, appended.nodes


def _check_unsealed(check: StreamCheck, stream: Stream, salt: bytes, seals: list[Seal]) -> None:
    """What is not sealed yet has no gap either. Rows without a number can only be from before the first seal."""
    last = max((seal.last or 0 for seal in seals), default=0)
    head = stream.head()
    check.unsealed = max(head - last, 0)
    if head < last:
        text = _("Sealed up to number %(last)s, but the last number is %(head)s.")
        check.find(text % {"last": last, "head": head})
    expected = last + 1
    for number, _row in stream.rows(last + 1, head, row_format=stream.row_format, salt=salt):
        for missing in range(expected, number):
            check.find(_("Number %(number)s is missing.") % {"number": missing})
        expected = number + 1
    for missing in range(expected, head + 1):
        check.find(_("Number %(number)s is missing.") % {"number": missing})
    if seals and not any(seal.kind == Kind.GENESIS for seal in seals):
        extra = sum(1 for _found in stream.genesis(row_format=stream.row_format, salt=salt))
        if extra:
            check.find(_("Rows without a number were added: %(count)s.") % {"count": extra})
