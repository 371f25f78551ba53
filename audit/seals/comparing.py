"""Compares a receipt that somebody kept outside of Asora with the seals that are here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from audit.seals import merkle, nodes, receipts, sealer
from audit.seals.checkpoint import Checkpoint
from audit.seals.models import Kind, Seal, SealStream


class Verdict(StrEnum):
    """`included`: the receipt's tree is the beginning of the present one. `lost`: a seal says that a restore lost it.

    `newer`: the last seal here is older, so the database was restored. `contradicted`: something was changed.
    """

    INCLUDED = "included"
    LOST = "lost"
    NEWER = "newer"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A receipt, and how the seals here relate to it."""

    stream: str
    receipt: Checkpoint
    verdict: Verdict
    last: Seal | None


def compare(note: str) -> Comparison | None:
    """Compare a receipt with the bound schema; None if no key of this schema has signed it, or for another stream."""
    receipt = receipts.is_ours(note)
    if receipt is None:
        return None
    stream = _stream(receipt)
    if not stream:
        return None
    last = sealer.last_seal(stream)
    return Comparison(
        stream=stream, receipt=receipt, verdict=_verdict(stream, receipt, note, last), last=last
    )


def _stream(receipt: Checkpoint) -> str:
    """The stream of a receipt, by its origin; where a restore has lost the stream itself, by the origin's last part."""
    origins = dict(SealStream.objects.values_list("origin", "name"))
    name = origins.get(receipt.origin) or receipt.origin.rpartition("/")[2]
    return name if name in {stream.name for stream in sealer.streams()} else ""


def _verdict(stream: str, receipt: Checkpoint, note: str, last: Seal | None) -> Verdict:
    if last is None or receipt.seal > last.number:
        return Verdict.NEWER
    seals = Seal.objects.filter(stream_id=stream)
    same = seals.filter(number=receipt.seal).first()
    if same is None:
        later = seals.filter(number__gt=receipt.seal).order_by("number").first()
        is_declared = later is not None and later.kind == Kind.RESTORED
        return Verdict.LOST if is_declared else Verdict.CONTRADICTED
    if same.note != note:
        return Verdict.CONTRADICTED
    read = nodes.reader(stream)
    try:
        path = merkle.consistency(receipt.size, last.size, read)
        is_beginning = merkle.is_consistent(
            receipt.size, receipt.root, last.size, merkle.root(last.size, read), path
        )
    except merkle.MissingNode:
        return Verdict.CONTRADICTED
    return Verdict.INCLUDED if is_beginning else Verdict.CONTRADICTED
