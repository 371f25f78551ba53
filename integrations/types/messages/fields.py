"""The `data` of messages. They have nothing of the inventory, so every endpoint may get them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from integrations.types.definition import Data, documented


@dataclass(frozen=True, kw_only=True)
class TestEvent(Data):
    """A test event."""

    __test__ = False  # it is no test class of pytest

    endpoint: str = documented(_("Name of the endpoint that the test event was sent to."))


@dataclass(frozen=True, kw_only=True)
class DescriptionFailed(Data):
    """An event that could not be described."""

    audit_event: UUID = documented(_("Id of the event in the audit trail. Look it up there."))
    action: str = documented(_("Action that was done. It is complete: only its description failed."))
