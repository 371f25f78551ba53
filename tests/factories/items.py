"""The category and the hub that tests use when they do not care which."""

from __future__ import annotations

from inventory.models import Category, Hub


def default_category() -> Category:
    """The category of every item that the tests do not file elsewhere."""
    return Category.objects.get_or_create(code="GOODS", defaults={"name": "Goods"})[0]


def default_hub() -> Hub:
    """The hub of every bin that the tests do not put elsewhere."""
    return Hub.objects.get_or_create(code="NORTH", defaults={"name": "Northgate"})[0]
