"""The product's side of a random history: does each wish by actions, and returns what the model does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import singledispatchmethod
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection

from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from ledger.actions.movements import adjust, issue, transfer
from ledger.actions.receiving import receive
from ledger.actions.reversing import reverse, reverse_batch
from ledger.adjustments.actions.requests import decline_request, post_request, request_adjustment
from ledger.counts.actions import approval as approving
from ledger.counts.actions.counting import record_counts, scan_one, submit_count
from ledger.counts.actions.decisions import decide_correction
from ledger.counts.actions.opening import open_count
from ledger.counts.figures import Figure
from ledger.counts.queries.review import ReviewLine, review_of
from ledger.files.forms import MovementUpload
from ledger.models import AdjustmentRequest, CountLine, CountReading, CountSession, Entry, Kind, Posting
from ledger.posting.drafts import Draft, DraftLine
from tests.factories.documents import ANOTHER, DAY, HEADERS, IMPORTS
from tests.factories.master_data import MasterData
from tests.ledger.model.batches import BatchReversal, File, Import, Imported
from tests.ledger.model.counts import Opening, Recording, Scan, Submission
from tests.ledger.model.deciding import Approval, Cancellation, Choice, Recount, Verdict
from tests.ledger.model.postings import Document
from tests.ledger.model.requests import Asking, Decision

NAMESPACE = UUID("6f1f7c1e-7c7e-5d43-9f57-0a2f4d1f9d11")
ACTIONS = {Kind.RECEIPT: receive, Kind.ISSUE: issue, Kind.TRANSFER: transfer, Kind.ADJUSTMENT: adjust}
SINCE = {"": None, "ever": date(2000, 1, 1), "a day to come": date(2999, 1, 1)}
#: The tables that a refusal must not change: all that these actions write, except events.
TABLES = (
    "kernel_head", "inventory_item", "ledger_posting", "ledger_entry", "ledger_binbalance", "ledger_hubbalance",
    "ledger_costlayer", "ledger_layeruse", "ledger_dailymovement", "ledger_adjustmentrequest", "ledger_countsession",
    "ledger_countline", "ledger_countreading", "ledger_countscan",
)  # fmt: skip
TRACES = " UNION ALL ".join(
    f"SELECT '{table}', count(*), coalesce(sum(hashtext(row::text)::bigint), 0) FROM {table} row"
    for table in TABLES
)


class Confident(frozenset[str]):
    """Answers that say yes to every question."""

    def __contains__(self, key: object) -> bool:
        return True


YES = Confident(["whatever is asked"])  # an empty set would count as no answer


@dataclass
class Player:
    """A tenant in which a history is played. `acts`: one per person."""

    master_data: MasterData
    acts: Mapping[str, Act]
    positions: list[int] = field(default_factory=list)
    sessions: list[int] = field(default_factory=list)
    requests: list[UUID] = field(default_factory=list)

    @property
    def act(self) -> Act:
        """The act for everything except counting."""
        return self.acts["owner"]

    def traces(self) -> list[tuple[Any, ...]]:
        """A checksum of every table that a refusal must not change."""
        with connection.cursor() as cursor:
            cursor.execute(TRACES)
            return list(cursor.fetchall())

    @singledispatchmethod
    def do(self, wish: Any) -> Any:
        """Do a wish; returns what the model returns."""
        raise TypeError(f"no method for {wish}")

    @do.register
    def _document(self, wish: Document) -> int:
        submission = uuid5(NAMESPACE, repr(wish.submission))
        if wish.reverses is not None:
            posting = Posting.objects.get(position=self.positions[wish.reverses])
            return self._posted(reverse(self.act, posting=posting, submission=submission))
        return self._posted(ACTIONS[Kind(wish.kind)](self.act, draft=self._draft(wish), hubs=[]))

    def _posted(self, *positions: int) -> int:
        self.positions += positions
        return len(self.positions) - 1

    def _draft(self, wish: Document) -> Draft:
        kind = Kind(wish.kind)
        return Draft(
            kind=kind,
            submission=uuid5(NAMESPACE, repr(wish.submission)),
            effective_on=DAY,
            reference="R",
            vendor_id=self.master_data.vendor.pk if kind is Kind.RECEIPT else None,
            reason="FOUND" if kind is Kind.ADJUSTMENT else "",
            lines=[
                DraftLine(
                    line.number,
                    self.master_data.items[line.item].pk,
                    self.master_data.bins["/".join(line.place)].pk,
                    line.quantity,
                    line.cost,
                    self.master_data.bins["/".join(line.to)].pk if line.to else None,
                )
                for line in wish.lines
            ],
        )

    @do.register
    def _import(self, wish: Import) -> Imported:
        kind = Kind(wish.file.kind)
        upload = MovementUpload(
            kind, content_of(wish.file), name="moves.csv", skip_refused=wish.skips, another=ANOTHER
        )
        done = IMPORTS[kind].submit(self.act, upload)
        first = len(self.positions)
        self._posted(*done.positions)
        return Imported(
            numbers=tuple(range(first, len(self.positions))),
            lines=done.lines,
            quantity=done.quantity,
            value=done.value,
            already_posted=done.already_posted,
            left_out=faults_in(done.left_out.lines),
            left_out_postings=done.left_out_postings,
        )

    @do.register
    def _batch_reversal(self, wish: BatchReversal) -> list[int]:
        digest = hashlib.sha256(content_of(wish.file)).hexdigest()
        batch = uuid5(NAMESPACE_URL, f"asora:{self.act.tenant.schema_name}:{wish.file.kind}:{digest}")
        taken = reverse_batch(self.act, batch=batch, submission=uuid5(NAMESPACE, repr(wish.submission)))
        first = len(self.positions)
        self._posted(*taken)
        return list(range(first, len(self.positions)))

    @do.register
    def _asking(self, wish: Asking) -> int:
        self.requests.append(request_adjustment(self.act, draft=self._draft(wish.document), hubs=[]).pk)
        return len(self.requests) - 1

    @do.register
    def _decision(self, wish: Decision) -> int | None:
        request = AdjustmentRequest.objects.get(pk=self.requests[wish.request])
        if wish.posts:
            return self._posted(post_request(self.act, request=request, confirmed=YES))
        decline_request(self.act, request=request)
        return None

    @do.register
    def _opening(self, wish: Opening) -> int:
        kind, tolerance = wish.tolerance
        session = open_count(
            self.act,
            submission=uuid5(NAMESPACE, repr(wish.submission)),
            hub={"NORTH": self.master_data.north, "SOUTH": self.master_data.south}[wish.hub],
            title="Cycle count",
            is_blind=wish.is_blind,
            tolerance_kind=kind,
            tolerance=tolerance,
            bins=[self.master_data.bins["/".join(place)] for place in sorted(wish.bins)],
            items=[self.master_data.items[sku] for sku in sorted(wish.items)],
            not_counted_since=SINCE[wish.since],
        )
        self.sessions.append(session.pk)
        return len(self.sessions) - 1

    def session(self, count: int) -> CountSession:
        """The session as it is now."""
        return CountSession.objects.get(pk=self.sessions[count])

    def lines(self, count: int) -> list[CountLine]:
        """The lines of a count, in the order in which they were added."""
        return list(CountLine.objects.filter(session=self.sessions[count]).order_by("pk"))

    def _keys(self, count: int, numbers: frozenset[int]) -> set[int]:
        lines = self.lines(count)
        return {lines[number].pk for number in numbers}

    def _seen(self, wish: Recount | Choice | Verdict | Approval) -> dict[str, Any]:
        session = self.session(wish.count)
        return {"session": session, "seen": session.version - wish.is_stale}

    @do.register
    def _recording(self, wish: Recording) -> int:
        figures = [
            Figure(number, self.master_data.items[item], self.master_data.bins["/".join(place)], quantity)
            for number, (item, place, quantity) in enumerate(wish.figures, start=1)
        ]
        record_counts(self.acts[wish.person], session=self.session(wish.count), figures=figures)
        return wish.count

    @do.register
    def _scan(self, wish: Scan) -> int:
        scan_one(
            self.acts[wish.person],
            session=self.session(wish.count),
            item=self.master_data.items[wish.item],
            bin_=self.master_data.bins["/".join(wish.place)],
            scan=uuid5(NAMESPACE, repr(wish.scan)),
        )
        return wish.count

    @do.register
    def _submission(self, wish: Submission) -> int:
        without = self._keys(wish.count, wish.without)
        submit_count(self.act, session=self.session(wish.count), without=without)
        return wish.count

    @do.register
    def _recount(self, wish: Recount) -> int:
        approving.request_recount(self.act, **self._seen(wish), lines=self._keys(wish.count, wish.lines))
        return wish.count

    @do.register
    def _choice(self, wish: Choice) -> int:
        readings = CountReading.objects.filter(line=self.lines(wish.count)[wish.line]).order_by("pk")
        approving.choose_reading(self.act, **self._seen(wish), reading=readings[wish.reading].pk)
        return wish.count

    @do.register
    def _verdict(self, wish: Verdict) -> int:
        line = self.review(wish.count)[wish.line]
        decide_correction(
            self.act,
            **self._seen(wish),
            line=line.id,
            decision=CountLine.Decision(wish.decision),
            upto=line.valid_reading.corrected_upto if line.valid_reading else 0,
        )
        return wish.count

    @do.register
    def _approval(self, wish: Approval) -> int:
        accepted = self._keys(wish.count, wish.accepted)
        return self._posted(approving.approve_count(self.act, **self._seen(wish), accepted=accepted))

    @do.register
    def _cancellation(self, wish: Cancellation) -> int:
        approving.cancel_count(self.act, session=self.session(wish.count))
        return wish.count

    def faults_of(self, wish: Any, refusal: Refusal) -> frozenset[tuple[int, str]]:
        """The line numbers and reasons of a refusal, as the model reports them."""
        if "undecided" in refusal.details or "uncounted" in refusal.details:
            named = refusal.details.get("undecided", refusal.details.get("uncounted"))
            faults = {entry["line"]: [{"reason": str(refusal.reason)}] for entry in named}
        else:
            faults = refusal.details.get("lines", {})
        found = faults_in(faults) or frozenset({(0, str(refusal.reason))})
        if isinstance(wish, Submission | Approval) and faults:
            numbers = {line.pk: number for number, line in enumerate(self.lines(wish.count))}
            return frozenset((numbers[key], reason) for key, reason in found)
        return found

    def entries_at(self, number: int) -> list[tuple[Any, ...]]:
        """The entries of a posting as rows to compare."""
        skus = {item.pk: sku for sku, item in self.master_data.items.items()}
        addresses = {bin_.pk: address for address, bin_ in self.master_data.bins.items()}
        return [
            (
                entry.kind, skus[entry.item_id], addresses[entry.bin_id], entry.quantity, entry.unit_cost, entry.value,
                entry.counted_quantity, entry.expected_quantity,
                entry.bin_quantity, entry.hub_quantity, entry.hub_value,
            )
            for entry in Entry.objects.filter(posting=self.positions[number]).order_by("line")
        ]  # fmt: skip

    def review(self, count: int) -> list[ReviewLine]:
        """The lines as the approver sees them, in the order in which they were added."""
        return sorted(review_of(self.session(count)), key=lambda line: line.id)


def faults_in(lines: Mapping[Any, Any]) -> frozenset[tuple[int, str]]:
    """Number and reason of every fault."""
    return frozenset((int(number), entry["reason"]) for number, entries in lines.items() for entry in entries)


def content_of(file: File) -> bytes:
    """A file as a person would upload it."""
    rows = [HEADERS[Kind(file.kind)]]
    for reference, line in file.rows:
        cells = [reference, DAY, *(["ACME"] if file.kind == "receipt" else []), line.item, *line.place]
        cells += [*(line.to or ()), f"{line.quantity:f}"]
        if line.cost is not None:
            cells.append(f"{line.cost:f}")
        if file.kind == "adjustment":
            cells.append("FOUND")
        rows.append(",".join(map(str, cells)))
    return "\n".join([*rows, ""]).encode()
