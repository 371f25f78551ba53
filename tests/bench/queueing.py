"""Receiving in a tenant with three endpoints, against the same receipts in a tenant with none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import connection
from django_tenants.utils import tenant_context

from integrations.outbox.models import EndpointNumber, Payload
from ledger.actions.receiving import receive
from ledger.posting.drafts import Draft
from tests.bench import twin_tenants
from tests.bench.harness import Result, Size, side_by_side
from tests.bench.twin_tenants import Deliveries, Side
from tests.factories import people
from tests.factories.payloads import make_endpoint_row

LINES = (1, 20)
GOAL = 1.3
WARM_UP = 20
#: One plain, one with values, one of two of the four hubs.
ENDPOINTS = 3


def measure(size: Size) -> Iterator[Result]:
    """A posting of 1 line, and one of 20."""
    for lines in LINES:
        with twin_tenants.twins(twin_tenants.fill) as (ours, theirs):
            yield _measure(size, lines, ours, theirs)


def _measure(size: Size, lines: int, ours: Side, theirs: Side) -> Result:
    deliveries = Deliveries(f"queueing {lines}")
    drafts = [deliveries.draft(lines) for _ in range(WARM_UP + size.postings)]
    _add_endpoints(ours, deliveries)

    def receiving(side: Side) -> Callable[[int], Callable[[], object]]:
        def turn(number: int) -> Callable[[], object]:
            _bind(side)
            act, draft = side.new_act(), drafts[number]
            hubs = _hubs(deliveries, draft)
            return lambda: receive(act, draft=draft, hubs=hubs, reference=draft.reference)

        return turn

    times = side_by_side(
        asora=receiving(ours), by_hand=receiving(theirs), turns=size.postings, warm_up=WARM_UP
    )
    wrong = [*twin_tenants.differences(ours, theirs), *_miscounted(ours, len(drafts))]
    return Result(
        work=f"receiving {lines} line{'s' if lines > 1 else ''} with {ENDPOINTS} endpoints, against none",
        ratio=times.ratio,
        goal=GOAL,
        is_at_most=True,
        detail=times.detail(),
        figures={"with_endpoints": list(times.asora), "without": list(times.by_hand), "wrong": wrong},
    )


def _add_endpoints(side: Side, deliveries: Deliveries) -> None:
    """As rows, so that the trails of both sides stay equal."""
    owner = people.person("owner", side.tenant).ref
    _bind(side)
    make_endpoint_row("Plain", maker=owner)
    make_endpoint_row("With values", maker=owner, with_values=True)
    some = make_endpoint_row("Two hubs", maker=owner, all_hubs=False)
    some.hubs.set(deliveries.hubs[:2])


def _bind(side: Side) -> None:
    """Bind the connection, and let it set the search path now rather than in the measured time."""
    connection.set_tenant(side.tenant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _hubs(deliveries: Deliveries, draft: Draft) -> list[object]:
    """The hubs that a form would pass to the door's hub gate."""
    places = {(line.bin_id - deliveries.first_bin) // twin_tenants.BINS for line in draft.lines}
    return [deliveries.hubs[place] for place in sorted(places)]


def _miscounted(side: Side, receipts: int) -> list[str]:
    """What is wrong with the numbers: two endpoints get every receipt, the third those of its hubs."""
    with tenant_context(side.tenant):
        numbers = sorted(EndpointNumber.objects.values_list("last", flat=True))
        payloads = Payload.objects.count()
    third, *others = numbers
    is_right = others == [receipts, receipts] and 0 < third <= receipts and payloads == sum(numbers)
    return [] if is_right else [f"payloads {payloads}, numbers {numbers}, receipts {receipts}"]
