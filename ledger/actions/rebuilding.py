"""Making the derived tables again. The ledger itself cannot be touched, here or anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.door import action
from ledger.rebuilding import LOCK, STATEMENTS


@action("ledger.derived.rebuild", permission="ledger.rebuild", while_frozen=True)
def rebuild(act: Act, *, broken: Sequence[str] = ()) -> dict[str, int]:
    """Bring every derived row into line with the entries; returns how many were wrong, by table.

    `broken`: the checks that did not hold before, which the event tells, since afterwards they hold again.
    No role holds `ledger.rebuild`: only the command does. Postings wait until it is done.
    """
    changed: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        for name, statement in STATEMENTS:
            cursor.execute(statement)
            changed[name] = cursor.rowcount
    act.touched("stock:*")
    act.found(position=positions.current(), broken=list(broken), **changed)
    if not any(changed.values()):
        act.noop(_("Everything that is derived was right already."))
    return changed
