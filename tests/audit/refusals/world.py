"""A tenant for many refusals: each is prepared and tried between two savepoints, and leaves nothing to the next."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from asora.accounts.models import User
from asora.kernel.looking import RowAdded, RowChanged
from asora.kernel.repairs import Repair
from inventory.models import Bin, Category, Hub, Item, Vendor
from ledger.models import AdjustmentReason
from ledger.posting.writing import MoreStock
from plans.freezes import NotFrozen
from plans.limits import OtherPlan
from plans.models import Tenant, TenantFreeze
from tests.factories import documents
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.kernel.example_action import freeze

PLACES = ("NORTH/A-1", "NORTH/A-2", "SOUTH/A-1", "SOUTH/A-2")
SKUS = ("BOLT", "OIL", "CABLE")


@contextmanager
def undone() -> Iterator[None]:
    """Undo what is done inside. A plain savepoint, because actions refuse to start inside of Atomic."""
    savepoint = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(savepoint)


class World:
    """Acacia with people of every role, one of them limited to a hub, and some stock."""

    def __init__(self, master_data: MasterData, act_as: Any, tenant: Tenant) -> None:
        self.master_data, self.act_as, self.tenant = master_data, act_as, tenant
        self.limited = add_person("receiver", name="limited", all_hubs=False)
        assign_perm("inventory.operate_hub", self.limited, master_data.north)
        self.owner = act_as("owner")
        documents.receive(
            self.owner, master_data, *((sku, place, "5", "2") for sku in SKUS for place in PLACES)
        )

    def act(self, role: str) -> Any:
        """An act of a person with a role, or of the person who works at NORTH only."""
        return (
            self.act_as(user=User.objects.get(pk=self.limited.pk)) if role == "limited" else self.act_as(role)
        )

    def restrict(self, role: str) -> None:
        """Let a person work nowhere."""
        person = self.act(role).actor.account
        person.all_hubs = False
        person.save(update_fields=["all_hubs"])
        for hub in Hub.objects.all():
            remove_perm("inventory.operate_hub", person, hub)

    def archive(self, *records: Any) -> None:
        """Archive records directly."""
        for record in records:
            type(record).objects.filter(pk=record.pk).update(archived_at=timezone.now())

    def fill(self, resource: str) -> None:
        """Change to the smallest plan, and use up its room for `resource`."""
        self.plan("free")
        category = Category.objects.first()
        make: dict[str, Any] = {
            "vendors": lambda number: Vendor(code=f"F{number}", name="full"),
            "categories": lambda number: Category(code=f"F{number}", name="full"),
            "hubs": lambda number: Hub(code=f"F{number}", name="full"),
            "bins": lambda number: Bin(code=f"F{number}", hub=self.master_data.south),
            "items": lambda number: Item(sku=f"F{number}", name="full", category=category, unit="pcs"),
        }
        rows = [make[resource](number) for number in range({"bins": 20, "items": 100}.get(resource, 10))]
        type(rows[0]).objects.bulk_create(rows)

    def plan(self, plan: str) -> None:
        """Change the plan directly."""
        Tenant.objects.filter(pk=self.tenant.pk).update(plan=plan)
        self.tenant.plan = plan

    def freeze(self) -> None:
        """Freeze the tenant directly."""
        freeze(self.tenant)

    def apply(self, repair: Repair) -> None:
        """Make a repair for real, as somebody who may do it would."""
        for one in repair.supposes:
            match one:
                case RowChanged():
                    one.model._default_manager.filter(pk=one.pk).update(**one.values)
                case RowAdded():
                    one.model._default_manager.create(
                        **{name: value for name, value in one.values.items() if name != "id"}
                    )
                case OtherPlan():
                    self.plan(one.plan)
                case NotFrozen():
                    self._unfreeze()
                case MoreStock():
                    self.bring(one.item_id, one.bin_id, one.quantity)
                case _:
                    raise AssertionError(one)

    def bring(self, item: int, place: int, quantity: Decimal) -> None:
        """Receive stock, at a place that may be archived or frozen for everybody else."""
        archived = {
            model: list(model.objects.filter(archived_at__isnull=False)) for model in (Item, Bin, Hub, Vendor)
        }
        was_frozen = self._unfreeze()
        for model in archived:
            model.objects.update(archived_at=None)
        line = replace(
            documents.line(self.master_data, "BOLT", "NORTH/A-1", "1", "2"),
            item_id=item,
            bin_id=place,
            quantity=quantity,
        )
        hub = Bin.objects.select_related("hub").get(pk=place).hub
        draft = documents.receipt(self.master_data, line)
        Vendor.objects.filter(pk=self.master_data.vendor.pk).update(eligible=True)
        documents.receive_draft(
            self.owner, draft=replace(draft, reference="REPAIR"), hubs=[hub], reference="REPAIR"
        )
        for rows in archived.values():
            self.archive(*rows)
        if was_frozen:
            self.freeze()

    def _unfreeze(self) -> bool:
        return bool(TenantFreeze.objects.filter(tenant=self.tenant).delete()[0])


def digest() -> tuple[Any, ...]:
    """A digest of all rows of the tenant."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT md5(string_agg(row::text, chr(10) ORDER BY row::text)) FROM "{table}" row'
            )
            found.append((table, cursor.fetchone()))
    return tuple(found)


def a_code(chance: random.Random) -> str:
    return f"N{chance.randrange(10**9)}"


TOMORROW = timedelta(days=3)
__all__ = ["PLACES", "SKUS", "TOMORROW", "AdjustmentReason", "World", "a_code", "digest", "undone"]
