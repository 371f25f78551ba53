"""The evidence that a message cites, derived again: what the record says now, and whether it is still the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asora.kernel.act import Act
from support.access import reading
from support.evidence.checking import Checked, check
from support.replies.models import Footnote
from support.tickets.models import Message, Ticket

#: The name of this page in the trail of the tenant.
PAGE = "support:footnotes"


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote by its number, with its check. `state`: proved, same (not sealed) or differs."""

    number: int
    checked: Checked

    @property
    def state(self) -> str:
        """The state for its badge."""
        if self.checked.is_proved:
            return "proved"
        return "same" if self.checked.is_same else "differs"


def derive_again(act: Act, ticket: Ticket, message: Message) -> Sequence[Note]:
    """Every footnote of a message, derived again in the tenant. Needs the agent's open access session.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, ACCESS_NOT_OPEN. Raises Unavailable.
    """
    rows = list(Footnote.objects.filter(message=message).select_related("link").order_by("number"))
    if ticket.tenant is None or not rows:
        return []
    address = f"/audit/requests/{rows[0].link.request_id}/"
    with reading.inside(act, ticket.tenant, page=PAGE, address=address) as within:
        found = {one.link.pk: one for one in check(within, [row.link for row in rows])}
    return [Note(row.number, found[row.link_id]) for row in rows]
