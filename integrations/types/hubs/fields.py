"""The `data` of a hub."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from integrations.types.definition import Data, Hubs, documented


@dataclass(frozen=True, kw_only=True)
class HubState(Data):
    """A hub as it is after the change."""

    hub_id: int
    hub: str = documented(_("Code of the hub. It never changes."))
    name: str = documented(_("Name of the hub."))
    is_archived: bool = documented(_("Whether the hub is archived."))
    version: int = documented(_("Version of the hub: it grows by one with each change."))

    def hubs(self) -> Hubs:
        """The hub itself."""
        return frozenset({self.hub_id})
