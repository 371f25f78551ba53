"""Cells of a table that a `Listing` describes."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from asora.kernel.shapes import ReadOnlyValues
from asora.kernel.templatetags.badges import badge, quiet_badge
from asora.kernel.templatetags.values import NOTHING, day, moment, money, quantity

register = template.Library()


@register.simple_tag(takes_context=True)
def cell(context: template.Context, column: Any, row: Any) -> SafeString | str:
    """The content of one cell of a `Listing`, by the kind of its column."""
    value = column.value(row)
    shown = _shown(column, row, value, context)
    target = column.link(row) if column.link and value not in (None, "") else ""
    if target:
        return format_html('<a class="row-link" href="{}">{}</a>', target, shown)
    # A separate element, so that a code wraps only if it is wider than its column.
    return format_html("<span>{}</span>", shown) if column.kind == "code" else shown


def _shown(column: Any, row: Any, value: Any, context: template.Context) -> SafeString | str:
    match column.kind:
        case "badge" if not value:
            return ""  # the normal state has no badge
        case _ if value is None or value == "":
            return NOTHING
        case "quantity" | "ordinal":
            return quantity(value, column.decimals(row) if column.decimals else None)
        case "money":
            return money(value)
        case "kind":
            return quiet_badge(column.badges, value)
        case "moment":
            return moment(value)
        case "date":
            return day(value)
        case "flag":
            return format_html("{}", _("Yes") if value else _("No"))
        case "badge":
            return badge(column.badges, value)
    return format_html("{}", value)


@register.filter
def is_numeric(column: Any) -> bool:
    """Returns True if a column has numbers, which are aligned to the right."""
    return column.kind in ("quantity", "money", "ordinal")


@register.simple_tag
def figure_of(figures: ReadOnlyValues, name: str) -> object:
    """The figure with this column name."""
    return figures[name]
