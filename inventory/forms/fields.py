"""The fields that the forms of several nouns are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from asora.kernel.refusals import Reason
from asora.kernel.text import fold_code
from inventory import rules
from inventory.models import Category, Hub
from inventory.queries import by_code


class RuledField(forms.CharField):
    """A text that one of `inventory.rules` judges; its value is what the rule makes of it."""

    def __init__(self, *, rule: Callable[[str], Any], **options: Any) -> None:
        super().__init__(**options)
        self.rule = rule

    def clean(self, value: Any) -> Any:
        """The value as it is kept. The error's code is the rule's reason."""
        text = super().clean(value)
        try:
            return self.rule(text) if text or not self.required else text
        except rules.RuleBroken as broken:
            raise ValidationError(broken.message, code=str(broken.reason)) from broken


class CodeSelect(forms.Select):
    """Choose a code; one that an address or a form names in another case is chosen all the same."""

    def optgroups(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Any:
        """The choices, with the one that equals `value`."""
        return super().optgroups(name, _Codes(value), attrs)


class _Codes(list[str]):
    """Codes that a choice is among if it equals one of them."""

    def __contains__(self, choice: object) -> bool:
        return super().__contains__(choice) or fold_code(str(choice)) in map(fold_code, self)


class CodeField(forms.ModelChoiceField):
    """A record, chosen by its code, in upper or lower case."""

    widget = CodeSelect

    def __init__(self, queryset: QuerySet[Any], **options: Any) -> None:
        super().__init__(queryset, to_field_name="code", **options)

    def label_from_instance(self, obj: Any) -> str:
        """Code and name, as people know it."""
        return f"{obj.code} · {obj.name}"

    def to_python(self, value: Any) -> Any:
        """The record. Errors: INVALID_CHOICE, CODE_AMBIGUOUS."""
        if value in self.empty_values:
            return None
        rows: Any = self.queryset
        code = str(value)
        found = by_code(rows, [code])
        if found.is_ambiguous(code):
            reason, message = found.missing(code, Reason.CODE_AMBIGUOUS, "")
            raise ValidationError(message, code=str(reason))
        if (record := found.get(code)) is None:
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}
            )
        return record


class CategoryField(CodeField):
    """A live category, chosen by its code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Category.objects.filter(archived_at=None).order_by("code"), **options)

    def also_show(self, category: Category | None) -> None:
        """Keep a choice that was made before its category was archived."""
        if category is not None and category.is_archived:
            live: Any = self.queryset
            self.queryset = Category.objects.filter(pk=category.pk) | live


class HubField(CodeField):
    """A hub, chosen by its code; of which hubs, the form decides once it knows who asks."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Hub.objects.none(), label=_("Hub"), **options)


def code_field(
    *, rule: Callable[[str], str] = rules.code, longest: int = rules.CODE_LENGTH, **options: Any
) -> RuledField:
    """A code or SKU that will never change."""
    hint = _("Never changes. Letters, digits and . _ - & +")
    widget = forms.TextInput(attrs={"class": "is-code", "autocomplete": "off", "spellcheck": "false"})
    return RuledField(
        rule=rule, max_length=longest, widget=widget, **{"label": _("Code"), "help_text": hint} | options
    )


def name_field(**options: Any) -> RuledField:
    """What people call it."""
    given: dict[str, Any] = {
        "rule": rules.name,
        "label": _("Name"),
        "max_length": rules.NAME_LENGTH,
    } | options
    return RuledField(**given)


def figure_field(**options: Any) -> RuledField:
    """A number, typed as text: a number control loses exactness and changes by scrolling."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return RuledField(widget=widget, max_length=40, required=False, **options)
