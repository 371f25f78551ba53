"""The keys of an event's refusal as a reader may see them: records by their names, hubs that are not granted unnamed.

The trail stands below inventory, so it takes the models by their label.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse

from asora.kernel import binding
from asora.kernel.act import Actor

MAX_NAMED = 50
OPERATE_HUB = "inventory.operate_hub"


@dataclass(frozen=True, slots=True)
class Named:
    """A record that a refusal was about: what it is called, and where it is shown."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How records of one kind are found and shown: their model, and the route of their page with its arguments."""

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


def standing(actor: Actor, step: Mapping[str, Any]) -> dict[str, Any]:
    """Roles and hubs that somebody had when they were refused; hubs that the reader lacks are counted, not named."""
    said = step.get("standing") or {}
    if not said:
        return {}
    hubs = said.get("hubs")
    if not isinstance(hubs, list) or binding.schema_name() == binding.PUBLIC:
        return {"roles": said.get("roles"), "hubs": hubs, "unnamed": 0}
    rows = apps.get_model("inventory.Hub")._default_manager.filter(code__in=hubs)
    shown = sorted(hub.code for hub in rows if actor.may(OPERATE_HUB, hub))
    return {"roles": said.get("roles"), "hubs": shown, "unnamed": len(hubs) - len(shown)}


def concerned(actor: Actor, step: Mapping[str, Any]) -> list[Named]:
    """The records that a refusal was about, at most fifty; those of hubs that the reader lacks by their keys only."""
    keys = list(step.get("concerned") or ())[:MAX_NAMED]
    by_kind: dict[str, list[str]] = {}
    for key in keys:
        kind, _colon, number = str(key).partition(":")
        by_kind.setdefault(kind, []).append(number)
    names = {
        key: named for kind, numbers in by_kind.items() for key, named in _named(actor, kind, numbers).items()
    }
    return [names.get(key, Named(str(key))) for key in keys]


def _named(actor: Actor, kind: str, numbers: list[str]) -> dict[str, Named]:
    known = KINDS.get(kind)
    ids = [int(number) for number in numbers if number.isdecimal()]
    if known is None or not ids or binding.schema_name() == binding.PUBLIC:
        return {}
    rows = apps.get_model(known.model)._default_manager.filter(pk__in=ids)
    return {
        f"{kind}:{row.pk}": Named(getattr(row, "address", str(row)), _url(known, row))
        for row in rows
        if _may_see(actor, row)
    }


def _may_see(actor: Actor, row: Any) -> bool:
    """Hubs and their bins are for those who work there."""
    hub = row if row._meta.model_name == "hub" else getattr(row, "hub", None)
    return hub is None or actor.may(OPERATE_HUB, hub)


def _url(kind: _Kind, row: Any) -> str:
    try:
        return reverse(kind.route, args=kind.arguments(row))
    except NoReverseMatch:
        return ""
