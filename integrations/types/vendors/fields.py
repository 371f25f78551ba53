"""The `data` of a vendor's eligibility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext_lazy as _

from integrations.types.definition import Data, documented

Cause = Literal["created", "decided", "archived", "restored"]


@dataclass(frozen=True, kw_only=True)
class Eligibility(Data):
    """Whether deliveries of a vendor can be received."""

    vendor: str = documented(_("Code of the vendor. It never changes."))
    name: str = documented(_("Name of the vendor."))
    can_deliver: bool = documented(
        _("Whether deliveries can be received now: the vendor is eligible and not archived.")
    )
    is_eligible: bool = documented(_("What was last decided about the vendor."))
    is_archived: bool = documented(_("Whether the vendor is archived."))
    cause: Cause = documented(
        _("What happened: the vendor was created, its eligibility was decided, it was archived or restored.")
    )
    version: int = documented(_("Version of the vendor: it grows by one with each change."))
