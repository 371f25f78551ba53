"""What a refusal records besides its message: the remedy, who can apply it, and the facts of the decision.

`refusal.details` is shown to the person. `refusal.evidence` goes only into the event: the person's roles and hubs at
that moment, the records concerned as keys, the values entered in the refused fields, and facts that the rule itself
added (such as the ledger position at which stock was checked). Of names of people, addresses, notes and free text,
only the length is recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, cast

from django import forms
from django.db.models import Model

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.forms import DoorForm
from asora.kernel.ladder import MAX_LINES
from asora.kernel.plugs import plug
from asora.kernel.refusals import PermissionDenied, Reason, Refusal
from asora.kernel.remedies import remedy_of
from asora.kernel.shapes import ReadOnlyValues, Values

#: Fields whose text names no person and is not free text: codes, figures and days. Of all others only the length is
#: recorded. An app adds its own fields when it is ready.
KEPT_TEXTS: set[str] = {
    "at", "bin", "bin_code", "bins", "by", "categories", "category", "category_code",
    "code", "codes", "copies", "cost", "costing", "count", "currency", "day", "default_bin",
    "effective_on", "format", "from_plan", "hub", "hub_code", "hubs", "import_kind", "item",
    "items", "kind", "parent", "parent_code", "plan", "po_line", "position", "purpose",
    "quantity", "reason_code", "received_qty", "reference", "rejected_qty",
    "role_model", "since", "sku", "slug", "ticket", "time_zone", "to_bin", "to_bin_code",
    "to_hub", "to_hub_code", "to_plan", "tolerance", "unit", "unit_cost", "until", "vendor",
    "vendor_code",
}  # fmt: skip
#: Fields that accept only a number, a day, a choice or an id.
KEPT_FIELDS = (
    forms.DecimalField,
    forms.IntegerField,
    forms.DateField,
    forms.DateTimeField,
    forms.UUIDField,
    forms.BooleanField,
    forms.ChoiceField,
)
MASK = "[redacted]"
MAX_TYPED_LENGTH = 120


def complete(refusal: Refusal) -> None:
    """Add the remedy of each reason to a refusal that does not have one."""
    refusal.details.setdefault("remedy", str(remedy_of(refusal.reason).text))
    others = {
        reason: str(remedy_of(reason).text)
        for reason in sorted(_reasons(refusal) - {str(refusal.reason)})
        if reason in Reason.__members__
    }
    if others:
        refusal.details.setdefault("remedies", others)


def explain(
    act: Act, refusal: Refusal, *, form: DoorForm | None = None, values: ReadOnlyValues | None = None
) -> None:
    """Complete a refusal for its event: remedy, who can help, who was refused, the records and values concerned."""
    complete(refusal)
    if able := able_to_help(refusal):
        refusal.details.setdefault("who", able)
    standing = cast(Values, plug("standing")(act.actor))
    if isinstance(refusal, PermissionDenied):
        refusal.details.setdefault("roles", standing["roles"])
        refusal.details.setdefault("works_at", standing["hubs"])
        if holders := holders_of(refusal.details.get("permission", "")):
            refusal.details.setdefault("held_by", holders)
    found: Values = {**(form.evidence(refusal) if form else {}), **refusal.evidence}
    if "concerned" not in found:
        found["concerned"] = list(keys_in([values or {}, form.record if form else None]))
    if "typed" not in found:
        found["typed"] = {"fields": typed_fields(refusal, form, values or {})}
    found["concerned"] = keys.bounded(found["concerned"])
    found["typed"] = {place: typed for place, typed in found["typed"].items() if typed}
    found = {name: fact for name, fact in found.items() if fact}
    refusal.evidence = {"standing": standing, **found}


def able_to_help(refusal: Refusal) -> list[str]:
    """The roles that can apply the remedy of a refusal."""
    by: tuple[str, ...] = remedy_of(refusal.reason).by
    if refusal.reason is Reason.FOUR_EYES:
        by = (str(refusal.details.get("permission", "")),)
    return list(dict.fromkeys(role for permission in by for role in holders_of(permission)))


def typed_fields(refusal: Refusal, form: Any, values: ReadOnlyValues) -> Values:
    """The values entered in the refused fields of a form, or passed for the refused values of a call."""
    names = [name for name in refusal.details.get("fields", {}) if name != "__all__"]
    return {name: typed for name in names if (typed := _typed_field(name, form, values)) is not None}


def _typed_field(name: str, form: Any, values: ReadOnlyValues) -> object:
    if isinstance(form, forms.BaseForm) and name in form.fields:
        return typed_in(form, name)
    return shown(name, values[name]) if name in values else None


def typed_in(form: forms.BaseForm, name: str) -> object:
    """The value entered in one field of a form, as the event may record it."""
    field = form.fields[name]
    if isinstance(field.widget, forms.PasswordInput):
        return MASK
    value = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
    return shown(name, value, is_kept=is_kept(field) and _is_offered(field, value))


def _is_offered(field: forms.Field, value: object) -> bool:
    """Returns True if a choice field offers this value. Any other text sent there may be a person's name."""
    choices = getattr(field.widget, "choices", None)
    if choices is None:
        return True
    offered = {str(key) for key, label in choices if not isinstance(label, list | tuple)}
    offered |= {
        str(key) for _group, label in choices if isinstance(label, list | tuple) for key, _text in label
    }
    return all(str(one) in offered for one in (value if isinstance(value, list | tuple) else [value]))


def is_kept(field: forms.Field) -> bool:
    """Returns True if a field accepts only a number, a day, a choice or an id."""
    return isinstance(field, KEPT_FIELDS) or isinstance(field.widget, forms.Select)


def shown(name: str, value: object, *, is_kept: bool = False) -> object:
    """A value as the event may record it: itself, or the length of free text and names; lists entry by entry."""
    if isinstance(value, list | tuple | set | frozenset):
        return [shown(name, entry, is_kept=is_kept) for entry in islice(value, keys.MANY)]
    if isinstance(value, Model):
        return keys.of(value)
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if not text or is_kept or name in KEPT_TEXTS:
        return text[:MAX_TYPED_LENGTH]
    return {"length": len(text)}


def typed_lines(refusal: Refusal, cell: Any) -> dict[str, Values]:
    """The values in the refused fields of the refused lines. `cell(line, field)` gives the value, or None."""
    lines: dict[str, Values] = {}
    for line, entries in islice(refusal.details.get("lines", {}).items(), MAX_LINES):
        typed = {entry["field"]: cell(int(line), entry["field"]) for entry in entries if entry.get("field")}
        lines[str(line)] = {name: value for name, value in typed.items() if value is not None}
    return {line: typed for line, typed in lines.items() if typed}


def refused_lines(refusal: Refusal) -> set[int]:
    """The numbers of the refused lines; empty if the refusal concerns the whole file or form."""
    return {int(line) for line in refusal.details.get("lines", {})}


def keys_in(value: object) -> Iterator[str]:
    """The keys of all records in some values, also inside lists and mappings, and those of their `concerned()`."""
    if isinstance(value, Model):
        yield keys.of(value)
    elif callable(concerned := getattr(value, "concerned", None)):
        yield from concerned()
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from keys_in(entry)
    elif isinstance(value, list | tuple | set | frozenset):
        for entry in value:
            yield from keys_in(entry)


def _reasons(refusal: Refusal) -> set[str]:
    places: list[Mapping[str, Collection[Mapping[str, str]]]] = [
        refusal.details.get("fields", {}),
        refusal.details.get("lines", {}),
    ]
    return {entry["reason"] for place in places for entries in place.values() for entry in entries}


def holders_of(permission: str) -> list[str]:
    """The roles that have a permission here, or on the platform."""
    return cast(list[str], plug("holders")(permission)) if permission else []
