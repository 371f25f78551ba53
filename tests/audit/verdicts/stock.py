"""Stock, counts, requests and reversals: an attempt, and an action that changes how it is decided."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from asora.kernel.act import new_act
from asora.kernel.actors import system
from ledger.actions.reversing import reverse_batch
from ledger.adjustments.actions.reasons import add_reason, archive_reason, restore_reason
from ledger.adjustments.actions.requests import decline_request, post_request, request_adjustment
from ledger.counts.actions.approval import cancel_count, request_recount
from ledger.models import AdjustmentReason, Kind
from ledger.proof.actions import rebuild
from tests.audit.verdicts.company import Attempt, World
from tests.factories import counts, documents
from tests.factories.documents import line as priced
from tests.factories.documents import receipt


def a_count(world: World) -> Any:
    session = counts.start(world.manager, world.master_data)
    return counts.enter(world.manager, world.master_data, session, **{"BOLT NORTH/A-2": "10"})


def a_count_handed_in(world: World) -> tuple[Attempt, Attempt]:
    session = counts.hand_in(world.manager, a_count(world))
    line = session.lines.get(bin=world.master_data.bins["NORTH/A-2"]).pk
    return (
        lambda: counts.enter(world.manager, world.master_data, session, **{"BOLT NORTH/A-2": "9"}),
        lambda: request_recount(
            world.manager, session=session, lines=[line], seen=world.fresh(session).version
        ),
    )


def a_count_that_is_cancelled(world: World) -> tuple[Attempt, Attempt]:
    session = a_count(world)
    return lambda: counts.hand_in(world.manager, session), lambda: cancel_count(
        world.manager, session=session
    )


def stock_by_a_count(world: World) -> tuple[Attempt, Attempt]:
    session = counts.start(world.manager, world.master_data)
    counts.enter(world.manager, world.master_data, session, **{"BOLT NORTH/A-1": "7", "BOLT NORTH/A-2": "10"})
    counts.hand_in(world.manager, session)
    return world.issue, lambda: counts.approve(world.manager, session)


def a_count_of_seven(world: World) -> Any:
    session = counts.start(world.manager, world.master_data)
    counts.enter(world.manager, world.master_data, session, **{"BOLT NORTH/A-2": "7"})
    return counts.hand_in(world.manager, session)


def a_count_and_an_adjustment(world: World) -> tuple[Attempt, Attempt]:
    session = a_count_of_seven(world)
    position = documents.post_movement(
        world.manager, world.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-2", "-3")
    )
    return (
        lambda: counts.approve(world.manager, session),
        lambda: documents.reverse_posting(world.manager, position),
    )


def a_superseded_count(world: World) -> tuple[Attempt, Attempt]:
    early = a_count_of_seven(world)
    position = counts.approve(world.manager, a_count_of_seven(world))
    return lambda: counts.approve(world.manager, early), lambda: documents.reverse_posting(
        world.manager, position
    )


def an_adjustment_of_what_was_counted(world: World) -> tuple[Attempt, Attempt]:
    position = counts.approve(world.manager, a_count_of_seven(world))
    wanted = documents.draft(world.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-2", "-3"))
    asked = replace(wanted, confirmed=frozenset())
    return (
        lambda: documents.post(world.manager, world.master_data, asked),
        lambda: documents.reverse_posting(world.manager, position),
    )


def a_request(world: World) -> Any:
    draft = documents.draft(world.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-2", "-1"))
    hubs = documents.hubs_of(world.master_data, draft)
    return request_adjustment(world.manager, draft=draft, hubs=hubs, reference="DOC-1")


def a_request_that_is_declined(world: World) -> tuple[Attempt, Attempt]:
    request = a_request(world)
    return (
        lambda: post_request(world.manager, request=request),
        lambda: decline_request(world.manager, request=request),
    )


def the_same_document(world: World) -> tuple[Attempt, Attempt]:
    draft = receipt(
        world.master_data, priced(world.master_data, "BOLT", "NORTH/A-1", "1", "2"), submission=uuid4()
    )
    both = lambda: documents.deliver(world.manager, world.master_data, draft)  # noqa: E731
    return both, both


def a_reversal(world: World) -> tuple[Attempt, Attempt]:
    position = world.receive()
    both = lambda: documents.reverse_posting(world.manager, position)  # noqa: E731
    return both, both


def a_batch(world: World) -> tuple[Attempt, Attempt]:
    batch = documents.import_rows(world.manager, Kind.RECEIPT, "R-1,2026-03-02,ACME,BOLT,NORTH,A-1,1,1").batch
    both = lambda: reverse_batch(world.manager, batch=batch, submission=uuid4())  # noqa: E731
    return both, both


def what_a_reversal_needs(world: World) -> tuple[Attempt, Attempt]:
    position = world.receive()
    world.issue()
    return lambda: documents.reverse_posting(world.manager, position), world.receive


def a_reason(world: World) -> tuple[Attempt, Attempt]:
    reason = AdjustmentReason.objects.get(code="DAMAGED")
    archive_reason(world.manager, reason=reason)
    return lambda: world.adjust("1"), lambda: restore_reason(world.manager, reason=reason)


def another_reason(world: World) -> tuple[Attempt, Attempt]:
    draft = documents.draft(world.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"), reason="NEW")
    return (
        lambda: documents.post(world.manager, world.master_data, draft),
        lambda: add_reason(world.manager, code="NEW", name="New"),
    )


def by_system(world: World) -> Any:
    return new_act(world.tenant, system(world.tenant.schema_name, "rebuild_ledger", "ledger.rebuild"))


def a_rebuilt_balance(world: World) -> tuple[Attempt, Attempt]:
    from ledger.models import BinBalance

    world.receive("1")
    BinBalance.objects.filter(item=world.bolt, bin=world.bin).update(quantity=Decimal(0))
    return lambda: world.issue("1"), lambda: rebuild(by_system(world))
