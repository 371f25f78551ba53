"""Named reads of investigations: how far one is, on which evidence, and what was determined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from asora.kernel.shapes import ReadOnlyValues
from support.evidence.models import EvidenceLink
from support.investigations.models import Determination, GuaranteeCheck, Investigation, Step, StepEvidence
from support.investigations.rules import EVIDENCE_FROM, Linked, StepNumber, missing_before
from support.investigations.words import STEP_TITLES
from support.tickets.models import Ticket
from support.tickets.queries import merged_family

_NOTHING: ReadOnlyValues = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the investigation of a ticket is, in its present round.

    `step`: the last step that is done; 0: none. `steps`: those of this round. `links`: the evidence of step 3, oldest
    event first. `facts`: what the deciding event says (`rules.Interpretation`, from step 4 on), and what the
    determination is based on. `checks`: the latest check of each guarantee. `matches`, `mismatches`: claims of the
    report that the facts confirm or contradict (step 5). `request_ids`: of step 2.
    """

    step: int = 0
    round: int = 0
    steps: Sequence[Step] = ()
    links: Sequence[EvidenceLink] = ()
    facts: ReadOnlyValues = field(default_factory=lambda: _NOTHING)
    determination: Determination | None = None
    checks: Sequence[GuaranteeCheck] = ()
    matches: int = 0
    mismatches: int = 0
    request_ids: Sequence[str] = ()

    @property
    def request_id(self) -> str:
        """The request of the deciding event; before step 4, the first one of step 2. Empty before that."""
        return str(self.facts.get("request_id") or next(iter(self.request_ids), ""))

    @property
    def event(self) -> EvidenceLink | None:
        """The reference to the deciding event; before step 4, that of the first linked event."""
        chosen = [link for link in self.links if str(link.pk) == self.findings.get(4, {}).get("link")]
        return next(iter([*chosen, *self.links]), None)

    @property
    def release(self) -> str:
        """The release of Asora in which the deciding event was written; empty if it is not known."""
        return str(self.event.facts.get("release", "")) if self.event else ""

    @property
    def has_evidence(self) -> bool:
        """Returns True if step 3 is done, so that a reply, a resolution or a case may follow."""
        return self.step >= EVIDENCE_FROM

    @property
    def determined(self) -> str:
        """The key of the determination of this round; empty if there is none."""
        return self.determination.key if self.determination else ""

    @property
    def findings(self) -> Mapping[int, ReadOnlyValues]:
        """The findings of each step that is done, by its number."""
        return {step.number: step.findings for step in self.steps}


def current(ticket: Ticket) -> Progress:
    """The progress of a ticket's investigation; step 0 and nothing else if it has not begun."""
    found = Investigation.objects.filter(pk=ticket.pk).first()
    return progress_of(found) if found else Progress()


def progress_of(investigation: Investigation) -> Progress:
    """The progress of an investigation, as its row says."""
    steps = list(investigation.steps.filter(round=investigation.round).order_by("number"))
    findings = {step.number: step.findings for step in steps}
    links = EvidenceLink.objects.none()
    if investigation.step >= EVIDENCE_FROM:
        linked = [step.pk for step in steps if step.number == EVIDENCE_FROM]
        links = EvidenceLink.objects.filter(pk__in=_links_of(linked)).order_by("occurred_at", "id")
    determination = (
        investigation.determinations.filter(round=investigation.round)
        .order_by("-determined_at", "-id")
        .first()
    )
    return Progress(
        step=investigation.step,
        round=investigation.round,
        steps=steps,
        links=list(links),
        facts={**findings.get(4, {}), **(determination.facts if determination else {})},
        determination=determination,
        checks=latest_checks(investigation),
        matches=findings.get(5, {}).get("matches", 0),
        mismatches=findings.get(5, {}).get("mismatches", 0),
        request_ids=findings.get(2, {}).get("request_ids", []),
    )


def require_step(act: Act, ticket: Ticket, number: int) -> Progress:
    """The progress of a ticket's investigation, if step `number` is done. For bodies and views of the rooms above.

    Refusals: STATE_CONFLICT STEP_MISSING, with the titles of the missing steps in their order.
    """
    act.reads(ticket)
    progress = current(ticket)
    require_done(number + 1, done=progress.step)
    return progress


def require_done(number: int, *, done: int) -> None:
    """Refuse if a step before `number` is not done. Refusals: STATE_CONFLICT STEP_MISSING."""
    if missing := missing_before(number, done=done):
        raise StateConflict(
            _("An earlier step of the investigation is missing."),
            reason=Reason.STEP_MISSING,
            details={"missing": [f"{one}. {STEP_TITLES[StepNumber(one)]}" for one in missing]},
        )


def latest_checks(investigation: Investigation) -> list[GuaranteeCheck]:
    """The latest check of each guarantee, in the order of their names."""
    rows = investigation.checks.order_by("guarantee", "-checked_at", "-id").distinct("guarantee")
    return list(rows)


def links_of_merged(ticket: Ticket) -> list[EvidenceLink]:
    """The evidence of the tickets that were merged into this one, oldest event first."""
    others = merged_family(ticket)[1:]
    if not others:
        return []
    rows = StepEvidence.objects.filter(step__investigation__in=others).values_list("link", flat=True)
    return list(EvidenceLink.objects.filter(pk__in=list(rows)).order_by("occurred_at", "id"))


def linked(links: Sequence[EvidenceLink]) -> list[Linked]:
    """Links as the rules read them."""
    return [
        Linked(
            id=str(link.pk),
            request_id=link.request_id,
            occurred_at=link.occurred_at,
            action=link.action,
            outcome=link.outcome,
            code=link.code,
            reason=link.reason,
            rule=link.rule_id,
            is_sealed_kind=link.kind == EvidenceLink.Kind.EVENT,
            facts=link.facts,
        )
        for link in links
    ]


def _links_of(steps: Sequence[int]) -> list[UUID]:
    return list(StepEvidence.objects.filter(step__in=steps).values_list("link", flat=True))
