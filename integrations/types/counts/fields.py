"""The `data` of an approved count and of its lines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from integrations.types.definition import documented
from integrations.types.postings.fields import Line, Posting


@dataclass(frozen=True, kw_only=True)
class CountedLine(Line):
    """One item in one bin that was counted."""

    counted: Decimal = documented(_("Quantity that was counted."))
    expected: Decimal = documented(_("Quantity in the bin when it was counted, by the ledger."))


@dataclass(frozen=True, kw_only=True)
class ApprovedCount(Posting):
    """A count and the posting that it led to. The quantity of a line is the difference that was posted."""

    exact: int = documented(_("Lines whose count was exactly as expected."))
    within_tolerance: int = documented(
        _("Other lines whose difference was within the tolerance of the count.")
    )
    accepted: int = documented(_("Lines whose difference somebody accepted."))
    superseded: int = documented(_("Counted lines left out, because they were counted again later."))
    rounds: int = documented(_("Rounds of counting, from 1."))
    lines: tuple[CountedLine, ...] = documented(
        _(
            "What was counted, line by line. The quantity of a line is the difference that was posted; it may be 0."
        )
    )
