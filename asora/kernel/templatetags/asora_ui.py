"""The template tags of every page, loaded as `asora_ui`: those of the modules beside it, empty states and charts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from asora.kernel.error_guide import Guide, guide_of
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import ReadOnlyValues, Values
from asora.kernel.templatetags import badges, cells, charts, form_fields, icons, values
from asora.kernel.templatetags.icons import icon

register = template.Library()
for _part in (icons, values, badges, cells, form_fields):
    register.tags.update(_part.register.tags)
    register.filters.update(_part.register.filters)


@register.simple_block_tag(takes_context=True)
def empty_state(
    context: template.Context, content: str, heading: str, drawing: str = "package-open"
) -> SafeString:
    """The panel shown instead of an empty list. The block contains a sentence and buttons."""
    return format_html(
        '<div class="empty"><span class="empty-mark">{}</span><h2>{}</h2>{}</div>',
        icon(drawing, css="icon-large"),
        heading,
        content,
    )


@register.simple_tag
def error_guide(refusal: Refusal | ReadOnlyValues) -> Guide | None:
    """The entry of the error guide for a refusal, or for what is recorded of one (`Refusal.as_json`)."""
    if isinstance(refusal, Refusal):
        return guide_of(refusal.code, str(refusal.reason))
    return guide_of(str(refusal["code"]), str(refusal["reason"]))


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(
    series: Iterable[ReadOnlyValues], title: str, unit: str = "", up: str = "", down: str = ""
) -> Values:
    """Bars up and down per day. `series`: `{"day": date, "up": Decimal, "down": Decimal}`, none below 0."""
    return {
        "chart": charts.bars_up_and_down(series, unit=unit),
        "title": title,
        "unit": unit,
        "up": up or _("In"),
        "down": down or _("Out"),
        "width": charts.WIDTH,
        "height": charts.HEIGHT,
    }


@register.inclusion_tag("components/share_chart.html")
def share_chart(figures: Iterable[tuple[str, Decimal, str]], title: str, currency: str = "") -> Values:
    """Horizontal bars in a table. `figures`: `(label, value, address or "")` in display order."""
    return {"chart": charts.bars_across(figures, rest=_("Others")), "title": title, "currency": currency}


@register.inclusion_tag("components/usage.html")
def usage(label: str, used: int, limit: int | None) -> Values:
    """The usage of a plan limit. The colour changes at 80 %; a full one has the word "full"."""
    tone = "" if limit is None or used * 5 < limit * 4 else "ochre"
    is_full = limit is not None and used >= limit
    return {
        "label": label,
        "used": used,
        "limit": limit,
        "tone": tone,
        "value": min(used, limit or 0),
        "is_full": is_full,
    }
