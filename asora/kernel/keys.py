"""Keys: the words in which a gate says what it read, and an event what it changed.

Both use the same words, so that "what changed since this was refused" is a comparison and no guess (audit.md, "Event").
A record is `<kind>:<id>`, a person `person:<pseudonym>`, what an item has in a bin `stock:<item>:<bin>`. More than
`MANY` keys of one kind become one that stands for all of them: of a hub (`stock:*:<hub>`, `bin:*:<hub>`) where there is
one, and of the whole tenant (`item:*`) otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

    from asora.kernel.act import Actor

#: Keys of one kind that an event names one by one.
MANY = 200
EVERY = "*"

PLAN, FREEZE, TENANT, COSTING, ROLE_MODEL = "plan", "freeze", "tenant", "costing", "role_model"


def of(record: Model) -> str:
    """The key of a record: `<kind>:<id>`, unless its model says otherwise (`trail_key`)."""
    own = getattr(record, "trail_key", None)
    return str(own) if own else f"{record._meta.model_name}:{record.pk}"


def hub_of(record: Model) -> Any:
    """The id of the hub that a record is or belongs to; None if it is of no hub."""
    return record.pk if record._meta.model_name == "hub" else getattr(record, "hub_id", None)


def person(ref: str) -> str:
    """A person, and whatever of theirs decides: role, whether active, where they work."""
    return f"person:{ref}"


def grant(ref: str, place: Any) -> str:
    """That a person works at a hub; on the public host: manages a tenant. `place`: its id."""
    return f"grant:{ref}:{place}"


def hub(place: Any) -> str:
    """A hub, by its id."""
    return f"hub:{place}"


def plan(resource: str) -> str:
    """What is used of a plan's ceiling."""
    return f"plan:{resource}"


def setting(name: str) -> str:
    """A setting, or a list that the tenant keeps."""
    return f"setting:{name}"


def of_actor(actor: Actor) -> list[str]:
    """What the gate of permissions reads of whoever acts."""
    return [person(actor.ref), *(f"role:{name}" for name in actor.roles), ROLE_MODEL]


def at_hub(actor: Actor, place: Any) -> list[str]:
    """What the gate of hubs reads of whoever acts at `place`, the id of a hub."""
    return [person(actor.ref), grant(actor.ref, place), hub(place)]


def many(kind: str, ids: Collection[Any]) -> list[str]:
    """The keys of records that are of no hub."""
    return [f"{kind}:{EVERY}"] if len(ids) > MANY else [f"{kind}:{id_}" for id_ in ids]


def bins(ids: Collection[int], hub_of_bin: Mapping[int, int]) -> list[str]:
    """The keys of bins; `hub_of_bin`: bin to hub, by id."""
    if len(ids) > MANY:
        return [f"bin:{EVERY}:{place}" for place in sorted({hub_of_bin[id_] for id_ in ids})]
    return [f"bin:{id_}" for id_ in ids]


def stock(held: Collection[tuple[int, int]], hub_of_bin: Mapping[int, int]) -> list[str]:
    """The keys of what items have in bins; `held`: item and bin, by id."""
    if len(held) > MANY:
        return [f"stock:{EVERY}:{place}" for place in sorted({hub_of_bin[bin_] for _item, bin_ in held})]
    return [f"stock:{item}:{bin_}" for item, bin_ in held]


def bounded(keys: Iterable[str]) -> list[str]:
    """Keys in the order in which they were first named; of a kind that is named too often only `<kind>:*`."""
    named = list(dict.fromkeys(keys))
    if len(named) <= MANY:
        return named
    often = Counter(key.partition(":")[0] for key in named)
    many_of = {kind for kind, count in often.items() if count > MANY}
    kinds = ((key.partition(":")[0], key) for key in named)
    return list(dict.fromkeys(f"{kind}:{EVERY}" if kind in many_of else key for kind, key in kinds))


def covering(keys: Iterable[str], hub_of_bin: Mapping[int, int]) -> set[str]:
    """The keys, and those that stand for many and mean one of them too."""
    return {cover for key in keys for cover in _covers(key, hub_of_bin)}


def meet(read: Iterable[str], touched: Iterable[str], hub_of_bin: Mapping[int, int]) -> set[str]:
    """Which of the keys `read` are among the keys `touched`, whichever of them stand for many."""
    named = set(touched)
    covers = {key: _covers(key, hub_of_bin) for key in named}
    return {
        key
        for key in read
        if named & _covers(key, hub_of_bin) or any(key in cover for cover in covers.values())
    }


def _covers(key: str, hub_of_bin: Mapping[int, int]) -> set[str]:
    """A key, and whatever key means it among others."""
    kind, _, rest = key.partition(":")
    if not rest:
        return {key}
    covers = {key, f"{kind}:{EVERY}"}
    bin_ = rest.rpartition(":")[2]
    if kind in {"stock", "bin"} and not rest.startswith(EVERY) and bin_.isdecimal():
        covers.add(f"{kind}:{EVERY}:{hub_of_bin.get(int(bin_))}")
    return covers
