"""A seeded story: people try many things; some are allowed, others refused for role, hub, plan, values or stock."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass

from asora.kernel.act import Act
from asora.kernel.refusals import Refusal
from inventory.actions.bins import create_bin
from inventory.actions.categories import create_category
from inventory.actions.hubs import create_hub
from inventory.actions.items import create_item
from inventory.actions.vendors import create_vendor
from ledger.models import Kind
from tests.factories.documents import post_movement, receive
from tests.factories.items import default_category
from tests.factories.master_data import MasterData

Attempt = Callable[[Act], object]


@dataclass(frozen=True)
class Step:
    """One attempt by the person of a role (or of a name)."""

    who: str
    attempt: Attempt


def story(
    master_data: MasterData, people: list[str], *, seed: int, steps: int, codes: int | None = None
) -> list[Step]:
    """The same steps for the same seed. `codes`: how many codes there are for new records; None: one for each step."""
    chance = random.Random(seed)
    category = default_category()

    def a_step(number: int) -> Attempt:
        hub = chance.choice([master_data.north, master_data.south])
        address = f"{hub.code}/{chance.choice(['A-1', 'A-2'])}"
        sku, quantity = chance.choice(["BOLT", "OIL"]), str(chance.randrange(0, 6))
        code = f"N{chance.randrange(codes) if codes else number}"
        return chance.choice(
            [
                lambda act: create_item(act, sku=code, name=f"Item {number}", category=category, unit="pcs"),
                lambda act: create_category(act, code=code, name=f"Category {number}"),
                lambda act: create_bin(act, hub=hub, code=code),
                lambda act: create_vendor(act, code=code, name=f"Vendor {number}"),
                lambda act: create_hub(act, code=code, name=f"Hub {number}"),
                lambda act: receive(act, master_data, (sku, address, quantity, "1.5")),
                lambda act: post_movement(act, master_data, Kind.ISSUE, (sku, address, quantity)),
                lambda act: post_movement(
                    act, master_data, Kind.TRANSFER, (sku, address, f"{hub.code}/DOCK", quantity)
                ),
            ]
        )

    return [Step(chance.choice(people), a_step(number)) for number in range(steps)]


def play(steps: list[Step], act_of: Callable[[str], Act]) -> None:
    """Try every step; refusals are part of the story."""
    for step in steps:
        with contextlib.suppress(Refusal):
            step.attempt(act_of(step.who))
