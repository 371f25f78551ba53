"""The values that an event may record, for every field and column: the value itself, or only its length."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms

from asora.accounts.people.forms import InvitationForm
from asora.accounts.sign_in.actions.passwords import change_password
from asora.accounts.sign_in.forms import ChangePasswordForm
from asora.files.columns import FileColumn
from asora.kernel import keys
from asora.kernel.evidence import KEPT_TEXTS, MASK, is_kept, shown, typed_in
from asora.kernel.refusals import Refusal
from inventory.files.kinds import KINDS
from ledger.files.columns import MEANINGS
from ledger.posting.csv_columns import SHAPES
from tests.kernel.actions import PACKAGES

#: Fields that name people or addresses, hold secrets, or are prose: of these an event has the length at most.
NOT_KEPT = frozenset(
    {
        "about", "actor", "address", "again", "assignee", "carried", "company", "compare", "email", "file", "find",
        "integration", "kept", "kept_name", "name", "new_password", "next", "note", "old_password", "one_time_code",
        "other", "password", "person", "q", "query", "question", "reason", "receipt", "record", "request", "request_id",
        "root_cause", "route", "rule", "sealed", "seen",
        "state", "text", "title", "upload", "url",
        # of evidence
        "recipient", "requests",
        # of the knowledge room
        "body", "fixed_in", "key", "since_release",
        # of escalations
        "affected", "answer", "impact", "remark", "reproduction", "segment", "tried", "use_case", "wish", "workaround",
        "action", "holidays", "notes", "notice", "phone",  # of calls, incidents and promised times
    }
)  # fmt: skip


def every_form() -> Iterator[type[forms.BaseForm]]:
    """All form classes of the product."""
    for package in PACKAGES:
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if "form" in module.name or "listing" in module.name or module.name.endswith("sending"):
                importlib.import_module(module.name)

    def below(cls: type[Any]) -> Iterator[type[Any]]:
        for child in cls.__subclasses__():
            yield child
            yield from below(child)

    yield from (cls for cls in below(forms.Form) if cls.__module__.split(".")[0] in PACKAGES)


def test_every_text_field_is_either_a_code_or_kept_as_its_length():
    found = {
        name
        for form in every_form()
        for name, field in form.base_fields.items()  # type: ignore[attr-defined]
        if not is_kept(field)
    }
    assert found <= KEPT_TEXTS | NOT_KEPT, "say of a new field whether the trail may keep what is typed in it"
    assert not KEPT_TEXTS & NOT_KEPT
    assert len(found) > 20


def test_every_column_of_a_file_is_classified():
    columns = {*MEANINGS, "counted_qty"}
    columns |= {name for shape in SHAPES.values() for name in (*shape.columns, *shape.optional)}
    for kind in KINDS.values():
        columns |= {column.name for column in kind.columns if isinstance(column, FileColumn)}
    assert columns <= KEPT_TEXTS | NOT_KEPT | {"eligible", "counted_qty"}


def test_a_password_leaves_not_even_its_length(acacia, act_as, events):
    form = ChangePasswordForm({"old_password": "hunter2hunter2", "new_password": "x", "again": "y"})
    form.is_valid()
    assert typed_in(form, "new_password") == MASK
    with pytest.raises(Refusal):
        change_password.submit(act_as("manager"), form)
    assert "hunter2" not in str([event.__dict__ for event in events()])


def test_an_address_leaves_its_length(acacia, act_as):
    form = InvitationForm({"email": "ruth@example", "name": "Ruth"}, act=act_as("owner"))
    form.is_valid()
    assert typed_in(form, "email") == {"length": 12}
    assert typed_in(form, "name") == {"length": 4}


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("quantity", "1E5", "1E5"),
        ("sku", "x" * 500, "x" * 120),
        ("note", "", ""),
        ("anything_new", "Ruth", {"length": 4}),
        ("hubs", ["NORTH", "SOUTH"], ["NORTH", "SOUTH"]),
        ("eligible", True, True),
    ],
)
def test_what_is_not_known_to_be_harmless_is_a_length(name, value, kept):
    assert shown(name, value) == kept


def test_what_is_not_among_the_choices_of_a_field_may_be_a_name(acacia, act_as):
    from asora.accounts.models import User
    from asora.accounts.people.forms import RoleForm

    user = User.objects.first()
    for typed, kept in (("manager", "manager"), ("Zebulon", {"length": 7})):
        form = RoleForm({"role": typed, "seen": "viewer"}, act=act_as("owner"), person=user)
        form.is_valid()
        assert typed_in(form, "role") == kept


def test_a_secret_in_a_code_is_redacted_by_the_trail(acacia, act_as, events):
    from tests.kernel.example_action import VendorForm, door

    with pytest.raises(Refusal):
        door().submit(act_as("manager"), VendorForm({"code": "AKIA" + "ABCDEFGH" * 2 + " " + "y" * 60}))
    [event] = events()
    assert "AKIAABCDEFGH" not in str(event.__dict__)
    assert event.redactions[0]["rule"] == "aws_access_key"


def test_keys_of_very_many_records_are_one(acacia, act_as, events):
    from tests.kernel.example_action import VendorForm, door

    form = VendorForm({"code": ""})
    form.evidence = lambda refusal: {
        "concerned": [*(f"item:{number}" for number in range(1, 1_000)), "hub:1"]
    }
    with pytest.raises(Refusal):
        door().submit(act_as("manager"), form)
    assert events()[-1].decision[-1]["concerned"] == [f"item:{keys.EVERY}", "hub:1"]
