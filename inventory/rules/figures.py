"""Decimal places, costs and reorder points."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from asora.kernel.numbers import NumberRefused, decimal_of, refuse_ambiguous
from asora.kernel.refusals import Reason
from asora.kernel.text import fold_code
from inventory.rules.broken import RuleBroken
from inventory.rules.codes import address_part

MAX_DECIMALS = 4
QUANTITY_DIGITS = 20
MONEY_DIGITS, MONEY_PLACES = 26, 6


def decimals(value: int | str) -> int:
    """How many decimal places an item's quantities have: 0 to 4. Breaks: INVALID_INPUT."""
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and int(text[:3]) <= MAX_DECIMALS):
        raise RuleBroken(_("Enter a whole number from 0 to %(most)s.") % {"most": MAX_DECIMALS})
    return int(text)


def standard_cost(value: Decimal | str) -> Decimal:
    """Money per unit, at least 0, up to 6 places; an empty text is 0. Breaks: INVALID_INPUT, COST_NEGATIVE."""
    if value == "":
        return Decimal(0)
    cost = _number(value, most_digits=MONEY_DIGITS, places=MONEY_PLACES)
    if cost < 0:
        raise RuleBroken(_("A cost cannot be negative."), reason=Reason.COST_NEGATIVE)
    return cost


def reorder_point(value: Decimal | str | None) -> Decimal | None:
    """A quantity of at least 0, or None. `fitting` checks its decimal places. Breaks: INVALID_INPUT."""
    if value is None or value == "":
        return None
    quantity = _number(value, most_digits=QUANTITY_DIGITS, places=MAX_DECIMALS)
    if quantity < 0:
        raise RuleBroken(_("A reorder point cannot be negative."))
    return quantity


def fitting(quantity: Decimal | None, *, places: int) -> Decimal | None:
    """A quantity with no more decimal places than its item.

    Breaks: QUANTITY_TOO_PRECISE; NUMBER_AMBIGUOUS: "1.000" may mean a thousand if the item has no decimal places.
    """
    if quantity is not None and not places:
        clear(quantity)
    if quantity is not None and quantity != quantity.quantize(Decimal(1).scaleb(-places)):
        raise RuleBroken(
            _("This item is kept with %(places)s decimal places.") % {"places": places},
            reason=Reason.QUANTITY_TOO_PRECISE,
        )
    return quantity


def clear(number: Decimal | None) -> Decimal | None:
    """A typed number that could not also mean a thousand times as much. Breaks: NUMBER_AMBIGUOUS."""
    try:
        if number is not None:
            refuse_ambiguous(number)
    except NumberRefused as refused:
        raise RuleBroken(str(refused), reason=refused.reason) from refused
    return number


def _number(value: Decimal | str, *, most_digits: int, places: int) -> Decimal:
    text = value if isinstance(value, str) else f"{value:f}"
    try:
        return decimal_of(text, most_digits=most_digits, places=places)
    except NumberRefused as refused:
        raise RuleBroken(str(refused), reason=refused.reason) from refused


def hub_reorder_points(text: str) -> tuple[tuple[str, Decimal], ...]:
    """`HUB=QUANTITY` pairs, separated by spaces, each hub once. Breaks: INVALID_INPUT."""
    points: dict[str, tuple[str, Decimal]] = {}
    for pair in text.split():
        hub, sign, number = pair.partition("=")
        quantity = reorder_point(number)
        if not sign or quantity is None:
            raise RuleBroken(_("Write a hub, an equals sign and a quantity, like NORTH=40."))
        if points.setdefault(fold_code(hub), (address_part(hub), quantity))[1] != quantity:
            raise RuleBroken(_("A hub has one reorder point only."))
    return tuple(points.values())
