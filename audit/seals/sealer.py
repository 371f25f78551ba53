"""Seals what is committed: takes the next rows of a stream in their order, grows its tree and signs the new root.

Nothing here is part of a request. Numbers have no gaps and are in commit order, so everything up to the head is there;
a missing number stops the sealing of its stream. One sealer at a time works on a stream, under an advisory lock; each
batch is one transaction. A crash loses at most the batch that was not committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from secrets import token_bytes

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from asora.kernel import binding, locks
from audit.explorer import rollup
from audit.seals import keys, merkle, nodes, receipts
from audit.seals.canonical import STREAMS, Stream
from audit.seals.checkpoint import Checkpoint, digest, sign, unverified
from audit.seals.keys import SigningKey, VerifierKey
from audit.seals.models import HASH_BYTES, Kind, Seal, SealStream

#: Rows of one seal at most.
MAX_ROWS = 10_000
#: The stream whose rows are counted for the explorer's histogram when they are sealed.
AUDIT = "audit"
FORMAT_OF_NO_ROWS = 0


class SealingError(RuntimeError):
    """A stream cannot be sealed: somebody has to look at it."""


@dataclass(slots=True)
class Pass:
    """What one pass over a stream has sealed."""

    stream: str
    rows: int = 0
    seals: int = 0
    restored: list[Checkpoint] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a stream is sealed: its last seal, the last number sealed, and the tree."""

    stream: Stream
    origin: str
    salt: bytes
    seal: Seal | None
    number: int
    tree: merkle.Frontier


def seal_schema() -> list[Pass]:
    """Seal every stream of the bound schema up to its head. Call it outside of a transaction.

    Raises NoSealingKey; SealingError if a stream cannot be sealed (the others are sealed all the same).
    """
    done: list[Pass] = []
    errors: list[str] = []
    for stream in streams():
        try:
            done.append(seal_stream(stream))
        except SealingError as error:
            errors.append(str(error))
    if errors:
        raise SealingError(" ".join(errors))
    return done


def streams() -> list[Stream]:
    """The streams of the bound schema."""
    is_public = binding.schema_name() == binding.PUBLIC
    return [stream for stream in STREAMS.values() if stream.in_public or not is_public]


def seal_stream(stream: Stream) -> Pass:
    """Seal one stream up to its head, in batches. Raises NoSealingKey, SealingError."""
    done = Pass(stream.name)
    while seal := _seal_next(stream):
        done.rows += seal.count
        done.seals += 1
        if seal.kind == Kind.RESTORED:
            done.restored.append(unverified(seal.note))
    last = last_seal(stream.name)
    if last is not None:
        receipts.give_out(last)
    return done


def last_seal(stream: str) -> Seal | None:
    """The newest seal of a stream in the bound schema."""
    found: Seal | None = Seal.objects.filter(stream_id=stream).order_by("-number").first()
    return found


def sealed_number(stream: str) -> int:
    """The last number (position) of a stream that is sealed; 0 if there is none."""
    rows = Seal.objects.filter(stream_id=stream, last__isnull=False)
    return int(rows.order_by("-last").values_list("last", flat=True).first() or 0)


def _seal_next(stream: Stream) -> Seal | None:
    """Make the next seal of a stream in one transaction; None if there is nothing to seal."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            subject = f"{binding.schema_name()}:{stream.name}"
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("seal", subject)])
        place = _place(stream)
        for make in (_restored, _rotation, _genesis, _batch):
            seal = make(place)
            if seal is not None:
                return seal
    return None


def _place(stream: Stream) -> Place:
    """Where a stream is. The first time, it gets its origin and salt. Raises SealingError if its tree was changed."""
    slug = str(getattr(binding.tenant(), "slug", "") or binding.schema_name())
    row = SealStream.objects.filter(name=stream.name).first()
    if row is None:
        origin = f"{settings.DOMAIN}/{slug}/{stream.name}"
        row = SealStream(name=stream.name, origin=origin, salt=token_bytes(HASH_BYTES))
        row.save()
    seal = last_seal(stream.name)
    tree = merkle.EMPTY
    if seal is not None:
        try:
            tree = merkle.frontier(seal.size, nodes.reader(stream.name))
        except merkle.MissingNode as error:
            raise SealingError(f"{row.origin}: {error}, so it was deleted.") from error
        if tree.root() != bytes(seal.root):
            raise SealingError(f"{row.origin}: the stored tree differs from seal {seal.number}.")
    return Place(
        stream=stream,
        origin=row.origin,
        salt=bytes(row.salt),
        seal=seal,
        number=sealed_number(stream.name),
        tree=tree,
    )


def obstacle(stream: Stream) -> str:
    """What stops the sealing of a stream, as a sentence; empty if nothing does. Changes nothing."""
    if not SealStream.objects.filter(name=stream.name).exists():
        return ""
    try:
        place = _place(stream)
        _newer_receipt(place)
        _signing_key(place)
        _check_next(place)
    except (SealingError, keys.NoSealingKey) as error:
        return str(error)
    return ""


def _restored(place: Place) -> Seal | None:
    """A seal that says what a restore has lost, if a receipt is newer than the last seal."""
    receipt = _newer_receipt(place)
    if receipt is None:
        return None
    without_number = place.tree.size - place.number if place.seal else _count(_rows_without_number(place))
    last = receipt.size - without_number
    missing = (place.number + 1, last) if last > place.number else None
    return _write(place, Kind.RESTORED, number=receipt.seal + 1, missing=missing)


def _newer_receipt(place: Place) -> Checkpoint | None:
    """The newest receipt, if it is newer than the last seal.

    Raises SealingError if it contradicts the seal with its number.
    """
    known = receipts.last_known(place.stream.name)
    if known is None:
        return None
    receipt, note = known
    if place.seal is None or receipt.seal > place.seal.number:
        return receipt
    same = Seal.objects.filter(stream_id=place.stream.name, number=receipt.seal).first()
    if same is None:
        later = Seal.objects.filter(stream_id=place.stream.name, number__gt=receipt.seal)
        if later.order_by("number").values_list("kind", flat=True).first() != Kind.RESTORED:
            raise SealingError(f"{place.origin}: seal {receipt.seal} is missing, but its receipt exists.")
    elif same.note != note:
        raise SealingError(f"{place.origin}: seal {receipt.seal} differs from its receipt.")
    return None


def _rotation(place: Place) -> Seal | None:
    """A seal by the old key that names the new one, if the installation has a new seed."""
    if place.seal is None or _expected(place.seal) == _current(place).verifier:
        return None
    return _write(place, Kind.ROTATION, next_key=str(_current(place).verifier))


def _genesis(place: Place) -> Seal | None:
    """The first seal, of the rows from before there were numbers."""
    if place.tree.size or place.number:
        return None
    appended = merkle.append(place.tree, map(merkle.leaf_hash, _rows_without_number(place)))
    if not appended.frontier.size:
        return None
    if place.stream.name == AUDIT:
        rollup.add_genesis()
    return _write(place, Kind.GENESIS, appended=appended, rows=(0, 0))


def _batch(place: Place) -> Seal | None:
    """A seal of the next rows. Raises SealingError if the first of them is missing."""
    first, head = place.number + 1, place.stream.head()
    if head < first:
        return None
    _check_next(place)
    last = min(head, first + MAX_ROWS - 1)
    found = place.stream.rows(first, last, row_format=place.stream.row_format, salt=place.salt)
    appended = merkle.append(place.tree, map(merkle.leaf_hash, _without_gap(found, first)))
    last = first + appended.frontier.size - place.tree.size - 1
    if place.stream.name == AUDIT:
        rollup.add(first, last)
    return _write(place, Kind.BATCH, appended=appended, rows=(first, last))


def _check_next(place: Place) -> None:
    """Raise SealingError if the next row to seal is missing."""
    following = place.number + 1
    stream = place.stream
    if stream.head() < following:
        return
    if not _count(stream.rows(following, following, row_format=stream.row_format, salt=place.salt)):
        raise SealingError(f"{place.origin}: number {following} is missing.")


def _without_gap(rows: Iterable[tuple[int, bytes]], first: int) -> Iterator[bytes]:
    """The rows up to the first number that is missing."""
    for expected, (number, row) in enumerate(rows, first):
        if number != expected:
            return
        yield row


def _write(
    place: Place,
    kind: Kind,
    *,
    appended: merkle.Appended | None = None,
    rows: tuple[int, int] | None = None,
    number: int = 0,
    next_key: str = "",
    missing: tuple[int, int] | None = None,
) -> Seal:
    """Store the new nodes, sign the seal and store it."""
    name, before = place.stream.name, place.seal
    tree = appended.frontier if appended else place.tree
    if appended:
        nodes.add(name, first_node=merkle.node_count(place.tree.size), hashes=appended.nodes)
    key = _signing_key(place)
    checkpoint = Checkpoint(
        origin=place.origin,
        size=tree.size,
        root=tree.root(),
        seal=number or (before.number + 1 if before else 1),
        kind=kind.value,
        rows=rows,
        count=tree.size - place.tree.size,
        time=timezone.now(),
        key_id=key.verifier.key_id.hex(),
        row_format=place.stream.row_format if rows else FORMAT_OF_NO_ROWS,
        previous=digest(before.note) if before else b"",
        next_key=next_key,
        missing=missing,
    )
    seal = Seal(
        stream_id=name,
        number=checkpoint.seal,
        kind=kind,
        size=checkpoint.size,
        first=rows[0] if rows and rows[0] else None,
        last=rows[1] if rows and rows[0] else None,
        count=checkpoint.count,
        root=checkpoint.root,
        row_format=checkpoint.row_format,
        key_id=checkpoint.key_id,
        vkey=str(key.verifier),
        note=sign(checkpoint.text(), key),
        consistency=b"".join(merkle.consistency(place.tree.size, tree.size, nodes.reader(name))),
        sealed_at=checkpoint.time,
    )
    seal.save()
    return seal


def _signing_key(place: Place) -> SigningKey:
    """The key that the seal before expects; the current one for the first seal. Raises SealingError, NoSealingKey."""
    if place.seal is None:
        return _current(place)
    expected = _expected(place.seal)
    key = keys.key_of(expected, schema=binding.schema_name())
    if key is None:
        keys.current_key(schema=binding.schema_name(), origin=place.origin)  # says that there is none at all
        raise SealingError(
            f"{place.origin}: the key {expected.key_id.hex()} of the last seal is gone. "
            "Add its seed behind the new one in ASORA_SEALING_KEY."
        )
    return key


def _current(place: Place) -> SigningKey:
    return keys.current_key(schema=binding.schema_name(), origin=place.origin)


def _expected(seal: Seal) -> VerifierKey:
    """The key that has to sign the seal after this one."""
    return VerifierKey.parse(unverified(seal.note).next_key or seal.vkey)


def _rows_without_number(place: Place) -> Iterator[bytes]:
    for _name, row in place.stream.genesis(row_format=place.stream.row_format, salt=place.salt):
        yield row


def _count(rows: Iterable[object]) -> int:
    return sum(1 for _row in rows)
