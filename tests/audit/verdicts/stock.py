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
from tests.audit.verdicts.company import Attempt, Company
from tests.factories import counts, documents
from tests.factories.documents import line as priced
from tests.factories.documents import receipt


def a_count(company: Company) -> Any:
    session = counts.start(company.manager, company.master_data)
    return counts.enter(company.manager, company.master_data, session, **{"BOLT NORTH/A-2": "10"})


def a_count_handed_in(company: Company) -> tuple[Attempt, Attempt]:
    session = counts.hand_in(company.manager, a_count(company))
    line = session.lines.get(bin=company.master_data.bins["NORTH/A-2"]).pk
    return (
        lambda: counts.enter(company.manager, company.master_data, session, **{"BOLT NORTH/A-2": "9"}),
        lambda: request_recount(
            company.manager, session=session, lines=[line], seen=company.fresh(session).version
        ),
    )


def a_count_that_is_cancelled(company: Company) -> tuple[Attempt, Attempt]:
    session = a_count(company)
    return lambda: counts.hand_in(company.manager, session), lambda: cancel_count(
        company.manager, session=session
    )


def stock_by_a_count(company: Company) -> tuple[Attempt, Attempt]:
    session = counts.start(company.manager, company.master_data)
    counts.enter(
        company.manager, company.master_data, session, **{"BOLT NORTH/A-1": "7", "BOLT NORTH/A-2": "10"}
    )
    counts.hand_in(company.manager, session)
    return company.issue, lambda: counts.approve(company.manager, session)


def a_count_of_seven(company: Company) -> Any:
    session = counts.start(company.manager, company.master_data)
    counts.enter(company.manager, company.master_data, session, **{"BOLT NORTH/A-2": "7"})
    return counts.hand_in(company.manager, session)


def a_count_and_an_adjustment(company: Company) -> tuple[Attempt, Attempt]:
    session = a_count_of_seven(company)
    position = documents.post_movement(
        company.manager, company.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-2", "-3")
    )
    return (
        lambda: counts.approve(company.manager, session),
        lambda: documents.reverse_posting(company.manager, position),
    )


def a_superseded_count(company: Company) -> tuple[Attempt, Attempt]:
    early = a_count_of_seven(company)
    position = counts.approve(company.manager, a_count_of_seven(company))
    return lambda: counts.approve(company.manager, early), lambda: documents.reverse_posting(
        company.manager, position
    )


def an_adjustment_of_what_was_counted(company: Company) -> tuple[Attempt, Attempt]:
    position = counts.approve(company.manager, a_count_of_seven(company))
    wanted = documents.draft(company.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-2", "-3"))
    asked = replace(wanted, confirmed=frozenset())
    return (
        lambda: documents.post(company.manager, company.master_data, asked),
        lambda: documents.reverse_posting(company.manager, position),
    )


def a_request(company: Company) -> Any:
    draft = documents.draft(company.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-2", "-1"))
    hubs = documents.hubs_of(company.master_data, draft)
    return request_adjustment(company.manager, draft=draft, hubs=hubs, reference="DOC-1")


def a_request_that_is_declined(company: Company) -> tuple[Attempt, Attempt]:
    request = a_request(company)
    return (
        lambda: post_request(company.manager, request=request),
        lambda: decline_request(company.manager, request=request),
    )


def the_same_document(company: Company) -> tuple[Attempt, Attempt]:
    draft = receipt(
        company.master_data, priced(company.master_data, "BOLT", "NORTH/A-1", "1", "2"), submission=uuid4()
    )
    both = lambda: documents.deliver(company.manager, company.master_data, draft)  # noqa: E731
    return both, both


def a_reversal(company: Company) -> tuple[Attempt, Attempt]:
    position = company.receive()
    both = lambda: documents.reverse_posting(company.manager, position)  # noqa: E731
    return both, both


def a_batch(company: Company) -> tuple[Attempt, Attempt]:
    batch = documents.import_rows(
        company.manager, Kind.RECEIPT, "R-1,2026-03-02,ACME,BOLT,NORTH,A-1,1,1"
    ).batch
    both = lambda: reverse_batch(company.manager, batch=batch, submission=uuid4())  # noqa: E731
    return both, both


def what_a_reversal_needs(company: Company) -> tuple[Attempt, Attempt]:
    position = company.receive()
    company.issue()
    return lambda: documents.reverse_posting(company.manager, position), company.receive


def a_reason(company: Company) -> tuple[Attempt, Attempt]:
    reason = AdjustmentReason.objects.get(code="DAMAGED")
    archive_reason(company.manager, reason=reason)
    return lambda: company.adjust("1"), lambda: restore_reason(company.manager, reason=reason)


def another_reason(company: Company) -> tuple[Attempt, Attempt]:
    draft = documents.draft(company.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "1"), reason="NEW")
    return (
        lambda: documents.post(company.manager, company.master_data, draft),
        lambda: add_reason(company.manager, code="NEW", name="New"),
    )


def by_system(company: Company) -> Any:
    return new_act(company.tenant, system(company.tenant.schema_name, "rebuild_ledger", "ledger.rebuild"))


def a_rebuilt_balance(company: Company) -> tuple[Attempt, Attempt]:
    from ledger.models import BinBalance

    company.receive("1")
    BinBalance.objects.filter(item=company.bolt, bin=company.bin).update(quantity=Decimal(0))
    return lambda: company.issue("1"), lambda: rebuild(by_system(company))
