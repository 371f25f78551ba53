"""The sealed rows behind a report: what a proof of it shows, and what it leaves out.

A proof shows no more than the report is made of: the entries in its scope, without costs unless it has values, without
who recorded them, and without documents unless it has days, kinds or references. Everything else is shown as a hash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from audit.seals.proof.rows import ProofRow, Sealed
from ledger.proof.leaves import Leaf, Part, genesis_leaves, leaves
from ledger.reports.definition import Report
from ledger.reports.scope import Scope
from ledger.reports.sql import CHOSEN, NOT_BEFORE, NOT_BEHIND, ORIGINAL, REVISION, VENDORS

STREAM = "ledger"
#: The most entries in one proof.
MAX_ENTRIES = 50_000
REORDER_LIST = "reorder-list"
#: Reports that are made of the balance of each place, so of all of its entries up to the position.
OF_BALANCES = ("stock-on-hand", "inventory-valuation", REORDER_LIST)
#: The entries of the other reports.
WHICH = {
    "inventory-movement": "TRUE",
    "ledger-history": f"{NOT_BEFORE} AND {NOT_BEHIND} AND {VENDORS}",
    "receiving-summary": f"{NOT_BEFORE} AND {NOT_BEHIND} AND {VENDORS} AND entry.kind = 'receipt'",
    "shrink-adjustment": f"{NOT_BEFORE} AND {NOT_BEHIND} AND entry.kind IN ('adjustment', 'count')",
}
ENTRIES = """
SELECT entry.position, entry.line, item.sku, posting.reverses
FROM ledger_entry entry
LEFT JOIN ledger_posting posting ON posting.position = entry.position
{original}
LEFT JOIN inventory_vendor vendor ON vendor.id = coalesce(original.vendor_id, posting.vendor_id)
JOIN inventory_item item ON item.id = entry.item_id
JOIN inventory_hub hub ON hub.id = entry.hub_id
{revision}
WHERE entry.position <= %(position)s AND hub.code = ANY(%(hubs)s) AND {chosen} AND {which}
ORDER BY entry.position, entry.line LIMIT %(most)s + 1
"""
REVISIONS = """
SELECT revision.position FROM inventory_itemrevision revision JOIN inventory_item item ON item.id = revision.item_id
WHERE revision.position <= %(position)s AND item.sku = ANY(%(skus)s)
"""
ITEMS = f"""
SELECT item.sku FROM inventory_item item {REVISION}
WHERE {CHOSEN} AND EXISTS (SELECT FROM inventory_reorderrevision reorder WHERE reorder.item_id = item.id)
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class Behind:
    """What is behind a report: lines by position, documents that are shown without lines, revisions, and items."""

    lines: Mapping[int, AbstractSet[int]]
    originals: AbstractSet[int]
    revisions: AbstractSet[int]
    skus: AbstractSet[str]

    def positions(self) -> list[int]:
        """Every position, in order."""
        return sorted({*self.lines, *self.originals, *self.revisions})


def behind(report: Report, scope: Scope) -> Behind:
    """What a report is made of. Refusals: VALIDATION_FAILED TOO_LARGE."""
    which = "TRUE" if report.slug in OF_BALANCES else WHICH[report.slug]
    entries = ENTRIES.format(original=ORIGINAL, revision=REVISION, chosen=CHOSEN, which=which)
    lines: dict[int, set[int]] = defaultdict(set)
    skus, originals = set(), set()
    found = _query(entries, scope.values() | {"most": MAX_ENTRIES})
    if len(found) > MAX_ENTRIES:
        raise ValidationFailed(
            _("There are more than %(most)s entries behind this report, so its proof would be too large.")
            % {"most": f"{MAX_ENTRIES:,}"},
            reason=Reason.TOO_LARGE,
            details={"limit": MAX_ENTRIES, "remedy": _("Export the report with narrower filters.")},
        )
    for position, line, sku, reverses in found:
        lines[position].add(line)
        skus.add(sku)
        if reverses is not None:
            originals.add(reverses)
    if report.slug == REORDER_LIST:
        skus |= {sku for (sku,) in _query(ITEMS, scope.values())}
    revisions = _query(REVISIONS, {"position": scope.position, "skus": sorted(skus)})
    shows_documents = report.slug not in OF_BALANCES
    return Behind(
        lines=lines,
        originals=originals if shows_documents else set(),
        revisions={position for (position,) in revisions},
        skus=skus,
    )


def proof_rows(report: Report, scope: Scope, found: Sealed, *, salt: bytes) -> Iterator[ProofRow]:
    """The rows of a proof, in order. Everything up to the report's position has to be sealed."""
    made_of = behind(report, scope)
    shown = _Shown(report, scope, made_of)
    if report.slug == REORDER_LIST and found.genesis:
        leaf_rows = genesis_leaves(row_format=found.genesis_format, salt=salt)
        for index, leaf in zip(range(found.genesis), leaf_rows, strict=False):
            if leaf.parts["reorder"].values["sku"] in made_of.skus:
                yield ProofRow(index, leaf.row(), shown.of_reorder(leaf))
    positions = made_of.positions()
    for row_format, start, end in found.parts(1, scope.position):
        wanted = [position for position in positions if start <= position <= end]
        for leaf in leaves(wanted, row_format=row_format, salt=salt):
            yield ProofRow(found.index(leaf.position), leaf.row(), shown.of(leaf))


class _Shown:
    """Decides which parts of a row a proof shows."""

    def __init__(self, report: Report, scope: Scope, made_of: Behind) -> None:
        self._made_of = made_of
        self._hubs = {None, *scope.hubs}
        self._shows_costs = report.permission is Permission.LEDGER_VIEW_VALUE
        self._shows_documents = report.slug not in OF_BALANCES
        self._shows_reorders = report.slug == REORDER_LIST

    def of(self, leaf: Leaf) -> dict[str, Any]:
        """The parts of a document or revision."""
        if leaf.type == "revision":
            points = [self._reorder(parts[0]) for parts in leaf.lists["reorder"]]
            return {"parts": {"revision": _part(leaf.parts["revision"])}, "lists": {"reorder": points}}
        lines = self._made_of.lines.get(leaf.position, set())
        entries = [
            self._entry(parts) if parts[0].values["line"] in lines else None
            for parts in leaf.lists["entries"]
        ]
        documents = {"document": _part(leaf.parts["document"])} if self._shows_documents else {}
        return {"parts": documents, "lists": {"entries": entries}}

    def of_reorder(self, leaf: Leaf) -> dict[str, Any]:
        """A reorder point from before reorder points took positions."""
        part = leaf.parts["reorder"]
        return {"parts": {"reorder": _part(part)}} if part.values["hub"] in self._hubs else {}

    def _entry(self, parts: Sequence[Part]) -> list[dict[str, str]]:
        quantities, costs = parts
        return [_part(quantities), _part(costs) if self._shows_costs else {"hash": costs.hash.hex()}]

    def _reorder(self, part: Part) -> list[dict[str, str]] | None:
        is_shown = self._shows_reorders and part.values["hub"] in self._hubs
        return [_part(part)] if is_shown else None


def _part(part: Part) -> dict[str, str]:
    return {"salt": part.salt.hex(), "text": part.text.decode()}


def _query(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
