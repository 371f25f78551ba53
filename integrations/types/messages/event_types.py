"""The event types that endpoints get unasked."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from integrations.types.definition import EventType
from integrations.types.messages.fields import DescriptionFailed, TestEvent

GROUP = _("Messages")

TEST = EventType(
    name="integrations.test.v1",
    group=GROUP,
    title=_("Test event"),
    meaning=_("Somebody asked for a test event. Nothing happened in the inventory."),
    permission=Permission.INTEGRATIONS_DISPATCH,
    subject="endpoint",
    example=TestEvent(endpoint="Web shop"),
    is_chosen=False,
)
FAILED = EventType(
    name="integrations.description.failed.v1",
    group=GROUP,
    title=_("Description failed"),
    meaning=_(
        "Something happened, but Asora could not describe it because of a fault in Asora. It takes the place of what "
        "would have been sent, so that no number is missing. Look the event up in the audit trail."
    ),
    permission=Permission.INTEGRATIONS_DISPATCH,
    subject="audit/<id>",
    example=DescriptionFailed(
        audit_event=UUID("01975e2c-1d6a-7c3e-9f41-6c1b1f0a7d11"), action="ledger.receipt.post"
    ),
    is_chosen=False,
)
