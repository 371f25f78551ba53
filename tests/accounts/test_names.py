"""Names and addresses of people: what cannot be one is refused at its field, and nobody is added."""

from __future__ import annotations

import pytest

from asora.accounts.models import User
from asora.accounts.people.actions.people import create_user
from asora.kernel.refusals import Reason, ValidationFailed
from plans.models import Tenant
from tests.factories.people import PASSWORD
from tests.fixture_types import Acts

LONG = "a" * 250


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "   \n "),
        ("name", LONG * 2),
        ("name", "Ada\x07"),
        ("name", "Ada \u202eadA"),
        ("email", ""),
        ("email", "ada"),
        ("email", f"ada@{LONG[:60]}.{LONG[:60]}.{LONG[:60]}.{LONG[:60]}.example.com"),
        ("email", "\u0430da@example.com"),  # a Cyrillic letter that looks like an a
    ],
)
def test_what_cannot_be_a_name_or_an_address_is_refused(
    acacia: Tenant, act_as: Acts, field: str, typed: str
) -> None:
    before = User.objects.count()
    values = {"email": "ada@example.com", "name": "Ada", field: typed}
    with pytest.raises(ValidationFailed) as refused:
        create_user(act_as("owner"), role="viewer", password=PASSWORD, hubs=None, **values)
    assert refused.value.reason is Reason.INVALID_INPUT
    assert list(refused.value.details["fields"]) == [field]
    assert User.objects.count() == before


def test_a_name_is_stored_on_one_line(acacia: Tenant, act_as: Acts) -> None:
    made = create_user(
        act_as("owner"),
        email=" ada@example.com ",
        name="  Ada\n  Lovelace ",
        role="viewer",
        password=PASSWORD,
        hubs=None,
    )
    assert (made.name, made.email) == ("Ada Lovelace", "ada@example.com")
