"""A ticket of Acacia that is being investigated, and its draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plans.models import Tenant
from support.replies.actions.drafting import begin_draft, edit_draft
from support.replies.models import Draft
from support.tickets.models import Ticket
from tests.factories.desk import open_for
from tests.factories.investigated import investigated

Write = Callable[..., Draft]


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def ticket(tenant: Tenant) -> Ticket:
    """A ticket about a plan limit, with its event linked and its determination chosen."""
    found = open_for(tenant, subject="Cannot create an item", text="It was refused.", reporter="u-owner00000")
    Ticket.objects.filter(pk=found.pk).update(state="triaged", category="C", severity=3)
    Ticket.objects.filter(pk=found.pk).update(state="investigating")
    investigated(found, determined="plan", limit=3, usage=3)
    found.refresh_from_db()
    return found


@pytest.fixture
def write(ticket: Ticket, act_as: Any) -> Write:
    """Begin a draft from a template and change it: `write(template="plan", text=…, by="agent")`."""

    def make(template: str = "plan", *, by: str = "agent", on: Ticket = ticket, **changed: Any) -> Draft:
        draft = begin_draft(act_as(by), ticket=on, template=template)
        if not changed:
            return draft
        return edit(act_as(by), draft, **changed)

    return make


def edit(act: Any, draft: Draft, **changed: Any) -> Draft:
    """Edit a draft; what is not named stays."""
    values = {
        "text": draft.text,
        "follow_up": draft.follow_up,
        "next_update_at": draft.next_update_at,
        "reasons": draft.overrides,
        **changed,
    }
    return edit_draft(act, ticket=draft.ticket, draft_revision=draft.revision, **values)
