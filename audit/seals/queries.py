"""What the page of seals shows: how far each stream is sealed, and what stops it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from audit.seals import keys, sealer
from audit.seals.checkpoint import Checkpoint, unverified
from audit.seals.models import Kind, ReceiptSubscription, Seal, SealCheck, SealStream


@dataclass(frozen=True, slots=True)
class StreamState:
    """One stream of the bound schema.

    `waiting`: rows that are not sealed yet. `size`: sealed rows, those without a number included. `obstacle`: what
    stops the sealing, as a sentence. `restored`: the last seal that declares a restore.
    """

    name: str
    label: str
    origin: str
    last: Seal | None
    number: int
    waiting: int
    obstacle: str
    restored: Checkpoint | None

    @property
    def size(self) -> int:
        """How many rows are sealed."""
        return self.last.size if self.last else 0


def stream_states() -> list[StreamState]:
    """The streams of the bound schema."""
    origins = dict(SealStream.objects.values_list("name", "origin"))
    found = []
    for stream in sealer.streams():
        number = sealer.sealed_number(stream.name)
        found.append(
            StreamState(
                name=stream.name,
                label=str(stream.label),
                origin=origins.get(stream.name, ""),
                last=sealer.last_seal(stream.name),
                number=number,
                waiting=max(stream.head() - number, 0),
                obstacle=sealer.obstacle(stream),
                restored=_restored(stream.name),
            )
        )
    return found


def seals() -> QuerySet[Seal]:
    """All seals of the bound schema, without what proves them."""
    rows: QuerySet[Seal] = Seal.objects.defer("note", "consistency", "root")
    return rows


def latest_check() -> SealCheck | None:
    """The last check of the seals."""
    found: SealCheck | None = SealCheck.objects.order_by("-finished_at", "-pk").first()
    return found


def wants_receipts(person_ref: str) -> bool:
    """Return True if a person gets receipts by e-mail."""
    return ReceiptSubscription.objects.filter(person_ref=person_ref).exists()


def is_sealing() -> bool:
    """Return True if this installation has a sealing key."""
    return keys.has_key()


def _restored(stream: str) -> Checkpoint | None:
    note = (
        Seal.objects.filter(stream_id=stream, kind=Kind.RESTORED)
        .order_by("-number")
        .values_list("note", flat=True)
        .first()
    )
    return unverified(note) if note else None
