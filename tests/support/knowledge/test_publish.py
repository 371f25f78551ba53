"""A lead publishes versions of entries and withdraws entries; agents read them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from support.knowledge import queries
from support.knowledge.actions.entries import publish_entry, withdraw_entry
from support.knowledge.models import Entry

KIND, KEY = "phrase_rule", "blame"
RULE = json.dumps({"kind": "warn", "source": "own", "patterns": [r"\bbanana\b"]})


@pytest.fixture
def lead(act_as: Any, public: Any) -> Any:
    return act_as("support_lead", tenant=public)


def values(**changed: Any) -> dict[str, Any]:
    return {
        "kind": KIND, "key": KEY, "title": "Blame", "body": "Better words.", "rule": RULE, "next_review": None,
        "seen": 1, **changed,
    }  # fmt: skip


def test_a_version_is_published_and_recorded(lead: Any, events: Any) -> None:
    made = publish_entry(lead, **values())
    assert (made.version, made.release) == (2, "")
    assert queries.entry(KIND, KEY) == made
    assert [rule.patterns for rule in queries.phrase_rules() if rule.key == KEY] == [(r"\bbanana\b",)]
    [event] = events(request_id=lead.request_id)
    assert event.action == "support.knowledge.publish"
    assert event.changes[0]["after"] == {"kind": KIND, "key": KEY, "version": 2, "is_withdrawn": False}
    assert "banana" not in str(event.__dict__)


def test_a_new_entry_has_its_first_version(lead: Any) -> None:
    made = publish_entry(lead, **values(kind="article", key="a-new-one", rule="", seen=0))
    assert made.version == 1
    assert queries.entry("article", "a-new-one") == made


def test_agents_do_not_publish(act_as: Any, public: Any, events: Any) -> None:
    act = act_as("agent", tenant=public)
    before = Entry.objects.count()
    with pytest.raises(PermissionDenied):
        publish_entry(act, **values())
    assert Entry.objects.count() == before
    assert events(request_id=act.request_id)[-1].outcome == "refused"


def test_a_version_that_was_not_read_is_not_overwritten(lead: Any) -> None:
    publish_entry(lead, **values())
    with pytest.raises(StateConflict) as refused:
        publish_entry(lead, **values())
    assert refused.value.reason == Reason.STALE_FORM
    assert queries.versions(KIND, KEY).count() == 2


def test_a_key_is_used_once(lead: Any) -> None:
    with pytest.raises(ValidationFailed) as refused:
        publish_entry(lead, **values(seen=0))
    assert refused.value.details["fields"]["key"][0]["reason"] == Reason.CODE_TAKEN


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"body": ""}, "body"),
        ({"body": "x" * 20_001}, "body"),
        ({"rule": "{"}, "rule"),
        ({"rule": "[]"}, "rule"),
        ({"rule": ""}, "rule"),
        ({"rule": json.dumps({"kind": "shout", "source": "x", "patterns": ["x"]})}, "rule"),
        ({"rule": json.dumps({"kind": "warn", "source": "x", "patterns": ["("]})}, "rule"),
        ({"rule": json.dumps({"kind": "warn", "source": "x", "patterns": []})}, "rule"),
        ({"rule": json.dumps({"kind": "warn", "source": "x", "patterns": [["x"]]})}, "rule"),
        ({"kind": "reply_template", "key": "plan", "body": "{password}"}, "body"),
        ({"kind": "reply_template", "key": "plan", "rule": json.dumps({"draft": "x"})}, "rule"),
        ({"kind": "reply_template", "rule": json.dumps({"draft": "reply", "categories": ["Z"]})}, "rule"),
        ({"kind": "policy", "key": "must_include", "rule": "{}"}, "rule"),
        ({"kind": "policy", "key": "must_include", "rule": json.dumps({"requirements": {}})}, "rule"),
        ({"key": "Has Spaces", "seen": 0}, "key"),
        ({"next_review": timezone.now().date() - timedelta(days=1)}, "next_review"),
    ],
)  # fmt: skip
def test_content_that_programs_cannot_read_is_refused(lead: Any, changed: dict[str, Any], field: str) -> None:
    before = Entry.objects.count()
    with pytest.raises(ValidationFailed) as refused:
        publish_entry(lead, **values(**changed))
    assert list(refused.value.details["fields"]) == [field]
    assert Entry.objects.count() == before


@pytest.mark.parametrize(("kind", "key"), [("manual", "operations"), ("error_guide", "AUTH_REQUIRED")])
def test_texts_of_a_release_change_with_the_product_only(lead: Any, kind: str, key: str) -> None:
    with pytest.raises(ValidationFailed):
        publish_entry(lead, **values(kind=kind, key=key))
    with pytest.raises(ValidationFailed):
        withdraw_entry(lead, entry=Entry.objects.get(kind=kind, key=key))


def test_a_withdrawn_entry_is_no_longer_used_and_can_return(lead: Any) -> None:
    withdraw_entry(lead, entry=Entry.objects.get(kind=KIND, key=KEY))
    assert queries.entry(KIND, KEY) is None
    assert KEY not in {rule.key for rule in queries.phrase_rules()}
    publish_entry(lead, **values(seen=2))
    assert queries.entry(KIND, KEY) is not None


def test_replies_are_always_checked(lead: Any) -> None:
    with pytest.raises(ValidationFailed):
        withdraw_entry(lead, entry=Entry.objects.get(kind="policy", key="must_include"))


@pytest.mark.parametrize("statement", ["UPDATE support_entry SET body = 'x'", "DELETE FROM support_entry"])
def test_versions_cannot_be_changed(lead: Any, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_pages(client_as: Any, public: Any) -> None:
    agent, lead = client_as("agent"), client_as("support_lead")
    page = agent.get("/support/knowledge/?q=screenshot").content.decode()
    assert "6.8" in page, "the search finds clauses of manuals"
    assert "New entry" not in page
    for row in queries.newest():
        assert agent.get(f"/support/knowledge/{row.kind}/{row.key}/").status_code == 200, row.key
    assert agent.get("/support/knowledge/article/none/").status_code == 404
    assert agent.get("/support/knowledge/phrase_rule/blame/?version=7").status_code == 404
    assert agent.get("/support/knowledge/phrase_rule/blame/edit/").status_code == 403
    data = values(next_review="")
    answer = lead.post("/support/knowledge/phrase_rule/blame/edit/", data)
    assert answer.status_code == 302
    assert "version 1" in lead.get("/support/knowledge/phrase_rule/blame/?version=1").content.decode()
    stale = lead.post("/support/knowledge/phrase_rule/blame/edit/", data)
    assert stale.status_code == 409
    assert "Better words." in stale.content.decode(), "nothing that was typed is lost"
    assert lead.post("/support/knowledge/phrase_rule/blame/withdraw/", {"seen": "2"}).status_code == 302
    assert queries.entry(KIND, KEY) is None


def test_a_review_that_is_due_is_shown(client_as: Any, public: Any) -> None:
    row = Entry.objects.get(kind=KIND, key=KEY)
    Entry(
        kind=KIND, key=KEY, version=2, title=row.title, body=row.body, rule=row.rule, published_by="p",
        request_id="r", next_review=timezone.now().date(),
    ).save(force_insert=True)  # fmt: skip
    page = client_as("agent").get("/support/knowledge/?kind=phrase_rule").content.decode()
    assert page.count("Review is due") == 1
