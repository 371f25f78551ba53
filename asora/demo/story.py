"""What happened at the demo's tenants in the last weeks: every chapter is one posting by somebody who may."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from asora.accounts.models import User
from asora.accounts.queries import actor_of
from asora.demo.scenery import DemoTenant
from asora.kernel.act import Act, new_act
from asora.kernel.door import Action
from inventory.models import Bin, Hub, Item, Vendor
from ledger.actions.count_opening import open_count
from ledger.actions.movements import adjust, issue, transfer
from ledger.actions.receiving import receive
from ledger.drafts import Draft, DraftLine
from ledger.models import BinBalance, Kind
from plans.models import Tenant

DAYS = 42
SEED = 20_110_423


def tell(tenant: Tenant, demo: DemoTenant) -> None:
    """Deliveries over the last weeks, with what left the shelves in between."""
    story = Story(tenant, demo, random.Random(f"{SEED}-{demo.slug}"))  # noqa: S311 - believable, not secret
    for number in range(demo.deliveries):
        day = story.day_of(number)
        story.deliver(number, day)
        if number % 2:
            story.issue(number, day)
        if number % 9 == 5:
            story.put_away(number, day)
        if number % 16 == 7:
            story.write_off(number, day)
    story.ask_for_a_count()


@dataclass(frozen=True, slots=True)
class Story:
    """What happened at a demo tenant: every chapter is one posting by somebody who may."""

    tenant: Tenant
    demo: DemoTenant
    chance: random.Random

    def day_of(self, number: int) -> date:
        """The day of the number-th delivery, today at the latest."""
        return self._act("ledger.receive").today - timedelta(
            days=DAYS - number * DAYS // self.demo.deliveries
        )

    def deliver(self, number: int, day: date) -> None:
        """A vendor brings a few items to their shelves or to the dock."""
        docks = {bin_.hub_id: bin_ for bin_ in Bin.objects.filter(code="DOCK")}
        items = Item.objects.select_related("putaway_bin").order_by("sku")
        lines = []
        for line, item in enumerate(self.chance.sample(list(items), k=self.chance.randint(1, 6)), start=1):
            shelf = item.putaway_bin
            assert shelf is not None  # noqa: S101 - every demo item has one
            bin_ = shelf if self.chance.random() < 0.8 else docks.get(shelf.hub_id, shelf)
            tenths = Decimal(self.chance.randint(0, 9)) / 10 * min(item.decimals, 1)
            quantity = self.chance.randint(5, 120) + tenths
            cost = (item.standard_cost * self.chance.randint(92, 108) / 100).quantize(Decimal("0.0001"))
            lines.append(DraftLine(line, item.pk, bin_.pk, quantity, cost))
        vendors = list(Vendor.objects.filter(eligible=True).order_by("code"))
        vendor = self.chance.choice(vendors)
        self._post(receive, Kind.RECEIPT, f"PO-{4200 + number}", day, lines, vendor_id=vendor.pk)

    def issue(self, number: int, day: date) -> None:
        """Customers take up to two fifths of what lies in a few bins."""
        lines = self._some_of("bin__code__gt", "", most=4, share=Decimal("0.4"))
        self._post(issue, Kind.ISSUE, f"SO-{7100 + number}", day, lines)

    def put_away(self, number: int, day: date) -> None:
        """What stood at the dock goes to its shelf."""
        shelves = dict(Item.objects.values_list("pk", "putaway_bin"))
        lines = [
            replace(line, to_bin_id=shelves[line.item_id])
            for line in self._some_of("bin__code", "DOCK", most=3, share=Decimal(1))
        ]
        self._post(transfer, Kind.TRANSFER, f"PUT-{number}", day, lines)

    def write_off(self, number: int, day: date) -> None:
        """Something broke."""
        lines = [
            replace(line, quantity=-line.quantity)
            for line in self._some_of("bin__code__gt", "", most=1, share=Decimal("0.1"))
        ]
        self._post(adjust, Kind.ADJUSTMENT, f"WO-{number}", day, lines, reason="DAMAGED")

    def ask_for_a_count(self) -> None:
        """Aisle A of the first hub waits for somebody with a scanner."""
        hub = Hub.objects.get(code=self.demo.hubs[0][0])
        aisle = list(Bin.objects.filter(hub=hub, code__startswith="A-"))
        open_count(
            self._act("ledger.approve_count"),
            submission=uuid5(NAMESPACE_URL, f"asora-demo:{self.demo.slug}:count"),
            hub=hub,
            title=f"Aisle A, {hub.name}",
            bins=aisle,
        )

    def _some_of(self, lookup: str, value: str, *, most: int, share: Decimal) -> list[DraftLine]:
        """Lines for a share, in whole units, of what lies in a few bins."""
        found = BinBalance.objects.filter(quantity__gte=10, **{lookup: value}).order_by("item__sku", "bin")
        chosen = self.chance.sample(list(found), k=min(most, found.count()))
        return [
            DraftLine(
                number,
                balance.item_id,
                balance.bin_id,
                (balance.quantity * share).quantize(Decimal(1), ROUND_DOWN),
            )
            for number, balance in enumerate(chosen, start=1)
        ]

    def _post(
        self,
        action: Action[..., int],
        kind: Kind,
        reference: str,
        day: date,
        lines: Sequence[DraftLine],
        **values: Any,
    ) -> None:
        if not lines:
            return
        touched = {bin_ for line in lines for bin_ in line.bins}
        hubs = [bin_.hub for bin_ in Bin.objects.select_related("hub").filter(pk__in=touched)]
        submission = uuid5(NAMESPACE_URL, f"asora-demo:{self.demo.slug}:{reference}")
        draft = Draft(kind, submission, day, lines, reference=reference, **values)
        action(self._act(action.permission), draft=draft, hubs=hubs, reference=reference)

    def _act(self, permission: str) -> Act:
        people = [user for user in User.objects.order_by("email") if user.has_perm(permission)]
        return new_act(self.tenant, actor_of(self.chance.choice(people)), route="manage.py serve")


def _whole(quantity: Decimal) -> Decimal:
    return quantity.quantize(Decimal(1), ROUND_DOWN)
