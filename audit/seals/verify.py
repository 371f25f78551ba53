"""Checks a proof file of Asora. Needs Python 3.10 or newer and the package `cryptography`, and nothing of Asora.

    python3 verify.py [PROOF] [--receipt FILE]... [--key KEY] [--pack-key KEY]
    python3 verify.py open FILE [--out PACK]

PROOF is the zip file, or the folder into which it was unpacked (by default the folder of this file). RECEIPT is a seal
that you received earlier; give the newest one that you have. KEY is the seal key that you know (`name+id+key`), or the
key that signs evidence packs. `open` asks for the passphrase of an encrypted pack, decrypts it and checks it. It
checks that

1. every seal is signed with the key, follows the one before, and agrees with your receipts;
2. the rows in the file are exactly those that were sealed: each seal signs the root of a Merkle tree (RFC 6962) over
   all rows, and the root is computed again from the rows in the file and the hashes of all others;
3. each figure of an exported report is what the sealed entries add up to;
4. an evidence pack is signed, byte for byte, its events say what the sealed rows say, and its stock adds up.

Problems are printed one per line, with the rows that they concern. The exit status is 0 if there are none, 1 if there
are, 2 if there is nothing to check. The layout of the file is described in README.txt.
"""

from __future__ import annotations

import argparse
import base64
import csv
import getpass
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree as ET

EMPTY_ROOT = hashlib.sha256().digest()
MOVED_SEARCH = 500  # rows that do not match are compared with the sealed hashes of up to this many others
MAX_SHOWN = 50  # problems of one kind
PACK = "asora evidence pack"  # the first line of what is signed of a pack
MAGIC = b"ASORA PACK 1\n"  # of an encrypted pack
SALT, NONCE, CHUNK, TAG = 16, 7, 1 << 16, 16  # bytes
SCRYPT_R, SCRYPT_P = 8, 1
SCRYPT_LOG_N = range(14, 21)
DAY_ZERO = date(1899, 12, 30)  # of a workbook


# ------------------------------------------------------------------------------------------------------- findings


@dataclass
class Findings:
    """What was checked, what is wrong, and what could not be checked."""

    passed: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    condition: str = ""

    def problem(self, kind: str, text: str) -> None:
        """Add a problem. `kind`: one word, such as changed, missing, inserted, swapped, cut, forged, replayed."""
        self.problems.append((kind, text))

    def has(self, *kinds: str) -> bool:
        """Whether a problem of one of these kinds was found."""
        return any(kind in kinds for kind, _text in self.problems)

    def lines(self) -> Iterator[str]:
        """The findings as they are printed."""
        shown: dict[str, int] = {}
        yield from (f"OK       {text}" for text in self.passed)
        yield from (f"NOTE     {text}" for text in self.remarks)
        for kind, text in self.problems:
            shown[kind] = shown.get(kind, 0) + 1
            if shown[kind] <= MAX_SHOWN:
                yield f"PROBLEM  {kind}: {text}"
        yield from (
            f"PROBLEM  {kind}: and {count - MAX_SHOWN} more"
            for kind, count in shown.items()
            if count > MAX_SHOWN
        )
        count = len(self.problems)
        found = f"no problem found{self.condition}" if not count else f"problems found: {count}"
        yield f"RESULT   {found}"


# ----------------------------------------------------------------------------------------------------- the files


class Unreadable(Exception):
    """There is no proof to check. The message says why."""


class Files:
    """The files of a proof, in a zip file or a folder."""

    def __init__(self, path: Path) -> None:
        self._folder = path
        self._zip: zipfile.ZipFile | None = None
        if not path.is_dir():
            if not path.exists():
                raise Unreadable(f"{path} does not exist")
            try:
                self._zip = zipfile.ZipFile(path)
            except zipfile.BadZipFile:
                raise Unreadable(
                    f"{path.name} is cut off or damaged: it is not a complete zip file"
                ) from None

    def open(self, name: str) -> IO[bytes]:
        """Open a file. Raises FileNotFoundError."""
        if self._zip is None:
            return (self._folder / name).open("rb")
        try:
            return self._zip.open(name)
        except KeyError:
            raise FileNotFoundError(name) from None

    def read(self, name: str) -> bytes:
        """A whole file. Raises FileNotFoundError."""
        with self.open(name) as file:
            return file.read()

    def comment(self) -> str | None:
        """The comment of the zip file, in which a pack has its signature; None in a folder."""
        return None if self._zip is None else self._zip.comment.decode(errors="replace")


def check_files(files: Files, manifest: Mapping[str, Any], findings: Findings) -> None:
    """Compare each file with its length and hash in the manifest."""
    for name, expected in manifest["files"].items():
        digest, size = hashlib.sha256(), 0
        try:
            with files.open(name) as file:
                while block := file.read(1 << 20):
                    digest.update(block)
                    size += len(block)
        except FileNotFoundError:
            findings.problem("cut", f"{name} is missing from the proof")
            continue
        except (zipfile.BadZipFile, EOFError, OSError):
            findings.problem("cut", f"{name} is damaged after {size} bytes")
            continue
        if size < expected["bytes"]:
            findings.problem("cut", f"{name} is cut off: it has {size} of {expected['bytes']} bytes")
        elif digest.hexdigest() != expected["sha256"]:
            findings.problem("altered", f"{name} is not the file that the proof was made with")


# ----------------------------------------------------------------------------------------------------- the seals


class Malformed(ValueError):
    """A text is not a seal."""


@dataclass(frozen=True)
class Key:
    """A public Ed25519 key, as C2SP signed notes write it: name, id, and the key itself."""

    name: str
    id: bytes
    public: bytes
    text: str

    @classmethod
    def of(cls, text: str) -> Key:
        """Read `name+id+key`. Raises Malformed."""
        try:
            name, id_, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
            key = cls(name, bytes.fromhex(id_), raw[1:], text.strip())
        except ValueError:
            raise Malformed("this is not a seal key") from None
        expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if raw[:1] != b"\1" or len(raw) != 33 or key.id != expected:
            raise Malformed("this is not a seal key")
        return key

    def has_signed(self, note: Note) -> bool:
        """Whether one of the note's signatures is by this key. Those of witnesses are passed over."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        for name, signature in note.signatures:
            if name == self.name and signature[:4] == self.id:
                try:
                    Ed25519PublicKey.from_public_bytes(self.public).verify(signature[4:], note.text.encode())
                except InvalidSignature:
                    return False
                return True
        return False


@dataclass(frozen=True)
class Note:
    """A seal: a C2SP checkpoint with extension lines, signed as a C2SP note. `root`: of the tree of `size` leaves."""

    whole: str
    text: str
    signatures: tuple[tuple[str, bytes], ...]
    origin: str
    size: int
    root: bytes
    number: int
    members: Mapping[str, str]

    @classmethod
    def of(cls, whole: str) -> Note:
        """Read a signed note. Raises Malformed."""
        text, gap, signed = whole.rpartition("\n\n")
        try:
            origin, size, root, *extensions = text.split("\n")
            members = dict(line.split(" ", 1) for line in extensions)
            signatures = []
            for line in signed.removesuffix("\n").split("\n"):
                name, encoded = line.removeprefix("\N{EM DASH} ").rsplit(" ", 1)
                signatures.append((name, base64.b64decode(encoded, validate=True)))
            note = cls(
                whole=whole,
                text=text + "\n",
                signatures=tuple(signatures),
                origin=origin,
                size=int(size),
                root=base64.b64decode(root, validate=True),
                number=int(members["seal"]),
                members=members,
            )
        except (KeyError, ValueError):
            raise Malformed("this is not a seal") from None
        if not gap or len(note.root) != 32:
            raise Malformed("this is not a seal")
        return note

    @property
    def kind(self) -> str:
        """What the seal is for: genesis, batch, rotation or restored."""
        return self.members.get("kind", "")

    @property
    def name(self) -> str:
        """The seal in a message."""
        return f"seal {self.number} of {self.members.get('time', 'an unknown time')}"

    @property
    def digest(self) -> str:
        """By what the next seal names it."""
        return base64.b64encode(hashlib.sha256(self.whole.encode()).digest()).decode()


@dataclass
class Seals:
    """The seals that are signed, in order, and the keys they were signed with."""

    notes: list[Note]
    keys: list[Key]

    @property
    def last(self) -> Note:
        """The newest seal."""
        return self.notes[-1]

    @property
    def genesis(self) -> int:
        """How many rows without a number come first."""
        return sum(int(note.members.get("count", "0")) for note in self.notes if note.kind == "genesis")


def read_seals(files: Files, manifest: Mapping[str, Any], findings: Findings) -> Seals:
    """Read the seals and check signatures, order and keys. Raises Unreadable if not one of them can be trusted."""
    key = Key.of(manifest["key"])
    seals = Seals([], [key])
    has_all = manifest["seals"] == "all"
    last_number = 0  # of the last seal in the file, trusted or not
    for place, line in enumerate(_lines(files, "seals.jsonl", findings), start=1):
        try:
            note = Note.of(json.loads(line)["note"])
        except (KeyError, TypeError, ValueError):
            findings.problem("forged", f"line {place} of seals.jsonl is not a seal")
            continue
        missing = range(last_number + 1, note.number)
        if note.number <= last_number:
            findings.problem("swapped", f"{note.name} comes after seal {last_number}")
        elif has_all and missing and note.kind != "restored":
            findings.problem("seal missing", f"{_span('seal', missing[0], missing[-1])} is not in the file")
        elif missing and note.kind != "restored":
            findings.remarks.append(
                f"{_span('seal', missing[0], missing[-1])} was left out to keep the file small"
            )
        last_number = max(last_number, note.number)
        if note.origin != manifest["origin"] or not seals.keys[-1].has_signed(note):
            findings.problem("forged", f"{note.name} is not signed with the key {seals.keys[-1].text}")
            continue
        _check_successor(seals, note, findings)
        seals.notes.append(note)
        if note.kind == "rotation":
            seals.keys.append(Key.of(note.members["next"]))
    if not seals.notes:
        raise Unreadable("no seal in this file is signed with its key")
    if seals.last.number != manifest["last_seal"]:
        findings.problem(
            "replayed",
            f"the proof was made with seal {manifest['last_seal']}, but the last one in it is {seals.last.name}",
        )
    return seals


def _check_successor(seals: Seals, note: Note, findings: Findings) -> None:
    before = seals.notes[-1] if seals.notes else None
    if before is None:
        if note.number == 1 and note.members.get("previous") != "-":
            findings.problem("forged", f"{note.name} is not the first seal")
        return
    if note.size < before.size:
        findings.problem("forged", f"{note.name} has fewer rows than {before.name}")
    is_next = note.number == before.number + 1 or note.kind == "restored"
    if is_next and note.members.get("previous") != before.digest:
        if note.kind == "restored":
            findings.problem(
                "seal missing", f"a seal between {before.name} and {note.name} is not in the file"
            )
        else:
            findings.problem("forged", f"{note.name} was not made after {before.name}")
    if note.kind == "restored":
        findings.remarks.append(
            f"{note.name} says that a backup was restored: numbers {note.members.get('missing', '?')} were lost"
        )


def check_key(seals: Seals, known: str | None, findings: Findings) -> None:
    """Compare the keys of the seals with the key that the reader knows."""
    if known is None:
        findings.condition += ", provided that the key is the right one"
        findings.remarks.append(
            f"the key was read from this file: compare {seals.keys[-1].text} with what you know, or give a receipt"
        )
    elif Key.of(known).text not in {key.text for key in seals.keys}:
        findings.problem("forged", f"no seal in this file is signed with the key {known.strip()}")


def check_receipts(seals: Seals, receipts: Iterable[tuple[str, str]], findings: Findings) -> list[Note]:
    """Compare the seals with receipts: (file name, text). Returns the receipts to compare with the tree."""
    compared = []
    by_number = {note.number: note for note in seals.notes}
    for name, text in receipts:
        try:
            receipt = Note.of(text)
        except Malformed:
            findings.problem("forged", f"{name} is not a receipt")
            continue
        if receipt.origin != seals.last.origin:
            findings.problem("forged", f"{name} is a receipt of {receipt.origin}")
        elif not any(key.has_signed(receipt) for key in seals.keys):
            findings.problem("forged", f"{name} is not signed with a key of this file")
        elif (lost := _restored_after(seals, receipt)) is not None:
            findings.remarks.append(f"{name} is from before a backup was restored, see {lost.name}")
            # A person who deletes seals in the database causes the same seal, and can change rows before it.
            findings.condition = f", provided that a backup really was restored before {lost.name}"
        elif receipt.number > seals.last.number or receipt.size > seals.last.size:
            is_longer = receipt.size > seals.last.size
            rows = f", without {_rows(seals, seals.last.size, receipt.size - 1)}" if is_longer else ""
            findings.problem(
                "replayed", f"the proof ends with {seals.last.name}{rows}; your receipt is {receipt.name}"
            )
        elif receipt.number in by_number and by_number[receipt.number].text != receipt.text:
            findings.problem("forged", f"your receipt is another {receipt.name} than that in the file")
        else:
            compared.append(receipt)
    return compared


def _restored_after(seals: Seals, receipt: Note) -> Note | None:
    """The restore that lost a receipt's seal, if there was one."""
    before = 0
    for note in seals.notes:
        if note.kind == "restored" and before < receipt.number < note.number:
            return note
        before = note.number
    return None


# ------------------------------------------------------------------------------------------------------ the tree


def leaf_hash(row: bytes) -> bytes:
    """The hash of a row as RFC 6962 defines it."""
    return hashlib.sha256(b"\0" + row).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node as RFC 6962 defines it."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The tree of the leaves so far: the roots of its complete subtrees, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, node: bytes, *, level: int = 0) -> None:
        """Append a leaf, or the root of a complete subtree of `1 << level` leaves."""
        if self.size & ((1 << level) - 1):
            raise ValueError("a subtree is in the wrong place")
        self.size += 1 << level
        while self._peaks and self._peaks[-1][0] == level:
            node = node_hash(self._peaks.pop()[1], node)
            level += 1
        self._peaks.append((level, node))

    def root(self) -> bytes:
        """The root."""
        if not self._peaks:
            return EMPTY_ROOT
        node = self._peaks[-1][1]
        for _level, peak in reversed(self._peaks[:-1]):
            node = node_hash(peak, node)
        return node


def subtrees(first: int, end: int) -> Iterator[int]:
    """The levels of the complete subtrees that cover the leaves from `first` to `end - 1`, from left to right."""
    while first < end:
        level = (end - first).bit_length() - 1
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        yield level
        first += 1 << level


# ------------------------------------------------------------------------------------------------------ the rows


@dataclass
class Line:
    """A row in the file: its place in the tree, the sealed hash of that place, and the row if there is one."""

    index: int
    leaf: bytes | None
    row: bytes | None
    shown: Mapping[str, Any]


class RowCheck:
    """Compares rows with their sealed hashes, and the tree over these with the seals."""

    def __init__(self, seals: Seals, receipts: Sequence[Note], findings: Findings) -> None:
        self._findings = findings
        self._seals = seals
        self._genesis = seals.genesis
        self._targets = sorted([*seals.notes, *receipts], key=lambda note: note.size)
        self._next = 0  # the first target that was not compared yet
        self._tree: Tree | None = Tree()  # None after a gap: no root can be computed then
        self._place = 0  # of the next leaf
        self._unlike: dict[int, Line] = {}
        self._last_good_size = 0
        self._is_misplaced = False
        self.count = 0

    def name(self, index: int) -> str:
        """The row of a leaf in a message."""
        return _rows(self._seals, index, index)

    def gap(self, first: int, end: int, nodes: Sequence[bytes | None]) -> None:
        """Pass over rows that are not shown. Raises ValueError if the hashes are not those of these rows."""
        levels = list(subtrees(first, end)) if 0 <= first < end else []
        if first != self._place or len(levels) != len(nodes):
            raise ValueError("the hashes do not cover these rows")
        for node, level in zip(nodes, levels, strict=True):
            if node is None and self._tree is not None:
                text = f"a hash over {self._span(self._place, self._place + (1 << level) - 1)} is missing"
                self._findings.problem("missing", text)
                self._tree = None
            if self._tree is not None and node is not None:
                self._tree.add(node, level=level)
            self._place += 1 << level
            self._compare()

    def line(self, line: Line) -> None:
        """Compare one row."""
        if line.index < self._place:
            self._findings.problem("inserted", f"there is a second row for {self.name(line.index)}")
            return
        self._lost(line.index)
        self.count += 1
        if line.leaf is None:
            self._findings.problem("missing", f"the sealed hash of {self.name(line.index)} is missing")
            self._tree = None
        if line.row is None or leaf_hash(line.row) != line.leaf:
            self._unlike[line.index] = line
        else:
            self._check_number(line)
        if self._tree is not None and line.leaf is not None:
            self._tree.add(line.leaf)
        self._place = line.index + 1
        self._compare()

    def end(self) -> None:
        """Finish: everything up to the last seal has to be there, and nothing beyond."""
        self._compare()
        end = self._seals.last.size
        if self._place < end:
            self._findings.problem(
                "missing", f"the end is cut off: {self._span(self._place, end - 1)} is not in the file"
            )
        elif self._place > end:
            self._findings.problem("inserted", f"{self._span(end, self._place - 1)} is in no seal")
        elif self._next < len(self._targets) and not self._findings.has("changed", "missing", "inserted"):
            self._findings.problem("changed", f"{self._targets[self._next].name} could not be compared")
        self._explain()

    def _lost(self, index: int) -> None:
        """Rows between the last one and `index` are not in the file."""
        if index > self._place:
            self._findings.problem("missing", f"{self._span(self._place, index - 1)} is not in the file")
            self._tree = None

    def _check_number(self, line: Line) -> None:
        """A row that is as sealed must also be in its place."""
        found = _number(line.row)
        if found is not None and found != line.index - self._genesis + 1 and not self._is_misplaced:
            if found > line.index - self._genesis + 1:
                text = f"{self.name(line.index)} is not in the file: number {found} is in its place"
                self._findings.problem("missing", text)
            else:
                text = f"{self.name(line.index)} is a second row for number {found}"
                self._findings.problem("inserted", text)
            self._is_misplaced = True

    def _compare(self) -> None:
        """Compare the root with each seal of this size."""
        while self._next < len(self._targets) and self._targets[self._next].size <= self._place:
            note = self._targets[self._next]
            self._next += 1
            if self._tree is None:
                continue
            if note.size == 0 and note.root == EMPTY_ROOT:
                continue  # a restore from before the first seal
            if note.size != self._tree.size:
                self._pass_over(note)
            elif note.root != self._tree.root():
                span = self._span(self._last_good_size, note.size - 1)
                self._findings.problem(
                    "changed", f"{span}: the hashes in this file are not those of {note.name}"
                )
                self._tree = None
            else:
                self._last_good_size = note.size

    def _pass_over(self, note: Note) -> None:
        """The file does not tell the rows of a seal apart from later ones: an error, unless it is that of a receipt."""
        if note in self._seals.notes:
            self._findings.problem("missing", f"the rows of {note.name} are not told apart from later ones")
        else:
            self._findings.remarks.append(
                f"your receipt {note.name} could not be compared: this file shows too few rows"
            )

    # Rows that are not as sealed: what happened to them?

    def _explain(self) -> None:
        moved = self._moved()  # the place of a row: the place where it was sealed
        told: set[int] = set()
        for place, source in sorted(moved.items()):
            if place < source and moved.get(source) == place:
                self._findings.problem("swapped", f"{self.name(place)} and {self.name(source)} were swapped")
                told |= {place, source}
        for first, last, step in _runs({p: s - p for p, s in moved.items() if p not in told}):
            told |= set(range(first, last + 1))
            if step == -1:  # each row is that of the place before: one was inserted in front of them
                self._findings.problem(
                    "inserted", f"{self.name(first - 1)} was inserted: later rows are moved by one"
                )
                told |= {first - 1, last}
            elif step == 1:  # each row is that of the next place: one was removed in front of them
                self._findings.problem(
                    "missing", f"{self.name(first)} was removed: later rows are moved by one"
                )
                told |= {first, last + 1}
            else:
                self._findings.problem("moved", f"{self._span(first, last)} was sealed in another place")
        rest = [line for index, line in sorted(self._unlike.items()) if index not in told]
        gone = {line.index: 0 for line in rest if line.row is None}
        for first, last, _step in _runs(gone):
            at_end = " at the end" if last == self._seals.last.size - 1 else ""
            self._findings.problem("missing", f"{self._span(first, last)} was removed{at_end}")
        for line in rest:
            if line.row is not None:
                self._findings.problem("changed", f"{self.name(line.index)} is not the row that was sealed")

    def _moved(self) -> dict[int, int]:
        """Rows that were sealed in another place, whether their number was changed with it or not."""
        places = {line.leaf: index for index, line in self._unlike.items() if line.leaf is not None}
        few = list(self._unlike) if len(self._unlike) <= MOVED_SEARCH else []
        found = {}
        for index, line in self._unlike.items():
            if line.row is None:
                continue
            source = places.get(leaf_hash(line.row))
            for guess in (index - 1, index + 1, *few):
                if source is None and guess in self._unlike and guess != index:
                    renumbered = _renumbered(line.row, guess - self._genesis + 1)
                    source = guess if leaf_hash(renumbered) == self._unlike[guess].leaf else None
            if source is not None:
                found[index] = source
        return found

    def _span(self, first: int, last: int) -> str:
        return _rows(self._seals, first, last)


def read_rows(files: Files, check: RowCheck, findings: Findings) -> Iterator[Line]:
    """Check each line of rows.jsonl, and yield the rows that are as sealed."""
    for place, text in enumerate(_lines(files, "rows.jsonl", findings), start=1):
        try:
            found = json.loads(text)
            if "nodes" in found:
                nodes = [None if node is None else bytes.fromhex(node) for node in found["nodes"]]
                check.gap(int(found["from"]), int(found["to"]), nodes)
                continue
            row = None if found["row"] is None else found["row"].encode()
            leaf = None if found["leaf"] is None else bytes.fromhex(found["leaf"])
            line = Line(int(found["index"]), leaf, row, found.get("shown", {}))
        except (KeyError, TypeError, ValueError):
            findings.problem("cut", f"rows.jsonl is cut off or damaged in line {place}")
            break
        check.line(line)
        if row is not None and leaf_hash(row) == leaf:
            yield line
    check.end()


def _lines(files: Files, name: str, findings: Findings) -> Iterator[bytes]:
    try:
        with files.open(name) as file:
            yield from file
    except FileNotFoundError:
        return  # reported with the manifest
    except (zipfile.BadZipFile, EOFError, OSError):
        findings.problem("cut", f"{name} is cut off or damaged")


def _number(row: bytes | None) -> int | None:
    """The number that a row contains, if it has one."""
    found = json.loads(row) if row else {}
    if not isinstance(found, dict):
        return None
    number = found.get("number", found.get("position"))
    return number if isinstance(number, int) and number > 0 else None


def _renumbered(row: bytes, number: int) -> bytes:
    """The row with another number, written as rows are."""
    try:
        found = json.loads(row)
    except ValueError:
        return row
    if not isinstance(found, dict):
        return row
    found["number" if "number" in found else "position"] = number
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _runs(steps: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """Consecutive places with the same step: (first, last, step)."""
    first = last = step = None
    for place in sorted(steps):
        if last is not None and place == last + 1 and steps[place] == step:
            last = place
            continue
        if first is not None and last is not None and step is not None:
            yield first, last, step
        first = last = place
        step = steps[place]
    if first is not None and last is not None and step is not None:
        yield first, last, step


def _rows(seals: Seals, first: int, last: int) -> str:
    """The rows of the leaves `first` to `last` in a message: by number, those without one by their place."""
    word = "position" if seals.last.origin.endswith("/ledger") else "event"
    if last < seals.genesis:
        return _span(f"{word} without a number, in place", first + 1, last + 1)
    if first < seals.genesis:
        return f"every {word} from place {first + 1} to {word} {last - seals.genesis + 1}"
    return _span(word, first - seals.genesis + 1, last - seals.genesis + 1)


def _span(word: str, first: int, last: int) -> str:
    return f"{word} {first}" if first == last else f"{word} {first} to {last}"


# ---------------------------------------------------------------------------------------------------- the ledger


@dataclass
class Ledger:
    """What the file shows of the ledger: entries, documents, and the revisions of items."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    documents: dict[int, dict[str, Any]] = field(default_factory=dict)
    revisions: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    reorders: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)

    def add(self, line: Line, check: RowCheck, findings: Findings) -> None:
        """Add what a row shows. Each part must have the hash that the row contains."""
        row = json.loads(line.row or b"{}")
        position = row["position"]
        try:
            for name, part in line.shown.get("parts", {}).items():
                values = _opened([part], row[name])[0]
                if name == "document":
                    self.documents[position] = values
                elif name == "revision":
                    self.revisions.setdefault(values["sku"], []).append((position, values))
                elif name == "reorder":
                    self.reorders.setdefault(values["sku"], []).append((position, values))
            for name, groups in line.shown.get("lists", {}).items():
                for parts, expected in zip(groups, row[name], strict=True):
                    if parts is None:
                        continue
                    shown = _opened(parts, expected, is_joined=True)
                    if name == "entries":
                        self.entries.append(
                            {"position": position} | {k: v for part in shown for k, v in part.items()}
                        )
                    else:
                        values = shown[0]
                        self.reorders.setdefault(values["sku"], []).append((position, values))
        except (KeyError, TypeError, ValueError):
            findings.problem("changed", f"{check.name(line.index)} shows something else than what was sealed")

    def latest(self, sku: str, position: int) -> dict[str, Any]:
        """Name and category of an item at a position."""
        found = [values for at, values in self.revisions.get(sku, ()) if at <= position]
        return found[-1] if found else {"name": "", "category": ""}

    def original(self, position: int) -> dict[str, Any]:
        """The document that one reverses, or else itself."""
        document = self.documents[position]
        return self.documents[document["reverses"]] if document["reverses"] else document


def _opened(
    parts: Sequence[Mapping[str, str]], expected: str, *, is_joined: bool = False
) -> list[dict[str, Any]]:
    """The values of parts, of which some may be shown by their hash only. Raises ValueError for other hashes."""
    hashes, shown = [], []
    for part in parts:
        if "hash" in part:
            hashes.append(bytes.fromhex(part["hash"]))
            continue
        salt = bytes.fromhex(part["salt"])
        hashes.append(hashlib.sha256(b"\2" + salt + part["text"].encode()).digest())
        shown.append(json.loads(part["text"]))
    found = hashlib.sha256(b"\3" + b"".join(hashes)).digest() if is_joined else hashes[0]
    if found.hex() != expected:
        raise ValueError("the part is not the one that was sealed")
    return shown


# --------------------------------------------------------------------------------------------------- the figures


@dataclass(frozen=True)
class Scope:
    """What a report covers."""

    position: int
    hubs: frozenset[str]
    items: frozenset[str]
    categories: frozenset[str]
    vendors: frozenset[str]
    after: int
    since: str
    until: str

    @classmethod
    def of(cls, position: int, asked: Mapping[str, Any]) -> Scope:
        """The scope from the parameters of an export."""
        names = ("hubs", "items", "categories", "vendors")
        sets = {name: frozenset(asked.get(name, ())) for name in names}
        return cls(
            position,
            **sets,
            after=int(asked.get("after", 0)),
            since=asked.get("since", ""),
            until=asked.get("until", ""),
        )

    def words(self) -> str:
        """The scope in a message."""
        words = [f"hubs {', '.join(sorted(self.hubs))}"]
        for name, codes in (
            ("items", self.items),
            ("categories", self.categories),
            ("vendors", self.vendors),
        ):
            words += [f"{name} {', '.join(sorted(codes))}"] if codes else []
        words += [f"after position {self.after}"] if self.after else []
        words += [f"from {self.since}"] if self.since else []
        words += [f"until {self.until}"] if self.until else []
        return "; ".join(words)

    def has(self, ledger: Ledger, sku: str) -> bool:
        """Whether an item is in scope."""
        if self.items and sku not in self.items:
            return False
        return not self.categories or ledger.latest(sku, self.position)["category"] in self.categories

    def entries(self, ledger: Ledger) -> list[dict[str, Any]]:
        """The entries in scope up to the position, in their order."""
        found = [
            entry
            for entry in ledger.entries
            if entry["position"] <= self.position
            and entry["hub"] in self.hubs
            and self.has(ledger, entry["sku"])
        ]
        return sorted(found, key=lambda entry: (entry["position"], entry["line"]))

    def is_since(self, ledger: Ledger, entry: Mapping[str, Any]) -> bool:
        """Whether an entry is not before the period."""
        day = ledger.documents[entry["position"]]["effective_on"]
        return bool(entry["position"] > self.after and (not self.since or day >= self.since))

    def is_within(self, ledger: Ledger, entry: Mapping[str, Any]) -> bool:
        """Whether an entry is in the period."""
        day = ledger.documents[entry["position"]]["effective_on"]
        return self.is_since(ledger, entry) and (not self.until or day <= self.until)


Row = dict[str, Any]


def stock_on_hand(ledger: Ledger, scope: Scope) -> Iterator[Row]:
    """The stock of each bin: the sum of its entries."""
    for (sku, hub, bin_), entries in _grouped(scope.entries(ledger), "sku", "hub", "bin"):
        if quantity := _sum(entries, "quantity"):
            item = ledger.latest(sku, scope.position)
            yield _row(
                entries[0], item, sku=sku, category=item["category"], hub=hub, bin=bin_, quantity=quantity
            )


def inventory_movement(ledger: Ledger, scope: Scope) -> Iterator[Row]:
    """Opening stock, movements of a period by kind, closing stock."""
    for (sku, hub), entries in _grouped(scope.entries(ledger), "sku", "hub"):
        inside = [entry for entry in entries if scope.is_within(ledger, entry)]
        kinds = {
            kind: [entry for entry in inside if entry["kind"] == kind]
            for kind in ("receipt", "issue", "transfer", "adjustment", "count")
        }
        ins = [entry for entry in kinds["transfer"] if _is_up(entry)]
        outs = [entry for entry in kinds["transfer"] if not _is_up(entry)]
        opening = _sum([entry for entry in entries if not scope.is_since(ledger, entry)], "quantity")
        figures = {
            "opening": opening,
            "received": _sum(kinds["receipt"], "quantity"),
            "issued": -_sum(kinds["issue"], "quantity"),
            "transferred_in": _sum(ins, "quantity"),
            "transferred_out": -_sum(outs, "quantity"),
            "adjusted": _sum(kinds["adjustment"], "quantity"),
            "counted": _sum(kinds["count"], "quantity"),
            "closing": opening + _sum(inside, "quantity"),
        }
        if any(figures.values()):
            yield _row(entries[0], ledger.latest(sku, scope.position), sku=sku, hub=hub, **figures)


def inventory_valuation(ledger: Ledger, scope: Scope) -> Iterator[Row]:
    """The stock of each hub and its value: the sums of its entries."""
    for (sku, hub), entries in _grouped(scope.entries(ledger), "sku", "hub"):
        quantity, value = _sum(entries, "quantity"), _sum(entries, "value")
        if quantity:
            with localcontext() as context:
                context.prec = 80
                average = (value / quantity).quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)
            item = ledger.latest(sku, scope.position)
            yield _row(
                entries[0], item, sku=sku, hub=hub, quantity=quantity, average_cost=average, value=value
            )


def receiving_summary(ledger: Ledger, scope: Scope) -> Iterator[Row]:
    """Every received line, and the reversals of received lines."""
    for entry in scope.entries(ledger):
        if entry["kind"] == "receipt" and scope.is_within(ledger, entry):
            original = ledger.original(entry["position"])
            if not scope.vendors or original["vendor"] in scope.vendors:
                day = ledger.documents[entry["position"]]["effective_on"]
                document = {
                    "vendor": original["vendor"],
                    "reference": original["reference"],
                    "effective_on": day,
                }
                yield entry | _row(entry, ledger.latest(entry["sku"], scope.position), **document)


def ledger_history(ledger: Ledger, scope: Scope) -> Iterator[Row]:
    """Every line of every document."""
    for entry in scope.entries(ledger):
        if scope.is_within(ledger, entry):
            document, original = ledger.documents[entry["position"]], ledger.original(entry["position"])
            vendor = original["vendor"] or document["vendor"] or ""
            if not scope.vendors or vendor in scope.vendors:
                item = ledger.latest(entry["sku"], scope.position)
                yield entry | document | _row(entry, item, vendor=vendor) | {"kind": entry["kind"]}


def shrink_adjustment(ledger: Ledger, scope: Scope) -> Iterator[Row]:
    """Stock found and stock missing, by reason."""
    found = []
    for entry in scope.entries(ledger):
        is_shrink = entry["kind"] in ("adjustment", "count") and Decimal(entry["quantity"]) != 0
        if is_shrink and scope.is_within(ledger, entry):
            found.append(entry | {"reason": ledger.original(entry["position"])["reason"]})
    for (hub, reason, kind, sku), entries in _grouped(found, "hub", "reason", "kind", "sku"):
        ups = [entry for entry in entries if _is_up(entry)]
        downs = [entry for entry in entries if not _is_up(entry)]
        figures = {
            "quantity_up": _sum(ups, "quantity"),
            "quantity_down": -_sum(downs, "quantity"),
            "value_up": _sum(ups, "value"),
            "value_down": -_sum(downs, "value"),
        }
        if any(figures.values()):
            net = figures["value_up"] - figures["value_down"]
            item = ledger.latest(sku, scope.position)
            yield _row(entries[0], item, hub=hub, reason=reason, kind=kind, sku=sku, net_value=net, **figures)


def reorder_list(ledger: Ledger, scope: Scope) -> Iterator[Row]:
    """Items at or below their reorder point."""
    stock = {
        place: _sum(entries, "quantity") for place, entries in _grouped(scope.entries(ledger), "sku", "hub")
    }
    for sku in sorted(ledger.revisions):
        points = [
            values
            for at, values in sorted(ledger.reorders.get(sku, ()), key=lambda p: p[0])
            if at <= scope.position
        ]
        if not points or not scope.has(ledger, sku):
            continue
        latest = {values["hub"]: values["quantity"] for values in points}
        hubs = {hub for item, hub in stock if item == sku}
        hubs |= {hub for hub, point in latest.items() if hub in scope.hubs and point is not None}
        for hub in sorted(hubs) or [""]:
            point = latest.get(hub) if latest.get(hub) is not None else latest.get(None)
            quantity = stock.get((sku, hub), Decimal(0))
            if point is not None and quantity <= Decimal(point):
                item = ledger.latest(sku, scope.position)
                figures = {
                    "quantity": quantity,
                    "reorder_point": point,
                    "shortfall": Decimal(point) - quantity,
                }
                yield _row(points[-1], item, sku=sku, category=item["category"], hub=hub, **figures)


#: How each report is computed from entries, and the columns that identify one of its rows.
REPORTS: dict[str, tuple[Callable[[Ledger, Scope], Iterator[Row]], tuple[str, ...]]] = {
    "stock-on-hand": (stock_on_hand, ("sku", "hub", "bin")),
    "inventory-movement": (inventory_movement, ("sku", "hub")),
    "inventory-valuation": (inventory_valuation, ("sku", "hub")),
    "receiving-summary": (receiving_summary, ("position", "line")),
    "ledger-history": (ledger_history, ("position", "line")),
    "shrink-adjustment": (shrink_adjustment, ("hub", "reason", "kind", "sku")),
    "reorder-list": (reorder_list, ("sku", "hub")),
}
#: Reports that show every entry of a bin or hub up to the position, so that no entry may be left out.
WHOLE = ("stock-on-hand", "inventory-movement", "inventory-valuation", "reorder-list")
#: Columns that are compared as numbers.
FIGURES = {
    "position", "line", "reverses", "quantity", "unit_cost", "value", "average_cost", "bin_quantity", "hub_quantity",
    "hub_value", "opening", "received", "issued", "transferred_in", "transferred_out", "adjusted", "counted", "closing",
    "quantity_up", "quantity_down", "value_up", "value_down", "net_value", "reorder_point", "shortfall",
}  # fmt: skip


def check_export(files: Files, export: Mapping[str, Any], ledger: Ledger, findings: Findings) -> None:
    """Compute the report again from the sealed entries, and compare each row of the file."""
    scope = Scope.of(export["position"], export["parameters"])
    findings.passed.append(
        f"the report is {export['report']} as of position {scope.position}, of {scope.words()}"
    )
    if export["report"] not in REPORTS:
        findings.remarks.append(f"this program cannot compute the report {export['report']}")
        return
    compute, key = REPORTS[export["report"]]
    if export["report"] in WHOLE:
        check_balances(scope.entries(ledger), findings)
        findings.remarks.append(
            "entries that are left out in between would show; that the newest ones of a place are all here, "
            "only a proof of the whole ledger shows"
        )
    try:
        expected = {tuple(str(row[name]) for name in key): row for row in compute(ledger, scope)}
    except KeyError as error:
        findings.problem("missing", f"the file does not show what the report is made of: {error}")
        return
    try:
        figures = _check_table(files, export["file"], key, expected, findings)
    except (KeyError, ValueError, FileNotFoundError, zipfile.BadZipFile) as error:
        findings.problem("cut", f"{export['file']} cannot be read as a report: {error}")
        return
    if not findings.has("figure"):
        findings.passed.append(f"figures of {export['file']}: {figures}, all as the sealed entries add up")


def _check_table(
    files: Files, file: str, key: Sequence[str], expected: dict[tuple[str, ...], Row], findings: Findings
) -> int:
    """Compare each row with the computed one. Returns how many figures were compared."""
    figures = 0
    for number, row in enumerate(_read_table(files, file), start=1):
        identity = tuple(row[name] for name in key)
        computed = expected.pop(identity, None)
        name = f"row {number} of {file} ({', '.join(identity)})"
        if computed is None:
            findings.problem("figure", f"{name}: no sealed entry is behind this row")
            continue
        for column, text in row.items():
            figures += column in FIGURES
            if not _is_equal(column, text, computed[column]):
                shown = _text(computed[column])
                findings.problem("figure", f"{name}: {column} is {text}, but the sealed entries give {shown}")
    for identity in expected:
        findings.problem("figure", f"{file} has no row for {', '.join(identity)}")
    return figures


def check_balances(entries: Sequence[Mapping[str, Any]], findings: Findings) -> None:
    """Each entry states the balance after it, so an entry that is left out shows as a break."""
    for names, moved, after in (
        (("sku", "hub", "bin"), "quantity", "bin_quantity"),
        (("sku", "hub"), "quantity", "hub_quantity"),
        (("sku", "hub"), "value", "hub_value"),
    ):
        for place, found in _grouped(entries, *names):
            balance, before = Decimal(0), 0
            for entry in found:
                if after not in entry:
                    break
                balance += Decimal(entry[moved])
                if balance != Decimal(entry[after]):
                    span = f"after position {before}, up to position {entry['position']}"
                    findings.problem("missing", f"an entry of {', '.join(place)} is left out {span}")
                    break
                before = entry["position"]


def _is_up(entry: Mapping[str, Any]) -> bool:
    return (Decimal(entry["quantity"]) > 0) != entry["is_reversal"]


def _sum(entries: Iterable[Mapping[str, Any]], name: str) -> Decimal:
    return sum((Decimal(entry[name]) for entry in entries), Decimal(0))


def _grouped(
    entries: Iterable[Mapping[str, Any]], *names: str
) -> Iterator[tuple[tuple[str, ...], list[Mapping[str, Any]]]]:
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for entry in entries:
        groups.setdefault(tuple(entry[name] for name in names), []).append(entry)
    yield from groups.items()


def _row(entry: Mapping[str, Any], item: Mapping[str, Any], **values: Any) -> Row:
    return {"item": item["name"], "unit": entry["unit"], **values}


def _is_equal(column: str, text: str, value: object) -> bool:
    if column in FIGURES and text and value is not None:
        return Decimal(text) == Decimal(str(value))
    return text == _text(value)


def _text(value: object) -> str:
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _read_table(files: Files, name: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file or workbook, by the names of the columns."""
    with files.open(name) as file:
        if name.endswith(".xlsx"):
            yield from _read_workbook(file)
            return
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")):
            yield {column: _unguarded(text or "") for column, text in row.items()}


def _unguarded(text: str) -> str:
    """A text without the apostrophe that protects spreadsheets from formulas."""
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@", "\t", "\r", "'") else text


def _read_workbook(file: IO[bytes]) -> Iterator[dict[str, str]]:
    """The rows of the first sheet. Days are numbers in a workbook: those since the end of 1899."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    header: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(file.read())) as book, book.open("xl/worksheets/sheet1.xml") as sheet:
        for _event, element in ET.iterparse(sheet):  # noqa: S314 - the file of the report
            if element.tag != f"{space}row":
                continue
            cells = {}
            for cell in element.iter(f"{space}c"):
                column = cell.get("r", "").rstrip("0123456789")
                text = "".join(
                    part.text or "" for part in cell.iter() if part.tag in (f"{space}v", f"{space}t")
                )
                if cell.get("t") is None and text:  # a number, of which a spreadsheet has 15 digits
                    is_day = header.get(column) == "effective_on"
                    text = (
                        (DAY_ZERO + timedelta(days=int(text))).isoformat()
                        if is_day
                        else f"{float(text):.15g}"
                    )
                cells[column] = text
            if header:
                yield {name: cells.get(column, "") for column, name in header.items()}
            else:
                header = cells
            element.clear()


# ------------------------------------------------------------------------------------------------- evidence packs

#: Members of a document in events.jsonl, and the column of the sealed row that they repeat.
REPEATED = {
    "id": "id", "number": "number", "occurred_at": "occurred_at", "action": "action", "outcome": "outcome",
    "session": "session_ref", "request_id": "request_id", "client_request_id": "client_request_id",
    "cause_id": "cause_id", "route": "route", "http_status": "http_status", "error": "error", "code": "code",
    "reason": "reason", "rule": "rule_id", "message": "message", "hubs": "hubs", "decision": "decision",
    "changes": "changes", "touched": "touched", "facts": "facts", "export": "export_ref",
    "dispatch": "dispatch_ref", "ticket": "ticket_ref", "redactions": "redactions", "release": "release",
    "duration_ms": "duration_ms", "schema_version": "schema_version",
}  # fmt: skip


def signed_text(what: str, digest: str) -> str:
    """What is signed of a pack. `what`: file or manifest. `digest`: SHA-256, hexadecimal."""
    return f"{PACK}\n{what}\nsha256 {digest}\n"


def is_signed(whole: str, text: str, key: Key) -> bool:
    """Whether `whole` is this text with the signature of this key, and nothing else."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    start = f"{text}\n\N{EM DASH} {key.name} "
    try:
        raw = base64.b64decode(whole.removeprefix(start).removesuffix("\n"), validate=True)
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text.encode())
    except (ValueError, InvalidSignature):
        return False
    return raw[:4] == key.id and whole == f"{start}{base64.b64encode(raw).decode()}\n"


def check_bytes(path: Path) -> None:
    """Compare the bytes of a pack with the hash at its end, before anything in it is read. Raises Unreadable."""
    if path.is_dir():
        return
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(size - (1 << 12), 0))
        end = file.read()
        at = end.rfind(f"{PACK}\nfile\nsha256 ".encode())
        if at < 0:
            return
        left = size - (len(end) - at)
        file.seek(0)
        digest = hashlib.sha256()
        while block := file.read(min(1 << 20, left)):
            digest.update(block)
            left -= len(block)
    if not end[at:].startswith(signed_text("file", digest.hexdigest()).encode()):
        raise Unreadable(f"{path.name} was changed: it is not the file that was signed")


def check_signatures(
    path: Path, files: Files, manifest: Mapping[str, Any], known: str | None, findings: Findings
) -> None:
    """Check who signed the pack: its manifest, and in a zip file every byte."""
    key = Key.of(manifest["pack"]["key"])
    try:
        signature = files.read("signature.txt").decode(errors="replace")
    except FileNotFoundError:
        signature = ""
    digest = hashlib.sha256(files.read("manifest.json")).hexdigest()
    if not is_signed(signature, signed_text("manifest", digest), key):
        findings.problem("forged", f"manifest.json is not signed with the key {key.text}")
    comment = files.comment()
    if comment is None:
        findings.remarks.append("these are the files of a pack: only its zip file is signed byte for byte")
    else:
        content = path.read_bytes()
        written = hashlib.sha256(content[: len(content) - len(comment.encode())]).hexdigest()
        if not content.endswith(comment.encode()) or not is_signed(
            comment, signed_text("file", written), key
        ):
            findings.problem("forged", f"{path.name} is not signed with the key {key.text}")
    if known is not None and Key.of(known).text != key.text:
        findings.problem("forged", f"the pack is not signed with the key {known.strip()}")
    if known is None:
        findings.condition = findings.condition or ", provided that the key of the pack is the right one"
        findings.remarks.append(f"the pack is signed with the key {key.text}: compare it with what you know")


def check_pack(
    files: Files, pack: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], findings: Findings
) -> None:
    """Compare what the pack says with the sealed rows, and add up its stock. `rows`: the sealed rows by event id."""
    told: list[str] = []
    for line in _lines(files, "events.jsonl", findings):
        document = json.loads(line, parse_float=str)
        told.append(str(document.get("id")))
        row = rows.get(told[-1])
        if row is None:
            findings.problem("inserted", f"events.jsonl: event {told[-1]} is in no seal")
            continue
        for name, column in REPEATED.items():
            if (document.get(name) or None) != (row[column] or None):
                findings.problem("altered", f"event {row['number']}: {name} is not what was sealed")
    for missing in [event for event in pack["events"] if event not in told or event not in rows]:
        findings.problem("missing", f"event {missing} is not in the pack")
    if not findings.has("inserted", "altered", "missing"):
        findings.passed.append(f"events of the pack: {len(told)}, all as they were sealed")
    if pack.get("attempts"):
        findings.remarks.append(f"attempts to sign in: {pack['attempts']}, which are never sealed")
    if pack.get("ledger"):
        places = _check_stock(files, findings)
        if not findings.has("figure"):
            findings.passed.append(
                f"stock of ledger.csv: places: {places}, each adds up from its opening balance"
            )


def _check_stock(files: Files, findings: Findings) -> int:
    """Each place begins with its opening balance, states the balance after each entry, and ends with the last one."""
    balances: dict[tuple[str, str, str], Decimal] = {}
    open_places: set[tuple[str, str, str]] = set()
    with files.open("ledger.csv") as file:
        for number, row in enumerate(csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")), start=1):
            place = (row["sku"], row["hub"], row["bin"])
            after = Decimal(row["balance"])
            if row["kind"] == "opening":
                balances[place] = after
                open_places.add(place)
            elif row["kind"] == "closing":
                open_places.discard(place)
            elif place in balances:
                balances[place] += Decimal(row["quantity"])
            if balances.get(place) != after:
                where = ", ".join(place)
                findings.problem(
                    "figure", f"line {number} of ledger.csv: the stock of {where} does not add up"
                )
                balances[place] = after
    for place in sorted(open_places):
        findings.problem("missing", f"the end of {', '.join(place)} in ledger.csv is cut off")
    return len(balances)


def derived_key(passphrase: str, salt: bytes, *, log_n: int) -> bytes:
    """The key of an encrypted pack, 32 bytes. Case, spaces and dashes of the passphrase do not matter."""
    letters = "".join(passphrase.split()).replace("-", "").lower()
    work: dict[str, Any] = {"n": 1 << log_n, "r": SCRYPT_R, "p": SCRYPT_P, "maxmem": (1 << 31) - 1}
    return hashlib.scrypt(letters.encode(), salt=salt, dklen=32, **work)


def chunk_nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    """The nonce of one chunk: 12 bytes. The last chunk has a mark, so that a file cannot be cut off."""
    return prefix + number.to_bytes(4, "big") + (b"\1" if is_last else b"\0")


def decrypted(content: bytes, passphrase: str) -> bytes:
    """The pack in an encrypted file. Raises Unreadable if the passphrase is wrong, or any byte was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header = content[: len(MAGIC) + SALT + 1 + NONCE]
    salt, rest = header[len(MAGIC) :][:SALT], header[len(MAGIC) + SALT :]
    if not content.startswith(MAGIC) or len(rest) != 1 + NONCE or rest[0] not in SCRYPT_LOG_N:
        raise Unreadable("this is not an encrypted pack of Asora, or it was changed")
    cipher = AESGCM(derived_key(passphrase, salt, log_n=rest[0]))
    chunks = range(len(header), len(content), CHUNK + TAG)
    opened = bytearray()
    for number, start in enumerate(chunks):
        nonce = chunk_nonce(rest[1:], number, is_last=number == len(chunks) - 1)
        try:
            opened += cipher.decrypt(nonce, content[start : start + CHUNK + TAG], header)
        except InvalidTag:
            raise Unreadable("the passphrase is wrong, or the file was changed or cut off") from None
    if not chunks:
        raise Unreadable("the file is cut off")
    return bytes(opened)


# ------------------------------------------------------------------------------------------------------- running


def verify(
    path: Path,
    *,
    receipts: Iterable[tuple[str, str]] = (),
    key: str | None = None,
    pack_key: str | None = None,
) -> Findings:
    """Check a proof. `receipts`: (file name, text). Raises Unreadable if there is nothing to check."""
    findings = Findings()
    files = Files(path)
    check_bytes(path)
    try:
        manifest = json.loads(files.read("manifest.json"))
        origin = manifest["origin"]
    except FileNotFoundError:
        raise Unreadable(f"{path.name} contains no manifest.json, so it is not a proof of Asora") from None
    except (KeyError, ValueError, zipfile.BadZipFile):
        raise Unreadable("manifest.json is cut off or damaged") from None
    try:
        check_files(files, manifest, findings)
        seals = read_seals(files, manifest, findings)
        compared = check_receipts(seals, receipts, findings)
        if key is not None or not compared:
            check_key(seals, key, findings)
        rows = RowCheck(seals, compared, findings)
        wanted = manifest["pack"]["events"] if "pack" in manifest else ()
        ledger, events = _sorted_rows(files, rows, wanted, findings)
        if not findings.has("forged", "seal missing", "swapped", "replayed"):
            findings.passed.append(
                f"seals of {origin}: {len(seals.notes)}, all signed; the last one is {seals.last.name}"
            )
        if not findings.problems:
            findings.passed.append(
                f"rows in this file: {rows.count} of {seals.last.size}, all as they were sealed"
            )
        if "export" in manifest:
            check_export(files, manifest["export"], ledger, findings)
        if "pack" in manifest:
            check_signatures(path, files, manifest, pack_key, findings)
            check_pack(files, manifest["pack"], events, findings)
    except (KeyError, TypeError, Malformed) as error:
        raise Unreadable(f"manifest.json is damaged: {error}") from None
    return findings


def _sorted_rows(
    files: Files, rows: RowCheck, wanted: Iterable[str], findings: Findings
) -> tuple[Ledger, dict[str, Mapping[str, Any]]]:
    """The rows that are as sealed: those of the ledger, and the wanted events by their ids."""
    ids = set(wanted)
    ledger = Ledger()
    events: dict[str, Mapping[str, Any]] = {}
    for line in read_rows(files, rows, findings):
        if line.shown:
            ledger.add(line, rows, findings)
        elif ids and line.row is not None:
            row = json.loads(line.row)
            events |= {row["id"]: row} if row["id"] in ids else {}
    return ledger, events


def open_pack(arguments: Sequence[str]) -> int:
    """Run `open`: decrypt a pack, and check it. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="verify.py open", description="Opens an encrypted pack of Asora.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, help="the pack (by default the file's name with .zip)")
    asked = parser.parse_args(arguments)
    out = asked.out or asked.file.with_suffix(".zip")
    try:
        passphrase = getpass.getpass("Passphrase: ") if sys.stdin.isatty() else sys.stdin.readline()
        content = decrypted(asked.file.read_bytes(), passphrase)
        with out.open("xb") as file:
            file.write(content)
    except (Unreadable, OSError) as error:
        sys.stdout.write(f"PROBLEM  cut: {error}\n")
        return 2
    sys.stdout.write(f"OK       opened: {out}\n")
    return main([str(out)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from a command line. Returns the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["open"]:
        return open_pack(given[1:])
    parser = argparse.ArgumentParser(description="Checks a proof file of Asora.")
    parser.add_argument("proof", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument(
        "--receipt", action="append", type=Path, default=[], help="a seal that you received earlier"
    )
    parser.add_argument("--key", help="the seal key that you know: name+id+key")
    parser.add_argument("--pack-key", help="the key that signs evidence packs: name+id+key")
    asked = parser.parse_args(given)
    try:
        import cryptography  # noqa: F401
    except ImportError:
        sys.stdout.write(
            "The package cryptography is needed. Install it: python3 -m pip install cryptography\n"
        )
        return 2
    try:
        receipts = [(path.name, path.read_text("utf-8")) for path in asked.receipt]
        findings = verify(asked.proof, receipts=receipts, key=asked.key, pack_key=asked.pack_key)
    except Unreadable as error:
        sys.stdout.write(f"PROBLEM  cut: {error}\n")
        return 2
    except OSError as error:
        sys.stdout.write(f"PROBLEM  cut: {error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in findings.lines()))
    return 1 if findings.problems else 0


if __name__ == "__main__":
    sys.exit(main())
