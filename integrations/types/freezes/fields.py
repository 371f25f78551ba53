"""The `data` of a freeze and of its end."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from integrations.types.definition import Data, documented


@dataclass(frozen=True, kw_only=True)
class Frozen(Data):
    """The start of a freeze."""

    reason: str = documented(_("Reason that the operator of Asora gave."))


@dataclass(frozen=True, kw_only=True)
class Unfrozen(Data):
    """The end of a freeze."""

    root_cause: str = documented(_("Root cause of the freeze, as the operator of Asora wrote it down."))
