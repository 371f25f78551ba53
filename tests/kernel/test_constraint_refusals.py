"""Every constraint that an action turns into a refusal exists under that name, in the template and in its clones.

Cloning gives unique constraints of plain columns the names that PostgreSQL would choose, whatever they were called.
"""

from __future__ import annotations

import pytest
from django.db import connection

from tests.kernel.actions import every_action

NAMES = """
SELECT conname FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace WHERE nspname = %(schema)s
UNION SELECT indexname FROM pg_indexes WHERE schemaname = %(schema)s
"""


@pytest.mark.parametrize("clone", ["_template", "t_acacia"])
def test_every_net_catches_something(acacia, clone):
    found = {}
    with connection.cursor() as cursor:
        for schema in ("public", clone):
            cursor.execute(NAMES, {"schema": schema})
            found[schema] = {name for (name,) in cursor.fetchall()}
    asked = 0
    for action in every_action().values():
        schema = "public" if action.name.startswith(("plans.", "support.")) else clone
        assert set(action.constraint_refusals) <= found[schema], action.name
        asked += len(action.constraint_refusals)
    assert asked > 10
