"""Quantities, money, moments and days on pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

from django import template
from django.utils.formats import get_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from asora.kernel.templatetags import figures

register = template.Library()

NOTHING: SafeString = mark_safe('<span class="nothing" aria-hidden="true">\u2013</span>')


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
