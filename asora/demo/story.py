"""The recent weeks or months of the demo tenants. Every chapter is one action of a person who has the permission."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from django.utils import timezone

from asora.accounts.models import User
from asora.accounts.sign_in.queries import actor_of
from asora.demo.scenery import DemoTenant
from asora.kernel.act import Act, new_act
from asora.kernel.door import Action
from asora.kernel.permissions import Asked, Permission
from inventory.models import Bin, Hub, Item, Vendor
from ledger.actions.movements import adjust, issue, transfer
from ledger.actions.receiving import receive
from ledger.adjustments.actions.requests import post_request, request_adjustment
from ledger.counts.actions.opening import open_count
from ledger.models import BinBalance, Kind
from ledger.posting.drafts import Draft, DraftLine
from plans.models import Tenant

DAYS = 42
DAYS_OF_A_PAST = 196  # 28 weeks, where the clock can be moved (`asora.demo.clock`)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One action at a demo tenant, and its time."""

    day: date
    hour: int
    tell: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Story:
    """The last `days` of a demo tenant. Every chapter is one action of a person who has the permission."""

    tenant: Tenant
    demo: DemoTenant
    chance: random.Random
    days: int
    today: date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", timezone.now().astimezone(ZoneInfo(self.tenant.time_zone)).date())

    def day_of(self, number: int) -> date:
        """The day of the number-th delivery, at least some days ago."""
        return self.today - timedelta(days=self.days - number * self.days // self.demo.deliveries)

    def deliver(self, number: int, day: date) -> None:
        """Receive a few items from a vendor, on their shelves or at the dock."""
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
        """Issue up to two fifths of the stock of a few bins."""
        lines = self.some_of("bin__code__gt", "", most=4, share=Decimal("0.4"))
        self._post(issue, Kind.ISSUE, f"SO-{7100 + number}", day, lines)

    def put_away(self, number: int, day: date) -> None:
        """Transfer stock from the dock to its shelf."""
        shelves = dict(Item.objects.values_list("pk", "putaway_bin"))
        lines = [
            replace(line, to_bin_id=shelves[line.item_id])
            for line in self.some_of("bin__code", "DOCK", most=3, share=Decimal(1))
        ]
        self._post(transfer, Kind.TRANSFER, f"PUT-{number}", day, lines)

    def write_off(self, number: int, day: date) -> None:
        """Write off something that broke."""
        lines = [
            replace(line, quantity=-line.quantity)
            for line in self.some_of("bin__code__gt", "", most=1, share=Decimal("0.1"))
        ]
        if self.tenant.role_model == "segregated":
            self.ask_for(f"WO-{number}", day, lines, reason="DAMAGED", decides=post_request)
        else:
            self._post(adjust, Kind.ADJUSTMENT, f"WO-{number}", day, lines, reason="DAMAGED")

    def ask_for_a_count(self) -> None:
        """Open a count of aisle A of the first hub."""
        hub = Hub.objects.get(code=self.demo.hubs[0][0])
        aisle = list(Bin.objects.filter(hub=hub, code__startswith="A-"))
        open_count(
            self.act(Permission.LEDGER_COUNT),
            submission=self.key("count"),
            hub=hub,
            title=f"Aisle A, {hub.name}",
            bins=aisle,
        )

    def ask_for(
        self,
        reference: str,
        day: date,
        lines: Sequence[DraftLine],
        *,
        reason: str,
        decides: Action[..., Any] | None = None,
        note: str = "",
    ) -> None:
        """Request an adjustment; another person decides, or nobody does yet."""
        if not lines:
            return
        asker = self.act(Permission.LEDGER_REQUEST_ADJUSTMENT)
        draft = self.draft(Kind.ADJUSTMENT, reference, day, lines, reason=reason)
        asked = request_adjustment(asker, draft=draft, hubs=self.hubs_of(lines), reference=reference)
        if decides is not None:
            decides(self.act(Permission.LEDGER_ADJUST, other_than=asker), request=asked, note=note)

    def some_of(self, lookup: str, value: str, *, most: int, share: Decimal) -> list[DraftLine]:
        """Lines for a share of the stock of a few bins, in whole units."""
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
        draft = self.draft(kind, reference, day, lines, **values)
        action(self.act(action.permission), draft=draft, hubs=self.hubs_of(lines), reference=reference)

    def draft(
        self, kind: Kind, reference: str, day: date, lines: Sequence[DraftLine], **values: Any
    ) -> Draft:
        """A document. Its reference is unique, so it is posted only once."""
        return Draft(kind, self.key(reference), day, lines, reference=reference, **values)

    def key(self, name: str) -> UUID:
        """A key that is always the same for the same name."""
        return uuid5(NAMESPACE_URL, f"asora-demo:{self.demo.slug}:{name}")

    def hubs_of(self, lines: Sequence[DraftLine]) -> list[Hub]:
        """The hubs of lines."""
        touched = {bin_ for line in lines for bin_ in line.bins}
        return [bin_.hub for bin_ in Bin.objects.select_related("hub").filter(pk__in=touched)]

    def act(self, permission: Asked, *, other_than: Act | None = None) -> Act:
        """An act of a person with the permission; not the actor of `other_than`, unless nobody else has it."""
        people = [user for user in User.objects.order_by("email") if user.has_perm(permission)]
        others = [user for user in people if other_than is None or user.ref != other_than.actor.ref]
        return self.act_of(self.chance.choice(others or people))

    def act_of(self, user: User) -> Act:
        """An act of this person."""
        return new_act(self.tenant, actor_of(user), route="manage.py serve")
