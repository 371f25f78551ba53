"""Says of an export what is sent of it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.events.models import Event
from integrations.types.definition import Described, Describers
from integrations.types.exports.event_types import MADE
from integrations.types.exports.fields import ExportMade
from inventory.models import Hub
from ledger.models import Export


def made(event: Event) -> Iterator[Described]:
    """A new export."""
    export = Export.objects.get(pk=event.export_ref)
    codes = tuple(export.parameters["hubs"])
    data = ExportMade(
        hub_ids=frozenset(Hub.objects.filter(code__in=codes).values_list("pk", flat=True)),
        export=export.pk,
        report=export.report,
        file_name=export.file_name,
        format=export.format,
        position=export.position,
        hubs_of_report=codes,
        rows=export.rows,
        rows_sha256=export.rows_sha256,
        file_sha256=export.file_sha256,
    )
    yield Described(type=MADE.name, subject=f"exports/{export.pk}", data=data)


DESCRIBERS: Describers = {"ledger.export.create": (made, (MADE,))}
