"""Says of the actions on vendors what is sent of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from audit.events.models import Event
from integrations.types.definition import Described, Describers
from integrations.types.vendors.event_types import ELIGIBILITY
from integrations.types.vendors.fields import Cause, Eligibility
from inventory.models import Vendor

LABEL = Vendor._meta.label_lower


def of_one(cause: Cause, event: Event) -> Iterator[Described]:
    """A vendor that was created, decided about, archived or restored by itself."""
    ids = [int(change["id"]) for change in event.changes if change["type"] == LABEL]
    return _described(Vendor.objects.filter(pk__in=ids), cause)


def imported(event: Event) -> Iterator[Described]:
    """The new vendors of a file."""
    codes = event.facts["codes"]
    return _described(Vendor.objects.filter(code__in=codes).order_by("pk"), "created")


DESCRIBERS: Describers = {
    "inventory.vendor.create": (partial(of_one, "created"), (ELIGIBILITY,)),
    "inventory.vendor.import": (imported, (ELIGIBILITY,)),
    "inventory.vendor.eligibility": (partial(of_one, "decided"), (ELIGIBILITY,)),
    "inventory.vendor.archive": (partial(of_one, "archived"), (ELIGIBILITY,)),
    "inventory.vendor.restore": (partial(of_one, "restored"), (ELIGIBILITY,)),
}


def _described(vendors: Iterable[Vendor], cause: Cause) -> Iterator[Described]:
    for vendor in vendors:
        yield Described(
            type=ELIGIBILITY.name,
            subject=f"vendors/{vendor.code}",
            data=Eligibility(
                vendor=vendor.code,
                name=vendor.name,
                can_deliver=vendor.eligible and not vendor.is_archived,
                is_eligible=vendor.eligible,
                is_archived=vendor.is_archived,
                cause=cause,
                version=vendor.version,
            ),
        )
