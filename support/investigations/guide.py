"""The guided page of an investigation: what the next step needs, read inside the agent's session.

Rows of the desk are read first (`known_of`): inside the tenant, support's connection cannot read them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from django.utils import timezone

from asora.accounts.people.queries import names
from asora.kernel.act import Act
from asora.kernel.shapes import StrOrPromise
from audit.disclosure.models import SupportQuestion
from audit.events.models import Event
from support.evidence import candidates, checking, reading
from support.evidence.candidates import Kind, Sought
from support.evidence.checking import Checked
from support.evidence.facts import ATTEMPT, EventFact
from support.investigations import playbooks, queries, rules
from support.investigations.conditions import Known, Verdict
from support.investigations.determinations import Determinable, offered
from support.investigations.playbooks import Check, Playbook, Seen
from support.investigations.queries import Progress
from support.investigations.readings.tenant import Readings, read_tenant
from support.investigations.rules import Interpretation, Linked, StepNumber
from support.investigations.scope import Scope
from support.investigations.words import CLAIM_LABELS
from support.tickets.models import RequiredInfo, Ticket
from support.tickets.queries import messages_of

#: How long before and after the ticket a request is looked for, if nobody says.
BEFORE = {"E": timedelta(days=90), "G": timedelta(days=7)}
BEFORE_OTHERS = timedelta(hours=24)
AFTER = timedelta(hours=1)
KINDS = {"E": (Kind.LEDGER,), "F": (Kind.EXPORTS,), "G": (Kind.DISPATCHES,)}
MAX_CANDIDATES = 20
MAX_REPORT = 300
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event whose request may be the one: `how` it was found, a key of `words.FOUND_LABELS`."""

    fact: EventFact
    how: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A linked event and what it says."""

    link: Linked
    interpretation: Interpretation
    is_deciding: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of the report, and the fact beside it."""

    key: str
    label: StrOrPromise
    report: str
    fact: str


@dataclass(frozen=True, slots=True)
class Option:
    """A determination of the ticket's category, and whether its condition holds."""

    determinable: Determinable
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Guide:
    """What the page shows for the next step. Only what that step needs is read."""

    progress: Progress
    playbook: Playbook | None
    scope: Scope = field(default_factory=Scope)
    candidates: Sequence[Candidate] = ()
    events: Sequence[EventFact] = ()
    said: Sequence[Said] = ()
    claims: Sequence[Claim] = ()
    options: Sequence[Option] = ()
    checks: Sequence[Check] = ()
    checked: Sequence[Checked] = ()
    readings: Readings = field(default_factory=Readings)
    names: Mapping[str, str] = field(default_factory=lambda: _NO_NAMES)

    @property
    def next(self) -> int:
        """The number of the next step; 6 after the last one."""
        return self.progress.step + 1

    @property
    def deciding(self) -> Said | None:
        """The deciding event, from step 3 on."""
        return next((one for one in self.said if one.is_deciding), None)


@dataclass(frozen=True, slots=True)
class OfDesk:
    """What the desk's own rows say. `given`: required information by key. `text`: how the customer's report begins."""

    ticket: Ticket
    progress: Progress
    given: Mapping[str, str]
    text: str

    @property
    def address(self) -> str:
        """The address in the tenant of what the guide reads, for the tenant's trail."""
        known = self.progress.request_id or self.ticket.about
        return f"/audit/requests/{known}/" if known else "/audit/"


def known_of(ticket: Ticket) -> OfDesk:
    """What the desk knows of a ticket. Call it outside the tenant."""
    first = messages_of([ticket.pk]).filter(author_type="customer").first()
    rows = RequiredInfo.objects.filter(ticket=ticket, state=RequiredInfo.State.GIVEN)
    return OfDesk(
        ticket=ticket,
        progress=queries.current(ticket),
        given=dict(rows.values_list("key", "value")),
        text=first.text[:MAX_REPORT] if first else "",
    )


def without_session(known: OfDesk) -> Guide:
    """The guide before the agent has opened an access session: what is stored, and nothing of the tenant."""
    playbook = playbooks.PLAYBOOKS.get(known.ticket.category)
    return Guide(known.progress, playbook, said=_said(known.progress))


def read_guide(within: Act, known: OfDesk, *, asked: Scope) -> Guide:
    """What the next step of an investigation needs. Inside the tenant. `asked`: where the agent looks."""
    ticket, progress = known.ticket, known.progress
    playbook = playbooks.PLAYBOOKS.get(ticket.category)
    people = dict(names())
    if progress.step + 1 == StepNumber.REQUEST:
        scope = _with_defaults(ticket, asked)
        readings = read_tenant(scope, [])
        found = _candidates(within, ticket, scope, readings, people)
        return Guide(
            progress,
            playbook,
            scope=scope,
            candidates=found,
            readings=readings,
            checks=_first_checks(within, ticket, readings),
            names=people,
        )
    if progress.step + 1 == StepNumber.EVENT:
        events = [
            fact
            for one in progress.request_ids
            for fact in (
                *reading.events_of_request(within, one),
                *reading.attempts_of(within, request_id=one),
            )
        ]
        return Guide(progress, playbook, events=events, names=people)
    if not progress.has_evidence:
        return Guide(progress, playbook, checks=_first_checks(within, ticket), names=people)
    links = queries.linked(progress.links)
    scope = Scope.from_json(progress.findings.get(StepNumber.REQUEST, {}).get("scope", {}))
    readings = read_tenant(scope, links)
    said = _said(progress)
    checks = {check.guarantee: check.outcome for check in progress.checks}
    deciding = next(one for one in said if one.is_deciding)
    what = Known(links=links, readings=readings.facts(), checks=checks, mismatches=progress.mismatches)
    return Guide(
        progress,
        playbook,
        scope=scope,
        said=said,
        claims=_claims(known, deciding, people),
        options=[Option(one, one.verdict(what)) for one in offered(ticket.category)],
        checks=playbooks.checks_of(ticket.category, Seen(deciding.link, what.readings, checks)),
        checked=checking.check(within, progress.links),
        readings=readings,
        names=people,
    )


def _first_checks(within: Act, ticket: Ticket, readings: Readings | None = None) -> list[Check]:
    """The checks of the category before anything is linked: on the request that the ticket names."""
    read = (readings or Readings()).facts()
    facts = _first_of(within, ticket.about) if ticket.about else []
    if not facts:
        return []
    fact = facts[0]
    named = Linked(
        id=fact.record,
        request_id=fact.request_id,
        occurred_at=fact.occurred_at,
        action=fact.action,
        outcome=fact.outcome,
        code=fact.code,
        reason=fact.reason,
        rule=fact.rule,
        is_sealed_kind=fact.kind != ATTEMPT,
        facts=fact.as_json(),
    )
    return playbooks.checks_of(ticket.category, Seen(named, read))


def _said(progress: Progress) -> list[Said]:
    links = queries.linked(progress.links)
    if not links:
        return []
    chosen = str(progress.findings.get(StepNumber.OUTCOME, {}).get("link", "")) or rules.deciding(links).id
    return [Said(link, rules.interpret(link), link.id == chosen) for link in links]


def _with_defaults(ticket: Ticket, asked: Scope) -> Scope:
    before = BEFORE.get(ticket.category, BEFORE_OTHERS)
    return Scope(
        item=asked.item,
        hub=asked.hub,
        bin=asked.bin,
        integration=asked.integration,
        person=asked.person,
        since=asked.since or ticket.opened_at - before,
        until=asked.until or min(ticket.opened_at + AFTER, timezone.now() + AFTER),
    )


def _candidates(
    within: Act, ticket: Ticket, scope: Scope, readings: Readings, people: Mapping[str, str]
) -> list[Candidate]:
    """The request that the ticket names, then the question itself, then what may be meant, refusals first."""
    found: list[tuple[str, EventFact]] = []
    if ticket.about:
        found += [("ticket", fact) for fact in _first_of(within, ticket.about)]
    sought = Sought(
        kinds=KINDS.get(ticket.category, (Kind.REQUESTS,)),
        person=scope.person or ("" if ticket.category in KINDS else ticket.reporter),
        since=scope.since,
        until=scope.until,
        item=scope.item,
        hub=scope.hub,
        bin=scope.bin,
        integration=scope.integration,
    )
    if ticket.category == "A" and sought.person:
        attempts = reading.attempts_of(
            within, person=sought.person, since=scope.since, until=scope.until, limit=MAX_CANDIDATES
        )
        found += [("candidate", fact) for fact in attempts if fact.code]
    if ticket.category == "E" and scope.item:
        refused = readings.quantity.refused_requests if readings.quantity else ()
        requests = list(refused[:MAX_CANDIDATES])
        rows = Event.objects.filter(request_id__in=requests, outcome=Event.Outcome.REFUSED)
        found += [("candidate", fact) for fact in reading.facts_of(within, rows.order_by("-number"))]
    if ticket.category != "E" or scope.item:
        found += [("candidate", fact) for fact in candidates.candidates(within, sought, limit=MAX_CANDIDATES)]
    asked = SupportQuestion.objects.filter(pk=ticket.origin).first() if ticket.origin else None
    question = asked.request_id if asked else ""
    found += [("question", fact) for fact in _first_of(within, question)]
    kept: dict[str, Candidate] = {}
    for how, fact in found:
        way = "question" if fact.request_id == question else how
        kept.setdefault(fact.request_id, Candidate(fact, way, people.get(fact.actor_ref, fact.actor_ref)))
    return list(kept.values())


def _first_of(within: Act, request_id: str) -> list[EventFact]:
    """The event that decided a request: a refusal if there is one."""
    facts = [
        *reading.events_of_request(within, request_id),
        *reading.attempts_of(within, request_id=request_id),
    ]
    own = [fact for fact in facts if fact.request_id == request_id] or facts
    return sorted(own, key=lambda fact: fact.outcome not in ("refused", "failed"))[:1]


_PERSON = re.compile(r"\bu-[0-9a-z]+\b")
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d")
#: Claim → the pieces of required information in which a customer makes it.
_CLAIMED = {
    "who": ("person",),
    "what": ("action", "payload", "export", "integration", "reproduction"),
    "when": ("moment", "period", "window"),
    "where": ("endpoint", "place", "tenant"),
}


def _readable(text: str, people: Mapping[str, str]) -> str:
    """A value with names for pseudonyms, and moments in UTC as the facts have them."""
    named = _PERSON.sub(lambda found: people.get(found[0], found[0]), text)
    return _MOMENT.sub(lambda found: rules.utc(datetime.fromisoformat(found[0])), named)


def _claims(known: OfDesk, deciding: Said, people: Mapping[str, str]) -> list[Claim]:
    """What the report says beside what the deciding event shows."""
    given, ticket = known.given, known.ticket
    report = {
        claim: "; ".join(dict.fromkeys(_readable(given[key], people) for key in keys if given.get(key)))
        for claim, keys in _CLAIMED.items()
    }
    report["who"] = report["who"] or people.get(ticket.reporter, ticket.reporter)
    report["what"] = report["what"] or ticket.subject
    report["result"] = known.text
    facts, said = deciding.link.facts, deciding.interpretation
    actor = str(facts.get("actor_ref") or "")
    sentence = str(facts.get("sentence") or said.action)
    report["what"] = "; ".join(sentence if one == said.action else one for one in report["what"].split("; "))
    shown = {
        "who": people.get(actor, actor),
        "what": sentence,
        "when": said.time_utc,
        "where": " · ".join(str(facts[name]) for name in ("resource_label", "route") if facts.get(name)),
        "result": " · ".join(text for text in (said.outcome, said.code, said.reason, said.message) if text),
    }
    return [Claim(key, CLAIM_LABELS[key], report[key], shown[key]) for key in rules.CLAIMS]
