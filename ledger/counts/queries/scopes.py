"""The scope of a count, the balances in it, and the open counts that it overlaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from inventory.models import Bin, Category, Hub, Item
from inventory.queries import with_descendants
from ledger.models import CountSession

# The expected stock: every balance in scope that was not counted since a given day.
IN_SCOPE = """
SELECT balance.item_id, balance.bin_id FROM ledger_binbalance balance
JOIN inventory_bin bin ON bin.id = balance.bin_id
JOIN inventory_item item ON item.id = balance.item_id
WHERE bin.hub_id = %(hub)s AND balance.quantity > 0
  AND (%(bins)s::bigint[] IS NULL OR bin.id = ANY(%(bins)s))
  AND (%(categories)s::bigint[] IS NULL OR item.category_id = ANY(%(categories)s))
  AND (%(items)s::bigint[] IS NULL OR item.id = ANY(%(items)s))
  AND (%(since)s::date IS NULL OR NOT EXISTS (
      SELECT FROM ledger_entry entry JOIN ledger_posting posting ON posting.position = entry.position
      WHERE entry.item_id = balance.item_id AND entry.bin_id = balance.bin_id
        AND entry.kind = 'count' AND NOT entry.is_reversal AND posting.effective_on >= %(since)s
        AND NOT EXISTS (SELECT FROM ledger_posting undone WHERE undone.reverses = posting.position)))
ORDER BY bin.code COLLATE "C", item.sku COLLATE "C"
LIMIT %(limit)s
"""
# Lines of other counts that are not closed, at the same items and bins.
SHARED_LINES = """
SELECT other.session_id, count(*)
FROM ledger_countline line
JOIN ledger_countline other ON other.bin_id = line.bin_id AND other.item_id = line.item_id
JOIN ledger_countsession session ON session.id = other.session_id
WHERE line.session_id = %(session)s AND other.session_id <> line.session_id
  AND session.state NOT IN ('approved', 'cancelled')
GROUP BY other.session_id
"""
# Whether two scopes have an item in common.
SHARED_ITEM = """
SELECT EXISTS (
    SELECT FROM inventory_item item
    WHERE (%(items)s::bigint[] IS NULL OR item.id = ANY(%(items)s))
      AND (%(other_items)s::bigint[] IS NULL OR item.id = ANY(%(other_items)s))
      AND (%(categories)s::bigint[] IS NULL OR item.category_id = ANY(%(categories)s))
      AND (%(other_categories)s::bigint[] IS NULL OR item.category_id = ANY(%(other_categories)s)))
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope of a count; None means all."""

    hub_id: int
    bins: frozenset[int] | None = None
    categories: frozenset[int] | None = None
    items: frozenset[int] | None = None
    not_counted_since: date | None = None

    def covers(self, *, item: Item, bin_: Bin) -> bool:
        """Whether stock of this item that is found in this bin belongs to the count."""
        return (
            bin_.hub_id == self.hub_id
            and (self.bins is None or bin_.pk in self.bins)
            and (self.categories is None or item.category_id in self.categories)
            and (self.items is None or item.pk in self.items)
        )


def scope_of(session: CountSession) -> Scope:
    """The scope of a session, its categories with everything below them."""
    roots = list(session.categories.all())
    return Scope(
        hub_id=session.hub_id,
        bins=_keys(session.bins.values_list("pk", flat=True)),
        categories=below(roots),
        items=_keys(session.items.values_list("pk", flat=True)),
        not_counted_since=session.not_counted_since,
    )


def below(categories: Iterable[Category]) -> frozenset[int] | None:
    """The keys of categories and of everything below them; None for none named."""
    return _keys(key for category in categories for key in with_descendants(category))


def _keys(keys: Iterable[int]) -> frozenset[int] | None:
    return frozenset(keys) or None


def balances_in(scope: Scope, *, limit: int) -> list[tuple[int, int]]:
    """(item, bin) of every balance above zero in scope, by bin and SKU."""
    rows = _rows(
        IN_SCOPE,
        hub=scope.hub_id,
        bins=_listed(scope.bins),
        categories=_listed(scope.categories),
        items=_listed(scope.items),
        since=scope.not_counted_since,
        limit=limit,
    )
    return [(item, bin_) for item, bin_ in rows]


@dataclass(frozen=True, slots=True)
class Overlap:
    """An open count that covers the same places as another one. `lines`: how many lines both have so far."""

    session: CountSession
    lines: int


def lock_openings(hub: Hub) -> None:
    """Make openings of counts at a hub wait for each other, so that the later of two finds the earlier one."""
    Hub.objects.select_for_update(no_key=True).get(pk=hub.pk)


def overlaps_of(session: CountSession) -> list[Overlap]:
    """The counts that are not closed and that can count the same items in the same bins; by when they were opened."""
    others = CountSession.objects.filter(hub=session.hub_id).exclude(pk=session.pk)
    others = others.exclude(state__in=[CountSession.State.APPROVED, CountSession.State.CANCELLED])
    found = list(others.order_by("opened_at", "pk"))
    if not found:
        return []
    shared = dict(_rows(SHARED_LINES, session=session.pk))
    scope = scope_of(session)
    return [
        Overlap(other, shared.get(other.pk, 0))
        for other in found
        if other.pk in shared or _overlap(scope, scope_of(other))
    ]


def _overlap(one: Scope, other: Scope) -> bool:
    if one.bins is not None and other.bins is not None and not one.bins & other.bins:
        return False
    ((is_shared,),) = _rows(
        SHARED_ITEM,
        items=_listed(one.items),
        other_items=_listed(other.items),
        categories=_listed(one.categories),
        other_categories=_listed(other.categories),
    )
    return bool(is_shared)


def _listed(keys: frozenset[int] | None) -> list[int] | None:
    return sorted(keys) if keys is not None else None


def _rows(sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
