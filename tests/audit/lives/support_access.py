"""The tenant decides about access by support, and asks support."""

from __future__ import annotations

from asora.kernel.request_ids import new_request_id
from audit.disclosure.actions.access import (
    approve_access,
    change_requirement,
    refuse_access,
    revoke_access,
)
from audit.disclosure.actions.questions import ask_support
from tests.audit.verdicts.company import Company
from tests.factories.support_access import ask_for_access

DECISIONS = {"audit.access.require", "audit.access.approve", "audit.access.refuse", "audit.access.revoke"}
QUESTIONS = {"audit.support.ask"}


def decisions(company: Company) -> None:
    change_requirement(company.owner, required=True, seen=False)
    approved, refused = ask_for_access(company.tenant), ask_for_access(company.tenant)
    approve_access(company.owner, session=approved)
    refuse_access(company.owner, session=refused, reason="Not now")
    revoke_access(company.owner, session=approved, reason="Seen enough")


def questions(company: Company) -> None:
    ask_support(company.receiver, about=new_request_id(company.tenant.slug), question="Why?")
