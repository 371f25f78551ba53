"""The texts in requests about people that are codes of the product: roles, and the places that a form showed."""

from __future__ import annotations

import re

from asora.accounts.roles import grants
from asora.accounts.roles.table import GRANTS
from asora.kernel import asked

PSEUDONYM = re.compile(r"u-[0-9a-z]{10}")


def _is_role(text: str) -> bool:
    return any(text in roles for roles in GRANTS.values())


def _is_shown(text: str) -> bool:
    """Whether a form showed this: a role, or where a person works (`grants.described`)."""
    return text == grants.ALL or _is_role(text) or _are_places(text.split(","))


def _are_places(names: list[str]) -> bool:
    return set(names) <= set(grants.named(grants.places()))


asked.register_check("role", _is_role)
asked.register_check("seen", _is_shown)
asked.register_check("assignee", lambda text: bool(PSEUDONYM.fullmatch(text)))
