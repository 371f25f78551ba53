"""The keys of gates and events (`asora.kernel.keys`) in words, as far as the reader may see their records."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.actors import Actor
from asora.kernel.shapes import StrOrPromise
from audit.explorer import naming
from audit.explorer.naming import Named

ALONE: Mapping[str, StrOrPromise] = {
    keys.PLAN: gettext_lazy("the plan"),
    keys.FREEZE: gettext_lazy("the freeze"),
    keys.TENANT: gettext_lazy("the company"),
    keys.COSTING: gettext_lazy("the costing method"),
    keys.ROLE_MODEL: gettext_lazy("the role model"),
}
#: `{of}`: the record's label, a person's pseudonym (shown by name with `{% named %}`) or the rest of the key.
OF: Mapping[str, StrOrPromise] = {
    "plan": gettext_lazy("{of} in use"),
    "person": gettext_lazy("the rights of {of}"),
    "role": gettext_lazy("the role {of}"),
    "setting": gettext_lazy("the setting {of}"),
    "hub": gettext_lazy("the hub {of}"),
    "item": gettext_lazy("the item {of}"),
    "category": gettext_lazy("the category {of}"),
    "bin": gettext_lazy("the bin {of}"),
    "vendor": gettext_lazy("the vendor {of}"),
    "count": gettext_lazy("the count {of}"),
    "posting": gettext_lazy("the posting {of}"),
    "batch": gettext_lazy("the import {of}"),
    "request": gettext_lazy("the requested adjustment {of}"),
    "submission": gettext_lazy("the form {of}"),
}


def in_words(actor: Actor, read: Collection[str]) -> dict[str, str]:
    """Each key in words. A record that is gone, or in a hub where the reader does not work, is named by its number."""
    places = [place for key in read for place in _places(key)]
    names = naming.named(actor, [*read, *places])
    return {key: _word(key, names) for key in read}


def _places(key: str) -> list[str]:
    kind, _colon, rest = key.partition(":")
    first, _colon, second = rest.partition(":")
    if kind == "stock":
        return [f"item:{first}", f"bin:{second}", f"hub:{second}"]
    return [f"hub:{second}"] if kind in {"grant", "bin"} and second else []


def _word(key: str, names: Mapping[str, Named]) -> str:
    kind, colon, rest = key.partition(":")
    first, _second_colon, second = rest.partition(":")
    if not colon:
        return str(ALONE.get(key, key))
    if kind == "grant":
        return _("the work of %(who)s at %(hub)s") % {"who": first, "hub": _label(f"hub:{second}", names)}
    if kind == "stock" and first != keys.EVERY:
        place = {"item": _label(f"item:{first}", names), "bin": _label(f"bin:{second}", names)}
        return _("the stock of %(item)s in %(bin)s") % place
    if first == keys.EVERY and second:
        return _("the stock or the bins of %(hub)s") % {"hub": _label(f"hub:{second}", names)}
    if first == keys.EVERY or kind not in OF:
        return key
    return str(OF[kind]).format(of=_label(key, names))


def _label(key: str, names: Mapping[str, Named]) -> str:
    return names[key].label if key in names else key.partition(":")[2]
