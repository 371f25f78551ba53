"""The forms about mails of a ticket. There is nothing to fill in."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from support.mail.models import OutboundMail
from support.tickets.models import Participant, Ticket


class ResendForm(ActionForm):
    """Send a mail that failed once more."""

    def __init__(
        self, data: QueryDict | None = None, *, ticket: Ticket, mail: OutboundMail, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.ticket, self.mail = ticket, mail

    def values(self) -> Values:
        """The arguments of the action."""
        return {"ticket": self.ticket, "mail": self.mail}


class ForgetForm(ActionForm):
    """Erase somebody who wrote by mail."""

    def __init__(
        self, data: QueryDict | None = None, *, ticket: Ticket, participant: Participant, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.ticket, self.participant = ticket, participant

    def values(self) -> Values:
        """The arguments of the action."""
        return {"ticket": self.ticket, "participant": self.participant}
