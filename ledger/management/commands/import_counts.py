"""`manage.py import_counts FILE --tenant SLUG`: load counted stock through the product's actions, one count per hub."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import ngettext
from django_tenants.utils import tenant_context

from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from ledger.counts.actions.approval import approve_count
from ledger.counts.actions.counting import record_counts, submit_count
from ledger.counts.actions.opening import open_count
from ledger.counts.actions.review_checks import needs_other_eyes
from ledger.counts.csv_reader import CountFile, read_counts
from ledger.counts.figures import Figure
from ledger.counts.queries.review import review_of
from ledger.counts.queries.sheets import uncounted_lines
from ledger.models import CountSession, Entry
from plans.models import Tenant


class Command(BaseCommand):
    help = (
        "Load counted stock (hub_code,bin_code,sku,counted_qty) as one count per hub, and post each count. In the "
        "segregated role model each count is only handed in, and a person approves it. Loading the same file again "
        "changes nothing. The last line of output is a JSON object of totals. Exit status 2 if a line is refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and the tenant."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", required=True, help="the tenant's name in addresses")

    def handle(self, *args: object, **options: Any) -> None:
        """Load hub by hub; the totals so far are printed even if something is refused."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is not a file.", returncode=2)
        tenant = Tenant.objects.customers().reachable().filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.", returncode=2)
        totals: Values = {"tenant": tenant.slug, "sessions": 0, "approved": 0, "already_posted": 0}
        try:
            with tenant_context(tenant):
                self._load(tenant, read_counts(path.read_bytes()), totals, name=path.name)
        except Refusal as refusal:
            self._explain(refusal)
            totals["refused"] = {"code": refusal.code, "reason": str(refusal.reason)}
            raise SystemExit(2) from refusal
        finally:
            self.stdout.write(json.dumps(totals, sort_keys=True))

    def _load(self, tenant: Tenant, file: CountFile, totals: Values, *, name: str) -> None:
        positions = []
        for hub, figures in file.hubs:
            submission = uuid5(NAMESPACE_URL, f"asora:{tenant.schema_name}:counts:{file.sha256}:{hub.code}")
            session = CountSession.objects.select_related("hub").filter(submission=submission).first()
            totals["sessions"] += 1
            if session is not None and session.is_closed:
                totals["already_posted"] += 1
                continue
            if session is None:
                session = open_count(
                    _act(tenant),
                    submission=submission,
                    hub=hub,
                    title=f"{name}, {hub.code}"[:80],
                    bins=list({figure.bin.pk: figure.bin for figure in figures}.values()),
                    items=list({figure.item.pk: figure.item for figure in figures}.values()),
                )
            position = self._finish(tenant, session, figures)
            if position is not None:
                positions.append(position)
                totals["approved"] += 1
            lines = ngettext("%(lines)s line", "%(lines)s lines", len(figures)) % {"lines": len(figures)}
            self.stdout.write(f"{hub.code}: {lines}, {session}")
        totals |= _totals(positions)

    def _finish(self, tenant: Tenant, session: CountSession, figures: Sequence[Figure]) -> int | None:
        """Continue a count from the state where an earlier run left it; returns the position of its posting."""
        if session.is_counting:
            session = record_counts(_act(tenant), session=session, figures=figures)
            without = {line.pk for line in uncounted_lines(session)}
            session = submit_count(_act(tenant), session=session, without=without)
        if needs_other_eyes(_act(tenant)):
            return None
        accepted = {line.id for line in review_of(session)}
        return approve_count(_act(tenant), session=session, accepted=accepted, seen=session.version)

    def _explain(self, refusal: Refusal) -> None:
        self.stderr.write(f"{refusal.code} {refusal.reason}: {refusal.message}")
        for line, entries in refusal.details.get("lines", {}).items():
            for entry in entries:
                self.stderr.write(f"  line {line}: {entry['field']}: {entry['reason']}: {entry['message']}")


def _totals(positions: Sequence[int]) -> Values:
    rows = list(Entry.objects.filter(posting__in=positions).values_list("quantity", "value"))
    up = sum((quantity for quantity, _value in rows if quantity > 0), Decimal(0))
    down = sum((quantity for quantity, _value in rows if quantity < 0), Decimal(0))
    return {
        "lines": len(rows),
        "variances": sum(1 for quantity, _value in rows if quantity),
        "units_up": f"{up.normalize():f}",
        "units_down": f"{down.normalize():f}",
        "value": f"{sum((value for _quantity, value in rows), Decimal(0)).normalize():f}",
    }


def _act(tenant: Tenant) -> Act:
    actor = system(
        tenant.schema_name,
        "import_counts",
        Permission.INVENTORY_OPERATE_HUB,
        Permission.LEDGER_COUNT,
        Permission.LEDGER_APPROVE_COUNT,
    )
    return new_act(tenant, actor, route="manage.py import_counts")
