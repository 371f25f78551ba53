"""Says of a posting what is sent of it, by its kind. Counts are another subject (`integrations.types.counts`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.types.definition import Described, EventType
from integrations.types.postings.event_types import ADJUSTMENT, ISSUE, RECEIPT, REVERSAL, TRANSFER
from integrations.types.postings.fields import (
    Adjustment,
    Issue,
    Line,
    Posting,
    Receipt,
    Reversal,
    Transfer,
)
from integrations.types.postings.reading import Read, line
from ledger.models import Kind


def described(event_type: EventType, posting: Posting) -> Described:
    """The description of a posting of any kind."""
    return Described(
        type=event_type.name,
        subject=f"ledger/{posting.position}",
        position=posting.position,
        time=posting.recorded_at,
        data=posting,
    )


def receipt(read: Read) -> Described:
    """A posting of kind receipt."""
    return described(RECEIPT, Receipt(**read.fields(), lines=_lines(read), vendor=read.head.vendor))


def issue(read: Read) -> Described:
    """A posting of kind issue."""
    return described(ISSUE, Issue(**read.fields(), lines=_lines(read), reason=read.head.reason))


def transfer(read: Read) -> Described:
    """A posting of kind transfer."""
    return described(TRANSFER, Transfer(**read.fields(), lines=_lines(read)))


def adjustment(read: Read) -> Described:
    """A posting of kind adjustment."""
    return described(ADJUSTMENT, Adjustment(**read.fields(), lines=_lines(read), reason=read.head.reason))


def reversal(read: Read) -> Described:
    """A posting of kind reversal."""
    head = read.head
    assert head.reverses is not None  # noqa: S101 - a constraint of the table
    posting = Reversal(
        **read.fields(), lines=_lines(read), reverses=head.reverses, reversed_kind=head.reversed_kind
    )
    return described(REVERSAL, posting)


def _lines(read: Read) -> tuple[Line, ...]:
    return tuple(map(line, read.rows))


BY_KIND: Mapping[str, Callable[[Read], Described]] = {
    Kind.RECEIPT: receipt,
    Kind.ISSUE: issue,
    Kind.TRANSFER: transfer,
    Kind.ADJUSTMENT: adjustment,
    Kind.REVERSAL: reversal,
}
