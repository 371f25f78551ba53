"""Reversing postings: once each, by a posting of exactly opposite lines. A batch newest first, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID, uuid5

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues
from inventory.models import Hub
from ledger.actions.documents import CONSTRAINT_REFUSALS, already_posted, say
from ledger.models import CostLayer, Entry, Kind, LayerUse, Posting
from ledger.posting import evidence, writing
from ledger.posting.costing import LayerKey, Use
from ledger.posting.drafts import Draft, DraftLine, Mirrored
from ledger.posting.master_data import master_data_of, submitted

EntryKey = tuple[int, int]


def already_reversed(position: int | None = None) -> StateConflict:
    """The refusal of a second reversal, with the position of the first."""
    return StateConflict(
        _("This has already been reversed."),
        reason=Reason.ALREADY_REVERSED,
        details={"position": position} if position else {},
    )


#: The kind of job that reverses a long import.
REVERSAL_JOB = "ledger.reversal"
ONCE = CONSTRAINT_REFUSALS | {"ledger_posting_reverses_key": already_reversed}


def _hubs_of_posting(values: ReadOnlyValues) -> Iterable[Hub]:
    return hubs_of_postings([values["posting"]]) if "posting" in values else ()


def _hubs_of_batch(values: ReadOnlyValues) -> Iterable[Hub]:
    return hubs_of_postings(Posting.objects.filter(batch=values["batch"])) if "batch" in values else ()


@action(
    "ledger.reversal.post",
    permission=Permission.LEDGER_REVERSE,
    hubs=_hubs_of_posting,
    subject="posting",
    constraint_refusals=ONCE,
    done=gettext_lazy("reversed posting {label}"),
    tried=gettext_lazy("tried to reverse posting {label}"),
)
def reverse(act: Act, *, posting: Posting, submission: UUID, note: str = "") -> int:
    """Reverse one posting; returns the position of the reversal. All hubs that it moved stock at must be granted.

    Refusals: STATE_CONFLICT ALREADY_REVERSED, ALREADY_POSTED; VALIDATION_FAILED INVALID_INPUT (a reversal cannot be
    reversed), with `lines`: INSUFFICIENT_STOCK, COST_CONSUMED.
    """
    act.reads(posting)
    if posting.kind == Kind.REVERSAL:
        raise ValidationFailed(
            _("A reversal cannot be reversed. Post a new document with the right figures instead.")
        )
    if position := _reversals([posting]).get(posting.position):
        _refuse_second(submission)
        raise already_reversed(position)
    return _post(act, [posting], {posting.position: submission}, note)[0]


@action(
    "ledger.batch.reverse",
    permission=Permission.LEDGER_REVERSE,
    hubs=_hubs_of_batch,
    subject="batch",
    constraint_refusals=ONCE,
    done=gettext_lazy("reversed import {label}"),
    tried=gettext_lazy("tried to reverse import {label}"),
)
def reverse_batch(act: Act, *, batch: UUID, submission: UUID, note: str = "") -> Sequence[int]:
    """Reverse what is left of an import, newest first, all or nothing; returns the positions.

    Postings that were reversed by themselves before stay as they are. Refusals: STATE_CONFLICT ALREADY_POSTED,
    ALREADY_REVERSED (all of it); VALIDATION_FAILED NO_DATA (an unknown batch), INSUFFICIENT_STOCK, COST_CONSUMED, with
    the postings in `postings`.
    """
    act.reads(f"batch:{batch}")
    found = list(Posting.objects.filter(batch=batch).exclude(kind=Kind.REVERSAL).order_by("-position"))
    if not found:
        raise ValidationFailed(_("This import does not exist."), reason=Reason.NO_DATA)
    reversals = _reversals(found)
    submissions = {posting.position: uuid5(submission, str(posting.position)) for posting in found}
    _refuse_second(*submissions.values())
    left = [posting for posting in found if posting.position not in reversals]
    if not left:
        raise already_reversed(max(reversals.values()))
    act.found(batch=str(batch))
    act.touched(f"batch:{batch}")
    return _post(act, left, submissions, note)


def hubs_of_postings(found: Iterable[Posting]) -> Sequence[Hub]:
    """The hubs where these postings moved stock. A person who reverses them must work at all of them."""
    entries = Entry.objects.filter(posting__in=found)
    return list(Hub.objects.filter(pk__in=entries.values("hub")).order_by("code"))


def _reversals(found: Sequence[Posting]) -> dict[int, int]:
    """Position to the position of its reversal. Locks the originals, so a second reversal of one waits here."""
    originals = [posting.position for posting in found]
    rows = Posting.objects.select_for_update(no_key=True).filter(pk__in=originals)
    list(rows.order_by("position").values("pk"))
    return dict(Posting.objects.filter(reverses__in=originals).values_list("reverses", "position"))


def _refuse_second(*submissions: UUID) -> None:
    """Refuse a second submit of the same reversal with ALREADY_POSTED, not with ALREADY_REVERSED."""
    if posted := submitted(submissions):
        raise already_posted(max(posted.values()))


def _post(act: Act, found: Sequence[Posting], submissions: Mapping[int, UUID], note: str) -> Sequence[int]:
    drafts = _mirrors(act, found, submissions, note)
    master_data = master_data_of(drafts)
    evidence.checked(act, drafts, master_data)
    evidence.mirrored(act, drafts, master_data)
    for draft in drafts:
        if position := master_data.submitted.get(draft.submission):
            raise already_posted(position)
    try:
        posted = writing.post(act, drafts, master_data)
    except ValidationFailed as refusal:
        raise _named(refusal, drafts) from refusal
    evidence.moved(act, drafts, master_data)
    act.found(reversed=[posting.position for posting in found[:100]])
    say(act, drafts, posted, master_data)
    return posted.positions


def _named(refusal: ValidationFailed, drafts: Sequence[Draft]) -> ValidationFailed:
    """The refusal with the postings that cannot be reversed: lines are numbered through all of them."""
    refused = {int(number) for number in refusal.details.get("lines", {})}
    names = [draft.reverses for draft in drafts if refused & {line.number for line in draft.lines}]
    keys = [key for draft in drafts for key in draft.concerned(lines=refused)]
    return ValidationFailed(
        _("This can no longer be reversed, so nothing was changed."),
        reason=refusal.reason,
        details=refusal.details | {"postings": names[:100]},
        evidence=refusal.evidence | {"concerned": keys},
    )


def _mirrors(
    act: Act, found: Sequence[Posting], submissions: Mapping[int, UUID], note: str
) -> Sequence[Draft]:
    entries: dict[int, list[Entry]] = {}
    for entry in Entry.objects.filter(posting__in=found).order_by("posting", "line"):
        entries.setdefault(entry.posting_id, []).append(entry)
    made, used = _layers(act, found)
    drafts: list[Draft] = []
    number = 0
    for posting in found:
        lines: list[DraftLine] = []
        for entry in entries[posting.position]:
            number += 1
            key = entry.posting_id, entry.line
            mirrored = Mirrored(Kind(entry.kind), entry.value, made.get(key, ()), used.get(key, ()))
            lines.append(_mirror(entry, mirrored, number=number))
        drafts.append(
            Draft(
                kind=Kind.REVERSAL,
                submission=submissions[posting.position],
                effective_on=act.today,
                lines=lines,
                reference=posting.reference,
                reason=posting.reason,
                note=note,
                batch=posting.batch,
                reverses=posting.position,
            )
        )
    return drafts


def _mirror(entry: Entry, mirrored: Mirrored, *, number: int) -> DraftLine:
    return DraftLine(
        number=number,
        item_id=entry.item_id,
        bin_id=entry.bin_id,
        quantity=-entry.quantity,
        unit_cost=entry.unit_cost,
        mirrors=mirrored,
    )


def _layers(
    act: Act, found: Sequence[Posting]
) -> tuple[dict[EntryKey, list[LayerKey]], dict[EntryKey, list[Use]]]:
    """The cost layers that these postings created, and the quantities that they used of other layers."""
    made: dict[EntryKey, list[LayerKey]] = {}
    used: dict[EntryKey, list[Use]] = {}
    if act.tenant.costing != "fifo":
        return made, used
    positions = [posting.position for posting in found]
    for layer in CostLayer.objects.filter(position__in=positions).order_by("position", "line", "number"):
        key = layer.position, layer.line
        made.setdefault(key, []).append((layer.position, layer.line, layer.number))
    for use in LayerUse.objects.filter(entry_position__in=positions).order_by("number"):
        key = use.entry_position, use.entry_line
        layer_key = use.layer_position, use.layer_line, use.layer_number
        used.setdefault(key, []).append(Use(layer_key, use.quantity, use.value))
    return made, used
