"""Derives references again: is the record still the same, and is it in the tree that a seal has signed?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from asora.kernel.shapes import ReadOnlyValues
from audit.events.models import Event
from audit.seals import event_rows
from support.evidence import facts, reading, seals
from support.evidence.facts import EventFact
from support.evidence.models import EvidenceLink

#: Members of a fact that come from the reading, or from the whole row, and not from one column of the record.
_OF_READING = frozenset({"access", "event_hash", "row_format", "seal", "sentence"})


@dataclass(frozen=True, slots=True)
class Checked:
    """A reference, what the record says now, and what is wrong, as sentences.

    `now`: None if the record is gone. `is_same`: the record has the linked hash (an attempt: the same values).
    `seal`: the seal that covers it now; None if it is not sealed yet. `is_included`: the row is in the tree of that
    seal, and our key has signed the seal.
    """

    link: EvidenceLink
    now: EventFact | None = None
    is_same: bool = False
    is_included: bool = False
    problems: tuple[str, ...] = ()

    @property
    def seal(self) -> facts.SealPlace | None:
        """The seal that covers the event now."""
        return self.now.seal if self.now else None

    @property
    def is_proved(self) -> bool:
        """Whether the record is an unchanged event under a seal. An attempt never is."""
        return self.link.kind == facts.EVENT and self.is_same and self.is_included

    @property
    def problem(self) -> str:
        """Why it is not proved, as a sentence; empty if it is."""
        if self.is_proved:
            return ""
        if self.problems:
            return self.problems[0]
        if self.link.kind == facts.ATTEMPT:
            return _("Attempts to sign in are never sealed, so they prove nothing.")
        text = _("Event %(number)s is not sealed yet. Seals are made every minute.")
        return text % {"number": self.link.number}

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong. An event that is not sealed yet can be intact."""
        return not self.problems


def check(within: Act, links: Iterable[EvidenceLink]) -> list[Checked]:
    """Check references to the bound tenant, in the same order. A few queries, and one or two more for each event.

    Refusals: STATE_CONFLICT OTHER_TENANT if one of them is of another tenant.
    """
    wanted = list(links)
    for link in wanted:
        if link.tenant.schema_name != binding.schema_name():
            raise StateConflict(
                _("This reference is to a record of another tenant."),
                reason=Reason.OTHER_TENANT,
                details={
                    "missing": [_("An access session of the tenant of the record.")],
                    "remedy": _("Open an access session of that tenant."),
                },
            )
    events = [UUID(link.record) for link in wanted if link.kind == facts.EVENT]
    found = {fact.record: fact for fact in reading.facts_of(within, Event.objects.filter(pk__in=events))}
    tree = seals.Tree.of_bound()
    return [
        _event(link, found.get(link.record), tree) if link.kind == facts.EVENT else _attempt(within, link)
        for link in wanted
    ]


def require_intact(checked: Sequence[Checked]) -> None:
    """Refuse if a reference does not lead to the same record again. Refusals: STATE_CONFLICT EVIDENCE_DIFFERS."""
    problems = [problem for one in checked for problem in one.problems]
    if problems:
        raise StateConflict(
            _("The evidence is no longer what it was when it was linked. Tell the platform lead at once."),
            reason=Reason.EVIDENCE_DIFFERS,
            details={"missing": problems},
        )


def _event(link: EvidenceLink, now: EventFact | None, tree: seals.Tree) -> Checked:
    names = {"number": link.number}
    if now is None:
        return Checked(link, problems=(_("Event %(number)s is no longer in the trail.") % names,))
    linked_format = int(link.facts.get("row_format", now.row_format))
    row = event_rows.rows_of([UUID(link.record)], row_format=linked_format).get(UUID(link.record), b"")
    problems = []
    is_same = facts.digest(row) == link.event_hash
    if not is_same:
        differs = ", ".join(differences(link.facts, now)) or _("its row")
        text = _("Event %(number)s is not the one that was linked. Changed: %(what)s.")
        problems.append(text % {**names, "what": differs})
    is_included = False
    if now.seal is not None and link.number is not None:
        sealed_row = row
        if now.row_format != linked_format:
            sealed_row = event_rows.rows_of([UUID(link.record)], row_format=now.row_format)[UUID(link.record)]
        is_included = tree.contains(sealed_row, number=link.number, seal=now.seal.number)
        if not is_included:
            problems.append(
                _("Event %(number)s is not what seal %(seal)s has signed.")
                % {**names, "seal": now.seal.number}
            )
    elif link.seal_size is not None:
        problems.append(_("The seal over event %(number)s is missing.") % names)
    return Checked(link, now, is_same=is_same, is_included=is_included, problems=tuple(problems))


def _attempt(within: Act, link: EvidenceLink) -> Checked:
    now = reading.attempt(within, link.record)
    if now is None:
        gone = _("Attempt %(ref)s is no longer stored. Attempts are deleted after some time.")
        return Checked(link, problems=(gone % {"ref": link.record},))
    changed = differences(link.facts, now)
    if not changed:
        return Checked(link, now, is_same=True)
    text = _("Attempt %(ref)s is not the one that was linked. Changed: %(what)s.")
    return Checked(link, now, problems=(text % {"ref": link.record, "what": ", ".join(changed)},))


def differences(linked: ReadOnlyValues, now: EventFact) -> list[str]:
    """The names of the members of a linked fact that are different now."""
    values = now.as_json()
    then = EventFact.from_json(linked).as_json()
    return sorted(name for name in values if name not in _OF_READING and then[name] != values[name])
