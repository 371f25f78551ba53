"""Permissions are named by one typed vocabulary, never by a string that a typing error could change."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_type_hints

import pytest

from asora.accounts.roles.table import GRANTS
from asora.kernel import action, pages
from asora.kernel.actors import Actor
from asora.kernel.permissions import Asked, Permission

ROOT = Path(__file__).parents[2]
PACKAGES = ("asora", "audit", "integrations", "inventory", "ledger", "plans", "support")
#: The same text as a permission, and something else: the kind of a job, the label of a model.
SOMETHING_ELSE = {
    ("ledger/exports/requests.py", "ledger.export"),
    ("asora/web/request_subjects.py", "ledger.export"),
    ("asora/web/request_subjects.py", "integrations.dispatch"),
}
#: Granted place by place, or carried by one link, page, token or command.
OF_NO_ROLE = {
    Permission.INVENTORY_OPERATE_HUB,
    Permission.PLANS_MANAGE_TENANT,
    Permission.ACCOUNTS_ACCEPT_INVITATION,
    Permission.ACCOUNTS_ASK_FOR_RESET,
    Permission.LEDGER_REBUILD,
    Permission.INTEGRATIONS_READ_FEED,
    Permission.SUPPORT_RECEIVE,
}


def literals(path: Path) -> set[str]:
    """The permissions that a module writes as strings."""
    tree = ast.parse(path.read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and text in set(Permission)}


def test_no_module_writes_a_permission_as_a_string() -> None:
    found = {
        (str(path.relative_to(ROOT)), text)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts and path != ROOT / "asora/kernel/permissions.py"
        for text in literals(path)
    }
    assert found == SOMETHING_ELSE


@pytest.mark.parametrize("permission", Permission)
def test_a_permission_is_spelt_as_its_value(permission: Permission) -> None:
    assert permission.name == permission.value.upper().replace(".", "_")


def test_whoever_asks_for_a_permission_asks_for_a_known_one() -> None:
    """What mypy checks: an action, a page or an actor that is given any other text does not pass `make lint`."""
    assert get_type_hints(action.action)["permission"] == Asked
    assert get_type_hints(pages.page)["permission"] == Permission | None
    assert get_type_hints(pages.load)["permission"] == Asked
    assert get_type_hints(Actor.may)["permission"] == Asked


def test_the_roles_have_every_permission_but_those_of_no_role() -> None:
    given = {permission for roles in GRANTS.values() for held in roles.values() for permission in held}
    assert given | OF_NO_ROLE == set(Permission)
    assert not given & OF_NO_ROLE
