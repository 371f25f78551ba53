"""Access by support: an attempt, and an action that changes how it is decided."""

from __future__ import annotations

from audit.disclosure.actions.access import approve_access, refuse_access
from tests.audit.verdicts.company import Attempt, Company
from tests.factories.support_access import ask_for_access


def an_access_session(company: Company) -> tuple[Attempt, Attempt]:
    session = ask_for_access(company.tenant)
    return (
        lambda: approve_access(company.owner, session=session),
        lambda: refuse_access(company.owner, session=session),
    )
