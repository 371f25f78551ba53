"""A release publishes its entries once, and what a person decided about an entry stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

import asora
from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied
from asora.startup import preparation
from support.knowledge import queries, shipped_texts
from support.knowledge.actions.shipping import publish_shipped
from support.knowledge.models import Entry
from support.knowledge.shipped_texts import Shipped, shipped

RULE = ("phrase_rule", "blame")


@pytest.fixture
def act(public: Any) -> Act:
    return new_act(public, system("public", "release", Permission.SUPPORT_MANAGE_KNOWLEDGE))


def with_changes(monkeypatch: Any, *changed: Shipped, without: tuple[str, str] = ("", "")) -> None:
    kept = {(one.kind, one.key): one for one in shipped()} | {(one.kind, one.key): one for one in changed}
    kept.pop(without, None)
    monkeypatch.setattr(shipped_texts, "shipped", lambda: tuple(kept.values()))


def own_version(of: Entry, **values: Any) -> Entry:
    """A version as a person would publish it."""
    row = Entry(
        kind=of.kind,
        key=of.key,
        version=of.version + 1,
        title=of.title,
        body=of.body,
        rule=of.rule,
        published_by="p",
        request_id="r",
    )
    for name, value in values.items():
        setattr(row, name, value)
    row.save(force_insert=True)
    return row


def blame() -> Shipped:
    [found] = [one for one in shipped() if (one.kind, one.key) == RULE]
    return found


def test_a_prepared_database_has_every_entry(public: Any) -> None:
    rows = {(row.kind, row.key): row for row in queries.current()}
    assert set(rows) == {(one.kind, one.key) for one in shipped()}
    for row in rows.values():
        assert row.version == 1
        assert row.release, "the release that shipped this version, which may be an earlier one"
        assert row.next_review is not None
    assert len(queries.phrase_rules()) >= 15
    assert queries.requirements()


def test_publishing_again_does_nothing(act: Act, events: Any) -> None:
    before = Entry.objects.count()
    assert publish_shipped(act) == 0
    assert Entry.objects.count() == before
    [event] = events(request_id=act.request_id)
    assert event.outcome == "noop"


def test_a_changed_entry_gets_a_version(act: Act, monkeypatch: Any, events: Any) -> None:
    with_changes(monkeypatch, replace(blame(), body="Other words."))
    assert publish_shipped(act) == 1
    row = queries.entry(*RULE)
    assert row is not None
    assert (row.version, row.body) == (2, "Other words.")
    [event] = events(request_id=act.request_id)
    assert event.facts == {"release": asora.__version__, "entries": 1}
    assert publish_shipped(act) == 0


def test_a_persons_version_stays_until_the_release_changes_the_entry(act: Act, monkeypatch: Any) -> None:
    own_version(Entry.objects.get(kind=RULE[0], key=RULE[1]), body="Ours.")
    assert publish_shipped(act) == 0
    assert queries.entry(*RULE).body == "Ours."  # type: ignore[union-attr]
    with_changes(monkeypatch, replace(blame(), body="Theirs."))
    assert publish_shipped(act) == 1
    row = queries.entry(*RULE)
    assert row is not None
    assert (row.version, row.body) == (3, "Theirs.")


def test_a_persons_withdrawal_stays(act: Act, monkeypatch: Any) -> None:
    own_version(Entry.objects.get(kind=RULE[0], key=RULE[1]), is_withdrawn=True)
    with_changes(monkeypatch, replace(blame(), body="Theirs."))
    publish_shipped(act)
    assert queries.entry(*RULE) is None
    assert "blame" not in {rule.key for rule in queries.phrase_rules()}


def test_what_is_no_longer_shipped_is_withdrawn_and_can_return(act: Act, monkeypatch: Any) -> None:
    with_changes(monkeypatch, without=RULE)
    assert publish_shipped(act) == 1
    assert queries.entry(*RULE) is None
    assert publish_shipped(act) == 0
    monkeypatch.undo()
    assert publish_shipped(act) == 1
    assert queries.entry(*RULE).body == blame().body  # type: ignore[union-attr]


def test_it_is_for_the_release_and_the_lead(act_as: Any, public: Any) -> None:
    with pytest.raises(PermissionDenied):
        publish_shipped(act_as("agent", tenant=public))


def test_preparing_publishes_a_changed_entry(public: Any, monkeypatch: Any) -> None:
    before = preparation.fingerprint()
    with_changes(monkeypatch, replace(blame(), body="Other words."))
    assert preparation.fingerprint() != before
    preparation.publish_knowledge()
    assert queries.entry(*RULE).version == 2  # type: ignore[union-attr]


def test_the_current_entries_take_one_query(public: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        list(queries.current())
    assert connection.schema_name == "public"
