"""Everything that a playbook reads in the tenant for one investigation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from asora.accounts.models import User
from asora.kernel.shapes import ReadOnlyValues
from asora.kernel.text import fold_code
from integrations.endpoints.models import Endpoint
from inventory.models import Bin, Hub, Item
from support.investigations.conditions import EXPORT
from support.investigations.readings.exports import Exports, read_exports
from support.investigations.readings.integrations import Integration, read_integration
from support.investigations.readings.quantity import Quantity, read_quantity
from support.investigations.rules import Linked
from support.investigations.scope import Scope


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read; None: the investigation is not about it."""

    quantity: Quantity | None = None
    exports: Exports | None = None
    integration: Integration | None = None

    def facts(self) -> Mapping[str, ReadOnlyValues]:
        """What conditions read, by the name of the reading."""
        found = {"quantity": self.quantity, "export": self.exports, "integration": self.integration}
        return {name: reading.facts() for name, reading in found.items() if reading is not None}


def read_tenant(scope: Scope, links: Sequence[Linked]) -> Readings:
    """Read what the scope and the linked events are about. Inside the tenant only."""
    return Readings(
        quantity=read_quantity(scope) if scope.item else None,
        exports=read_exports(links) if any(link.action == EXPORT for link in links) else None,
        integration=read_integration(scope) if scope.integration else None,
    )


def unknown_in(scope: Scope) -> str:
    """The first field of a scope that names nothing in the tenant; empty if all do. Inside the tenant only."""
    if scope.item and not Item.objects.filter(sku_key=fold_code(scope.item)).exists():
        return "item"
    if scope.hub and not Hub.objects.filter(code_key=fold_code(scope.hub)).exists():
        return "hub"
    if scope.bin and not _bins(scope).exists():
        return "bin"
    if scope.integration and not Endpoint.objects.filter(name_key=fold_code(scope.integration)).exists():
        return "integration"
    if scope.person and not User.objects.filter(ref=scope.person).exists():
        return "person"
    return ""


def _bins(scope: Scope) -> QuerySet[Bin]:
    rows = Bin.objects.filter(code_key=fold_code(scope.bin))
    return rows.filter(hub__code_key=fold_code(scope.hub)) if scope.hub else rows
