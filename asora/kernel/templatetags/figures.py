"""Exact decimals as text: with thousands separators, a real minus sign and no superfluous zeros. No floats."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

from django.utils.formats import get_format

MINUS = "\u2212"
PLUS = "+"
MONEY_PLACES = 2
HUNDREDTH = Decimal("0.01")
WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)  # enough digits for any number that the database can store


def digits(value: Decimal | int | str, *, places: int | None) -> tuple[str, str]:
    """The whole part (grouped, without sign) and the fraction (may be empty) of `value`.

    `places` is the minimum number of decimals. Further decimals are shown unless they are zero: a figure on a page is
    never rounded silently.
    """
    plain = format(Decimal(value).copy_abs(), "f")
    whole, _, fraction = plain.partition(".")
    fraction = fraction.rstrip("0").ljust(places or 0, "0")
    return _grouped(whole), fraction


def hundredths(value: Decimal | int | str) -> Decimal:
    """An amount with two decimal places, rounded half to even like the ledger."""
    return Decimal(value).quantize(HUNDREDTH, context=WIDE)


def signed_text(value: Decimal | int | str, *, places: int | None, show_plus: str = "") -> str:
    """`value` as plain text, for screen readers, titles and charts."""
    whole, fraction = digits(value, places=places)
    mark = get_format("DECIMAL_SEPARATOR") if fraction else ""
    return f"{sign(value, show_plus=show_plus)}{whole}{mark}{fraction}"


def sign(value: Decimal | int | str, *, show_plus: str = "") -> str:
    """A real minus for negative values, `show_plus` for positive ones, nothing for zero."""
    number = Decimal(value)
    if number < 0:
        return MINUS
    return show_plus if number > 0 else ""


def _grouped(whole: str) -> str:
    separator = get_format("THOUSAND_SEPARATOR") or "\u202f"
    head = len(whole) % 3 or 3
    return separator.join([whole[:head], *(whole[start : start + 3] for start in range(head, len(whole), 3))])
