"""What events of postings record besides figures: what the checks read, what changed, at which hubs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from asora.kernel import keys
from asora.kernel.act import Act
from ledger.models import BinBalance
from ledger.posting.drafts import Draft, lines_of
from ledger.posting.kinds import REASONED
from ledger.posting.master_data import MasterData

REASONS = keys.setting("adjustment_reasons")


def checked(act: Act, drafts: Sequence[Draft], master_data: MasterData) -> None:
    """Record what the checks of these drafts read, and their hubs. Call it before anything is refused."""
    act.at_hubs(*(facts.hub_id for facts in master_data.bins.values()))
    act.reads(
        *keys.many("item", master_data.items),
        *keys.bins(master_data.bins, _hub_of_bin(master_data)),
        *keys.many("hub", sorted({facts.hub_id for facts in master_data.bins.values()})),
        *keys.many("vendor", master_data.vendors),
        *([REASONS] if any(draft.kind in REASONED for draft in drafts) else []),
        *_stock(drafts, master_data),
        *_sendings(drafts),
        *keys.many("posting", _reversed(drafts)),
    )


def moved(act: Act, drafts: Sequence[Draft], master_data: MasterData) -> None:
    """Record what these drafts have changed: stock, items whose unit is now fixed, and their submissions."""
    first = {line.item_id for line in lines_of(drafts) if not master_data.items[line.item_id].is_moved}
    act.touched(
        *_stock(drafts, master_data),
        *keys.many("item", sorted(first)),
        *_sendings(drafts),
        *keys.many("posting", _reversed(drafts)),
    )


def mirrored(act: Act, drafts: Sequence[Draft], master_data: MasterData) -> None:
    """Record what a reversal reads as well: its cost depends on the item's stock in all bins of the hub."""
    hub_of_bin = _hub_of_bin(master_data)
    rows = BinBalance.objects.filter(
        item__in={line.item_id for line in lines_of(drafts)}, bin__hub__in=set(hub_of_bin.values())
    ).values_list("item_id", "bin_id", "bin__hub_id")
    beside = {(item, bin_): hub for item, bin_, hub in rows.order_by("item_id", "bin_id")}
    places = hub_of_bin | {bin_: hub for (_item, bin_), hub in beside.items()}
    act.reads(*keys.stock(list(beside), places))


def _hub_of_bin(master_data: MasterData) -> dict[int, int]:
    return {bin_: facts.hub_id for bin_, facts in master_data.bins.items()}


def _stock(drafts: Sequence[Draft], master_data: MasterData) -> list[str]:
    held = dict.fromkeys((line.item_id, bin_) for line in lines_of(drafts) for bin_ in line.bins)
    return keys.stock(list(held), _hub_of_bin(master_data))


def _sendings(drafts: Sequence[Draft]) -> list[str]:
    """What can be posted only once: a file by its batch, a document by its submission."""
    sent = dict.fromkeys(
        f"batch:{draft.batch}" if draft.batch else f"submission:{draft.submission}" for draft in drafts
    )
    return keys.bounded(sent)


def _reversed(drafts: Iterable[Draft]) -> Collection[int]:
    return [draft.reverses for draft in drafts if draft.reverses is not None]
