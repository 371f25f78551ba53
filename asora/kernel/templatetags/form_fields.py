"""Fields of forms, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, ClearableFileInput, RadioSelect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from asora.kernel.days import DayField
from asora.kernel.shapes import Values

register = template.Library()


@register.simple_tag(takes_context=True)
def zone_of_days(context: template.Context, form: Any) -> str:
    """The tenant's time zone if the form has a day field; otherwise an empty text."""
    act = context.get("act")
    return (
        str(act.tenant.time_zone) if act and any(isinstance(bound.field, DayField) for bound in form) else ""
    )


@register.inclusion_tag("components/field.html", takes_context=True)
def field(
    context: template.Context,
    bound: BoundField,
    *,
    css: str = "",
    unit: str = "",
    label: str = "",
    hint: str = "",
) -> Values:
    """A whole form field: label, control, hint and error, connected for screen readers.

    The hint of a day field names the time zone.
    """
    widget = bound.field.widget
    hint = str(hint or bound.help_text)
    if zone := zone_of_days(context, [bound]):
        hint = " ".join(filter(None, [hint, _("Time zone: %(zone)s.") % {"zone": zone}]))
    parts = {"hint": hint, "error": bound.errors}
    described = " ".join(f"{bound.auto_id}_{part}" for part, text in parts.items() if text)
    grouped = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    return {
        "bound": bound,
        "control": bound.as_widget(
            attrs={"aria-describedby": described} if described and not grouped else {}
        ),
        "described": described,
        "css": css,
        "unit": unit,
        "label": label or bound.label,
        "hint": hint,
        "is_check": isinstance(widget, CheckboxInput),
        "is_group": grouped,
        "is_file": isinstance(widget, ClearableFileInput),
        "is_required": bound.field.required and not isinstance(widget, CheckboxInput),
    }


@register.simple_tag
def line_field(bound: BoundField, refusals: Sequence[Any] = ()) -> SafeString:
    """A control of a document line. Its label is visible if lines are shown as cards; its refusal is below the line."""
    attrs: dict[str, str | bool] = {"aria-describedby": f"{bound.form.prefix}_refusal"} if refusals else {}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return format_html(
        '<div class="field"><label for="{}">{}</label>{}</div>',
        bound.id_for_label,
        bound.label,
        bound.as_widget(attrs=attrs),
    )


@register.inclusion_tag("components/error_summary.html", takes_context=True)
def error_summary(context: template.Context, form: Any, refusal: Any = None) -> Values:
    """The errors of a form, each linked to its field."""
    fields = [bound for bound in form if bound.errors] if form is not None else []
    request_id = context.get("request_id", "")
    return {
        "form": form,
        "fields": fields,
        "refusal": refusal,
        "count": len(fields),
        "request_id": request_id,
    }
