"""The tenant's decisions about access by support: what the tables accept, and what the named reads answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from asora.kernel.request_ids import uuid7
from audit.disclosure import queries
from audit.disclosure.models import AccessDecision, AccessPolicy, Statement
from plans.models import Tenant

WHO = {"decided_by": "u-owner", "request_id": "r"}


def decide(session: Any, verdict: str) -> AccessDecision:
    decision = AccessDecision(session=session, verdict=verdict, **WHO)
    decision.save()
    return decision


def fails(error: type[DatabaseError], work: Any) -> None:
    with pytest.raises(error), transaction.atomic():
        work()


def test_no_approval_is_required_until_the_tenant_says_so(acacia: Tenant) -> None:
    assert queries.requires_approval() is False
    for required in (True, False, True):
        AccessPolicy(requires_approval=required, **WHO).save()
        assert queries.requires_approval() is required


def test_the_last_word_on_a_session(acacia: Tenant) -> None:
    open_, approved, refused, revoked = (uuid7() for _ in range(4))
    decision = decide(approved, "approved")
    decide(refused, "refused")
    decide(revoked, "approved")
    decide(revoked, "revoked")
    assert [queries.verdict_on(one) for one in (open_, approved, refused, revoked)] == [
        None,
        "approved",
        "refused",
        "revoked",
    ]
    assert queries.approved_at(approved) == decision.decided_at
    assert queries.approved_at(refused) is None


@pytest.mark.parametrize("again", ["approved", "refused"])
def test_a_session_is_answered_once(acacia: Tenant, again: str) -> None:
    session = uuid7()
    decide(session, "approved")
    fails(IntegrityError, lambda: decide(session, again))
    decide(session, "revoked")
    fails(IntegrityError, lambda: decide(session, "revoked"))


def test_one_tenant_reads_nothing_of_the_other(acacia: Tenant, birch: Tenant) -> None:
    session = uuid7()
    connection.set_tenant(acacia)
    decide(session, "approved")
    AccessPolicy(requires_approval=True, **WHO).save()
    connection.set_tenant(birch)
    assert queries.verdict_on(session) is None
    assert not queries.requires_approval()


@pytest.mark.parametrize(
    "change",
    [
        "text = 'another text'",
        "text = '', author = 'u-other'",
        "text = '', length = 1",
        "text = '', stated_at = now()",
        "text = '', id = gen_random_uuid()",
    ],
)
def test_of_a_statement_only_the_text_can_change_and_only_to_nothing(acacia: Tenant, change: str) -> None:
    statement = Statement(author="u-asks", text="Why was it refused?", length=19)
    statement.save()

    def execute(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    fails(DatabaseError, lambda: execute(f"UPDATE audit_statement SET {change}"))
    fails(DatabaseError, lambda: execute("DELETE FROM audit_statement"))
    fails(DatabaseError, lambda: execute("TRUNCATE audit_statement CASCADE"))
    execute("UPDATE audit_statement SET text = ''")
    statement.refresh_from_db()
    assert (statement.text, statement.length, statement.is_erased) == ("", 19, True)


@pytest.mark.parametrize("values", [{"text": "abc", "length": 4}, {"text": "", "length": 0}])
def test_a_statement_has_the_length_of_its_text(acacia: Tenant, values: dict[str, Any]) -> None:
    fails(IntegrityError, lambda: Statement(author="u-asks", **values).save())
