"""Template tags for pages: icons, figures, moments, fields, badges, charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, ClearableFileInput, RadioSelect
from django.utils.formats import get_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from lucide.templatetags.lucide import lucide

from asora.kernel.days import DayField
from asora.kernel.templatetags import charts, figures

register = template.Library()

KINDS: dict[str, tuple[Any, str, str]] = {
    "receipt": (pgettext_lazy("posting kind", "Receipt"), "arrow-down-to-line", "green"),
    "issue": (pgettext_lazy("posting kind", "Issue"), "arrow-up-from-line", "blue"),
    "transfer": (pgettext_lazy("posting kind", "Transfer"), "arrow-left-right", "blue"),
    "adjustment": (pgettext_lazy("posting kind", "Adjustment"), "sliders-horizontal", "ochre"),
    "count": (pgettext_lazy("posting kind", "Count"), "clipboard-check", "plum"),
    "reversal": (pgettext_lazy("posting kind", "Reversal"), "undo-2", "brick"),
}
OUTCOMES: dict[str, tuple[Any, str, str]] = {
    "allowed": (gettext_lazy("Allowed"), "check", "green"),
    "refused": (gettext_lazy("Refused"), "shield", "ochre"),
    "failed": (gettext_lazy("Failed"), "triangle-alert", "brick"),
    "noop": (gettext_lazy("Nothing to do"), "equal", ""),
}
STATES: dict[str, tuple[Any, str, str]] = {
    "active": (gettext_lazy("Active"), "check", "green"),
    "archived": (gettext_lazy("Archived"), "archive", ""),
    "eligible": (gettext_lazy("Eligible"), "check", "green"),
    "ineligible": (gettext_lazy("Not eligible"), "ban", "brick"),
    "ready": (gettext_lazy("Ready"), "check", "green"),
    "deactivated": (gettext_lazy("Deactivated"), "user-x", ""),
    "waiting": (gettext_lazy("Waiting"), "hourglass", ""),
    "expired": (gettext_lazy("Expired"), "timer-off", "ochre"),
    "withdrawn": (gettext_lazy("Withdrawn"), "ban", ""),
    "open": (gettext_lazy("Open"), "check", "green"),
    "frozen": (gettext_lazy("Frozen"), "snowflake", "blue"),
    "unopened": (gettext_lazy("Not opened yet"), "circle-dashed", "ochre"),
    "missing": (gettext_lazy("Schema missing"), "triangle-alert", "brick"),
    "completed": (gettext_lazy("Completed"), "check", "green"),
    "abandoned": (gettext_lazy("Abandoned"), "x", ""),
    "running": (gettext_lazy("Running"), "loader-circle", "blue"),
    "done": (gettext_lazy("Done"), "check", "green"),
    "failed": (gettext_lazy("Failed"), "triangle-alert", "brick"),
    "refused": (gettext_lazy("Refused"), "shield", "ochre"),
    "requested": (gettext_lazy("Waiting"), "inbox", "ochre"),
    "posted": (gettext_lazy("Posted"), "check", "green"),
    "new": (gettext_lazy("Would be created"), "plus", "green"),
    "unchanged": (gettext_lazy("No change"), "equal", ""),
    "fresh": (gettext_lazy("Would be posted"), "check", "green"),
    "known": (gettext_lazy("Already in the ledger"), "equal", ""),
    "taken_back": (gettext_lazy("Reversed"), "undo-2", ""),
    "left_out": (gettext_lazy("Left out"), "ban", "ochre"),
    "passed_over": (gettext_lazy("Nothing to receive"), "undo-2", ""),
    "declined": (gettext_lazy("Declined"), "x", ""),
}
NOTHING: SafeString = mark_safe('<span class="nothing" aria-hidden="true">\u2013</span>')


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A Lucide icon, hidden from screen readers because the text or label beside it has the same meaning."""
    return _icon(str(name), f"icon {css}".strip())


@lru_cache(maxsize=256)
def _icon(name: str, css: str) -> SafeString:
    drawn = lucide(name, size=16, **{"class": css, "aria-hidden": "true", "focusable": "false"})
    # The SVG comes from a package and the class from one of our templates, so both are safe.
    return mark_safe(drawn.replace('stroke-width="2"', "", 1).strip())  # noqa: S308


@register.simple_tag
def quantity(
    value: Decimal | int | None, decimals: int | None = None, unit: str = "", *, signed: bool = False
) -> SafeString:
    """A quantity with at least `decimals` places and its unit in grey. `signed`: shows a plus for positive ones."""
    if value is None or value == "":
        return NOTHING
    text = figures.signed_text(value, places=decimals, show_plus=figures.PLUS if signed else "")
    return format_html('<span class="quantity{}">{}{}</span>', _sign_class(value), text, _unit(unit))


@register.simple_tag
def quantities(per_unit: Iterable[tuple[str, Decimal]], *, signed: bool = False) -> SafeString:
    """Quantities of several units, side by side (`1,204 EA · 35.5 kg`): different units are never added up."""
    shown = [(quantity(value, None, unit, signed=signed),) for unit, value in per_unit]
    if not shown:
        return NOTHING
    return format_html(
        '<span class="quantities">{}</span>', format_html_join(" · ", '<span class="nowrap">{}</span>', shown)
    )


@register.simple_tag
def money(value: Decimal | int | None, currency: str = "") -> SafeString:
    """An amount of money, rounded to two decimal places. If that changes the amount, the exact one is the title."""
    if value is None or value == "":
        return NOTHING
    shown = figures.hundredths(value)
    text = figures.signed_text(shown, places=figures.MONEY_PLACES)
    exact = "" if shown == Decimal(value) else figures.signed_text(value, places=figures.MONEY_PLACES)
    return format_html(
        '<span class="money{}"{}>{}{}</span>',
        _sign_class(value),
        format_html(' title="{}"', exact) if exact else "",
        text,
        _unit(currency),
    )


@register.simple_tag
def cost(value: Decimal | int | None, currency: str = "") -> SafeString:
    """The exact cost of one unit; digits after the second decimal place are shown in grey."""
    if value is None or value == "":
        return NOTHING
    whole, fraction = figures.digits(value, places=figures.MONEY_PLACES)
    loud, fine = fraction[: figures.MONEY_PLACES], fraction[figures.MONEY_PLACES :]
    return format_html(
        '<span class="money{}">{}{}{}{}{}{}</span>',
        _sign_class(value),
        figures.sign(value),
        whole,
        get_format("DECIMAL_SEPARATOR"),
        loud,
        format_html('<span class="fine">{}</span>', fine),
        _unit(currency),
    )


def _unit(word: str) -> SafeString | str:
    return format_html(' <span class="unit">{}</span>', word) if word else ""


def _sign_class(value: Decimal | int) -> str:
    if not value:
        return " is-zero"
    return " is-negative" if Decimal(value) < 0 else ""


@register.simple_tag
def moment(value: datetime | None) -> SafeString:
    """A point in time: UTC from the server, local time in the browser with UTC on hover (local_time.js)."""
    if value is None:
        return NOTHING
    utc = value.astimezone(UTC)
    return format_html(
        '<time datetime="{}" data-moment class="nowrap">{}</time>',
        utc.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        f"{utc:%Y-%m-%d %H:%M} UTC",
    )


@register.simple_tag
def day(value: date | None) -> SafeString:
    """A calendar day: ISO from the server, in the user's format in the browser. It is never converted between zones."""
    if value is None:
        return NOTHING
    return format_html('<time datetime="{0}" data-day class="nowrap">{0}</time>', value.isoformat())


@register.simple_tag
def kind_badge(kind: str) -> SafeString:
    """The kind of a posting as icon and word, in a quiet style for long lists."""
    word, drawing, tone = KINDS.get(str(kind), (kind, "circle", ""))
    return format_html('<span class="kind" data-tone="{}">{}{}</span>', tone, icon(drawing), word)


@register.simple_tag
def outcome_badge(outcome: str) -> SafeString:
    """The outcome of an action as icon, word and colour."""
    return _badge(OUTCOMES.get(str(outcome), (outcome, "", "")))


@register.simple_tag
def state_badge(state: str) -> SafeString:
    """The state of a record as icon, word and colour (the keys of `STATES`)."""
    return _badge(STATES.get(str(state), (state, "", "")))


def _badge(parts: tuple[Any, str, str]) -> SafeString:
    word, drawing, tone = parts
    return format_html(
        '<span class="badge" data-tone="{}">{}{}</span>', tone, icon(drawing) if drawing else "", word
    )


@register.simple_tag
def copyable(text: object) -> SafeString:
    """A code with a button that copies it. The button is shown only if scripts run."""
    return format_html(
        '<span class="copyable"><code>{0}</code><button type="button" data-copy="{0}" data-needs-script'
        ' aria-label="{1}" title="{1}">{2}{3}</button></span>',
        text,
        _("Copy"),
        icon("copy"),
        icon("check", css="copied"),
    )


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
) -> dict[str, Any]:
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
def error_summary(context: template.Context, form: Any, refusal: Any = None) -> dict[str, Any]:
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
            return kind_badge(value)
        case "moment":
            return moment(value)
        case "date":
            return day(value)
        case "flag":
            return format_html("{}", _("Yes") if value else _("No"))
        case "badge":
            return _badge((OUTCOMES | STATES | KINDS).get(str(value), (value, "", "")))
    return format_html("{}", value)


@register.filter
def is_numeric(column: Any) -> bool:
    """Returns True if a column has numbers, which are aligned to the right."""
    return column.kind in ("quantity", "money", "ordinal")


@register.simple_tag
def figure_of(figures: Mapping[str, Any], name: str) -> Any:
    """The figure with this column name."""
    return figures[name]


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


@register.inclusion_tag("components/bar_chart.html")
def bar_chart(
    series: Iterable[Mapping[str, Any]], title: str, unit: str = "", up: str = "", down: str = ""
) -> dict[str, Any]:
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
def share_chart(
    figures: Iterable[tuple[str, Decimal, str]], title: str, currency: str = ""
) -> dict[str, Any]:
    """Horizontal bars in a table. `figures`: `(label, value, address or "")` in display order."""
    return {"chart": charts.bars_across(figures, rest=_("Others")), "title": title, "currency": currency}


@register.inclusion_tag("components/usage.html")
def usage(label: str, used: int, limit: int | None) -> dict[str, Any]:
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
