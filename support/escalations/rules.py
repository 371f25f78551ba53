"""The gate in front of engineering, as pure functions: what is missing, and what is never escalated."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.shapes import StrOrPromise

GUARANTEE, DETERMINISM, INTEGRITY = "guarantee", "determinism", "integrity"
#: Codes of refusals that are the work of a rule. A rule that worked is not a case for engineering.
ENFORCED = frozenset(
    {
        "AUTH_REQUIRED",
        "PLAN_LIMIT_EXCEEDED",
        "PERMISSION_DENIED",
        "VALIDATION_FAILED",
        "ROUTE_NOT_FOUND",
        "STATE_CONFLICT",
    }
)
#: The step of the investigation that comes before everything but an acknowledgement: the event is located.
MIN_STEP = 3
#: What an agent enters of the hand-over. Ticket, tenant, errors and times are taken from the evidence.
ENTERED = ("reproduction", "affected", "impact", "tried")
#: The questions for a case of discretion.
CHECKS: dict[str, StrOrPromise] = {
    "known_issues": gettext_lazy("The known issues were searched, and none of them explains it."),
    "documentation": gettext_lazy("The documentation was read, and it does not explain it."),
    "pattern": gettext_lazy("It was checked whether other tickets show the same."),
}


#: Recorded beside the checks, and never a criterion.
WISH = "customer_wish"
#: A failure is reproducible if so many requests failed in the same way.
REPRODUCED = 2


@dataclass(frozen=True, slots=True)
class Fact:
    """One linked event, as the gate sees it. `is_proved`: its hash and its seal have been verified just now."""

    tenant: int
    request_id: str
    occurred_at: datetime
    outcome: str
    code: str
    is_event: bool
    is_proved: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check of a guarantee."""

    guarantee: str
    is_violated: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What an agent proposes, and what the desk knows about the ticket.

    `step`: the last step of the investigation that is done. `mismatches`: facts that contradict the report in step 5.
    `request_tenant`: the tenant of the request id that the investigation resolved, None if there is none.
    """

    criterion: str
    tenant: int | None
    category: str
    severity: int | None
    step: int
    determination: str
    request_id: str
    request_tenant: int | None
    facts: Sequence[Fact]
    checks: Sequence[Check]
    mismatches: int
    entered: dict[str, str] = field(default_factory=dict)
    confirmed: Collection[str] = ()
    known_issue_with_workaround: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that the gate misses. `key` is stable: events and tests name it."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Route:
    """Where a ticket goes that is never escalated. `name`: reply, commercial, feature or known_issue."""

    name: str
    text: str


def never_escalated(claim: Claim) -> Route | None:
    """The right route of a ticket that is never escalated; None if the gate decides.

    A violated guarantee is always the gate's: then the rule itself is in question.
    """
    if any(check.is_violated for check in claim.checks):
        return None
    if claim.determination in ROUTES:
        return _route(ROUTES[claim.determination])
    # An allowed event beside a refusal, such as that of the question itself, does not make it a case.
    codes = {fact.code for fact in claim.facts if fact.is_event and fact.outcome != "allowed"}
    if codes and codes <= ENFORCED:
        code = max(codes, key=list(BY_CODE).index)
        return _route(BY_CODE[code])
    if claim.known_issue_with_workaround:
        text = _("This is the known issue %(issue)s. Reply with its workaround.")
        return Route("known_issue", text % {"issue": claim.known_issue_with_workaround})
    if _is_sporadic(claim):
        return _route(_SPORADIC)
    return None


def _failed_requests(claim: Claim) -> set[str]:
    return {fact.request_id for fact in claim.facts if fact.is_event and fact.outcome == "failed"}


def _is_sporadic(claim: Claim) -> bool:
    """Whether all there is is one request that failed, such as a connection that the client closed."""
    others = any(fact.outcome != "failed" for fact in claim.facts if fact.is_event)
    is_severe = claim.severity in {1, 2}
    return len(_failed_requests(claim)) == 1 and not others and not claim.mismatches and not is_severe


_PLAN = ("commercial", gettext_lazy("A plan limit is a commercial matter. Refer the ticket to sales."))
_PERMISSION = (
    "reply",
    gettext_lazy("A permission was missing. Reply with the rule and with who can grant it."),
)
_VALIDATION = ("reply", gettext_lazy("The input was not valid. Reply with the fields and what they need."))
_SIGN_IN = ("reply", gettext_lazy("A sign-in was missing. Reply with how to sign in."))
_FEATURE = ("feature", gettext_lazy("A wish for the product is logged as a feature request."))
_EXCEPTION = (
    "reply",
    gettext_lazy("An exception is refused. Reply with the reasons, and offer sales or the roadmap."),
)
_NO_PAGE = ("reply", gettext_lazy("The address does not exist. Reply with the right address."))
_CONFLICT = ("reply", gettext_lazy("The state did not allow it. Reply with the conflict and what to do now."))
_SPORADIC = (
    "not_reproducible",
    gettext_lazy(
        "One request failed, and no other did. Close the ticket as not reproducible, or link a second request that "
        "failed in the same way."
    ),
)
BY_CODE: dict[str, tuple[str, StrOrPromise]] = {
    "AUTH_REQUIRED": _SIGN_IN,
    "ROUTE_NOT_FOUND": _NO_PAGE,
    "STATE_CONFLICT": _CONFLICT,
    "VALIDATION_FAILED": _VALIDATION,
    "PERMISSION_DENIED": _PERMISSION,
    "PLAN_LIMIT_EXCEEDED": _PLAN,
}
#: Determinations that end in another route.
ROUTES: dict[str, tuple[str, StrOrPromise]] = {
    "plan": _PLAN,
    "rbac": _PERMISSION,
    "validation": _VALIDATION,
    "feature_request": _FEATURE,
    "exception_refused": _EXCEPTION,
}


def _route(found: tuple[str, StrOrPromise]) -> Route:
    name, text = found
    return Route(name, str(text))


def missing(claim: Claim) -> list[Missing]:
    """Everything that the gate misses, in the order of the form; empty if the case may be proposed."""
    return [Missing(key, str(text)) for key, text in _missing(claim)]


def _missing(claim: Claim) -> Iterator[tuple[str, object]]:
    if claim.criterion not in {GUARANTEE, DETERMINISM, INTEGRITY}:
        yield (
            "criterion",
            _("The criterion: a violated guarantee, broken determinism, or a risk for data integrity."),
        )
    elif not _is_supported(claim):
        yield "support", _SUPPORT[claim.criterion]
    if claim.tenant is None:
        yield "tenant", _("The tenant: the ticket has none yet.")
    if claim.step < MIN_STEP:
        yield "step", _("The investigation: its first three steps are not finished.")
    yield from _missing_evidence(claim)
    for key, text in CHECKS.items():
        if key not in claim.confirmed:
            yield key, text
    for key in ENTERED:
        if not claim.entered.get(key, "").strip() and (key != "reproduction" or claim.category == "H"):
            yield key, _ASKED[key]


def _missing_evidence(claim: Claim) -> Iterator[tuple[str, object]]:
    if not claim.request_id:
        yield "request_id", _("The request id.")
    elif claim.request_tenant != claim.tenant:
        yield "request_tenant", _("A request id of the same tenant: this one belongs to another.")
    events = [fact for fact in claim.facts if fact.is_event]
    if any(fact.tenant != claim.tenant for fact in claim.facts):
        yield "evidence_tenant", _("Evidence of the same tenant only: an event belongs to another.")
    if not events:
        yield "evidence", _("An audit event: nothing that can be verified is linked.")
    elif not any(fact.is_proved for fact in events):
        why = next((fact.problem for fact in events if fact.problem), "")
        yield (
            "proof",
            _("A verified event: no linked event has passed the check of its hash and seal. %(why)s")
            % {"why": why},
        )
    elif claim.request_id and not any(
        fact.request_id == claim.request_id for fact in events if fact.is_proved
    ):
        yield "request_event", _("A verified event of the request: the linked ones belong to other requests.")


def _is_supported(claim: Claim) -> bool:
    """Whether anything that was found speaks for the criterion."""
    if any(check.is_violated for check in claim.checks):
        return True
    is_reproduced = len(_failed_requests(claim)) >= REPRODUCED
    match claim.criterion:
        case "determinism":
            return is_reproduced
        case "guarantee":
            return is_reproduced or claim.mismatches > 0
        case _:
            return claim.severity == 1


_SUPPORT: dict[str, StrOrPromise] = {
    GUARANTEE: gettext_lazy(
        "A finding for the criterion: a violated guarantee, two requests that failed, or a fact that contradicts "
        "the report."
    ),
    DETERMINISM: gettext_lazy(
        "A finding for the criterion: a violated guarantee, or two requests that failed in the same way."
    ),
    INTEGRITY: gettext_lazy("A finding for the criterion: a violated guarantee, or severity 1."),
}
_ASKED: dict[str, StrOrPromise] = {
    "reproduction": gettext_lazy("The steps that reproduce it."),
    "affected": gettext_lazy("How many customers are affected."),
    "impact": gettext_lazy("The impact on the customer."),
    "tried": gettext_lazy("What has been tried already."),
}


def times(facts: Sequence[Fact]) -> list[str]:
    """The times of the verified events, in UTC. Nobody types a time."""
    return sorted({fact.occurred_at.isoformat() for fact in facts if fact.is_event and fact.is_proved})
