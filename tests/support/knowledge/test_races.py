"""Several leads at the same moment: a version follows the one that was read, and references are given once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from support.knowledge.actions.entries import publish_entry
from support.knowledge.actions.known_issues import add_issue, change_issue
from support.knowledge.models import Entry, KnownIssue
from tests.factories import people, tenants


@pytest.fixture
def act(committed_tenant: Any) -> Any:
    """Binds public; makes an act of the lead there."""
    committed_tenant()
    public = tenants.public()
    connection.set_tenant(public)
    lead = people.person("support_lead", public)

    def make() -> Act:
        return people.act_of(lead, public)

    yield make
    connection.set_schema_to_public()


def test_one_of_several_leads_publishes_the_next_version(act: Any, threads: Any) -> None:
    def publish(number: int) -> Entry:
        return publish_entry(
            act(), kind="article", key="raced", title="Raced", body=f"By lead {number}.", rule="", next_review=None,
            seen=seen,
        )  # fmt: skip

    seen = 0
    publish(0)
    seen = 1
    results = threads(5, publish)
    [made] = [result for result in results if isinstance(result, Entry)]
    refused = [result for result in results if isinstance(result, StateConflict)]
    assert {refusal.reason for refusal in refused} == {Reason.STALE_FORM}
    assert len(refused) == 4
    assert list(Entry.objects.filter(key="raced").order_by("version").values_list("version", "body")) == [
        (1, "By lead 0."),
        (2, made.body),
    ]


def test_known_issues_get_different_references_and_one_change(act: Any, threads: Any) -> None:
    added = threads(5, lambda number: add_issue(act(), title=f"Issue {number}", workaround=""))
    assert len({issue.ref for issue in added}) == 5
    issue = added[0]
    results = threads(
        4,
        lambda number: change_issue(act(), issue=issue, title=f"Changed by {number}", workaround="", seen=1),
    )
    assert sum(isinstance(result, KnownIssue) for result in results) == 1
    assert KnownIssue.objects.get(pk=issue.pk).revision == 2
