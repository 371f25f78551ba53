"""Asking before a document is posted that may already be in the ledger: "DBL-1 from ITO was already received at
position 173 (3 pcs). Post another?" (`ledger.posting.identity` decides when two documents are the same.)

An answer is valid for what its sender has seen, not for a document that somebody else has posted in the meantime: the
answer of a form names the document and the posting (`ledger.posting.questions`), the answer of a file names the newest
posting that was asked about. Only people at a form or with a file are asked; code that posts is not
(`Draft.confirmed`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.csv.reading import LineErrors
from asora.kernel.permissions import Permission
from asora.kernel.reach import works_everywhere
from asora.kernel.refusals import Reason
from asora.kernel.shapes import Values
from asora.kernel.templatetags.figures import signed_text
from inventory.queries import permitted_hubs
from ledger.posting.drafts import Draft
from ledger.posting.identity import Earlier
from ledger.posting.kinds import ADJUSTING, MOVEMENTS, MOVING
from ledger.posting.master_data import MasterData
from ledger.posting.questions import Question
from ledger.posting.rules import added_up

MAX_NAMED = 20  # answers that an event names one by one


class Asking:
    """The questions about drafts. `answered`: the newest posting that the sender of a file was asked about."""

    def __init__(self, act: Act, master_data: MasterData, *, answered: int = 0) -> None:
        self._act, self._master_data, self._answered = act, master_data, answered

    def about_another(self, draft: Draft) -> Iterator[Question]:
        """The question whether a form's document is a new one, if its reference is already posted."""
        found = next(iter(self._master_data.standing(draft)), None)
        if found is None or draft.confirmed is None:
            return
        self._concern([found])
        yield Question(
            "reference",
            Reason.REFERENCE_POSTED,
            self.question(draft, found),
            [str(draft.kind), self._party(draft, found), draft.reference, str(found.position)],
            yes=_("Yes, post another."),
            position=found.position,
        )

    def name(self, drafts: Sequence[Draft], errors: LineErrors) -> int:
        """Add the question to the lines of each document of a file that its sender has to confirm.

        Returns the newest position that is asked about, 0 if there is no question.
        """
        asked = [(draft, self._master_data.standing(draft)) for draft in drafts]
        open_ = [(draft, found[0]) for draft, found in asked if found and found[0].position > self._answered]
        self._concern([found for _draft, found in open_])
        for draft, found in open_:
            message = self.question(draft, found)
            for line in draft.lines:
                errors.add(line.number, "reference", Reason.REFERENCE_POSTED, message)
        return max((found.position for _draft, found in open_), default=0)

    def answers(self, drafts: Sequence[Draft]) -> list[Values]:
        """For the event: the documents of a file that were posted beside others because their sender confirmed it."""
        pairs = [(draft.reference, self._master_data.standing(draft)) for draft in drafts]
        beside = [[reference, str(found[0].position)] for reference, found in pairs if found]
        if not beside:
            return []
        what = {"documents": len(beside), "what": beside[:MAX_NAMED]}
        return [{"reason": str(Reason.REFERENCE_POSTED), **what}]

    def question(self, draft: Draft, earlier: Earlier) -> str:
        """The question, without figures that the sender may not see."""
        return str(MOVEMENTS[draft.kind].question) % {
            "reference": draft.reference,
            "party": self._party(draft, earlier),
            "position": earlier.position,
            "moved": self._moved(earlier),
        }

    def _party(self, draft: Draft, earlier: Earlier) -> str:
        if draft.vendor_id is not None:
            return self._master_data.vendors[draft.vendor_id].code
        bins = (self._master_data.bins[bin_] for line in draft.lines for bin_ in line.bins)
        return ", ".join(
            sorted({bin_.address.partition("/")[0] for bin_ in bins if bin_.hub_id in earlier.hubs})
        )

    def _moved(self, earlier: Earlier) -> str:
        if not self._act.actor.may(Permission.LEDGER_VIEW_STOCK):
            lines = len(earlier.moved)
            return ngettext("%(lines)s line", "%(lines)s lines", lines) % {"lines": lines}
        if self._places is not None and not earlier.hubs <= self._places:
            return _("also at a hub where you do not work")
        signed = earlier.kind in ADJUSTING
        entries = [
            (entry.unit, entry.quantity if signed else abs(entry.quantity))
            for entry in earlier.moved
            if earlier.kind not in MOVING or entry.quantity > 0
        ]
        shown = [f"{_figure(quantity)} {unit}" for unit, quantity in sorted(added_up(entries).items())]
        return " · ".join(shown)

    @cached_property
    def _places(self) -> set[int] | None:
        """The hubs where the sender works; None means everywhere."""
        actor = self._act.actor
        return None if works_everywhere(actor) else set(permitted_hubs(actor).values_list("pk", flat=True))

    def _concern(self, found: Sequence[Earlier]) -> None:
        self._act.reads(*keys.many("posting", [earlier.position for earlier in found]))
        self._act.at_hubs(*{hub for earlier in found for hub in earlier.hubs})


def _figure(quantity: Decimal) -> str:
    return signed_text(quantity, places=None)
