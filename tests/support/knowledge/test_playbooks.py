"""Playbooks and articles: their keys, the determinations and templates that they name, and their words."""

from __future__ import annotations

import pytest

from support.investigations.determinations import DETERMINATIONS
from support.knowledge.models import Entry
from support.knowledge.shipped_texts import Shipped, shipped
from support.markdown import to_html

PLAYBOOKS = [one for one in shipped() if one.kind == Entry.Kind.PLAYBOOK]
TEXTS = [one for one in shipped() if one.kind in {Entry.Kind.PLAYBOOK, Entry.Kind.ARTICLE, Entry.Kind.POLICY}]
TEMPLATES = {one.key for one in shipped() if one.kind == Entry.Kind.REPLY_TEMPLATE}
KEYS = {"sign_in", "cannot_create", "quantity", "export", "integration", "exception", "guarantee", "slow"}


def test_each_category_has_a_playbook() -> None:
    assert {one.key for one in PLAYBOOKS} == KEYS
    for category in "ABCDEFGH":
        fitting = [
            one.key for one in PLAYBOOKS if category in one.rule["categories"] and one.key != "exception"
        ]
        assert fitting, category


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda one: one.key)
def test_a_playbook_names_what_exists(playbook: Shipped) -> None:
    assert set(playbook.rule["determinations"]) <= set(DETERMINATIONS)
    assert set(playbook.rule["templates"]) <= TEMPLATES


@pytest.mark.parametrize("text", TEXTS, ids=lambda one: one.key)
def test_a_text_is_readable_markdown(text: Shipped) -> None:
    html = to_html(text.body)
    assert "<p>" in html or "<li>" in html or "<table>" in html
    assert "&lt;" not in html
    assert len(text.title) <= 160
