"""Shows the keys of a refused event to a reader: records by name, but no names from hubs where they do not work.

Audit is on a lower floor than inventory and must not import it, so models are looked up by their label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from asora.kernel.reach import reach
from asora.kernel.shapes import ReadOnlyValues, Values
from audit.explorer.formats.document import Source

MAX_NAMED = 50
OPERATE_HUB = Permission.INVENTORY_OPERATE_HUB


@dataclass(frozen=True, slots=True)
class Named:
    """A record concerned by a refusal: its label, and the URL of its page."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How to find records of one kind: their model, and the route of their page with its arguments."""

    model: str
    route: str
    arguments: Callable[[Any], list[str]]


KINDS: Mapping[str, _Kind] = {
    "item": _Kind("inventory.Item", "inventory:item-detail", lambda item: [item.sku]),
    "vendor": _Kind("inventory.Vendor", "inventory:vendor-detail", lambda vendor: [vendor.code]),
    "category": _Kind("inventory.Category", "inventory:category-detail", lambda category: [category.code]),
    "hub": _Kind("inventory.Hub", "inventory:hub-detail", lambda hub: [hub.code]),
    "bin": _Kind("inventory.Bin", "inventory:bin-detail", lambda bin_: [bin_.hub.code, bin_.code]),
}


def standing(actor: Actor, step: ReadOnlyValues) -> Values:
    """The refused person's roles and hubs at that time. Hubs where the reader does not work are counted, not named."""
    recorded = step.get("standing") or {}
    if not recorded:
        return {}
    hubs = recorded.get("hubs")
    if not isinstance(hubs, list) or binding.schema_name() == binding.PUBLIC:
        return {"roles": recorded.get("roles"), "hubs": hubs, "unnamed": 0}
    rows = apps.get_model("inventory.Hub")._default_manager.filter(code__in=hubs)
    shown = sorted(hub.code for hub in rows if actor.may(OPERATE_HUB, hub))
    return {"roles": recorded.get("roles"), "hubs": shown, "unnamed": len(hubs) - len(shown)}


def hubs_of(actor: Actor) -> list[tuple[str, str]]:
    """The hubs where a reader works, by code, with their names; none on the public host."""
    if binding.schema_name() == binding.PUBLIC:
        return []
    rows = reach(actor).of(apps.get_model("inventory.Hub")._default_manager.order_by("code"))
    return [(hub.code, f"{hub.code} · {hub.name}") for hub in rows]


def source(act: Act) -> Source:
    """The source of the documents that a reader copies or exports."""
    is_everywhere = reach(act.actor).is_everywhere or binding.schema_name() == binding.PUBLIC
    hubs = None if is_everywhere else frozenset(code for code, _name in hubs_of(act.actor))
    return Source(act.tenant.slug, hubs)


def concerned(actor: Actor, step: ReadOnlyValues) -> list[Named]:
    """The records of a refusal, at most fifty. Those in hubs where the reader does not work are shown only by key."""
    keys = [str(key) for key in list(step.get("concerned") or ())[:MAX_NAMED]]
    names = named(actor, keys)
    return [names.get(key, Named(key)) for key in keys]


def named(actor: Actor, keys: Iterable[str]) -> dict[str, Named]:
    """The records behind keys, by key, as far as they still exist and the reader works at their hubs."""
    by_kind: dict[str, list[str]] = {}
    for key in keys:
        kind, _colon, number = key.partition(":")
        by_kind.setdefault(kind, []).append(number)
    return {
        key: found for kind, numbers in by_kind.items() for key, found in _named(actor, kind, numbers).items()
    }


def _named(actor: Actor, kind: str, numbers: list[str]) -> dict[str, Named]:
    known = KINDS.get(kind)
    ids = [int(number) for number in numbers if number.isdecimal()]
    if known is None or not ids or binding.schema_name() == binding.PUBLIC:
        return {}
    rows = apps.get_model(known.model)._default_manager.filter(pk__in=ids)
    may_open = actor.may(Permission.INVENTORY_VIEW)
    return {
        f"{kind}:{row.pk}": Named(getattr(row, "address", str(row)), _url(known, row) if may_open else "")
        for row in rows
        if _may_see(actor, row)
    }


def _may_see(actor: Actor, row: Any) -> bool:
    """Returns True unless the row is a hub, or belongs to a hub, where the reader does not work."""
    hub = row if row._meta.model_name == "hub" else getattr(row, "hub", None)
    return hub is None or actor.may(OPERATE_HUB, hub)


def _url(kind: _Kind, row: Any) -> str:
    try:
        return reverse(kind.route, args=kind.arguments(row))
    except NoReverseMatch:
        return ""
