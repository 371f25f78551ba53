"""The `data` of a change of plan."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from integrations.types.definition import Data, documented


@dataclass(frozen=True, kw_only=True)
class PlanChanged(Data):
    """A change of plan."""

    from_plan: str = documented(_("Plan before the change."))
    to_plan: str = documented(_("Plan from now on. Existing records stay, even if it allows fewer."))
