"""The plan catalogue: the ceilings of every plan, in one table.

`None` means no ceiling. A resource names the counted model by its label, so that `plans` imports none of the contexts
above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from asora.kernel.refusals import Reason
from asora.kernel.shapes import ReadOnlyValues

VERSION = 1


@dataclass(frozen=True, slots=True)
class Resource:
    """What a ceiling counts: all rows of a model, or those of the current calendar month (UTC)."""

    name: str
    model: str
    reason: Reason
    monthly: str = ""  # the field that dates a row, when the ceiling is per month


RESOURCES: Mapping[str, Resource] = {
    resource.name: resource
    for resource in (
        Resource("items", "inventory.Item", Reason.PLAN_ITEMS),
        Resource("categories", "inventory.Category", Reason.PLAN_CATEGORIES),
        Resource("hubs", "inventory.Hub", Reason.PLAN_HUBS),
        Resource("bins", "inventory.Bin", Reason.PLAN_BINS),
        Resource("vendors", "inventory.Vendor", Reason.PLAN_VENDORS),
        Resource("exports", "ledger.Export", Reason.PLAN_EXPORTS, monthly="created_at"),
        Resource("integrations", "integrations.Endpoint", Reason.PLAN_INTEGRATIONS),
    )
}

#: The labels of the resources on a page.
LABELS: ReadOnlyValues = {
    "items": _("Items"),
    "categories": _("Categories"),
    "hubs": _("Hubs"),
    "bins": _("Bins"),
    "vendors": _("Vendors"),
    "exports": _("Exports this month (UTC)"),
    "integrations": _("Integrations"),
}

#: A number of each counted resource, for a sentence: `QUANTITIES["hubs"] % {"number": 1, "shown": "1"}`.
QUANTITIES: ReadOnlyValues = {
    "items": ngettext_lazy("%(shown)s item", "%(shown)s items", "number"),
    "categories": ngettext_lazy("%(shown)s category", "%(shown)s categories", "number"),
    "hubs": ngettext_lazy("%(shown)s hub", "%(shown)s hubs", "number"),
    "bins": ngettext_lazy("%(shown)s bin", "%(shown)s bins", "number"),
    "vendors": ngettext_lazy("%(shown)s vendor", "%(shown)s vendors", "number"),
    "exports": ngettext_lazy("%(shown)s export a month", "%(shown)s exports a month", "number"),
    "integrations": ngettext_lazy("%(shown)s endpoint", "%(shown)s endpoints", "number"),
}

CEILINGS: Mapping[str, Mapping[str, int | None]] = {
    "free": {
        "items": 100,
        "categories": 10,
        "hubs": 1,
        "bins": 20,
        "vendors": 10,
        "exports": 5,
        "integrations": 0,
    },
    "pro": {
        "items": 5_000,
        "categories": 200,
        "hubs": 10,
        "bins": 2_000,
        "vendors": 500,
        "exports": 500,
        "integrations": 5,
    },
    "enterprise": dict.fromkeys(
        ("items", "categories", "hubs", "bins", "vendors", "exports", "integrations"), None
    ),
}


def ceiling(*, plan: str, resource: str) -> int | None:
    """How many of `resource` a plan allows; `None`: no ceiling. An unknown plan allows nothing."""
    return CEILINGS[plan][resource] if plan in CEILINGS else 0
