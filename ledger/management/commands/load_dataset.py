"""`manage.py load_dataset DIR --tenant SLUG`: load a data set through the product's actions, one action per file."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from inventory.files.actions import import_bins, import_categories, import_hubs, import_items, import_vendors
from ledger.files.actions import import_receipts
from ledger.files.forms import MovementUpload
from ledger.models import Kind
from plans.management.embedded_only import require_embedded
from plans.models import Tenant
from plans.onboarding import onboard

MASTER_DATA: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("categories", import_categories),
    ("hubs", import_hubs),
    ("bins", import_bins),
    ("vendors", import_vendors),
    ("items", import_items),
)


class Command(BaseCommand):
    help = (
        "Load categories, hubs, bins, vendors, items and receipts from CSV files (never counts). If one line is "
        "refused, its whole file is refused, with exit status 2. A line that was rejected in full is refused, too. "
        "Days more than ten years back are accepted. "
        "The last line of output is a JSON object of totals."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder, and the tenant."""
        parser.add_argument("directory", type=Path)
        parser.add_argument(
            "--tenant",
            required=True,
            help="its name in addresses; in the embedded database a missing tenant is created with the Enterprise plan",
        )
        parser.add_argument(
            "--skip-refused", action="store_true", help="leave out every posting that has a refused line"
        )

    def handle(self, *args: object, **options: Any) -> None:
        """Load file by file; the totals so far are printed even if a file is refused."""
        directory: Path = options["directory"]
        if not directory.is_dir():
            raise CommandError(f"{directory} is not a folder.", returncode=2)
        totals: Values = {"tenant": options["tenant"]}
        try:
            tenant = self._tenant(options["tenant"])
            with tenant_context(tenant):
                self._load(tenant, directory, totals, options)
        except Refusal as refusal:
            self._explain(refusal)
            totals["refused"] = {"code": refusal.code, "reason": str(refusal.reason)} | {
                name: refusal.details[name]
                for name in ("refused", "total", "reasons")
                if name in refusal.details
            }
            raise SystemExit(2) from refusal
        finally:
            self.stdout.write(json.dumps(totals, sort_keys=True))

    def _tenant(self, slug: str) -> Tenant:
        found = Tenant.objects.customers().reachable().filter(slug=slug).first()
        if found is not None:
            return found
        require_embedded("load_dataset")
        public = Tenant.objects.get(schema_name="public")
        act = new_act(
            public,
            system("public", "load_dataset", Permission.PLANS_ONBOARD_TENANT),
            route="manage.py load_dataset",
        )
        return onboard(
            act, slug=slug, name=slug.title(), plan="enterprise", role_model="standard", costing="average"
        )

    def _load(self, tenant: Tenant, directory: Path, totals: Values, options: Values) -> None:
        for noun, import_file in MASTER_DATA:
            path = directory / f"{noun}.csv"
            if not path.exists():
                continue
            done = import_file(_act(tenant), content=path.read_bytes())
            totals[noun] = {"rows": done.rows, "created": done.created, "unchanged": done.unchanged}
            self.stdout.write(f"{path.name}: {done.created} created, {done.unchanged} unchanged")
        path = directory / "receipts.csv"
        if path.exists():
            upload = MovementUpload(
                Kind.RECEIPT,
                path.read_bytes(),
                name=path.name,
                skip_refused=options["skip_refused"],
                old_days=True,  # a data set is from the past: calling this command confirms it, and the event says so
            )
            received = import_receipts.submit(_act(tenant), upload.refuses_rejected())
            totals["receipts"] = {
                "lines": received.lines,
                "postings": received.postings,
                "units": f"{received.quantity.normalize():f}",
                "value": f"{received.value.normalize():f}",
                "already_posted": received.already_posted,
                "left_out": {
                    "lines": len(received.left_out.lines),
                    "postings": received.left_out_postings,
                    "reasons": received.left_out.counts(),
                },
            }
            self._report_left_out(received.left_out.lines)

    def _explain(self, refusal: Refusal) -> None:
        self.stderr.write(f"{refusal.code} {refusal.reason}: {refusal.message}")
        for line, entries in refusal.details.get("lines", {}).items():
            for entry in entries:
                self.stderr.write(f"  line {line}: {entry['field']}: {entry['reason']}: {entry['message']}")

    def _report_left_out(self, lines: dict[int, list[dict[str, str]]]) -> None:
        for line, entries in sorted(lines.items()):
            for entry in entries:
                self.stdout.write(
                    f"left out, line {line}: {entry['field']}: {entry['reason']}: {entry['message']}"
                )


def _act(tenant: Tenant) -> Act:
    actor = system(
        tenant.schema_name,
        "load_dataset",
        Permission.INVENTORY_MANAGE,
        Permission.INVENTORY_VENDOR_ELIGIBILITY,
        Permission.INVENTORY_OPERATE_HUB,
        Permission.LEDGER_RECEIVE,
    )
    return new_act(tenant, actor, route="manage.py load_dataset")
