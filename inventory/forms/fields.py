"""Form fields shared by several nouns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from asora.kernel.refusals import Reason
from asora.kernel.shapes import Rows, Values
from asora.kernel.text import fold_code
from inventory import rules
from inventory.models import Category, Hub
from inventory.queries import by_code


class RuledField(forms.CharField):
    """A text field checked by one of `inventory.rules`; its value is what the rule returns."""

    def __init__(self, *, rule: Callable[[str], Any], **options: Any) -> None:
        super().__init__(**options)
        self.rule = rule

    def clean(self, value: Any) -> Any:
        """The value that the rule returns. The error's code is the rule's reason."""
        text = super().clean(value)
        try:
            return self.rule(text) if text or not self.required else text
        except rules.RuleBroken as broken:
            raise ValidationError(broken.message, code=str(broken.reason)) from broken


class CodeSelect(forms.Select):
    """A select for codes. The initial value may be in another case than the choice."""

    def optgroups(self, name: str, value: Any, attrs: Values | None = None) -> Any:
        """The choices; the one equal to `value` is selected."""
        return super().optgroups(name, _Codes(value), attrs)


class _Codes(list[str]):
    """A list of codes whose `in` ignores case."""

    def __contains__(self, choice: object) -> bool:
        return super().__contains__(choice) or fold_code(str(choice)) in map(fold_code, self)


class CodeField(forms.ModelChoiceField):
    """A record chosen by its code, in upper or lower case."""

    widget = CodeSelect

    def __init__(self, queryset: Rows, **options: Any) -> None:
        super().__init__(queryset, to_field_name="code", **options)

    def label_from_instance(self, obj: Any) -> str:
        """Code and name."""
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
        """Also offer this category if it was archived after it was chosen."""
        if category is not None and category.is_archived:
            live: Any = self.queryset
            self.queryset = Category.objects.filter(pk=category.pk) | live


class HubField(CodeField):
    """A hub chosen by its code. The form sets the choices once it knows the user."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Hub.objects.none(), label=_("Hub"), **options)


def code_field(
    *, rule: Callable[[str], str] = rules.code, longest: int = rules.CODE_LENGTH, **options: Any
) -> RuledField:
    """A code or SKU that will never change."""
    hint = _("Cannot be changed later. Use letters, digits and . _ - & +")
    widget = forms.TextInput(attrs={"class": "is-code", "autocomplete": "off", "spellcheck": "false"})
    return RuledField(
        rule=rule, max_length=longest, widget=widget, **{"label": _("Code"), "help_text": hint} | options
    )


def name_field(**options: Any) -> RuledField:
    """The field for the name of a record."""
    given: Values = {
        "rule": rules.name,
        "label": _("Name"),
        "max_length": rules.NAME_LENGTH,
    } | options
    return RuledField(**given)


def figure_field(**options: Any) -> RuledField:
    """A number, entered as text: number inputs lose precision and change when the user scrolls."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return RuledField(widget=widget, max_length=40, required=False, **options)
