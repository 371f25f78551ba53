"""Every state that a page shows as a badge has its word in the group that the page names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import engines

from asora.accounts.roles.table import GRANTS
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.words import BADGES, PERMISSION_LABELS, badge_of
from asora.onboarding.listings import CLOSED
from audit.events.models import Event
from audit.explorer.listings import EVENTS
from inventory.views import listings as inventory
from ledger.adjustments.listings import REQUESTS
from ledger.models import Kind
from ledger.reports import REPORTS
from plans.listings import TENANTS

TEMPLATES = Path(__file__).parents[2] / "templates"
TAG = re.compile(r"{% (?:quiet_)?badge ([^%]+?) %}")
LISTINGS: list[Listing] = [
    CLOSED,
    EVENTS,
    REQUESTS,
    TENANTS,
    *(value for value in vars(inventory).values() if isinstance(value, Listing)),
]


def badges_in_templates() -> list[tuple[str, str, str]]:
    """File, group and state of every badge that a template shows, as they are written there."""
    return [
        (str(path.relative_to(TEMPLATES)), *used.split(maxsplit=1))  # type: ignore[misc]
        for path in sorted(TEMPLATES.rglob("*.html"))
        for used in TAG.findall(path.read_text())
    ]


def test_templates_name_known_groups_and_states() -> None:
    found = badges_in_templates()
    assert len(found) > 30
    for path, group, state in found:
        assert group.strip('"') in BADGES, path
        if state.startswith('"'):
            assert state.strip('"') in BADGES[group.strip('"')], path


@pytest.mark.parametrize("column", [
    *(column for listing in LISTINGS for column in listing.columns),
    *(column for report in REPORTS.values() for column in report.columns),
], ids=lambda column: column.name)  # fmt: skip
def test_columns_of_badges_name_a_known_group(column: Column) -> None:
    assert (column.kind in {"badge", "kind"}) == bool(column.badges)
    assert not column.badges or column.badges in BADGES


def test_choices_of_models_have_their_words() -> None:
    assert set(BADGES["audit.outcome"]) == set(Event.Outcome.values)
    assert set(BADGES["ledger.posting_kind"]) == set(Kind.values)


def test_one_word_may_mean_two_things() -> None:
    assert badge_of("audit.outcome", "refused").word == badge_of("jobs.job", "refused").word
    assert badge_of("ledger.adjustment_request", "requested").word == badge_of("jobs.job", "waiting").word
    assert badge_of("ledger.adjustment_request", "requested").icon != badge_of("jobs.job", "waiting").icon


def test_a_state_without_a_word_shows_itself_and_an_unknown_group_is_an_error() -> None:
    show = engines["django"].from_string("{% load asora_ui %}{% badge group state %}").render
    assert "strange" in show({"group": "jobs.job", "state": "strange"})
    with pytest.raises(KeyError):
        show({"group": "jobs.nothing", "state": "done"})


def test_every_permission_of_a_role_has_a_label() -> None:
    given: set[Permission] = {name for roles in GRANTS.values() for held in roles.values() for name in held}
    assert given == set(PERMISSION_LABELS)
