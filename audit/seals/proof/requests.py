"""Requests for a proof of events, and the derivation of its file.

The door calls `derive_…` after all gates that need no lock, and before its transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.forms import ActionForm, DoorForm
from asora.kernel.refusals import PermissionDenied, Reason, Refusal, StateConflict, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues
from audit.events import readers
from audit.events.models import Event
from audit.seals import event_rows
from audit.seals.proof import files
from audit.seals.proof.rows import ProofRow, Sealed, genesis_rows, numbered_rows, sealed

STREAM = "audit"
#: The most events in one proof.
MAX_ROWS = 50_000


class EventProofRequest(DoorForm):
    """A request for the proof of one event, which the view has loaded. The proof is written into `file`."""

    def __init__(self, event: Event, *, file: IO[bytes]) -> None:
        self._event = event
        self._file = file

    def is_valid(self) -> bool:
        """There is nothing to fill in."""
        return True

    def values(self) -> ReadOnlyValues:
        """The arguments of `prove_event`."""
        return {"event": self._event, "name": str(self._event.pk), "file": self._file}

    def refusal(self) -> Refusal:
        """Not asked: the request is always valid."""
        raise NotImplementedError


class TrailProofForm(ActionForm):
    """The events that a proof of the trail shows; empty: from the first one, up to the last one that is sealed."""

    first = forms.IntegerField(label=gettext_lazy("From event number"), required=False, min_value=1)
    last = forms.IntegerField(label=gettext_lazy("To event number"), required=False, min_value=1)

    def __init__(self, *args: Any, file: IO[bytes] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file = file

    def clean(self) -> dict[str, Any]:
        """The numbers. The last one may not come before the first."""
        values = super().clean() or {}
        if values.get("first") and values.get("last") and values["first"] > values["last"]:
            self.add_error("last", _("Enter a number that is not before the first one."))
        return values

    def values(self) -> ReadOnlyValues:
        """The arguments of `prove_trail`."""
        found = getattr(self, "cleaned_data", {})
        return {"first": found.get("first"), "last": found.get("last"), "file": self._file}


def derive_event_proof(act: Act, *, event: Event, file: IO[bytes], **_others: Any) -> int:
    """Write the proof of one event. Returns how many events it shows, which is one.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED for people who do not work at all hubs, if the event says at which hubs
    a refused person works: the sealed bytes cannot leave them out. STATE_CONFLICT NOT_SEALED.
    """
    if readers.hubs_of(act.actor) is not None and names_places(event.decision):
        raise PermissionDenied(
            _(
                "This event says at which hubs the refused person works, and a proof shows all of an event. Only"
                " people who work at all hubs can download it."
            ),
            reason=Reason.HUB_NOT_GRANTED,
        )
    found = sealed(STREAM)
    if found is None or not _is_sealed(event, found):
        raise StateConflict(
            _("This event is not sealed yet, so it cannot be proved."), reason=Reason.NOT_SEALED
        )
    if event.number is None:
        row = event_rows.one_row(event, row_format=found.genesis_format)
        rows = [ProofRow(event_rows.genesis_place(event), row)]
    else:
        rows = list(numbered_rows(found, event.number, event.number))
    proof = files.Proof("event", found, rows, {}, {"event": str(event.pk)})
    return files.write(proof, into=file, made_at=timezone.now())


def derive_trail_proof(
    act: Act, *, first: int | None, last: int | None, file: IO[bytes], **_others: Any
) -> int:
    """Write the proof of a part of the trail. Returns how many events it shows.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED for people who do not work at all hubs, as events name stock;
    STATE_CONFLICT NOT_SEALED; VALIDATION_FAILED NO_DATA, TOO_LARGE.
    """
    if readers.hubs_of(act.actor) is not None:
        raise PermissionDenied(
            _("Only people who work at all hubs can download a proof of the audit trail."),
            reason=Reason.HUB_NOT_GRANTED,
        )
    found = sealed(STREAM)
    if found is None:
        raise StateConflict(_("No event is sealed yet, so nothing can be proved."), reason=Reason.NOT_SEALED)
    end = min(last or found.last, found.last)
    count = end - (first or 1) + 1 + (0 if first else found.genesis)
    if count < 1:
        message = _("The last sealed event has number %(last)s.") % {"last": found.last}
        raise ValidationFailed.at_field("first", message, reason=Reason.NO_DATA)
    if count > MAX_ROWS:
        message = _("A proof can show at most %(most)s events. Choose fewer.") % {"most": f"{MAX_ROWS:,}"}
        raise ValidationFailed.at_field("last", message, reason=Reason.TOO_LARGE)
    proof = files.Proof("trail", found, _rows(found, first, end), {}, {})
    return files.write(proof, into=file, made_at=timezone.now())


def names_places(value: object) -> bool:
    """Returns True if a decision says where the refused person works (`kernel.evidence`), at any depth."""
    match value:
        case dict():
            return any(
                (name in {"hubs", "works_at"} and isinstance(entry, list)) or names_places(entry)
                for name, entry in value.items()
            )
        case list():
            return any(names_places(entry) for entry in value)
        case _:
            return False


def _rows(found: Sealed, first: int | None, last: int) -> Iterator[ProofRow]:
    if first is None:
        yield from genesis_rows(found)
    yield from numbered_rows(found, first or 1, last)


def _is_sealed(event: Event, found: Sealed) -> bool:
    return bool(found.genesis) if event.number is None else event.number <= found.last
