"""Every action has a word, every word an action or a signal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from asora.accounts.roles.table import OPERATE_HUB, PERMISSIONS
from asora.kernel.permissions import SIGNED_IN
from asora.kernel.refusals import Reason
from asora.kernel.words import SENTENCES
from audit.events.models import Event
from audit.events.vocabulary import sentence
from plans.catalogue import CEILINGS, RESOURCES
from tests.kernel.actions import every_action

# Recorded without the door: by signals, refused pages, downloads of lists, the end of exports, reading the trail.
WITHOUT_ACTION = {
    "accounts.sign_in",
    "accounts.sign_out",
    "accounts.lock_out",
    "accounts.session.late",
    "page.open",
    "list.download",
    "audit.export.finish",
    "audit.trail.read",
    "audit.event.read",
    "audit.request.read",
    "accounts.identity.ask",
    "support.access.look",
}
# Permissions of commands or operators, which no role of a tenant has.
PLATFORM = {
    "plans.onboard_tenant",
    "plans.change_plan",
    "plans.freeze_tenant",
    "plans.explain_freeze",
    "plans.unfreeze_tenant",
    "support.work_desk",
    "support.review",
    "support.answer_cases",
    "support.manage_knowledge",
    "support.handle_security",
    "support.receive",
    "ledger.rebuild",
    "accounts.accept_invitation",  # carried by the link
    "accounts.ask_for_reset",  # held by the sign-in page
    "integrations.read_feed",  # carried by the feed's token
}


@pytest.fixture(scope="module")
def actions():
    return every_action()


def test_every_action_has_a_word_and_every_word_an_action(actions):
    assert len(actions) > 10
    assert set(actions) == set(SENTENCES) - WITHOUT_ACTION


def test_all_words_are_there_once_the_apps_are_ready(actions):
    """A process that has opened no page yet, such as a worker, can say every event."""
    program = "import django; django.setup(); from asora.kernel import words; print(*words.SENTENCES)"
    fresh = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, check=True, env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
    )  # fmt: skip
    assert set(fresh.stdout.split()) == set(actions) | WITHOUT_ACTION


def test_names_permissions_and_ceilings_are_known_ones(actions):
    for name, action in actions.items():
        assert action.permission in {*PERMISSIONS, *PLATFORM, SIGNED_IN}, name
        assert not action.ceiling or action.ceiling in RESOURCES, name
        assert len(name) <= Event._meta.get_field("action").max_length, name
        assert action.__doc__, name


@pytest.mark.parametrize("outcome", Event.Outcome.values)
@pytest.mark.parametrize("action", SENTENCES)
def test_every_word_makes_a_sentence(action, outcome):
    output = sentence(action=action, outcome=outcome, label="BOLT {x}")
    assert output[0].islower()
    assert "{label}" not in output


def test_every_reason_fits_its_column_and_is_spelt_as_its_name():
    for reason in Reason:
        assert reason == reason.name
        assert len(reason) <= Event._meta.get_field("reason").max_length


def test_every_plan_has_every_ceiling():
    for plan, ceilings in CEILINGS.items():
        assert set(RESOURCES) | {"integrations"} == set(ceilings), plan
    assert OPERATE_HUB not in PERMISSIONS, "it is asked of a hub, not of a role"
