"""Keys: short texts for what a gate read and what an event changed.

Gates and events use the same keys, so "what changed since this was refused" is an exact comparison. A record is
`<kind>:<id>`, a person `person:<pseudonym>`, the stock of an item in a bin `stock:<item>:<bin>`. More than `MANY`
keys of one kind are replaced by one key for all of them: per hub (`stock:*:<hub>`, `bin:*:<hub>`) if the kind belongs
to hubs, otherwise for the whole tenant (`item:*`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Model

    from asora.kernel.actors import Actor

#: The most keys of one kind that an event lists one by one.
MANY = 200
EVERY = "*"

PLAN, FREEZE, TENANT, COSTING, ROLE_MODEL = "plan", "freeze", "tenant", "costing", "role_model"


def of(record: Model) -> str:
    """The key of a record: `<kind>:<id>`, or the `trail_key` of its model."""
    own = getattr(record, "trail_key", None)
    return str(own) if own else f"{record._meta.model_name}:{record.pk}"


def hub_of(record: Model) -> Any:
    """The id of the record's hub (or of the hub itself); None if it belongs to no hub."""
    return record.pk if record._meta.model_name == "hub" else getattr(record, "hub_id", None)


def person(ref: str) -> str:
    """The key of a person: their role, whether they are active, and where they work."""
    return f"person:{ref}"


def grant(ref: str, place: Any) -> str:
    """The key of a person's work at a hub; on the public host: of their work for a tenant. `place`: its id."""
    return f"grant:{ref}:{place}"


def hub(place: Any) -> str:
    """The key of a hub, by its id."""
    return f"hub:{place}"


def plan(resource: str) -> str:
    """The key of the usage of a plan's ceiling."""
    return f"plan:{resource}"


def setting(name: str) -> str:
    """The key of a setting, or of a list that the tenant maintains."""
    return f"setting:{name}"


def access(session: Any) -> str:
    """The key of an access session of support, by its id."""
    return f"access:{session}"


def ticket(id_: Any) -> str:
    """The key of a ticket of the support desk, by its id."""
    return f"ticket:{id_}"


def of_actor(actor: Actor) -> list[str]:
    """The keys that the permitted gate reads about the actor."""
    return [person(actor.ref), *(f"role:{name}" for name in actor.roles), ROLE_MODEL]


def at_hub(actor: Actor, place: Any) -> list[str]:
    """The keys that the hub check reads about the actor at `place`, the id of a hub."""
    return [person(actor.ref), grant(actor.ref, place), hub(place)]


def many(kind: str, ids: Collection[Any]) -> list[str]:
    """The keys of records that belong to no hub."""
    return [f"{kind}:{EVERY}"] if len(ids) > MANY else [f"{kind}:{id_}" for id_ in ids]


def bins(ids: Collection[int], hub_of_bin: Mapping[int, int]) -> list[str]:
    """The keys of bins; `hub_of_bin`: bin to hub, by id."""
    if len(ids) > MANY:
        return [f"bin:{EVERY}:{place}" for place in sorted({hub_of_bin[id_] for id_ in ids})]
    return [f"bin:{id_}" for id_ in ids]


def stock(places: Collection[tuple[int, int]], hub_of_bin: Mapping[int, int]) -> list[str]:
    """The keys of the stock of items in bins; `places`: pairs of item id and bin id."""
    if len(places) > MANY:
        return [f"stock:{EVERY}:{hub}" for hub in sorted({hub_of_bin[bin_] for _item, bin_ in places})]
    return [f"stock:{item}:{bin_}" for item, bin_ in places]


def bounded(keys: Iterable[str]) -> list[str]:
    """The keys in order, each once; if there are too many of one kind, only `<kind>:*`."""
    named = list(dict.fromkeys(keys))
    if len(named) <= MANY:
        return named
    often = Counter(key.partition(":")[0] for key in named)
    many_of = {kind for kind, count in often.items() if count > MANY}
    kinds = ((key.partition(":")[0], key) for key in named)
    return list(dict.fromkeys(f"{kind}:{EVERY}" if kind in many_of else key for kind, key in kinds))


def covering(keys: Iterable[str], hub_of_bin: Mapping[int, int]) -> set[str]:
    """The keys, and the keys with `*` that include one of them."""
    return {cover for key in keys for cover in _covers(key, hub_of_bin)}


def meet(read: Iterable[str], touched: Iterable[str], hub_of_bin: Mapping[int, int]) -> set[str]:
    """The keys of `read` that are also in `touched`. A key with `*` on either side includes the single keys."""
    named = set(touched)
    covers = {key: _covers(key, hub_of_bin) for key in named}
    return {
        key
        for key in read
        if named & _covers(key, hub_of_bin) or any(key in cover for cover in covers.values())
    }


def _covers(key: str, hub_of_bin: Mapping[int, int]) -> set[str]:
    """A key, and the keys with `*` that include it."""
    kind, _, rest = key.partition(":")
    if not rest:
        return {key}
    covers = {key, f"{kind}:{EVERY}"}
    bin_ = rest.rpartition(":")[2]
    if kind in {"stock", "bin"} and not rest.startswith(EVERY) and bin_.isdecimal():
        covers.add(f"{kind}:{EVERY}:{hub_of_bin.get(int(bin_))}")
    return covers
