"""The hubs and bins of a person, the category tree, lists and searches. Look-ups by a whole code are in `codes`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from asora.kernel.act import Act
from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from asora.kernel.reach import reach
from asora.kernel.shapes import Rows, Values
from asora.kernel.text import fold_code
from audit.events.models import Event
from audit.events.readers import whole
from inventory.models import Barcode, Bin, Category, Hub, Item, MasterRecord, Vendor

MAX_SEARCH = 200
MAX_WORDS = 6
MAX_HITS = 8
MAX_OPTIONS = 30
LATEST_EDITS = 20


def permitted_hubs(actor: Actor) -> QuerySet[Hub]:
    """The hubs that an actor works at, archived ones included."""
    return reach(actor).of(Hub.objects.all())


def permitted_bins(actor: Actor) -> QuerySet[Bin]:
    """The bins of the hubs where an actor works, with their hub."""
    bins = Bin.objects.select_related("hub")
    return reach(actor).of(bins, place="hub")


def with_descendants(category: Category) -> set[int]:
    """The primary keys of a category and all its descendants."""
    children: dict[int | None, list[int]] = {}
    for key, parent in Category.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(key)
    found: set[int] = set()
    waiting = [category.pk]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting.extend(children.get(here, []))
    return found


def ancestors(category: Category) -> list[Category]:
    """The ancestors of a category, the root first."""
    everyone = Category.objects.in_bulk()
    above: list[Category] = []
    parent = category.parent_id
    while parent is not None and everyone[parent] not in above:
        above.append(everyone[parent])
        parent = everyone[parent].parent_id
    return above[::-1]


@dataclass(slots=True)
class Branch:
    """A category in the tree: its own number of items, and the branches below it."""

    category: Category
    items: int
    branches: list[Branch] = field(default_factory=list)


def category_tree(categories: Iterable[Category], *, items: dict[int, int]) -> list[Branch]:
    """The categories as a tree, ordered by code at each level. A category whose parent is not given is a root."""
    branches = {category.pk: Branch(category, items.get(category.pk, 0)) for category in categories}
    roots: list[Branch] = []
    for branch in sorted(branches.values(), key=lambda branch: branch.category.code):
        parent = branches.get(branch.category.parent_id or 0)
        (parent.branches if parent else roots).append(branch)
    return roots


def matching(text: str, *fields: str) -> Q:
    """A filter for rows where every word of `text` is in one of `fields`, in upper or lower case.

    For a code, pass the name of its key field: the word is then folded in the same way.
    """
    wanted = Q()
    for word in text.split()[:MAX_WORDS]:
        anywhere = Q()
        for name in fields:
            is_key = name.endswith("_key")
            anywhere |= Q(
                **({f"{name}__contains": fold_code(word)} if is_key else {f"{name}__icontains": word})
            )
        wanted &= anywhere
    return wanted


def matching_items(text: str) -> Q:
    """A filter for items by words of the SKU and name, or by a whole barcode."""
    barcode = Exists(Barcode.objects.filter(item=OuterRef("pk"), key=text))
    return matching(text, "sku_key", "name") | Q(barcode)


@dataclass(frozen=True, slots=True)
class Hits:
    """The results of a search, best first, at most eight of each noun."""

    items: Sequence[Item] = ()
    hubs: Sequence[Hub] = ()
    bins: Sequence[Bin] = ()
    vendors: Sequence[Vendor] = ()

    def __bool__(self) -> bool:
        return bool(self.items or self.hubs or self.bins or self.vendors)

    @property
    def only(self) -> Item | Hub | Bin | Vendor | None:
        """The hit, if there is exactly one."""
        found: list[Any] = [*self.items, *self.hubs, *self.bins, *self.vendors]
        return found[0] if len(found) == 1 else None


def search(act: Act, text: str) -> Hits:
    """Find items, hubs, bins and vendors by code, name or barcode; hubs and bins only where the actor works.

    An equal code comes first, then codes that start with the text, then all other matches. Text that cannot be in any
    record (empty, too long, with NUL) finds nothing.
    """
    wanted = text.strip()
    if (
        not wanted
        or len(wanted) > MAX_SEARCH
        or "\x00" in wanted
        or not act.actor.may(Permission.INVENTORY_VIEW)
    ):
        return Hits()
    hub, slash, place = (part.strip() for part in wanted.partition("/"))
    bins = permitted_bins(act.actor)
    at_address = (
        Q(hub__code_key=hub, code_key__startswith=fold_code(place))
        if slash
        else matching(wanted, "code_key", "name")
    )
    return Hits(
        items=_best(Item.objects.filter(matching_items(wanted)).select_related("category"), wanted, "sku"),
        hubs=_best(permitted_hubs(act.actor).filter(matching(wanted, "code_key", "name")), wanted, "code"),
        bins=_best(bins.filter(at_address), place if slash else wanted, "code", "hub__code"),
        vendors=_best(Vendor.objects.filter(matching(wanted, "code_key", "name")), wanted, "code"),
    )


def _best(rows: Rows, text: str, code: str, *then: str) -> list[Any]:
    rank = [Q(**{f"{code}_key": text}), Q(**{f"{code}_key__startswith": fold_code(text)})]
    return list(
        rows.annotate(is_it=rank[0], begins_so=rank[1]).order_by(
            "-is_it", "-begins_so", "archived_at", *then, code
        )[:MAX_HITS]
    )


def edits_since(record: MasterRecord, version: int, *, reader: Actor) -> list[Values]:
    """The changes of a record after `version`, oldest first, ready for JSON: by whom, when, field, from, to.

    Leaves out changes that concern a hub where the reader does not work, such as a reorder point there.
    """
    rows = Event.objects.filter(
        resource_type=record._meta.label_lower, resource_id=str(record.pk), outcome=Event.Outcome.ALLOWED
    )
    events = whole(rows, reader).order_by("-occurred_at", "-id")[:LATEST_EDITS]
    edits: list[Values] = []
    for event in reversed(events):
        for change in event.changes:
            before, after = change["before"], change["after"]
            if int(after.get("version") or 0) <= version:
                continue
            edits += [
                {
                    "field": name,
                    "from": before.get(name),
                    "to": value,
                    "by": event.actor_ref,
                    "at": event.occurred_at.isoformat(),
                }
                for name, value in after.items()
                if name != "version"
            ]
    return edits


def suggested_bins(bins: QuerySet[Bin], typed: str) -> QuerySet[Bin]:
    """The first active bins whose hub or code starts with the text (`HUB/BI` searches in that hub)."""
    if len(typed) > MAX_SEARCH or "\x00" in typed:
        return bins.none()
    hub, slash, place = (part.strip() for part in fold_code(typed).partition("/"))
    begins = Q(hub__code_key__startswith=hub)
    begins = begins & Q(code_key__startswith=place) if slash else begins | Q(code_key__startswith=hub)
    return bins.filter(begins, archived_at=None, hub__archived_at=None).order_by("hub__code", "code")[
        :MAX_OPTIONS
    ]
