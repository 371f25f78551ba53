"""Every action that can change a gate's verdict touches what that gate reads."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from asora.kernel import keys
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from inventory.actions.bins import archive_bin, edit_bin, restore_bin
from inventory.actions.categories import edit_category
from inventory.actions.items import archive_item, edit_item, restore_item
from inventory.actions.vendors import (
    archive_vendor,
    edit_vendor,
    restore_vendor,
)
from inventory.models import Bin, Category
from ledger.models import Kind, Posting
from plans.models import Tenant
from tests.audit.verdicts.access import an_access_session
from tests.audit.verdicts.company import Attempt, Company
from tests.audit.verdicts.people import (
    a_hub_grant,
    a_person_again,
    a_role,
    all_hubs,
    an_invitation,
    the_last_owner,
)
from tests.audit.verdicts.platform import a_ceiling, a_larger_plan, an_onboarding, freezing
from tests.audit.verdicts.records import (
    a_category_in_use,
    a_category_that_an_item_leaves,
    a_category_that_gets_an_item,
    a_fixed_unit,
    a_hub_archived,
    a_hub_in_use,
    a_stale_form,
    an_archived_category,
    an_archived_parent,
    an_ineligible_vendor,
    archived,
    bins_by_file,
)
from tests.audit.verdicts.stock import (
    a_batch,
    a_count_and_an_adjustment,
    a_count_handed_in,
    a_count_that_is_cancelled,
    a_reason,
    a_rebuilt_balance,
    a_request_that_is_declined,
    a_reversal,
    a_superseded_count,
    an_adjustment_of_what_was_counted,
    another_reason,
    stock_by_a_count,
    the_same_document,
    what_a_reversal_needs,
)
from tests.factories import documents, tenants
from tests.factories.master_data import MasterData


@pytest.fixture
def company(master_data: MasterData, act_as: Any, acacia: Tenant) -> Company:
    return Company(master_data, act_as, acacia)


CHANGES: dict[str, Callable[[Company], tuple[Attempt, Attempt]]] = {
    "a role": a_role,
    "a hub grant": a_hub_grant,
    "all hubs": all_hubs,
    "a person who comes back": a_person_again,
    "another owner": the_last_owner,
    "an invitation": an_invitation,
    "a freeze": freezing,
    "an access session": an_access_session,
    "a plan": a_larger_plan,
    "a ceiling, by a file": a_ceiling,
    "an archived item": archived(archive_item, restore_item, "item", lambda company: company.bolt),
    "an archived bin": archived(archive_bin, restore_bin, "bin", lambda company: company.bin),
    "an archived vendor": archived(
        archive_vendor, restore_vendor, "vendor", lambda company: company.master_data.vendor
    ),
    "an archived hub": a_hub_archived,
    "an archived category": an_archived_category,
    "an archived parent": an_archived_parent,
    "an ineligible vendor": an_ineligible_vendor,
    "a reason": a_reason,
    "another reason": another_reason,
    "a hub in use": a_hub_in_use,
    "a hub in use, by a file": bins_by_file,
    "a category in use": a_category_in_use,
    "a category that an item leaves": a_category_that_an_item_leaves,
    "a category that gets an item": a_category_that_gets_an_item,
    "a unit that is fixed": a_fixed_unit,
    "stock, by a receipt": lambda company: (company.issue, company.receive),
    "stock, by an adjustment": lambda company: (company.issue, lambda: company.adjust("5")),
    "stock, by a transfer": lambda company: (
        company.issue,
        lambda: documents.post_movement(
            company.manager, company.master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-2", "NORTH/A-1", "5")
        ),
    ),
    "stock, by a file": lambda company: (
        company.issue,
        lambda: documents.import_rows(
            company.manager, Kind.RECEIPT, "R-1,2026-03-02,ACME,BOLT,NORTH,A-1,5,1"
        ),
    ),
    "stock, by a count": stock_by_a_count,
    "stock, by a rebuilding": a_rebuilt_balance,
    "a count and an adjustment": a_count_and_an_adjustment,
    "a superseded count": a_superseded_count,
    "an adjustment of what was counted": an_adjustment_of_what_was_counted,
    "stock that a reversal needs": what_a_reversal_needs,
    "a second submit": the_same_document,
    "a second reversal": a_reversal,
    "a batch": a_batch,
    "a count handed in": a_count_handed_in,
    "a cancelled count": a_count_that_is_cancelled,
    "a declined request": a_request_that_is_declined,
    "an onboarding": an_onboarding,
    "a stale item": a_stale_form(edit_item, "item", lambda company: company.bolt),
    "a stale bin": a_stale_form(edit_bin, "bin", lambda company: company.bin),
    "a stale vendor": a_stale_form(edit_vendor, "vendor", lambda company: company.master_data.vendor),
    "a stale category": a_stale_form(
        edit_category, "category", lambda company: Category.objects.get(code="PARTS")
    ),
}


def outcome_of(attempt: Attempt) -> Event:
    """The event of an attempt, in whichever trail it stands."""
    before = {event.id for event in (*Event.objects.all(), *platform())}
    with contextlib.suppress(Refusal):
        attempt()
    new = [event for event in (*Event.objects.all(), *platform()) if event.id not in before]
    return new[-1]


def platform() -> list[Event]:
    with tenant_context(tenants.public()):
        return list(Event.objects.order_by("number"))


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_a_verdict_touches_what_its_gate_read(change: str, company: Company) -> None:
    attempt, action = CHANGES[change](company)
    before = outcome_of(attempt) if change not in UNTRIED else None
    done = outcome_of(action)
    assert done.outcome == "allowed", (done.action, done.message)
    after = outcome_of(attempt)
    if before is not None:
        assert {before.outcome, after.outcome} == {"allowed", "refused"}, (before.message, after.message)
    refused = after if before is None or after.outcome == "refused" else before
    assert refused.outcome == "refused"
    read = set(next(step for step in refused.decision if step["verdict"] == "stopped")["inputs"])
    hub_of_bin = dict(Bin.objects.values_list("pk", "hub_id"))
    assert keys.meet(read, done.touched, hub_of_bin), (sorted(read), done.touched)
    assert Posting.objects.exists()


#: Tried before it would be done for good, so only tried afterwards.
UNTRIED = {
    "a second submit",
    "a second reversal",
    "a batch",
    "a person who comes back",
    "an invitation",
    "a declined request",
    "an access session",
    "a cancelled count",
    "a hub in use, by a file",
    "a category that gets an item",
    "a unit that is fixed",
    "a ceiling, by a file",
    "a stale item",
    "a stale bin",
    "a stale vendor",
    "a stale category",
}
